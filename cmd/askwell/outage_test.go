package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/devstack"
	"github.com/askwell/askwell/internal/devstack/meili"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/testkit"
)

// split is a desk in production's shape: a web process, a worker, and services that the test stops and starts.
type split struct {
	t        *testing.T
	dir, url string
	env      []string
	postgres *devstack.Postgres
	redis    *devstack.Redis
	search   testkit.SearchServer
	mail     *devstack.Mailbox
	db       *pgxpool.Pool
}

func startContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func (s *split) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func startSplit(t *testing.T) *split {
	t.Helper()
	s := &split{t: t, dir: dataDir(t)}
	ctx := startContext(t)
	var err error
	s.startPostgres(0)
	t.Cleanup(func() { _ = s.postgres.Stop(startContext(t)) })
	s.redis, err = devstack.StartRedis(ctx, devstack.RedisConfig{Dir: s.dir})
	s.must(err)
	if s.redis.Kind() == devstack.MiniRedis {
		t.Fatal("no redis-server or valkey-server is installed (scripts/setup installs it)")
	}
	t.Cleanup(func() { _ = s.redis.Stop(startContext(t)) })
	s.search = s.startSearch("127.0.0.1:0")
	t.Cleanup(func() { _ = s.search.Close() })
	s.mail, err = devstack.StartMailbox(ctx, devstack.MailboxConfig{Dir: s.dir, Keep: 1 << 20})
	s.must(err)
	t.Cleanup(func() { _ = s.mail.Stop(startContext(t)) })
	s.must(os.MkdirAll(filepath.Join(s.dir, "files"), 0o700))
	s.env = []string{
		"DATABASE_URL=" + s.postgres.URL(), "REDIS_URL=" + s.redis.URL(), "MEILI_URL=" + s.search.URL(), "MEILI_KEY=" + searchKey,
		"SMTP_URL=" + s.mail.URL(), "FILES_DIR=" + filepath.Join(s.dir, "files"), "SECRET_KEY=a key that only this test has and that is long",
		"FORM_RATE=off", "FORM_MIN_FILL=0s", "UNDO_SEND=0s",
	}
	runCommand(t, s.env, "", "migrate")
	runCommand(t, s.env, demoPassword+" two\n", "staff", "add", "--email", "agent@desk.example", "--name", "Ada", "--role", "agent")
	s.db, err = postgres.Open(context.Background(), s.postgres.URL(), 4)
	s.must(err)
	t.Cleanup(s.db.Close)
	return s
}

// startPostgres starts the database on its folder. It is Fast: processes die here, and no machine.
func (s *split) startPostgres(port int) {
	s.t.Helper()
	var err error
	s.postgres, err = devstack.StartPostgres(startContext(s.t), devstack.PostgresConfig{Dir: s.dir, Port: port, Fast: true})
	s.must(err)
}

const searchKey = "the key of the search server in this test"

func (s *split) startSearch(address string) testkit.SearchServer {
	s.t.Helper()
	if os.Getenv("MEILISEARCH_BIN") != "" {
		port, err := strconv.Atoi(address[strings.LastIndex(address, ":")+1:])
		s.must(err)
		return testkit.Meilisearch(s.t, filepath.Join(s.dir, "search"), searchKey, port)
	}
	server, err := meili.Start(context.Background(), meili.Config{Dir: filepath.Join(s.dir, "search"), Addr: address, Key: searchKey})
	s.must(err)
	return server
}

// serve starts the web process and waits until it answers.
func (s *split) serve() *process {
	s.t.Helper()
	p := start(s.t, s.env, "serve", "--listen", "127.0.0.1:0")
	eventually(s.t, 30*time.Second, func() error {
		_, rest, found := strings.Cut(p.out.String(), `"address":"`)
		if !found {
			return errors.New("it has not said where it listens")
		}
		address, _, _ := strings.Cut(rest, `"`)
		s.url = "http://" + address
		return nil
	})
	return p
}

// acknowledged are the subjects of the inquiries that got a reference.
type acknowledged struct {
	mu       sync.Mutex
	subjects map[string]string // subject -> reference
	refused  int
}

// send sends n inquiries, each with a subject of one word of its own, and keeps what was acknowledged. What was not must say so
// with 503 and keep the text.
func (s *split) send(prefix string, n int, token string, number string, got *acknowledged) {
	s.t.Helper()
	b := newBrowser(s.t, s.url)
	for i := range n {
		subject := fmt.Sprintf("%s%c%c%c", prefix, 'a'+i%26, 'a'+i/26%26, 'q')
		if token == "" || i > 0 {
			token = b.token()
		}
		status, body, header, err := b.post("/inquiries", inquiryForm(token, subject, number))
		if err != nil {
			s.t.Fatalf("send %s: %v", subject, err)
		}
		got.mu.Lock()
		switch status {
		case http.StatusSeeOther:
			got.subjects[subject] = strings.TrimPrefix(header.Get("Location"), "/inquiries/")
		case http.StatusServiceUnavailable:
			got.refused++
			if !strings.Contains(body, subject) || !strings.Contains(body, "My card was mailed in May") {
				s.t.Errorf("a page with 503 does not keep what was typed:\n%s", tail(body, 400))
			}
		default:
			s.t.Errorf("send %s: %d", subject, status)
		}
		got.mu.Unlock()
	}
}

// whole checks that every acknowledged inquiry is there once, linked, acknowledged by mail and found by search.
func (s *split) whole(got *acknowledged, state string) {
	s.t.Helper()
	b := newBrowser(s.t, s.url)
	b.signInAsAgent()
	for subject, reference := range got.subjects {
		eventually(s.t, 90*time.Second, func() error {
			var n int
			var linked, found string
			err := s.db.QueryRow(context.Background(), `
				SELECT count(*), COALESCE(min(link_state), ''), COALESCE(min(reference), '') FROM ticket WHERE subject = $1`, subject).Scan(&n, &linked, &found)
			if err != nil || n != 1 || found != reference || linked != state {
				return fmt.Errorf("%s: %d tickets, reference %s (acknowledged %s), link %q, %w", subject, n, found, reference, linked, err)
			}
			return searchFinds(b, subject, reference)
		})
	}
	eventually(s.t, 60*time.Second, func() error {
		if n := s.mail.Count(); n < len(got.subjects) {
			return fmt.Errorf("%d mails for %d inquiries", n, len(got.subjects))
		}
		return nil
	})
	if n := s.mail.Count(); n != len(got.subjects) {
		s.t.Errorf("%d mails for %d inquiries", n, len(got.subjects))
	}
}

// errSearchAway means that search had no answer, not that it did not find.
var errSearchAway = errors.New("search is unavailable")

func searchFinds(b *browser, words, reference string) error {
	var answer struct {
		Hits []struct {
			Kind, Reference, Number string
		}
	}
	status, body := b.get("/console/search.json?q=" + url.QueryEscape(words))
	if status != http.StatusOK {
		return fmt.Errorf("%w: %d", errSearchAway, status)
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		return err
	}
	for _, hit := range answer.Hits {
		if hit.Reference == reference {
			return nil
		}
	}
	return fmt.Errorf("search for %q does not find %s: %v", words, reference, answer.Hits)
}

func newAcknowledged() *acknowledged { return &acknowledged{subjects: map[string]string{}} }

// A number with right check digits and no account: 10 digits 1234567890 and 98 - (123456789000 mod 97).
const unknownNumber = "123456789092"

func TestRedisAway(t *testing.T) {
	t.Parallel()
	s := startSplit(t)
	s.serve()
	start(t, s.env, "work")
	got := newAcknowledged()
	s.send("before", 5, "", unknownNumber, got)
	port := portOf(s.redis.URL())
	s.must(s.redis.Stop(startContext(t)))
	s.send("during", 10, "", unknownNumber, got)
	if got.refused > 0 {
		t.Errorf("%d inquiries were refused because Redis is unavailable", got.refused)
	}
	s.must(os.RemoveAll(filepath.Join(s.dir, "redis"))) // and wiped, if it lies there
	var err error
	s.redis, err = devstack.StartRedis(startContext(t), devstack.RedisConfig{Dir: s.dir, Port: port})
	s.must(err)
	s.send("after", 5, "", unknownNumber, got)
	s.whole(got, "unmatched")
}

func TestMeilisearchAway(t *testing.T) {
	t.Parallel()
	s := startSplit(t)
	s.serve()
	start(t, s.env, "work")
	got := newAcknowledged()
	s.send("before", 5, "", unknownNumber, got)
	address := strings.TrimPrefix(s.search.URL(), "http://")
	s.must(s.search.Close())
	s.send("during", 10, "", unknownNumber, got)
	if got.refused > 0 {
		t.Errorf("%d inquiries were refused because Meilisearch is unavailable", got.refused)
	}
	s.search = s.startSearch(address)
	s.send("after", 5, "", unknownNumber, got)
	s.whole(got, "unmatched")
}

func TestPostgresAway(t *testing.T) {
	t.Parallel()
	s := startSplit(t)
	s.serve()
	start(t, s.env, "work")
	got := newAcknowledged()
	s.send("before", 5, "", unknownNumber, got)
	token := newBrowser(t, s.url).token()
	port := portOf(s.postgres.URL())
	s.must(s.postgres.Stop(startContext(t)))
	refused := newAcknowledged()
	s.send("during", 1, token, unknownNumber, refused)
	if refused.refused != 1 {
		t.Errorf("%d inquiries were refused and %v acknowledged without a database", refused.refused, refused.subjects)
	}
	s.startPostgres(port)
	eventually(t, 30*time.Second, func() error {
		return s.db.Ping(context.Background())
	})
	// The retry of the same form, twice: one ticket.
	s.send("during", 1, token, unknownNumber, got)
	s.send("during", 1, token, unknownNumber, got)
	s.send("after", 5, "", unknownNumber, got)
	s.whole(got, "unmatched")
}

func TestWorkerKilledInTheMiddle(t *testing.T) {
	t.Parallel()
	s := startSplit(t)
	s.serve()
	first := start(t, s.env, "work")
	got := newAcknowledged()
	s.send("before", 20, "", unknownNumber, got)
	first.signal(9)
	s.send("between", 10, "", unknownNumber, got)
	second := start(t, s.env, "work")
	s.send("after", 5, "", unknownNumber, got)
	second.signal(9)
	second.ended(10 * time.Second)
	s.endLeases() // of what both had in hand
	start(t, s.env, "work")
	for subject, reference := range got.subjects {
		eventually(t, 3*time.Minute, func() error {
			var n int
			err := s.db.QueryRow(context.Background(), `
				SELECT count(*) FROM ticket WHERE subject = $1 AND reference = $2 AND link_state = 'unmatched'`, subject, reference).Scan(&n)
			if err == nil && n != 1 {
				err = fmt.Errorf("%s is not linked", subject)
			}
			return err
		})
	}
	eventually(t, 3*time.Minute, s.idle)
	s.mailedOrTold(got)
}

// mailedOrTold checks that each acknowledgement went out once, or that its ticket says that nobody knows whether it did.
func (s *split) mailedOrTold(got *acknowledged) {
	s.t.Helper()
	for subject, reference := range got.subjects {
		went := len(s.mailsAbout(reference, ""))
		var told bool
		s.must(s.db.QueryRow(s.t.Context(), `
			SELECT EXISTS (
				SELECT FROM ticket_event e JOIN ticket t ON t.id = e.ticket_id
				WHERE t.reference = $1 AND e.kind = 'acknowledged' AND e.data ->> 'reason' = 'unconfirmed')`, reference).Scan(&told))
		if went > 1 || went == 0 && !told {
			s.t.Errorf("%s (%s): %d acknowledgements went out; told as unconfirmed: %t", subject, reference, went, told)
		}
	}
}
