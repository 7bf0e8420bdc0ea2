package meili

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"
)

func (s *Server) postSearch(r *request) (int, any, error) {
	var q searchRequest
	if err := r.decode(&q, "invalid_search_"); err != nil {
		return 0, nil, err
	}
	return s.answer(r.PathValue("uid"), q)
}

func (s *Server) answer(uid string, q searchRequest) (int, any, error) {
	out, err := s.search(uid, q)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, out.response(q), nil
}

// getSearch takes the same parameters from the URL.
func (s *Server) getSearch(r *request) (int, any, error) {
	values := r.URL.Query()
	var q searchRequest
	for name, into := range map[string]**int{
		"offset": &q.Offset, "limit": &q.Limit, "page": &q.Page, "hitsPerPage": &q.HitsPerPage, "cropLength": &q.CropLength,
	} {
		if values.Has(name) {
			n, err := r.number(name, "invalid_search_"+snake(name), 0)
			if err != nil {
				return 0, nil, err
			}
			*into = &n
		}
	}
	for name, into := range map[string]**string{
		"q": &q.Q, "highlightPreTag": &q.HighlightPreTag, "highlightPostTag": &q.HighlightPostTag, "cropMarker": &q.CropMarker,
		"distinct": &q.Distinct,
	} {
		if values.Has(name) {
			*into = ptr(values.Get(name))
		}
	}
	for name, into := range map[string]*[]string{
		"facets": &q.Facets, "sort": &q.Sort, "attributesToRetrieve": &q.AttributesToRetrieve,
		"attributesToSearchOn": &q.AttributesToSearchOn, "attributesToHighlight": &q.AttributesToHighlight,
		"attributesToCrop": &q.AttributesToCrop, "locales": &q.Locales,
	} {
		*into = splitList(values.Get(name))
	}
	q.MatchingStrategy = values.Get("matchingStrategy")
	q.ShowRankingScore = values.Get("showRankingScore") == "true"
	q.ShowMatchesPosition = values.Get("showMatchesPosition") == "true"
	q.Filter = queryFilter(values)
	return s.answer(r.PathValue("uid"), q)
}

// queryFilter reads a filter from a URL: an array in JSON, or an expression.
func queryFilter(values url.Values) json.RawMessage {
	text := values.Get("filter")
	if text == "" {
		return nil
	}
	if strings.HasPrefix(text, "[") && json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	return json.RawMessage(strconv.Quote(text))
}

func (s *Server) facetSearch(r *request) (int, any, error) {
	started := time.Now()
	var in struct {
		FacetName            string          `json:"facetName"`
		FacetQuery           string          `json:"facetQuery"`
		Q                    *string         `json:"q"`
		Filter               json.RawMessage `json:"filter"`
		MatchingStrategy     string          `json:"matchingStrategy"`
		AttributesToSearchOn []string        `json:"attributesToSearchOn"`
		ExhaustiveFacetCount bool            `json:"exhaustiveFacetCount"`
	}
	if err := r.decode(&in, "invalid_facet_search_"); err != nil {
		return 0, nil, err
	}
	if in.FacetName == "" {
		return 0, nil, invalid("missing_facet_search_facet_name", "Missing field `facetName`")
	}
	x, err := s.index(r.PathValue("uid"))
	if err != nil {
		return 0, nil, err
	}
	v, err := x.view()
	if err != nil {
		return 0, nil, err
	}
	defer v.close()
	if !matchesAny(v.rec.Settings.filterPatterns(), in.FacetName) {
		return 0, nil, invalid("invalid_facet_search_facet_name", "Attribute `%s` is not facet-searchable. Available "+
			"facet-searchable attributes patterns are: `%s`.", in.FacetName, joinNames(v.rec.Settings.filterPatterns()))
	}
	q := searchRequest{Q: in.Q, Filter: in.Filter, MatchingStrategy: in.MatchingStrategy, AttributesToSearchOn: in.AttributesToSearchOn}
	if err := q.check(); err != nil {
		return 0, nil, err
	}
	var hits docSet
	err = s.db.View(func(tx *bolt.Tx) error {
		_, hits, err = v.match(readData(tx, v.rec.Data), s.deriver, q)
		return err
	})
	if err != nil {
		return 0, nil, err
	}
	all, _, err := v.countFacet(in.FacetName, hits)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, map[string]any{
		"facetHits": v.facetHits(in.FacetName, in.FacetQuery, all), "facetQuery": in.FacetQuery,
		"processingTimeMs": time.Since(started).Milliseconds(),
	}, nil
}

// facetHits keeps the string values that begin with the query, or have a word
// that does, typos let through as in a search.
func (v *view) facetHits(name, query string, all distribution) []facetCount {
	v.sortFacet(name, all)
	folded := foldValue(query)
	typos := v.rec.Settings.typosAllowed(folded)
	out := []facetCount{}
	for _, value := range all {
		if len(out) == v.rec.Settings.Faceting.MaxValuesPerFacet {
			break
		}
		if strings.HasPrefix(value.folded, folded) || editDistance(folded, value.folded, true) <= typos {
			out = append(out, value)
			continue
		}
		if slices.ContainsFunc(words(value.folded), func(word string) bool { return strings.HasPrefix(word, folded) }) {
			out = append(out, value)
		}
	}
	return out
}

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
		return s.federate(in.Queries, *in.Federation)
	}
	results := make([]map[string]any, 0, len(in.Queries))
	for i, q := range in.Queries {
		if q.FederationOptions != nil {
			return 0, nil, invalid("invalid_multi_search_federation_options",
				"Inside `.queries[%d]`: Using `.federationOptions` is not allowed in a non-federated search.", i)
		}
		out, err := s.search(q.IndexUID, q.searchRequest)
		if err != nil {
			return 0, nil, insideQuery(i, err)
		}
		response := out.response(q.searchRequest)
		response["indexUid"] = q.IndexUID
		results = append(results, response)
	}
	return http.StatusOK, map[string]any{"results": results}, nil
}

func insideQuery(i int, err error) error {
	if api, ok := err.(*apiError); ok {
		inside := *api
		inside.Message = "Inside `.queries[" + strconv.Itoa(i) + "]`: " + api.Message
		return &inside
	}
	return err
}

// federate merges the hits of several searches into one list, by sort values
// where the searches sort, and by ranking score times weight.
func (s *Server) federate(queries []multiQuery, f federation) (int, any, error) {
	started := time.Now()
	if f.Distinct != nil {
		return 0, nil, unsupported("distinct")
	}
	if len(f.MergeFacets) > 0 && string(f.MergeFacets) != "null" {
		return 0, nil, unsupported("mergeFacets")
	}
	offset, limit := orElse(f.Offset, 0), orElse(f.Limit, 20)
	var merged []federatedHit
	total := 0
	for i, q := range queries {
		if q.Limit != nil || q.Offset != nil || q.Page != nil || q.HitsPerPage != nil || q.Facets != nil {
			return 0, nil, invalid("invalid_multi_search_query_pagination", "Inside `.queries[%d]`: Using pagination or facet "+
				"options is not allowed in federated queries. Hint: remove them from the query or remove `federation`.", i)
		}
		q.Limit = ptr(offset + limit)
		out, err := s.search(q.IndexUID, q.searchRequest)
		if err != nil {
			return 0, nil, insideQuery(i, err)
		}
		total += out.total
		hits, err := federated(q, i, out.hits)
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
	if err := s.federatedFacets(queries, f.FacetsByIndex, body); err != nil {
		return 0, nil, err
	}
	body["processingTimeMs"] = time.Since(started).Milliseconds()
	return http.StatusOK, body, nil
}

// federatedFacets counts facets per index over all queries of that index.
func (s *Server) federatedFacets(queries []multiQuery, wanted map[string][]string, body map[string]any) error {
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
			out, err := s.search(uid, q.searchRequest)
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
