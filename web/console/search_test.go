package console_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/web"
	"github.com/askwell/askwell/web/webtest"
)

// patient is how long Meilisearch may take on a test machine before PostgreSQL answers.
const patient = 20 * time.Second

// searchDesk is a busy desk whose tickets and accounts are indexed.
func searchDesk(t *testing.T) (*searching, map[string]string) {
	t.Helper()
	server := testkit.Search(t)
	db := testkit.Database(t)
	engine, err := search.New(search.Config{URL: server.URL(), Key: testkit.SearchKey, DB: db, Patience: patient})
	if err != nil {
		t.Fatal(err)
	}
	d, refs := busyDesk(t, webtest.Options{DB: db, Change: func(c *web.Config) { c.Search = engine }})
	if err := engine.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := &searching{desk: d, engine: engine, server: server, host: strings.TrimPrefix(server.URL(), "http://")}
	s.index(t)
	return s, refs
}

// searching is a desk with a search server, which a test may close.
type searching struct {
	*desk
	engine *search.Engine
	server io.Closer
	host   string // where the search server listens
}

// index sends everything to the indexes.
func (s *searching) index(t *testing.T) {
	t.Helper()
	for table, index := range map[string]func([]int64) error{
		"ticket":  func(ids []int64) error { return s.engine.IndexTickets(t.Context(), ids) },
		"account": func(ids []int64) error { return s.engine.IndexAccounts(t.Context(), ids) },
	} {
		var ids []int64
		if err := s.DB.QueryRow(t.Context(), `SELECT array_agg(id) FROM `+table).Scan(&ids); err != nil {
			t.Fatal(err)
		}
		if err := index(ids); err != nil {
			t.Fatal(err)
		}
	}
}

// away closes the search server.
func (s *searching) away(t *testing.T) {
	t.Helper()
	if err := s.server.Close(); err != nil {
		t.Fatal(err)
	}
}

// find is the address of a search: name, value pairs.
func find(pairs ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return "/console/search?" + v.Encode()
}

// live asks as the page itself does while one types.
func (d *desk) live(path string) webtest.Page {
	return d.agent.Send(http.MethodGet, path, "", nil, "HX-Request", "true")
}

func TestSearchAccess(t *testing.T) {
	t.Parallel()
	s, _ := searchDesk(t)
	for _, path := range []string{find("q", "fingerprint"), "/console/search.json?q=fingerprint", find("q", "x", "since", "2026-01-01")} {
		webtest.CheckAccess(t, s.Desk, http.MethodGet, path, staff.RoleAgent, staff.RoleSupervisor, staff.RoleAdministrator)
	}
}

func TestSearchFinds(t *testing.T) {
	t.Parallel()
	s, refs := searchDesk(t)
	amara, err := s.lookUp(t, "amara@example.org")
	if err != nil {
		t.Fatal(err)
	}
	page := s.get(t, find("q", "fingerprnt appointment")) // a slip of the finger
	if got := page.Text(".hit .list__subject"); got != "How do I reschedule my fingerprint appointment?" {
		t.Errorf("found %q", got)
	}
	by := "Built-in search, "
	if os.Getenv("MEILISEARCH_BIN") != "" {
		by = "Meilisearch 1."
	}
	if page.Doc.Find(".hit mark").Length() == 0 || !strings.Contains(page.Text(".found__facts"), by) {
		t.Errorf("nothing is marked, or nobody says what answered: %s", page.Text("main"))
	}
	if got := s.get(t, find("q", "zzyzx quux")).Text(".empty h2"); got != "Nothing found" {
		t.Errorf("no hit says %q", got)
	}
	for q, want := range map[string]string{
		refs["long"]: ticketPath(refs["long"]), strings.ToLower(strings.ReplaceAll(refs["long"], "-", " ")): ticketPath(refs["long"]),
		amara.Number: "/console/accounts/" + amara.Number, amara.Number[:4] + "-" + amara.Number[4:]: "/console/accounts/" + amara.Number,
	} {
		if got := s.agent.Get(find("q", q)); got.Status != http.StatusSeeOther || got.Location() != want {
			t.Errorf("%q: status %d to %q, want 303 to %q", q, got.Status, got.Location(), want)
		}
	}
	people := s.get(t, find("q", "amara okafor"))
	if got := people.Text(".hit"); !strings.Contains(got, "Amara Okafor Account"+amara.Number[:4]+" ") {
		t.Errorf("the first hit is %q, want the account", got)
	}
}

// TestAnIdentifierIsNoTrap looks at an identifier while typing, which leads nowhere, and comes back to what was seen.
func TestAnIdentifierIsNoTrap(t *testing.T) {
	t.Parallel()
	s, refs := searchDesk(t)
	typed := s.live(find("q", refs["long"]))
	if typed.Status != http.StatusOK || strings.Contains(typed.Body, "<html") {
		t.Fatalf("while typing: status %d, %.200s", typed.Status, typed.Body)
	}
	if got := typed.Text(".hit__exact"); got != "Exact matchEnter in the box opens it" {
		t.Errorf("the first hit says %q", got)
	}
	back := typed.Doc.Find("[data-found]").AttrOr("data-url", "")
	if got := s.get(t, back).Doc.Find(".hit").AttrOr("id", ""); got != "hit-"+refs["long"] {
		t.Errorf("%s shows %q first, want the ticket among the results", back, got)
	}
	if got := s.live(find("q", "fingerprint")); got.Doc.Find(".hit__exact").Length() != 0 || !strings.HasSuffix(got.Doc.Find("[data-found]").AttrOr("data-url", ""), "?q=fingerprint") {
		t.Errorf("words are shown as an identifier: %s", got.Text(".hit"))
	}
}

func TestSearchJSON(t *testing.T) {
	t.Parallel()
	s, refs := searchDesk(t)
	var got struct {
		Engine  string
		Why     *string
		Total   int64
		Waiting *int64
		Lag     *float64 `json:"index_lag_seconds"`
		Took    *int64   `json:"took_ms"`
		Hits    []struct{ Kind, Reference, Number, Title, Excerpt, Status, URL string }
		Facets  map[string][]struct {
			Value string
			Count int64
		}
		Problems []struct{ Field, Value, Code, Text, Nearest string }
	}
	ask := func(query string) {
		t.Helper()
		got.Hits, got.Facets, got.Problems = nil, nil, nil
		if err := json.Unmarshal([]byte(s.get(t, "/console/search.json?"+query).Body), &got); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	ask("q=fingerprint&limit=2")
	if got.Engine != "meilisearch" || got.Total != 3 || len(got.Hits) != 2 || got.Lag == nil || got.Took == nil || got.Waiting == nil || got.Why == nil {
		t.Errorf("the answer is %+v", got)
	}
	if h := got.Hits[0]; h.Kind != "ticket" || h.Excerpt == "" || h.Status != "new" || h.URL != ticketPath(h.Reference) {
		t.Errorf("the first hit is %+v", h)
	}
	if diff := cmp.Diff("new", got.Facets["status"][0].Value); diff != "" || got.Facets["status"][0].Count != 3 || len(got.Facets) != 7 {
		t.Errorf("the counts are %+v", got.Facets)
	}
	ask("q=fingerprint&facets=0")
	if len(got.Facets) != 0 {
		t.Errorf("facets=0 gives %+v", got.Facets)
	}
	ask("q=" + refs["long"])
	if got.Engine != "exact" || len(got.Hits) != 1 || got.Hits[0].Reference != refs["long"] {
		t.Errorf("a reference gives %+v", got)
	}
	ask("q=fingerprint&status=opne&kind=people&sort=up&offset=x&limit=9999&assignee=-")
	var problems []string
	for _, p := range got.Problems {
		problems = append(problems, p.Field+" "+p.Value+" "+p.Code+" "+p.Nearest)
		if p.Text == "" {
			t.Errorf("%+v says nothing", p)
		}
	}
	want := []string{"kind people unknown ", "sort up unknown ", "offset x shape ", "limit 9999 shape ", "status opne unknown status:open"}
	if diff := cmp.Diff(want, problems); diff != "" || len(got.Hits) != 3 {
		t.Errorf("%d hits, problems (-want +got):\n%s", len(got.Hits), diff)
	}
	ask("")
	if got.Engine != "none" || got.Hits == nil || got.Problems == nil {
		t.Errorf("nothing asked gives %+v", got)
	}
}

// TestBothAway keeps what was typed and chosen when nothing answers.
func TestBothAway(t *testing.T) {
	t.Parallel()
	d := newDesk(t) // without a search engine
	page := d.agent.Get(find("q", "lost card", "status", "open", "queue", "cases", "sort", "oldest"))
	if page.Status != http.StatusServiceUnavailable || page.Text(".empty h2") != "Search is unavailable" || page.Value("q") != "lost card" {
		t.Errorf("status %d, %q, the box holds %q", page.Status, page.Text(".empty h2"), page.Value("q"))
	}
	if got := page.Doc.Find(".chip:not(.chip--clear)").Length(); got != 2 {
		t.Errorf("%d chips, want both", got)
	}
	if diff := cmp.Diff(url.Values{"status": {"open"}, "queue": {"cases"}, "sort": {"oldest"}}, hidden(page)); diff != "" {
		t.Errorf("what the next search takes along (-want +got):\n%s", diff)
	}
	if got := d.agent.Get("/console/search.json?q=card"); got.Status != http.StatusServiceUnavailable {
		t.Errorf("JSON: status %d", got.Status)
	}
}
