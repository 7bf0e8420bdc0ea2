package search

import (
	"context"

	"github.com/askwell/askwell/internal/account"
)

// answer is what an engine found: rows with what is to be marked, and the counts.
type answer struct {
	hits    []found
	total   int64
	facets  Facets
	atLeast bool // the total and the counts may be higher
	partial bool // no record holds every word; these hold some
}

// found is one row. Title and excerpt are set where something in them is marked.
type found struct {
	kind           string
	id             int64
	title, excerpt []Span
}

// dress reads from PostgreSQL what hits show. A record that is gone is left out.
func (e *Engine) dress(ctx context.Context, all []found) ([]Hit, error) {
	ids := map[string][]int64{}
	for _, f := range all {
		ids[f.kind] = append(ids[f.kind], f.id)
	}
	rows := map[string]map[int64]Hit{}
	for kind, some := range ids {
		var err error
		if rows[kind], err = e.rows(ctx, kind, some); err != nil {
			return nil, err
		}
	}
	var hits []Hit
	for _, f := range all {
		h, there := rows[f.kind][f.id]
		if !there {
			continue
		}
		if marked(f.title) {
			h.Marked = f.title
		}
		h.Excerpt = f.excerpt
		hits = append(hits, h)
	}
	return hits, nil
}

func (e *Engine) rows(ctx context.Context, kind string, ids []int64) (map[int64]Hit, error) {
	rows := make(map[int64]Hit, len(ids))
	if kind == KindAccount {
		accounts, err := account.Store{DB: e.db}.ByIDs(ctx, ids)
		for _, a := range accounts {
			rows[a.ID] = accountHit(a)
		}
		return rows, err
	}
	tickets, err := e.tickets(ctx, plan{}, func(c *conditions) { c.say(false, "t.id = ANY ("+c.bind(ids)+")") }, true)
	for _, h := range tickets {
		rows[h.ID] = h
	}
	return rows, err
}
