package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/config"
	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/testkit"
)

// searchDesk is a desk with an account, indexed, that the doctor looks at.
type searchDesk struct {
	t   *testing.T
	db  *pgxpool.Pool
	cfg config.Config
}

func newSearchDesk(t *testing.T) *searchDesk {
	t.Helper()
	d := &searchDesk{t: t, db: testkit.Database(t)}
	url := testkit.Search(t).URL()
	var err error
	d.cfg, err = config.Load(func(name string) string {
		return map[string]string{"DATABASE_URL": d.db.Config().ConnString(), "MEILI_URL": url, "MEILI_KEY": testkit.SearchKey}[name]
	}, config.NeedNothing)
	if err != nil {
		t.Fatal(err)
	}
	d.exec(`INSERT INTO account (number, name, name_words, email) VALUES ('163920702842', 'Jean', '{jean}', 'jean@mail.example')`)
	if err := d.engine().Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *searchDesk) engine() *search.Engine {
	d.t.Helper()
	engine, err := search.New(search.Config{URL: d.cfg.MeiliURL, Prefix: "askwell_", Key: d.cfg.MeiliKey, DB: d.db})
	if err != nil {
		d.t.Fatal(err)
	}
	return engine
}

func (d *searchDesk) exec(sql string) {
	d.t.Helper()
	if _, err := d.db.Exec(d.t.Context(), sql); err != nil {
		d.t.Fatal(err)
	}
}

// meili asks the server as its master.
func (d *searchDesk) meili(method, path, body string) string {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), method, d.cfg.MeiliURL+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+testkit.SearchMasterKey)
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode >= 400 {
		d.t.Fatalf("%s %s: %s %s (%v)", method, path, answer.Status, text, err)
	}
	return string(text)
}

// older makes the server claim to be another version.
func (d *searchDesk) older(version string) {
	d.t.Helper()
	target, err := url.Parse(d.cfg.MeiliURL)
	if err != nil {
		d.t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/version" {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"pkgVersion":"`+version+`"}`)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	d.t.Cleanup(server.Close)
	d.cfg.MeiliURL = server.URL
}

func TestDoctorOfAWellSearch(t *testing.T) {
	t.Parallel()
	d := newSearchDesk(t)
	if well, err := checkSearch(t.Context(), d.cfg); err != nil || !strings.HasSuffix(well, ", 0 tickets and 1 accounts; 0 changes wait, for 0 s; not checked yet") {
		t.Errorf("it says %q (%v)", well, err)
	}
	if _, err := d.engine().Verify(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if well, err := checkSearch(t.Context(), d.cfg); err != nil || !strings.Contains(well, "; checked 20") || !strings.HasSuffix(well, ", 0 mended") {
		t.Errorf("it says %q (%v)", well, err)
	}
}

func TestDoctorSaysWhatIsWrongWithSearch(t *testing.T) {
	t.Parallel()
	ago := func(since, problem string) string {
		return `INSERT INTO index_check (index_name, started_at, finished_at, compared, missing, outdated, newer, left_over, problem)
			VALUES ('tickets', now() - interval '` + since + `', now() - interval '` + since + `', 0, 0, 0, 0, 0, '` + problem + `')`
	}
	for _, c := range []struct {
		name  string
		spoil func(d *searchDesk)
		want  string
	}{
		{"no address", func(d *searchDesk) { d.cfg.MeiliURL = "" }, "MEILI_URL is not set"},
		{"nobody there", func(d *searchDesk) { d.cfg.MeiliURL = "http://127.0.0.1:1" }, "see that it runs and that MEILI_URL is right"},
		{"no key", func(d *searchDesk) { d.cfg.MeiliKey = "" }, "MEILI_KEY is not set: make a key with askwell search-key"},
		{"a wrong key", func(d *searchDesk) { d.cfg.MeiliKey = "wrong" }, "It refuses MEILI_KEY: make the key with askwell search-key"},
		{"the master key", func(d *searchDesk) { d.cfg.MeiliKey = testkit.SearchMasterKey }, "more than Askwell needs (read keys, make keys, reach other indexes)"},
		{"a key that may search alone", func(d *searchDesk) {
			made := d.meili(http.MethodPost, "/keys", `{"actions":["search"],"indexes":["askwell_*"],"expiresAt":null}`)
			_, rest, _ := strings.Cut(made, `"key":"`)
			d.cfg.MeiliKey, _, _ = strings.Cut(rest, `"`)
		}, "MEILI_KEY lacks documents.add, documents.get"},
		{"an old server", func(d *searchDesk) { d.older("1.14.0") }, "Version 1.14.0 is too old: Askwell needs 1.15 or later"},
		{"indexes of another version", func(d *searchDesk) {
			d.meili(http.MethodPost, "/indexes/askwell_version/documents", `[{"id":"desk","version":1}]`)
		}, "The indexes are of version 1 and this Askwell needs"},
		{"no indexes", func(d *searchDesk) { d.meili(http.MethodDelete, "/indexes/askwell_version", "") }, "The indexes are not built"},
		{"a document lost", func(d *searchDesk) { d.meili(http.MethodDelete, "/indexes/askwell_accounts/documents", "") }, "The index holds 0 of 1 accounts: run askwell reindex --check"},
		{"too far behind", func(d *searchDesk) {
			d.exec(`INSERT INTO outbox_task (task, subject_id, due_at, created_at) VALUES ('index_account', 1, now(), now() - interval '6 minutes')`)
		}, "The index is 360 s behind, 1 changes wait: see that a worker runs"},
		{"a check that broke off", func(d *searchDesk) { d.exec(ago("1 hour", "Search is unavailable.")) }, "The last check of tickets in Meilisearch broke off at 20"},
		{"no check for days", func(d *searchDesk) { d.exec(ago("80 hours", "")) }, "see that a worker runs at INDEX_CHECK_AT"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newSearchDesk(t)
			c.spoil(d)
			var well string
			var err error
			for range 100 { // what Meilisearch was told becomes so a little later
				if well, err = checkSearch(t.Context(), d.cfg); err != nil {
					break
				}
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("it says %q and %v, want %q", well, err, c.want)
			}
			for _, secret := range []string{testkit.SearchMasterKey, testkit.SearchKey} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("it prints a key: %v", err)
				}
			}
		})
	}
}

func TestDoctorFindsNoFaultInChecksThatAreOff(t *testing.T) {
	t.Parallel()
	d := newSearchDesk(t)
	d.exec(`INSERT INTO index_check (index_name, started_at, finished_at, compared, missing, outdated, newer, left_over)
		VALUES ('tickets', now() - interval '90 days', now() - interval '90 days', 10, 1, 0, 0, 0)`)
	d.cfg.IndexCheckAt = config.TimeOfDay{}
	if well, err := checkSearch(t.Context(), d.cfg); err != nil || !strings.HasSuffix(well, ", 1 mended") {
		t.Errorf("it says %q (%v)", well, err)
	}
}
