package console_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/web"
	"github.com/askwell/askwell/web/webtest"
)

// TestPostgreSQLAnswersInstead takes Meilisearch away: the page says so and why, filters and facets work on, identifiers lead to
// their record.
func TestPostgreSQLAnswersInstead(t *testing.T) {
	t.Parallel()
	s, refs := filterDesk(t)
	s.away(t)
	page := s.get(t, find("q", waited))
	if got := page.Text(".found__instead"); !strings.Contains(got, "The search server does not answer.") || !strings.Contains(got, "forgives slips only where nothing else is found") {
		t.Errorf("the page says %q", got)
	}
	if got := page.Text(".found__facts"); !strings.Contains(got, "18 results") || !strings.Contains(got, "PostgreSQL, ") {
		t.Errorf("the page says %q", got)
	}
	if diff := cmp.Diff(map[string]string{"New": "14", "Open": "2", "Pending": "1", "Solved": "1"}, counts(page, "status")); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
	page = s.follow(t, page, "#facet-status-open")
	if diff := cmp.Diff([]string{"Status Open"}, chips(page)); diff != "" || page.Text("#found-count") != "2 results" || page.Doc.Find(".hit mark").Length() == 0 {
		t.Errorf("%s, %d marks, chips (-want +got):\n%s", page.Text("#found-count"), page.Doc.Find(".hit mark").Length(), diff)
	}
	if got := s.agent.Get(find("q", refs["long"])); got.Location() != ticketPath(refs["long"]) {
		t.Errorf("a reference leads to %q", got.Location())
	}
	var answer struct{ Engine, Why string }
	if err := json.Unmarshal([]byte(s.get(t, "/console/search.json?q=fingerprint").Body), &answer); err != nil {
		t.Fatal(err)
	}
	if answer.Engine != "postgresql" || answer.Why != "away" {
		t.Errorf("JSON says %+v", answer)
	}
}

// TestOtherSettings has indexes of another version: PostgreSQL answers until they are rebuilt.
func TestOtherSettings(t *testing.T) {
	t.Parallel()
	server, db := testkit.Search(t), testkit.Database(t)
	engine, err := search.New(search.Config{URL: server.URL(), Key: testkit.SearchKey, DB: db, Patience: patient})
	if err != nil {
		t.Fatal(err)
	}
	d := newDesk(t, webtest.Options{DB: db, Change: func(c *web.Config) { c.Search = engine }})
	page := d.get(t, find("q", "approved")) // and nobody has made an index
	if got := page.Text(".found__instead"); !strings.HasPrefix(got, "The search index is being rebuilt. PostgreSQL answered instead") {
		t.Errorf("the page says %q", got)
	}
}

// TestSearchWhilePostgreSQLAnswers types, chooses and looks at the page without Meilisearch.
func TestSearchWhilePostgreSQLAnswers(t *testing.T) {
	t.Parallel()
	s, _ := filterDesk(t)
	s.away(t)
	tab := s.browse(t, staff.RoleAgent, "instead@staff.test")
	tab.Resize(1440, 900)
	tab.Goto(s.URL + find("q", "fingerprint"))
	tab.Press("/")
	tab.Type(waited)
	hits(t, tab, "18 results")
	tab.Click("#facet-status-open")
	hits(t, tab, "2 results")
	inspect(t, tab, s.URL, map[string]string{"search-instead": find("q", waited), "search-instead-empty": find("q", "zzyzx")})
}

// TestSearchWithoutASession holds that answers while one types need a session, too.
func TestSearchWithoutASession(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	got := d.NewVisitor(t).Send(http.MethodGet, find("q", "card"), "", nil, "HX-Request", "true")
	if got.Header.Get("HX-Redirect") != "/console/sign-in" || strings.Contains(got.Body, "data-found") {
		t.Errorf("status %d, headers %v", got.Status, got.Header)
	}
}
