package meili

import (
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
	return s.answer(r, q)
}

func (s *Server) answer(r *request, q searchRequest) (int, any, error) {
	out, err := s.search(r.Context(), r.PathValue("uid"), q)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, out.response(q), nil
}

// getSearch takes the same parameters from the URL.
func (s *Server) getSearch(r *request) (int, any, error) {
	values := r.URL.Query()
	if err := checkParameters(values); err != nil {
		return 0, nil, err
	}
	if name, ok := unknownParameter(values); ok {
		return 0, nil, invalid("bad_request", "Unknown parameter `%s`", name)
	}
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
	} {
		if values.Has(name) {
			*into = ptr(values.Get(name))
		}
	}
	for name, into := range map[string]*[]string{
		"facets": &q.Facets, "sort": &q.Sort, "attributesToRetrieve": &q.AttributesToRetrieve,
		"attributesToSearchOn": &q.AttributesToSearchOn, "attributesToHighlight": &q.AttributesToHighlight,
		"attributesToCrop": &q.AttributesToCrop,
	} {
		*into = splitList(values.Get(name))
	}
	q.MatchingStrategy = values.Get("matchingStrategy")
	for name, into := range map[string]*bool{"showRankingScore": &q.ShowRankingScore, "showMatchesPosition": &q.ShowMatchesPosition} {
		text := values.Get(name)
		if *into = text == "true"; values.Has(name) && !*into && text != "false" {
			return 0, nil, invalid("invalid_search_"+snake(name),
				"Invalid value in parameter `%s`: could not parse `%s` as a boolean, expected either `true` or `false`", name, text)
		}
	}
	q.Filter = queryFilter(values)
	return s.answer(r, q)
}

// searchParameters may stand in the address of a search.
var searchParameters = []string{
	"q", "vector", "offset", "limit", "page", "hitsPerPage", "attributesToRetrieve", "retrieveVectors", "attributesToCrop", "cropLength",
	"attributesToHighlight", "filter", "sort", "distinct", "showMatchesPosition", "showRankingScore", "showRankingScoreDetails", "facets",
	"highlightPreTag", "highlightPostTag", "cropMarker", "matchingStrategy", "attributesToSearchOn", "hybridEmbedder", "hybridSemanticRatio",
	"rankingScoreThreshold", "locales",
}

func unknownParameter(values url.Values) (string, bool) {
	for _, name := range sortedKeys(values) {
		if !slices.Contains(searchParameters, name) {
			return name, true
		}
	}
	return "", false
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

		unsupportedSearch
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
	if err := s.begin(r.Context()); err != nil {
		return 0, nil, err
	}
	defer s.end()
	v, err := x.view(r.Context())
	if err != nil {
		return 0, nil, err
	}
	defer v.close()
	if !v.rec.Settings.FacetSearch {
		return 0, nil, invalid("facet_search_disabled", "The facet search is disabled for this index")
	}
	if !matchesAny(v.rec.Settings.filterPatterns(), in.FacetName) {
		return 0, nil, invalid("invalid_facet_search_facet_name", "Attribute `%s` is not facet-searchable. Available "+
			"facet-searchable attributes patterns are: `%s`.", in.FacetName, joinNames(v.rec.Settings.filterPatterns()))
	}
	q := searchRequest{unsupportedSearch: in.unsupportedSearch, Q: in.Q, Filter: in.Filter, MatchingStrategy: in.MatchingStrategy, AttributesToSearchOn: in.AttributesToSearchOn}
	if err := q.check(); err != nil {
		return 0, nil, err
	}
	var hits docSet
	err = s.db.View(func(tx *bolt.Tx) error {
		_, hits, err = v.match(readData(tx, v.rec.Data), q)
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

// facetHits keeps the string values that begin with the query, typos let through from the same lengths as in a search, though in the
// first letter as in any other.
func (v *view) facetHits(name, query string, all distribution) []facetCount {
	v.sortFacet(name, all)
	accepts := v.facetTest(name, fold(query))
	out := []facetCount{}
	for _, value := range all {
		if len(out) == v.rec.Settings.Faceting.MaxValuesPerFacet {
			break
		}
		if !value.numeric && accepts(fold(value.Value)) {
			out = append(out, value)
		}
	}
	return out
}

func (v *view) facetTest(name, query string) func(value string) bool {
	tolerance := v.rec.Settings.TypoTolerance
	begins := func(value string) bool { return strings.HasPrefix(value, query) }
	switch {
	case !tolerance.Enabled || matchesAny(tolerance.DisableOnAttributes, name):
		return begins
	case slices.ContainsFunc(tolerance.DisableOnWords, func(word string) bool { return fold(word) == query }):
		return func(value string) bool { return value == query }
	}
	typos := 0
	if len(query) >= tolerance.MinWordSizeForTypos.TwoTypos {
		typos = 2
	} else if len(query) >= tolerance.MinWordSizeForTypos.OneTypo {
		typos = 1
	}
	return func(value string) bool {
		return begins(value) || typos > 0 && editDistance(query, value, true) <= typos
	}
}
