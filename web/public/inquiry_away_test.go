package public_test

import (
	"context"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/askwell/askwell/internal/devstack"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/migrations"
	"github.com/askwell/askwell/web"
	"github.com/askwell/askwell/web/webtest"
)

// ownPostgres is a server that the test stops and starts by itself, on one port.
func ownPostgres(t *testing.T, dir string, port int) *devstack.Postgres {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	server, err := devstack.StartPostgres(ctx, devstack.PostgresConfig{Dir: dir, Fast: true, Port: port})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, server) })
	return server
}

func stop(t *testing.T, server *devstack.Postgres) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := server.Stop(ctx); err != nil {
		t.Errorf("stop PostgreSQL: %v", err)
	}
}

func TestDatabaseAwayLosesNothing(t *testing.T) {
	t.Parallel()
	dir, clean, err := devstack.TempDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(clean)
	server := ownPostgres(t, dir, 0)
	if _, err := migrations.Up(t.Context(), server.URL()); err != nil {
		t.Fatal(err)
	}
	pool, err := postgres.Open(t.Context(), server.URL(), 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	desk := webtest.New(t, webtest.Options{DB: pool})
	form := filled(t, desk.Visitor, "account_number", "A123456789", "question", "Line one\nLine <two> & é")
	sent := desk.Post("/inquiries", filled(t, desk.Visitor))

	stop(t, server)
	away := desk.Post("/inquiries", form)
	if away.Status != http.StatusServiceUnavailable || !strings.HasPrefix(away.Text("title"), "Error: ") || away.Header.Get("Retry-After") == "" {
		t.Fatalf("status %d, title %q, Retry-After %q", away.Status, away.Text("title"), away.Header.Get("Retry-After"))
	}
	holds(t, away, "Nothing was lost", "Try again")
	retry := away.Form("form[action='/inquiries']")
	for name, want := range form {
		if retry.Get(name) != want[0] {
			t.Errorf("%s is %q in the page, want %q", name, retry.Get(name), want[0])
		}
	}
	if p := desk.Get("/inquiries/new"); p.Status != http.StatusOK || p.Doc.Find("option").Length() < 14 {
		t.Errorf("the form: status %d, want it with its categories", p.Status)
	}
	if p := desk.Get(sent.Location()); p.Status != http.StatusOK || p.Text(".reference") == "" {
		t.Errorf("the confirmation of the one that was sent: status %d", p.Status)
	}
	if p := desk.NewVisitor(t).Get(sent.Location()); p.Status != http.StatusServiceUnavailable {
		t.Errorf("the confirmation, for anybody: status %d, want 503", p.Status)
	}
	if p := desk.Get("/readyz"); p.Status != http.StatusServiceUnavailable {
		t.Errorf("/readyz: status %d, want 503", p.Status)
	}
	if p := desk.Get("/healthz"); p.Status != http.StatusOK {
		t.Errorf("/healthz: status %d, want 200", p.Status)
	}

	ownPostgres(t, dir, int(pool.Config().ConnConfig.Port))
	deadline := time.Now().Add(30 * time.Second)
	back := desk.Post("/inquiries", retry)
	for back.Status != http.StatusSeeOther && time.Now().Before(deadline) {
		back = desk.Post("/inquiries", retry)
	}
	again := desk.Post("/inquiries", retry)
	if back.Status != http.StatusSeeOther || again.Location() != back.Location() {
		t.Errorf("the retry: status %d to %q, then to %q", back.Status, back.Location(), again.Location())
	}
	if n := count(t, desk, `SELECT count(*) FROM ticket`); n != 2 {
		t.Errorf("%d tickets, want 2", n)
	}
}

func TestFormWithoutADatabaseFromTheStart(t *testing.T) {
	t.Parallel()
	pool, err := postgres.Open(t.Context(), "postgres://nobody@127.0.0.1:1/none", 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	p := webtest.New(t, webtest.Options{DB: pool}).Get("/inquiries/new")
	if p.Status != http.StatusServiceUnavailable || p.Text("h1") != "This page is not working right now" {
		t.Errorf("status %d, %q", p.Status, p.Text("h1"))
	}
}

// rates sends inquiries and counts how each stood.
func rates(t *testing.T, desk *webtest.Desk, n int) (accepted, quarantined, refused int, last webtest.Page) {
	t.Helper()
	for range n {
		p := desk.Post("/inquiries", filled(t, desk.Visitor))
		if p.Status == http.StatusTooManyRequests {
			refused++
			last = p
		}
	}
	quarantined = count(t, desk, `SELECT count(*) FROM ticket WHERE suspected_of = '{rate}'`)
	return count(t, desk, `SELECT count(*) FROM ticket`) - quarantined, quarantined, refused, last
}

func TestFormRate(t *testing.T) {
	t.Parallel()
	redisURL := func(t *testing.T) *redis.Options {
		options, err := redis.ParseURL(testkit.RedisURL(t))
		if err != nil {
			t.Fatal(err)
		}
		return options
	}
	silent := func(t *testing.T) *redis.Options {
		l, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		return &redis.Options{Addr: l.Addr().String()}
	}
	for name, c := range map[string]struct {
		client   func(t *testing.T) redis.UniversalClient
		patience time.Duration
	}{
		// A busy test machine may answer late.
		"counted in Redis":       {func(t *testing.T) redis.UniversalClient { return redis.NewClient(redisURL(t)) }, time.Minute},
		"counted in the process": {func(*testing.T) redis.UniversalClient { return nil }, 0},
		"Redis is down":          {func(*testing.T) redis.UniversalClient { return redis.NewClient(&redis.Options{Addr: "127.0.0.1:1"}) }, 0},
		"Redis hangs":            {func(t *testing.T) redis.UniversalClient { return redis.NewClient(silent(t)) }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shared := c.client(t)
			desk := webtest.New(t, webtest.Options{
				Env:    map[string]string{"FORM_RATE": "address:2/1h,email:3/1h"},
				Change: func(cfg *web.Config) { cfg.Redis, cfg.Patience = shared, c.patience },
			})
			accepted, quarantined, refused, last := rates(t, desk, 22)
			if accepted != 2 || quarantined != 18 || refused != 2 {
				t.Errorf("%d accepted, %d quarantined, %d refused; want 2, 18, 2", accepted, quarantined, refused)
			}
			wait, err := strconv.Atoi(last.Header.Get("Retry-After"))
			if err != nil || wait < 60 || wait > 3600 {
				t.Errorf("Retry-After is %q", last.Header.Get("Retry-After"))
			}
			holds(t, last, "Please wait a little", "It was mailed in May.\nWhere is it?", "Try again in")
			if name != "counted in Redis" {
				return
			}
			keys, err := shared.Keys(t.Context(), "*").Result()
			if err != nil || len(keys) == 0 {
				t.Fatalf("keys %v: %v", keys, err)
			}
			for _, key := range keys {
				if strings.Contains(key, "mail") && strings.Contains(key, "@") || strings.Contains(key, "127.0.0.1") {
					t.Errorf("the key %q holds personal data", key)
				}
			}
		})
	}
}

func TestFormRateOffAsksNobody(t *testing.T) {
	t.Parallel()
	asked := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", Dialer: nil, OnConnect: func(context.Context, *redis.Conn) error {
		t.Error("Redis was asked")
		return os.ErrInvalid
	}})
	desk := webtest.New(t, webtest.Options{Change: func(cfg *web.Config) { cfg.Redis = asked }})
	accepted, _, _, _ := rates(t, desk, 30)
	if accepted != 30 {
		t.Errorf("%d accepted, want 30", accepted)
	}
}

func TestFormRateByEmailAlone(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t, webtest.Options{Env: map[string]string{"FORM_RATE": "email:1/1h"}})
	for _, email := range []string{"a@mail.example", "b@mail.example", "A@Mail.example"} {
		desk.Post("/inquiries", filled(t, desk.Visitor, "email", email))
	}
	if n := count(t, desk, `SELECT count(*) FROM ticket WHERE suspected_of = '{rate}' AND applicant_email = 'A@Mail.example'`); n != 1 {
		t.Error("another case made it another address")
	}
	if n := count(t, desk, `SELECT count(*) FROM ticket WHERE suspected_of <> '{}'`); n != 1 {
		t.Errorf("%d quarantined, want 1", n)
	}
}
