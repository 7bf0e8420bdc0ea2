package search_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/search"
)

// manyLighthouses is a desk with tickets that all match, a day apart, the first in January, and their rows.
func manyLighthouses(t *testing.T, n int) (*desk, []int64) {
	d := newDesk(t)
	var rows []int64
	for i := range n {
		_, id := d.open("Lighthouse", "Question")
		_, err := d.db.Exec(t.Context(), `UPDATE ticket SET opened_at = '2026-01-10'::timestamptz + $2 * interval '10 days' WHERE id = $1`, id, i)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, id)
	}
	d.index()
	return d.standIn(t), rows
}

func TestFullTextSaysWhereItStopped(t *testing.T) {
	t.Parallel()
	d, rows := manyLighthouses(t, 5)
	for most, atLeast := range map[int]bool{3: true, 4: true, 5: false, 6: false} {
		d.engine.SetBounds(most, 100)
		found := d.search(search.Query{Text: "lighthouse", Facets: true})
		if want := int64(min(most, 5)); found.Total != want || found.AtLeast != atLeast || len(found.Hits) != int(want) {
			t.Errorf("up to %d: %d hits of %d, at least: %t", most, len(found.Hits), found.Total, found.AtLeast)
		}
		if found.Hits[0].ID != rows[4] {
			t.Errorf("up to %d: the newest is left out", most)
		}
	}
}

func TestFullTextLooksThroughTheNewestWhenTimeIsShort(t *testing.T) {
	t.Parallel()
	d, rows := manyLighthouses(t, 5)
	d.engine.SetBounds(100, 2)
	for name, c := range map[string]struct {
		query search.Query
		want  []int64
	}{
		"the newest":             {search.Query{Text: "lighthouse"}, []int64{rows[4], rows[3]}},
		"the oldest first":       {search.Query{Text: "lighthouse", Sort: search.SortOldest}, []int64{rows[0], rows[1]}},
		"the newest of a period": {search.Query{Text: "lighthouse opened:2026-01"}, []int64{rows[2], rows[1]}}, // the 30th and the 20th
		"without words":          {search.Query{Text: "status:new"}, []int64{rows[4], rows[3]}},
	} {
		q := c.query
		q.For, q.Limit = agent, 10
		got, err := d.engine.Newest(t.Context(), q)
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%s (-want +got): %v\n%s", name, err, diff)
		}
	}
}

// A table that somebody has locked answers nobody; whoever searches hears of it once PostgreSQL has had its five seconds.
func TestASearchEndsThoughPostgreSQLIsSlow(t *testing.T) {
	t.Parallel()
	d, _ := manyLighthouses(t, 1)
	tx, err := d.db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(t.Context())
	if _, err := tx.Exec(t.Context(), `LOCK TABLE ticket_search`); err != nil {
		t.Fatal(err)
	}
	engine, err := search.New(search.Config{URL: "http://127.0.0.1:1", Prefix: "askwell_", DB: d.db})
	if err != nil {
		t.Fatal(err)
	}
	started := time.Now()
	_, err = engine.Search(t.Context(), search.Query{For: agent, Text: "lighthouse", Facets: true})
	if took := time.Since(started); !failure.Is(err, failure.KindUnavailable) || took > 8*time.Second {
		t.Errorf("after %s: %v, want unavailable", took, err)
	}
}
