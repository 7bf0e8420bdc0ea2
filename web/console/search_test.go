package console_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/web"
	"github.com/askwell/askwell/web/webtest"
)

// searchDesk is a busy desk whose tickets and accounts are indexed.
func searchDesk(t *testing.T) (*desk, map[string]string, io.Closer) {
	t.Helper()
	server := testkit.Search(t)
	db := testkit.Database(t)
	engine, err := search.New(search.Config{URL: server.URL(), Key: testkit.SearchKey, DB: db})
	if err != nil {
		t.Fatal(err)
	}
	d, refs := busyDesk(t, webtest.Options{DB: db, Change: func(c *web.Config) { c.Search = engine }})
	if err := engine.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	for table, index := range map[string]func([]int64) error{
		"ticket":  func(ids []int64) error { return engine.IndexTickets(t.Context(), ids) },
		"account": func(ids []int64) error { return engine.IndexAccounts(t.Context(), ids) },
	} {
		var ids []int64
		if err := d.DB.QueryRow(t.Context(), `SELECT array_agg(id) FROM `+table).Scan(&ids); err != nil {
			t.Fatal(err)
		}
		if err := index(ids); err != nil {
			t.Fatal(err)
		}
	}
	return d, refs, server
}

func TestSearchFinds(t *testing.T) {
	t.Parallel()
	d, refs, server := searchDesk(t)
	amara, err := d.lookUp(t, "amara@example.org")
	if err != nil {
		t.Fatal(err)
	}
	find := func(q string) string { return "/console/search?" + url.Values{"q": {q}}.Encode() }

	page := d.get(t, find("fingerprnt appointment")) // a slip of the finger
	if got := page.Text(".hit .list__subject"); got != "How do I reschedule my fingerprint appointment?" {
		t.Errorf("found %q", got)
	}
	if page.Doc.Find(".hit mark").Length() == 0 || !strings.Contains(page.Text(".search-facts"), "Meilisearch") {
		t.Errorf("nothing is marked, or nobody says what answered: %s", page.Text("main"))
	}
	if got := d.get(t, find("zzyzx quux")).Text(".empty h2"); got != "Nothing found" {
		t.Errorf("no hit says %q", got)
	}
	jumps := map[string]string{
		refs["long"]: ticketPath(refs["long"]), strings.ToLower(strings.ReplaceAll(refs["long"], "-", " ")): ticketPath(refs["long"]),
		amara.Number: "/console/accounts/" + amara.Number, amara.Number[:4] + "-" + amara.Number[4:]: "/console/accounts/" + amara.Number,
	}
	for q, want := range jumps {
		if got := d.agent.Get(find(q)); got.Status != http.StatusSeeOther || got.Location() != want {
			t.Errorf("%q: status %d to %q, want 303 to %q", q, got.Status, got.Location(), want)
		}
	}
	var answer struct {
		Engine string
		Total  int64
		Hits   []struct{ Kind, Reference, Title, Excerpt string }
		Lag    *float64 `json:"index_lag_seconds"`
		Took   *int64   `json:"took_ms"`
	}
	if err := json.Unmarshal([]byte(d.get(t, "/console/search.json?q=fingerprint").Body), &answer); err != nil {
		t.Fatal(err)
	}
	if answer.Engine != "meilisearch" || answer.Total != 3 || len(answer.Hits) != 3 || answer.Hits[0].Kind != "ticket" || answer.Hits[0].Excerpt == "" || answer.Lag == nil || answer.Took == nil {
		t.Errorf("the answer in JSON is %+v", answer)
	}

	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	away := d.agent.Get(find("fingerprint"))
	if away.Status != http.StatusServiceUnavailable || away.Text(".empty h2") != "Word search is away" {
		t.Errorf("with the engine away: status %d, %q", away.Status, away.Text(".empty h2"))
	}
	if got := d.agent.Get(find(refs["long"])); got.Location() != ticketPath(refs["long"]) {
		t.Errorf("with the engine away a reference leads to %q", got.Location())
	}
	if got := d.agent.Get("/console/search.json?q=fingerprint"); got.Status != http.StatusServiceUnavailable {
		t.Errorf("JSON with the engine away: status %d", got.Status)
	}
}
