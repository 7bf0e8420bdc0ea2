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
