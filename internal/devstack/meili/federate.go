package meili

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A federation is how hits of several searches become one list.
type federation struct {
	Offset        *int                `json:"offset"`
	Limit         *int                `json:"limit"`
	Page          *int                `json:"page"`
	HitsPerPage   *int                `json:"hitsPerPage"`
	FacetsByIndex map[string][]string `json:"facetsByIndex"`
	unsupportedFederation
}

func (f federation) check() *apiError {
	if err := f.unsupportedFederation.check(); err != nil {
		return err
	}
	for name, value := range map[string]*int{"offset": f.Offset, "limit": f.Limit, "page": f.Page, "hitsPerPage": f.HitsPerPage} {
		if value != nil && *value < 0 {
			return invalid("invalid_multi_search_"+snake(name), "Invalid value type at `.federation.%s`: expected a positive integer, but "+
				"found a negative integer: `%d`", name, *value)
		}
	}
	return nil
}

// federate merges the hits of several searches into one list: by what their ranking rules say, one after another, with the ranking
// score times the query's weight. A document that several queries of an index find is one hit, the best.
func (s *Server) federate(ctx context.Context, queries []multiQuery, f federation) (int, any, error) {
	started := time.Now()
	if err := f.check(); err != nil {
		return 0, nil, err
	}
	if err := s.checkFacetsByIndex(f.FacetsByIndex); err != nil {
		return 0, nil, err
	}
	paging := searchRequest{Offset: f.Offset, Limit: f.Limit, Page: f.Page, HitsPerPage: f.HitsPerPage}
	_, from, to := paging.pages(1 << 30)
	for i := range queries {
		if err := queries[i].checkFederated(i); err != nil {
			return 0, nil, err
		}
		queries[i].Limit, queries[i].within = ptr(to), true
		queries[i].Facets = f.FacetsByIndex[queries[i].IndexUID]
	}
	all, err := s.searchAll(ctx, queries)
	if err != nil {
		return 0, nil, err
	}
	if err := checkComparable(all); err != nil {
		return 0, nil, err
	}
	merged, err := mergeHits(queries, all)
	if err != nil {
		return 0, nil, err
	}
	list := &found{total: total(all)}
	list.paged, _, _ = paging.pages(1 << 30)
	list.hits = merged[min(from, len(merged)):min(to, len(merged))]
	list.took = time.Since(started)
	body := list.response(paging)
	delete(body, "query")
	if len(f.FacetsByIndex) > 0 {
		facets, err := facetsByIndex(all, f.FacetsByIndex)
		if err != nil {
			return 0, nil, err
		}
		body["facetsByIndex"] = facets
	}
	return http.StatusOK, body, nil
}

func (s *Server) checkFacetsByIndex(wanted map[string][]string) error {
	for _, uid := range sortedKeys(wanted) {
		x, err := s.index(uid)
		if err == nil {
			err = x.record().checkFacets(wanted[uid], "invalid_multi_search_facets_by_index")
		}
		var api *apiError
		if errors.As(err, &api) {
			api.status, api.Message = http.StatusBadRequest, "Inside `.federation.facetsByIndex."+uid+"`: "+api.Message
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (q multiQuery) checkFederated(i int) *apiError {
	for _, option := range []struct {
		name  string
		value *int
	}{{"limit", q.Limit}, {"offset", q.Offset}, {"page", q.Page}, {"hitsPerPage", q.HitsPerPage}} {
		if option.value != nil {
			return invalid("invalid_multi_search_query_pagination", "Inside `.queries[%d]`: Using pagination options is not allowed in federated "+
				"queries.\n - Hint: remove `%s` from query #%d or remove `federation` from the request\n - Hint: pass `federation.limit` and "+
				"`federation.offset` for pagination in federated search", i, option.name, i)
		}
	}
	if q.Facets != nil {
		return invalid("invalid_multi_search_query_facets", "Inside `.queries[%d]`: Using facet options is not allowed in federated queries.\n"+
			" - Hint: remove `facets` from query #%d or remove `federation` from the request\n - Hint: pass `federation.facetsByIndex.%s` "+
			"for facets in federated search", i, i, q.IndexUID)
	}
	return nil
}

// checkComparable refuses queries whose ranking rules go different ways: at the same place one sorts and another does not, or the
// other way round.
func checkComparable(all []*found) *apiError {
	var longest []string
	at := 0
	for i, one := range all {
		kinds := one.kinds()
		for j := range min(len(kinds), len(longest)) {
			if kinds[j] != longest[j] {
				reason := "cannot compare a relevancy rule with a sort rule"
				if kinds[j] != "relevancy" && longest[j] != "relevancy" {
					reason = "cannot compare two sort rules in opposite directions"
				}
				return invalid("invalid_multi_search_query_ranking_rules", "Inside `.queries[%d]`: The results of queries #%d and #%d are "+
					"incompatible: \n  1. %s\n  2. %s\n  - %s\n", i, at, i, longest[j], kinds[j], reason)
			}
		}
		if len(kinds) > len(longest) || i == 0 {
			longest, at = kinds, i
		}
	}
	return nil
}

// kinds says what the ranking rules compare by; those that look at the query count as one.
func (f *found) kinds() []string {
	var kinds []string
	for _, s := range f.steps {
		kind := "relevancy"
		if s.value != nil {
			kind = map[bool]string{false: "ascending sort", true: "descending sort"}[s.value.descending]
		}
		if n := len(kinds); kind != "relevancy" || n == 0 || kinds[n-1] != kind {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

type federatedHit struct {
	hit
	index  string
	query  int
	weight float64
}

// mergeHits orders all hits; those that compare alike by index and query.
func mergeHits(queries []multiQuery, all []*found) ([]hit, error) {
	var merged []federatedHit
	for i, one := range all {
		weight := 1.0
		if options := queries[i].FederationOptions; options != nil {
			weight = orElse(options.Weight, 1)
		}
		for _, h := range one.hits {
			merged = append(merged, federatedHit{h, one.index, i, weight})
		}
	}
	slices.SortStableFunc(merged, func(a, b federatedHit) int {
		return cmp.Or(compareScores(a.values, b.values, a.weight, b.weight), strings.Compare(a.index, b.index))
	})
	type identity struct {
		index    string
		sequence uint64
	}
	seen := map[identity]bool{}
	var hits []hit
	for _, h := range merged {
		if id := (identity{h.index, h.sequence}); !seen[id] {
			seen[id] = true
			raw, err := json.Marshal(map[string]any{
				"indexUid": h.index, "queriesPosition": positionOfQuery(queries, h.query), "weightedRankingScore": h.score * h.weight,
			})
			if err != nil {
				return nil, fmt.Errorf("encode a federated hit: %w", err)
			}
			h.fields["_federation"] = raw
			hits = append(hits, h.hit)
		}
	}
	return hits, nil
}

func positionOfQuery(queries []multiQuery, i int) int {
	if options := queries[i].FederationOptions; options != nil {
		return orElse(options.QueryPosition, i)
	}
	return i
}

// total counts the documents that were found, each once per index.
func total(all []*found) int {
	count := 0
	merged := map[*found]bool{}
	for i, one := range all {
		if merged[one] {
			continue
		}
		docs := one.docs
		for _, other := range all[i+1:] {
			if other.index == one.index && other.view == one.view {
				docs = docs.clone()
				docs.or(other.docs)
				merged[other] = true
			}
		}
		count += docs.count()
	}
	return count
}

// facetsByIndex gives the counts of each index that has a query.
func facetsByIndex(all []*found, wanted map[string][]string) (map[string]any, error) {
	facets := map[string]any{}
	for _, one := range all {
		if wanted[one.index] == nil {
			continue
		}
		if facets[one.index] != nil {
			return nil, unsupported("facets over several queries of one index in a federation")
		}
		facets[one.index] = map[string]any{"distribution": one.facets, "stats": one.stats}
	}
	return facets, nil
}
