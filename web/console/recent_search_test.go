package console_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/web"
	"github.com/askwell/askwell/web/webtest"
)

// book is a log that is read while others write.
type book struct {
	mu    sync.Mutex
	lines strings.Builder
}

func (b *book) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lines.Write(p)
}

func (b *book) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lines.String()
}

// recent gives what a visitor is told about their searches.
func recent(t *testing.T, v *webtest.Visitor) []string {
	t.Helper()
	var texts []string
	answer := v.Get("/console/search/recent.json")
	if err := json.Unmarshal([]byte(answer.Body), &texts); err != nil || texts == nil {
		t.Fatalf("status %d, %q: %v", answer.Status, answer.Body, err)
	}
	return texts
}

func TestRecentSearchesAreTheMembersOwn(t *testing.T) {
	t.Parallel()
	var log book
	d := newDesk(t, webtest.Options{Change: func(c *web.Config) {
		c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}})
	other := d.SignIn(t, staff.RoleAgent)
	holds := func(v *webtest.Visitor, want ...string) {
		t.Helper()
		if diff := cmp.Diff(append([]string{}, want...), recent(t, v)); diff != "" {
			t.Errorf("recent searches (-want +got):\n%s", diff)
		}
	}
	holds(d.agent)
	for i := range 11 {
		d.post(t, "/console/search/recent", url.Values{"text": {fmt.Sprint("card ", i)}})
	}
	for _, nothing := range []string{"", " \t\x00 ", "\xff"} {
		d.post(t, "/console/search/recent", url.Values{"text": {nothing}})
	}
	d.post(t, "/console/search/recent", url.Values{"text": {"  amara@example.org\n" + strings.Repeat("x", 5000)}})
	got := recent(t, d.agent)
	if len(got) != 10 || len([]rune(got[0])) != 400 || !strings.HasPrefix(got[0], "amara@example.org xxx") || got[1] != "card 10" {
		t.Errorf("recent searches are %q", got)
	}
	holds(other)

	d.post(t, "/console/search/recent/remove", url.Values{"text": {got[0]}})
	holds(d.agent, got[1:]...)
	if answer := other.Post("/console/search/recent/clear", url.Values{}); answer.Location() != "/console/search" {
		t.Errorf("clear leads to %q", answer.Location())
	}
	holds(d.agent, got[1:]...)
	d.post(t, "/console/search/recent/clear", url.Values{})
	holds(d.agent)

	d.post(t, "/console/search/recent", url.Values{"text": {"amara@example.org"}})
	if _, err := d.DB.Exec(t.Context(), `DROP TABLE recent_search`); err != nil {
		t.Fatal(err)
	}
	d.post(t, "/console/search/recent", url.Values{"text": {"amara@example.org"}}) // the search itself was answered
	d.agent.Post("/console/search/recent/remove", url.Values{"text": {"amara@example.org"}})
	if strings.Contains(log.String(), "amara") || !strings.Contains(log.String(), "not remembered") {
		t.Errorf("the log says: %s", log.String())
	}
}

func TestRecentSearchesAreForThoseWhoSearch(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	webtest.CheckAccess(t, d.Desk, http.MethodGet, "/console/search/recent.json", staff.Roles()...)
	for _, path := range []string{"", "/remove", "/clear"} {
		webtest.CheckAccess(t, d.Desk, http.MethodPost, "/console/search/recent"+path, staff.Roles()...)
	}
	stranger := d.agent.Send(http.MethodPost, "/console/search/recent/clear", "application/x-www-form-urlencoded", nil, "Sec-Fetch-Site", "cross-site")
	if stranger.Status != http.StatusForbidden {
		t.Errorf("a form of another site: status %d, want 403", stranger.Status)
	}
}

// TestSearchesMadeAreRemembered: those that were made, on the page of their results or on the way to a record, and not those that
// the page makes while one types.
func TestSearchesMadeAreRemembered(t *testing.T) {
	t.Parallel()
	d, refs := searchDesk(t)
	d.agent.Send(http.MethodGet, find("q", "fingerp"), "", nil, "HX-Request", "true")
	d.get(t, find("q", "fingerprint", "status", "new"))
	d.get(t, find("q", "fingerprint", "start", "25"))
	d.get(t, "/console/search.json?q=program")
	if got := d.agent.Get(find("q", refs["long"])); got.Location() != ticketPath(refs["long"]) {
		t.Errorf("a reference leads to %q", got.Location())
	}
	if diff := cmp.Diff([]string{refs["long"], "fingerprint"}, recent(t, d.agent)); diff != "" {
		t.Errorf("remembered (-want +got):\n%s", diff)
	}
	page := d.get(t, "/console/search")
	if got := page.Text("#recent-searches .recent__list"); !strings.HasPrefix(got, refs["long"]) || page.Doc.Find("#recent-searches").Is("[hidden]") {
		t.Errorf("the empty page of search shows %q", got)
	}
	if page.Doc.Find(".found__help .operators dt").Length() < 10 {
		t.Error("the empty page of search does not explain the operators")
	}
	d.post(t, "/console/search/recent/remove", page.Form(`#recent-searches form[action$="/remove"]`))
	if got := recent(t, d.agent); len(got) != 1 || got[0] != "fingerprint" {
		t.Errorf("after one was removed: %q", got)
	}
	if got := d.get(t, find("q", "card")); got.Doc.Find("#recent-searches").Length() != 0 {
		t.Error("a page of results shows recent searches")
	}

	tab := d.browse(t, staff.RoleAgent, "recent@staff.test")
	d.remember(t, tab, "one", "two", "three")
	tab.Goto(d.URL + "/console/search")
	const listed = `[...document.querySelectorAll(".recent__search")].map(a => a.innerText).join()`
	tab.TabTo(`#recent-searches form[action$="/remove"] button`)
	tab.Press("Enter")
	tab.WaitFor(listed + ` === "two,one"`)
	tab.Click(`#recent-searches form[action$="/clear"] button`)
	tab.WaitFor(`!document.querySelector("#recent-searches").checkVisibility()`)
	d.remember(t, tab, "one", "two", "three")
	tab.Goto(d.URL + "/console/search")
	look(tab, "search-start", func() {})
	tab.Click("#search")
	if testkit.Eval[bool](tab, suggested) {
		t.Error("what the page lists is offered in the box as well")
	}
	tab.Click(`.found__help [data-example="opened:30d"]`)
	tab.WaitFor(`document.activeElement.value === "opened:30d"`)
}
