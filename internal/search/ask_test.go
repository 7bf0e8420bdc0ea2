package search_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/testkit"
)

// fault stands between the desk and its search server. What it does can be changed while it is asked.
type fault struct {
	url   string
	does  atomic.Pointer[http.HandlerFunc] // nil: passes everything on
	asked atomic.Int64
}

func (d *desk) fault(t *testing.T) *fault {
	t.Helper()
	target, err := url.Parse(d.url)
	if err != nil {
		t.Fatal(err)
	}
	f := &fault{}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0) // who asks may go away
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.asked.Add(1)
		if does := f.does.Load(); does != nil {
			(*does)(w, r)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

func (f *fault) set(does http.HandlerFunc) {
	if does == nil {
		f.does.Store(nil)
		return
	}
	f.does.Store(&does)
}

// answers gives a status and a body to whatever is asked.
func answers(status int, kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// hangs answers nobody until who asks has gone.
func hangs(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // the server notices who goes only when it has read all
	<-r.Context().Done()
}

// stamped answers the question for the version; the rest is not reached.
func stamped(version string) http.HandlerFunc {
	return answers(http.StatusOK, "application/json", `{"id":"desk","version":`+version+`}`)
}

const missing = `{"message":"Index not found.","code":"index_not_found","type":"invalid_request","link":""}`

func TestPostgreSQLAnswersAndSaysWhy(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	reference, _ := d.open("Lighthouse", "Question")
	d.index()
	f := d.fault(t)
	for name, c := range map[string]struct {
		url, key string
		does     http.HandlerFunc
		patience time.Duration
		why      string
	}{
		"away":            {url: "http://127.0.0.1:1", why: search.WhyAway}, // nobody listens there
		"a key refused":   {url: d.url, key: "wrong", why: search.WhyAway},
		"an older stamp":  {does: stamped("1"), why: search.WhySettings},
		"no stamp":        {does: answers(http.StatusNotFound, "application/json", missing), why: search.WhySettings},
		"another's page":  {does: answers(http.StatusOK, "text/html", "<html>Welcome</html>"), why: search.WhyAway},
		"a proxy's error": {does: answers(http.StatusBadGateway, "text/html", "<html>502</html>"), why: search.WhyAway},
		"overloaded":      {does: answers(http.StatusServiceUnavailable, "application/json", `{"code":"too_many_search_requests"}`), why: search.WhyAway},
		"an empty answer": {does: answers(http.StatusOK, "application/json", ""), why: search.WhyAway},
		"slow":            {does: hangs, patience: 2 * time.Second, why: search.WhySlow},
	} {
		t.Run(name, func(t *testing.T) {
			if c.url == "" {
				c.url = f.url
				f.set(c.does)
			}
			if c.key == "" {
				c.key = testkit.SearchKey
			}
			if c.patience == 0 {
				c.patience = 20 * time.Second
			}
			var log bytes.Buffer
			engine, err := search.New(search.Config{
				URL: c.url, Key: c.key, DB: d.db, Patience: c.patience, Logger: slog.New(slog.NewTextHandler(&log, nil)),
			})
			if err != nil {
				t.Fatal(err)
			}
			for range 5 { // once the breaker is open, too
				found := d.with(t, engine).search(search.Query{Text: "lighthouse"})
				if found.Engine != search.EnginePostgreSQL || found.Why != c.why || len(found.Hits) != 1 || found.Hits[0].Reference != reference {
					t.Errorf("%s answers because of %q, and finds %v; want PostgreSQL because of %q", found.Engine, found.Why, references(found), c.why)
				}
			}
			if strings.Contains(strings.ToLower(log.String()), "lighthouse") || !strings.Contains(log.String(), "why="+c.why) {
				t.Errorf("the log says %s", log.String())
			}
		})
	}
}

// TestPostgreSQLHasTimeOfItsOwn keeps PostgreSQL waiting for longer than a search ever had for everything, while Meilisearch hangs.
func TestPostgreSQLHasTimeOfItsOwn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	reference, _ := d.open("Lighthouse", "Question")
	d.index()
	f := d.fault(t)
	f.set(hangs)
	engine, err := search.New(search.Config{URL: f.url, Prefix: "askwell_", Key: testkit.SearchKey, DB: d.db})
	if err != nil {
		t.Fatal(err)
	}
	tx, err := d.db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `LOCK TABLE ticket_search IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	go func() { // lets go once a statement has waited for 1.2 s
		for waits := false; !waits && t.Context().Err() == nil; {
			_ = d.db.QueryRow(context.Background(), `
				SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND now() - query_start > '1.2 s')`).Scan(&waits)
		}
		_ = tx.Rollback(context.Background())
	}()
	found := d.with(t, engine).search(search.Query{Text: "lighthouse"})
	if found.Engine != search.EnginePostgreSQL || len(found.Hits) != 1 || found.Hits[0].Reference != reference {
		t.Errorf("%s answers and finds %v", found.Engine, references(found))
	}
}

// A server that takes requests and answers none costs the first searches their patience, and nobody anything after that: without a bound
// these would never end.
func TestASearchEndsWhileMeilisearchHangs(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.open("Lighthouse", "Question")
	d.index()
	f := d.fault(t)
	f.set(hangs)
	engine, err := search.New(search.Config{URL: f.url, Prefix: "askwell_", Key: testkit.SearchKey, DB: d.db})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 8 {
		started := time.Now()
		found, err := engine.Search(t.Context(), search.Query{For: agent, Text: "lighthouse", Facets: true})
		took := time.Since(started)
		if took > 6*time.Second { // 0.4 s for Meilisearch and 5 s for PostgreSQL
			t.Errorf("search %d took %s", i, took)
		}
		if err != nil || len(found.Hits) != 1 {
			t.Errorf("search %d, after %s: %v, %d hits", i, took, err, len(found.Hits))
		}
	}
	if n := f.asked.Load(); n != 3 {
		t.Errorf("Meilisearch was asked %d times, want three", n)
	}
}

func TestMeilisearchIsUsedAgainOnceItAnswers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.open("Lighthouse", "Question")
	d.index()
	f := d.fault(t)
	f.set(answers(http.StatusBadGateway, "text/html", "<html>502</html>"))
	engine, err := search.New(search.Config{
		URL: f.url, Key: testkit.SearchKey, DB: d.db, Patience: 20 * time.Second, Rest: time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	d = d.with(t, engine)
	for range 5 {
		d.search(search.Query{Text: "lighthouse"})
	}
	f.set(nil)
	deadline := time.Now().Add(20 * time.Second)
	for {
		found := d.search(search.Query{Text: "lighthouse"})
		if found.Engine == search.EngineMeilisearch && found.Why == "" && len(found.Hits) == 1 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s still answers, because of %q", found.Engine, found.Why)
		}
	}
}

func TestASearchThatIsGivenUpSaysNothingOfMeilisearch(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.open("Lighthouse", "Question")
	d.index()
	f := d.fault(t)
	reached := make(chan struct{})
	f.set(func(w http.ResponseWriter, r *http.Request) {
		reached <- struct{}{}
		hangs(w, r)
	})
	d.engine = d.connect(f.url)
	for range 5 {
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-reached
			cancel()
		}()
		if _, err := d.engine.Search(ctx, search.Query{For: agent, Text: "lighthouse"}); err == nil {
			t.Error("a search that was given up has an answer")
		}
	}
	f.set(nil)
	if found := d.search(search.Query{Text: "lighthouse"}); found.Engine != search.EngineMeilisearch {
		t.Errorf("%s answers, because of %q", found.Engine, found.Why)
	}
}
