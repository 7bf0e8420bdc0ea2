package search_test

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/meilisearch/meilisearch-go"

	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/ticket"
)

// TestConformanceOfWhatIsSent asks all that is ever asked: the in-process server takes it, and, when MEILI_URL is set (make
// conformance), so does Meilisearch, whose master key is MEILI_KEY. What either refused would show as PostgreSQL answering.
func TestConformanceOfWhatIsSent(t *testing.T) {
	t.Parallel()
	t.Run("in-process", func(t *testing.T) {
		t.Parallel()
		askAll(t, testkit.Search(t).URL(), testkit.SearchMasterKey)
	})
	if url := strings.TrimRight(os.Getenv("MEILI_URL"), "/"); url != "" {
		t.Run("meilisearch", func(t *testing.T) {
			t.Parallel()
			askAll(t, url, os.Getenv("MEILI_KEY"))
		})
	}
}

func askAll(t *testing.T, url, master string) {
	var random [6]byte
	rand.Read(random[:])
	prefix := "conformance_" + hex.EncodeToString(random[:]) + "_"
	key, err := search.GrantKey(t.Context(), url, master, prefix)
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, db: testkit.Database(t), url: url}
	d.tickets = ticket.NewService(ticket.Config{DB: d.db})
	d.engine, err = search.New(search.Config{URL: url, Key: key, Prefix: prefix, DB: d.db, Patience: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	client := meilisearch.New(url, meilisearch.WithAPIKey(master))
	if os.Getenv("MEILI_URL") == url {
		t.Cleanup(func() {
			for _, name := range []string{"tickets", "accounts", "version"} {
				_, _ = client.DeleteIndex(prefix + name)
			}
			_, _ = client.DeleteKey(key)
		})
	}
	if err := d.engine.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, subject := range []string{"My green card was lost", "Green light for the card", `Quotes " and \ and 'those'`} {
		d.open(subject, "Where is it? I moved to Harbor Street 12.")
	}
	d.account("163920702842", "Ana María Núñez", "ana@mail.example", "")
	d.index()

	for _, typed := range []string{
		"green card", "gren crad", `"green card"`, "card -lost", "-lost", "Núñez", "g", "green card harbor street moved lost where light",
		"card status:new", "status:new,open", "-status:closed card", "card language:en category:card-not-received", "queue:general",
		"link:none", "assignee:none", "from:ana@mail.example", "opened:2026", "opened:>2020-01-01 card", "opened:2020-01-01..2030-01-01",
		"account:163920702842", "is:hidden card", "card' OR id = 1", `card " \`, "статус 永住", "* -- + ~ ^ $ { } [ ] ( ) :",
	} {
		for _, sort := range []search.Sort{"", search.SortNewest, search.SortOldest} {
			got := d.search(search.Query{Text: typed, Sort: sort, Facets: true, Limit: 5})
			if got.Engine == search.EnginePostgreSQL {
				t.Errorf("%s: answered by PostgreSQL: %s", typed, got.Why)
			}
		}
	}
	if got := d.search(search.Query{Text: "green card", Facets: true, Limit: 5}); got.Engine != search.EngineMeilisearch || got.Total != 2 {
		t.Errorf("green card: %s found %d", got.Engine, got.Total)
	}
	checks, err := d.engine.Verify(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range checks {
		if c.All() != 0 || c.Problem != "" {
			t.Errorf("%+v", c)
		}
	}
	if err := d.engine.Rebuild(t.Context(), search.RebuildOptions{}); err != nil {
		t.Fatal(err)
	}
	if got := d.search(search.Query{Text: "green card", Limit: 5}); got.Engine != search.EngineMeilisearch || got.Total != 2 {
		t.Errorf("green card after a rebuild: %s found %d", got.Engine, got.Total)
	}
	for index, want := range search.Settings() {
		kept, err := client.Index(prefix + index).GetSettings()
		if err != nil {
			t.Fatal(err)
		}
		sent, held := asSets(t, want), asSets(t, kept)
		for name := range sent {
			if diff := cmp.Diff(sent[name], held[name]); diff != "" {
				t.Errorf("%s of %s (-sent +kept):\n%s", name, index, diff)
			}
		}
	}
}

// asSets takes settings apart; Meilisearch keeps most lists in an order of its own.
func asSets(t *testing.T, settings *meilisearch.Settings) map[string]any {
	t.Helper()
	raw, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"stopWords", "sortableAttributes", "filterableAttributes", "displayedAttributes"} {
		if list, ok := all[name].([]any); ok {
			slices.SortFunc(list, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
		}
	}
	return all
}
