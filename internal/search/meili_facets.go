package search

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/meilisearch/meilisearch-go"
)

// meiliFacets counts the values of every facet field: those that no condition is about together, each other one without its own
// conditions.
func (e *Engine) meiliFacets(ctx context.Context, p plan, strategy meilisearch.MatchingStrategy) (Facets, error) {
	var requests []*meilisearch.SearchRequest
	for _, fields := range p.facetGroups() {
		one := p
		if len(fields) == 1 {
			one = p.without(fields[0])
		}
		requests = append(requests, &meilisearch.SearchRequest{
			IndexUID: e.ticketsIndex(), Query: ticketText(p.typed.terms), MatchingStrategy: strategy, Filter: one.filter(),
			HitsPerPage: new(int64), // no hit is ranked or read: only the counts are wanted
			Facets:      mapped(fields, func(f Field) string { return facetAttributes[f] }),
		})
	}
	got, err := e.reader.MultiSearchWithContext(ctx, &meilisearch.MultiSearchRequest{Queries: requests})
	if err != nil {
		return nil, failed("ask Meilisearch for counts", err)
	}
	facets := Facets{}
	for i, fields := range p.facetGroups() {
		var counts map[string]map[string]int64
		if err := json.Unmarshal(got.Results[i].FacetDistribution, &counts); err != nil {
			return nil, fmt.Errorf("read the counts of Meilisearch: %w", err)
		}
		for _, f := range fields {
			facets[f] = named(f, counts[facetAttributes[f]])
		}
	}
	return facets, nil
}

// facetGroups are the fields that can be counted together: each filtered one by itself.
func (p plan) facetGroups() [][]Field {
	var together []Field
	var groups [][]Field
	for _, f := range FacetFields() {
		if slices.ContainsFunc(p.clauses, func(c clause) bool { return c.field == f && !c.not }) {
			groups = append(groups, []Field{f})
		} else {
			together = append(together, f)
		}
	}
	return append(groups, together)
}

// named gives an assignee of row 0 its name in conditions.
func named(f Field, counts map[string]int64) map[string]int64 {
	if counts == nil {
		counts = map[string]int64{}
	}
	if n, found := counts["0"]; found && f == FieldAssignee {
		delete(counts, "0")
		counts["none"] = n
	}
	return counts
}
