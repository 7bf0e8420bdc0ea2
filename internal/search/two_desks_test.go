package search_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/ticket"
)

// deskOn is a desk on a Meilisearch that others use, too. old says that its indexes were built before they were named by the desk's ID.
func deskOn(t *testing.T, url string, old bool) *desk {
	t.Helper()
	d := &desk{t: t, db: testkit.Database(t), url: url}
	d.tickets = ticket.NewService(ticket.Config{DB: d.db})
	if old {
		d.engine = d.connect(url)
		if err := d.engine.Prepare(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	d.nameIndexes()
	return d
}

// nameIndexes is a start of the desk, which finds out how its indexes are called.
func (d *desk) nameIndexes() {
	d.t.Helper()
	var err error
	d.engine, err = search.New(search.Config{URL: d.url, Key: testkit.SearchKey, DB: d.db, Patience: 20 * time.Second})
	if err != nil {
		d.t.Fatal(err)
	}
	if err := d.engine.Prepare(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
}

// Two desks on one Meilisearch, with the one key that askwell search-key makes, find and mend their own tickets alone.
func TestTwoDesksOnOneMeilisearch(t *testing.T) {
	t.Parallel()
	for name, old := range map[string]bool{"both new": false, "one from before": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := testkit.Search(t).URL()
			one, two := deskOn(t, url, old), deskOn(t, url, false)
			one.many(3)
			two.many(1)
			for _, d := range []*desk{one, two} {
				checks, err := d.engine.Verify(t.Context(), nil)
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range checks {
					if c.All() != 0 || c.Problem != "" {
						t.Errorf("the check of %s had to mend %+v %s", c.Index, c.Differences, c.Problem)
					}
				}
			}
			for want, d := range map[int64]*desk{3: one, 1: two} {
				state, err := d.engine.State(t.Context())
				if err != nil || state.Tickets.Documents != want || state.Tickets.Rows != want {
					t.Errorf("%+v (%v), want %d tickets", state.Tickets, err, want)
				}
				found, err := d.engine.Search(t.Context(), search.Query{For: agent, Text: "subject"})
				if err != nil || found.Engine != search.EngineMeilisearch || int64(len(found.Hits)) != want {
					t.Errorf("%d hits by %s (%v), want %d", len(found.Hits), found.Engine, err, want)
				}
			}
			if access, err := one.engine.Access(t.Context()); err != nil || len(access.Lacks) > 0 {
				t.Errorf("the key lacks %v (%v)", access.Lacks, err)
			}
			if kept := indexNames(t, url); old != strings.Contains(kept, `"askwell_tickets"`) {
				t.Errorf("the indexes are %s", kept)
			}
		})
	}
}

// A desk that shared its indexes gets its own when its row goes, as docs/operators.md says.
func TestADeskTakesIndexesOfItsOwn(t *testing.T) {
	t.Parallel()
	d := deskOn(t, testkit.Search(t).URL(), true)
	d.many(2)
	if _, err := d.db.Exec(t.Context(), `DELETE FROM search_index`); err != nil {
		t.Fatal(err)
	}
	d.nameIndexes()
	if state, err := d.engine.State(t.Context()); err != nil || state.Tickets.Documents != 2 {
		t.Errorf("%+v (%v), want both tickets", state.Tickets, err)
	}
	if names := indexNames(t, d.url); strings.Count(names, `_tickets"`) != 2 {
		t.Errorf("the indexes are %s", names)
	}
}

func indexNames(t *testing.T, url string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/indexes", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+testkit.SearchMasterKey)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
