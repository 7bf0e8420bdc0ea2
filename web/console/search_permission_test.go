package console_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/web/webtest"
)

// Each role opens what it finds, whoever answers; and no hit tells the number of an account that is in conflict.
func TestWhatIsFoundCanBeOpened(t *testing.T) {
	t.Parallel()
	s, refs := searchDesk(t)
	amara, err := s.lookUp(t, "amara@example.org")
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{"fingerprint", "interview", "okafor", "link:conflict", refs["conflict"], amara.Number, amara.Email}
	check := func(engines ...string) {
		t.Helper()
		for _, role := range staff.Roles() {
			visitor := s.SignIn(t, role)
			seen := map[string]bool{}
			for _, text := range texts {
				answer := visitor.Get("/console/search.json?" + url.Values{"q": {text}}.Encode())
				var found struct {
					Engine string
					Hits   []struct {
						URL, Number string
						LinkState   string `json:"link_state"`
					}
				}
				if err := json.Unmarshal([]byte(answer.Body), &found); err != nil || answer.Status != http.StatusOK || len(found.Hits) == 0 {
					t.Fatalf("%s: %q: status %d, %d hits (%v)", role, text, answer.Status, len(found.Hits), err)
				}
				seen[found.Engine] = true
				for _, hit := range found.Hits {
					if opened := visitor.Get(hit.URL); opened.Status != http.StatusOK {
						t.Errorf("%s finds %s by %q and may not open it: status %d", role, hit.URL, text, opened.Status)
					}
					if hit.LinkState == "conflict" && hit.Number != "" {
						t.Errorf("%s is told the number of an account in conflict: %+v", role, hit)
					}
				}
			}
			for _, engine := range engines {
				if !seen[engine] {
					t.Errorf("%s: %s never answered, only %v", role, engine, seen)
				}
			}
		}
	}
	check("meilisearch", "exact")
	s.away(t)
	check("postgresql", "exact")
}

// Browsers talk to Askwell alone: no policy lets them talk to another, and no page tells where Meilisearch is or what its key is.
func TestNoPageLeadsABrowserToMeilisearch(t *testing.T) {
	t.Parallel()
	s, refs := searchDesk(t)
	amara, err := s.lookUp(t, "amara@example.org")
	if err != nil {
		t.Fatal(err)
	}
	administrator := s.SignIn(t, staff.RoleAdministrator)
	pages := []string{
		"/console/tickets", ticketPath(refs["long"]), "/console/accounts/" + amara.Number, "/console/search",
		find("q", "fingerprint"), "/console/search.json?q=fingerprint", "/console/search/operators.json", "/console/search/hits?q=card",
		"/console/reports/response-times", "/console/task-queues", "/", "/inquiries/new", "/healthz", "/readyz", "/metrics",
	}
	noMeilisearch(t, "/console/sign-in", s.host, s.Get("/console/sign-in"))
	for range 2 {
		for _, path := range pages {
			answer := administrator.Get(path)
			if answer.Status != http.StatusOK {
				t.Errorf("%s: status %d", path, answer.Status)
			}
			noMeilisearch(t, path, s.host, answer)
		}
		s.away(t) // errors quote nothing either
	}
	links := administrator.Get("/console/search").Doc.Find("script[src], link[href], form[action], [hx-get], [hx-post]")
	for i := range links.Length() {
		for _, name := range []string{"src", "href", "action", "hx-get", "hx-post"} {
			if to, there := links.Eq(i).Attr(name); there && !strings.HasPrefix(to, "/") {
				t.Errorf("the search page leads to %q", to)
			}
		}
	}
}

func noMeilisearch(t *testing.T, path, host string, answer webtest.Page) {
	t.Helper()
	policy := map[string]string{}
	for _, rule := range strings.Split(answer.Header.Get("Content-Security-Policy"), ";") {
		name, sources, _ := strings.Cut(strings.TrimSpace(rule), " ")
		policy[name] = sources
	}
	if policy["connect-src"] != "'self'" || policy["default-src"] != "'none'" {
		t.Errorf("%s: the policy lets browsers connect to %q, else to %q", path, policy["connect-src"], policy["default-src"])
	}
	for name, value := range answer.Header {
		if strings.Contains(strings.Join(value, " "), host) {
			t.Errorf("%s: the header %s names Meilisearch", path, name)
		}
	}
	for _, secret := range []string{host, testkit.SearchKey, testkit.SearchMasterKey, "Bearer"} {
		if strings.Contains(answer.Body, secret) {
			t.Errorf("%s holds %q", path, secret)
		}
	}
}
