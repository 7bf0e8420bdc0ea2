// Package layout holds the rule of which package may import which.
package layout

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/askwell/askwell/"

// rule says what the packages under one path may import of this module, and that third parties' packages are theirs alone.
type rule struct {
	path  string
	local []string // prefixes below the module; "" for everything
	never []string
	other []string // prefixes of third parties' modules; nil for anything that is nobody else's own
}

var pure = []string{"golang.org/x/", "gonum.org/"}

var rules = []rule{
	{path: "internal/failure", local: []string{}, other: pure},
	{path: "internal/identifier", local: []string{}, other: pure},
	{path: "internal/sla", local: []string{}, other: pure},
	{path: "internal/survival", local: []string{}, other: pure},
	{path: "internal/triage", local: []string{}, other: pure},
	{path: "internal/config", local: []string{"internal/failure", "internal/identifier"}, other: pure},
	{path: "internal/files", local: []string{"internal/failure"}},
	{path: "internal/postgres", local: []string{"internal/failure"}, other: []string{"github.com/jackc/"}},
	{path: "internal/outbox", local: []string{"internal/failure", "internal/postgres"}, other: []string{"github.com/jackc/"}},
	{path: "internal/secret", local: []string{"internal/failure", "internal/postgres"}, other: []string{"github.com/jackc/"}},
	{path: "internal/draft", local: ground},
	{path: "internal/instance", local: []string{"internal/failure", "internal/postgres"}},
	{path: "internal/trust", local: []string{}, other: pure},
	{path: "internal/redisurl", local: []string{"internal/trust"}},
	{path: "internal/password", local: []string{"internal/failure"}, other: pure},
	{path: "internal/guard", local: ground},
	{path: "internal/account", local: slices.Concat(ground, doors)},
	{path: "internal/factor", local: slices.Concat(ground, doors, []string{"internal/account"})},
	{path: "internal/staff", local: slices.Concat(ground, doors)},
	{path: "internal/mail", local: ground},
	{path: "internal/ticket", local: slices.Concat(ground, people)},
	{path: "internal/inbound", local: slices.Concat(ground, people, tickets, []string{"internal/files"})},
	{path: "internal/search", local: slices.Concat(ground, people, tickets)},
	{path: "internal/report", local: slices.Concat(ground, people, tickets)},
	{path: "internal/transfer", local: slices.Concat(ground, people, tickets, []string{"internal/search", "internal/report"})},
	{path: "internal/seed", local: slices.Concat(ground, doors, people, tickets)},
	{path: "internal/replay", local: []string{"internal/failure", "internal/identifier"}},
	{path: "internal/devstack", local: []string{"internal/devstack"}},
	{path: "internal/testkit", local: []string{"internal", "migrations"}},
	{path: "workers/workertest", local: []string{"workers", "internal"}, never: []string{"web"}},
	{path: "workers", local: []string{"workers", "internal"}, never: []string{"internal/devstack", "internal/testkit", "web"}},
	{path: "web", local: []string{"web", "internal"}, never: []string{"internal/devstack", "workers"}},
	{path: "migrations", local: []string{}},
	{path: "cmd", local: []string{""}},
	{path: "scripts", local: []string{""}},
}

var (
	ground  = []string{"internal/failure", "internal/identifier", "internal/sla", "internal/survival", "internal/triage", "internal/postgres", "internal/outbox", "internal/secret", "internal/trust"}
	doors   = []string{"internal/password", "internal/guard"}
	people  = []string{"internal/account", "internal/staff", "internal/mail"}
	tickets = []string{"internal/ticket"}
)

// owners are the only rooms that may import a technology.
var owners = map[string][]string{
	"github.com/meilisearch/":       {"internal/search"},
	"github.com/wneessen/go-mail":   {"internal/mail"},
	"github.com/hibiken/asynq":      {"workers"},
	"github.com/emersion/":          {"internal/inbound", "internal/mail", "internal/devstack"},
	"github.com/gin-gonic/gin":      {"web"},
	"github.com/go-webauthn/":       {"internal/factor"},
	"github.com/pquerna/otp":        {"internal/factor"},
	"github.com/boombuler/barcode":  {"internal/factor"},
	"github.com/blevesearch/":       {"internal/devstack"},
	"github.com/alicebob/miniredis": {"internal/devstack"},
	"github.com/chromedp/":          {"internal/testkit", "scripts"},
}

type pkg struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", module+"...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var found []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return found
		} else if err != nil {
			t.Fatal(err)
		}
		found = append(found, p)
	}
}

func under(path string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return p == "" || path == p || strings.HasPrefix(path, p+"/") })
}

func hasPrefix(path string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(path, p) })
}

// check lists what is wrong with one import.
func check(from, imported string) string {
	at := slices.IndexFunc(rules, func(r rule) bool { return under(from, []string{r.path}) })
	if at < 0 {
		return "stands in no room of the table"
	}
	r := rules[at]
	if local, found := strings.CutPrefix(imported, module); found {
		if under(local, []string{from}) || under(local, r.local) && !under(local, r.never) {
			return ""
		}
		return "may not import " + local
	}
	if !strings.Contains(strings.Split(imported, "/")[0], ".") {
		return "" // the standard library
	}
	for technology, rooms := range owners {
		if strings.HasPrefix(imported, technology) && !under(from, rooms) {
			return "may not import " + imported + ": that is for " + strings.Join(rooms, ", ")
		}
	}
	if r.other != nil && !hasPrefix(imported, r.other) {
		return "may not import " + imported
	}
	return ""
}

func TestImportRules(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, p := range packages(t) {
		from := strings.TrimPrefix(p.ImportPath, module)
		for _, imported := range p.Imports {
			seen++
			if wrong := check(from, imported); wrong != "" {
				t.Errorf("%s %s", from, wrong)
			}
		}
	}
	if seen < 100 {
		t.Errorf("only %d imports were looked at; is the list of packages whole?", seen)
	}
}

func TestCheckFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ from, imported string }{
		{"internal/identifier", module + "internal/failure"},
		{"internal/ticket", module + "internal/search"},
		{"internal/survival", "github.com/jackc/pgx/v5"},
		{"workers", module + "web/page"},
		{"web/public", module + "workers"},
		{"web/public", "github.com/hibiken/asynq"},
		{"internal/search", module + "internal/devstack/meili"},
		{"internal/models", "fmt"},
	} {
		if check(c.from, c.imported) == "" {
			t.Errorf("%s importing %s passes", c.from, c.imported)
		}
	}
}
