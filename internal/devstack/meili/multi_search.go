package meili

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A multiQuery is one search of several: a search with its index.
type multiQuery struct {
	searchRequest
	IndexUID          string             `json:"indexUid"`
	FederationOptions *federationOptions `json:"federationOptions"`
}

type federationOptions struct {
	Weight        *float64 `json:"weight"`
	QueryPosition *int     `json:"queryPosition"`
	Remote        *string  `json:"remote"`
}

type federation struct {
	Offset        *int                `json:"offset"`
	Limit         *int                `json:"limit"`
	FacetsByIndex map[string][]string `json:"facetsByIndex"`
	MergeFacets   json.RawMessage     `json:"mergeFacets"`
	Distinct      *string             `json:"distinct"`
}

func (s *Server) multiSearch(r *request) (int, any, error) {
	var in struct {
		Queries    []multiQuery `json:"queries"`
		Federation *federation  `json:"federation"`
	}
	if err := r.decode(&in, "invalid_multi_search_"); err != nil {
		return 0, nil, err
	}
	for i, q := range in.Queries {
		if q.IndexUID == "" {
			return 0, nil, invalid("missing_index_uid", "Missing field `indexUid` inside `.queries[%d]`", i)
		}
		if !r.key.opens(q.IndexUID) {
			return 0, nil, newError(http.StatusForbidden, typeAuth, "invalid_api_key", "The provided API key is invalid.")
		}
	}
	if in.Federation != nil {
		return s.federate(r.Context(), in.Queries, *in.Federation)
	}
	for i, q := range in.Queries {
		if q.FederationOptions != nil {
			return 0, nil, invalid("invalid_multi_search_federation_options",
				"Inside `.queries[%d]`: Using `.federationOptions` is not allowed in a non-federated search.", i)
		}
	}
	all, err := s.searchAll(r.Context(), in.Queries)
	if err != nil {
		return 0, nil, err
	}
	results := make([]map[string]any, 0, len(in.Queries))
	for i, q := range in.Queries {
		response := all[i].response(q.searchRequest)
		response["indexUid"] = q.IndexUID
		results = append(results, response)
	}
	return http.StatusOK, map[string]any{"results": results}, nil
}

// searchAll searches for all queries at the same time and returns what each one found.
func (s *Server) searchAll(ctx context.Context, queries []multiQuery) ([]*found, error) {
	all, errs := make([]*found, len(queries)), make([]error, len(queries))
	var searches sync.WaitGroup
	for i, q := range queries {
		searches.Go(func() { all[i], errs[i] = s.search(ctx, q.IndexUID, q.searchRequest) })
	}
	searches.Wait()
	for i, err := range errs {
		if err != nil {
			return nil, insideQuery(i, err)
		}
	}
	return all, nil
}

func insideQuery(i int, err error) error {
	var api *apiError
	if errors.As(err, &api) {
		inside := *api
		inside.Message = "Inside `.queries[" + strconv.Itoa(i) + "]`: " + api.Message
		return &inside
	}
	return err
}

// federate merges the hits of several searches into one list, by sort values
// where the searches sort, and by ranking score times weight.
func (s *Server) federate(ctx context.Context, queries []multiQuery, f federation) (int, any, error) {
	started := time.Now()
	if f.Distinct != nil {
		return 0, nil, unsupported("distinct")
	}
	if len(f.MergeFacets) > 0 && string(f.MergeFacets) != "null" {
		return 0, nil, unsupported("mergeFacets")
	}
	offset, limit := orElse(f.Offset, 0), orElse(f.Limit, 20)
	for i, q := range queries {
		if q.Limit != nil || q.Offset != nil || q.Page != nil || q.HitsPerPage != nil || q.Facets != nil {
			return 0, nil, invalid("invalid_multi_search_query_pagination", "Inside `.queries[%d]`: Using pagination or facet "+
				"options is not allowed in federated queries. Hint: remove them from the query or remove `federation`.", i)
		}
		queries[i].Limit = ptr(offset + limit)
	}
	all, err := s.searchAll(ctx, queries)
	if err != nil {
		return 0, nil, err
	}
	var merged []federatedHit
	total := 0
	for i, q := range queries {
		total += all[i].total
		hits, err := federated(q, i, all[i].hits)
		if err != nil {
			return 0, nil, err
		}
		merged = append(merged, hits...)
	}
	slices.SortStableFunc(merged, compareFederated)
	hits := []map[string]json.RawMessage{}
	for _, h := range merged[min(offset, len(merged)):min(offset+limit, len(merged))] {
		hits = append(hits, h.fields)
	}
	body := map[string]any{
		"hits": hits, "offset": offset, "limit": limit, "estimatedTotalHits": total,
		"processingTimeMs": time.Since(started).Milliseconds(),
	}
	if err := s.federatedFacets(ctx, queries, f.FacetsByIndex, body); err != nil {
		return 0, nil, err
	}
	body["processingTimeMs"] = time.Since(started).Milliseconds()
	return http.StatusOK, body, nil
}

// federatedFacets counts facets per index over all queries of that index.
func (s *Server) federatedFacets(ctx context.Context, queries []multiQuery, wanted map[string][]string, body map[string]any) error {
	if len(wanted) == 0 {
		return nil
	}
	facets := map[string]any{}
	for _, uid := range sortedKeys(wanted) {
		for i, q := range queries {
			if q.IndexUID != uid {
				continue
			}
			if facets[uid] != nil {
				return unsupported("facets over several queries of one index in a federation")
			}
			q.Facets, q.Limit = wanted[uid], ptr(0)
			out, err := s.search(ctx, uid, q.searchRequest)
			if err != nil {
				return insideQuery(i, err)
			}
			facets[uid] = map[string]any{"distribution": out.facets, "stats": out.stats}
		}
	}
	body["facetsByIndex"] = facets
	return nil
}

type federatedHit struct {
	hit
	weighted   float64
	descending []bool
}

func federated(q multiQuery, position int, hits []hit) ([]federatedHit, error) {
	weight := 1.0
	if q.FederationOptions != nil {
		weight = orElse(q.FederationOptions.Weight, 1)
		if q.FederationOptions.Remote != nil && *q.FederationOptions.Remote != "" {
			return nil, unsupported("remote searches")
		}
	}
	var descending []bool
	for _, by := range q.Sort {
		descending = append(descending, strings.HasSuffix(by, ":desc"))
	}
	out := make([]federatedHit, len(hits))
	for i, h := range hits {
		raw, err := json.Marshal(map[string]any{
			"indexUid": q.IndexUID, "queriesPosition": position, "weightedRankingScore": h.score * weight,
		})
		if err != nil {
			return nil, err
		}
		h.fields["_federation"] = raw
		out[i] = federatedHit{hit: h, weighted: h.score * weight, descending: descending}
	}
	return out, nil
}

func compareFederated(a, b federatedHit) int {
	for i := 0; i < min(len(a.sort), len(b.sort), len(a.descending)); i++ {
		if c := compareKeys(a.sort[i], b.sort[i], a.descending[i]); c != 0 {
			return c
		}
	}
	return cmp.Compare(b.weighted, a.weighted)
}
