package meili

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Settings of an index, in the shape and with the defaults of Meilisearch's
// settings object. Parts that Askwell never sets are kept and given back.
type settings struct {
	DisplayedAttributes  []string                   `json:"displayedAttributes"`
	SearchableAttributes []string                   `json:"searchableAttributes"`
	FilterableAttributes []json.RawMessage          `json:"filterableAttributes"`
	SortableAttributes   []string                   `json:"sortableAttributes"`
	RankingRules         []string                   `json:"rankingRules"`
	StopWords            []string                   `json:"stopWords"`
	NonSeparatorTokens   []string                   `json:"nonSeparatorTokens"`
	SeparatorTokens      []string                   `json:"separatorTokens"`
	Dictionary           []string                   `json:"dictionary"`
	Synonyms             map[string][]string        `json:"synonyms"`
	DistinctAttribute    *string                    `json:"distinctAttribute"`
	ProximityPrecision   string                     `json:"proximityPrecision"`
	TypoTolerance        typoTolerance              `json:"typoTolerance"`
	Faceting             faceting                   `json:"faceting"`
	Pagination           pagination                 `json:"pagination"`
	SearchCutoffMs       *int64                     `json:"searchCutoffMs"`
	LocalizedAttributes  []json.RawMessage          `json:"localizedAttributes"`
	FacetSearch          bool                       `json:"facetSearch"`
	PrefixSearch         string                     `json:"prefixSearch"`
	Embedders            map[string]json.RawMessage `json:"embedders"`
}

type typoTolerance struct {
	Enabled             bool     `json:"enabled"`
	MinWordSizeForTypos wordSize `json:"minWordSizeForTypos"`
	DisableOnWords      []string `json:"disableOnWords"`
	DisableOnAttributes []string `json:"disableOnAttributes"`
	DisableOnNumbers    bool     `json:"disableOnNumbers"`
}

type wordSize struct {
	OneTypo  int `json:"oneTypo"`
	TwoTypos int `json:"twoTypos"`
}

type faceting struct {
	MaxValuesPerFacet int               `json:"maxValuesPerFacet"`
	SortFacetValuesBy map[string]string `json:"sortFacetValuesBy"`
}

type pagination struct {
	MaxTotalHits int `json:"maxTotalHits"`
}

func defaultSettings() settings {
	return settings{
		DisplayedAttributes: []string{"*"}, SearchableAttributes: []string{"*"},
		FilterableAttributes: []json.RawMessage{}, SortableAttributes: []string{},
		RankingRules: []string{"words", "typo", "proximity", "attribute", "sort", "exactness"},
		StopWords:    []string{}, NonSeparatorTokens: []string{}, SeparatorTokens: []string{},
		Dictionary: []string{}, Synonyms: map[string][]string{}, ProximityPrecision: "byWord",
		TypoTolerance: typoTolerance{
			Enabled: true, MinWordSizeForTypos: wordSize{OneTypo: 5, TwoTypos: 9},
			DisableOnWords: []string{}, DisableOnAttributes: []string{},
		},
		Faceting:   faceting{MaxValuesPerFacet: 100, SortFacetValuesBy: map[string]string{"*": "alpha"}},
		Pagination: pagination{MaxTotalHits: 1000}, FacetSearch: true, PrefixSearch: "indexingTime",
		Embedders: map[string]json.RawMessage{},
	}
}

// cutoff is the time after which documents are not ranked any more by where the words stand in them. As in Meilisearch the answer is
// what there is by then, all that was found with the rest in the order of the rules that the index knows by itself, and does not say so.
func (s settings) cutoff() time.Duration {
	return time.Duration(orElse(s.SearchCutoffMs, 1500)) * time.Millisecond
}

// merge applies a PATCH: a field that is absent stays, null resets it.
func (s settings) merge(patch []byte) (settings, *apiError) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(patch, &fields); err != nil {
		return s, decodeError(err, "invalid_settings_", "")
	}
	for name := range fields {
		if unsupportedSettings[name] != "" {
			return s, unsupported("the setting " + name)
		}
	}
	current, err := json.Marshal(s)
	if err != nil {
		return s, invalid("malformed_payload", "%s", err)
	}
	defaults, err := json.Marshal(defaultSettings())
	if err != nil {
		return s, invalid("malformed_payload", "%s", err)
	}
	merged, err := mergeObject(current, defaults, patch)
	if err != nil {
		return s, decodeError(err, "invalid_settings_", "")
	}
	var next settings
	decoder := json.NewDecoder(bytes.NewReader(merged))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&next); err != nil {
		return s, decodeError(err, "invalid_settings_", "")
	}
	// Meilisearch keeps these as sets.
	for _, set := range []*[]string{
		&next.SortableAttributes, &next.StopWords, &next.SeparatorTokens, &next.NonSeparatorTokens, &next.Dictionary,
		&next.TypoTolerance.DisableOnWords, &next.TypoTolerance.DisableOnAttributes,
	} {
		slices.Sort(*set)
		*set = slices.Compact(*set)
	}
	return next, next.check()
}

// mergeAlone checks a change before there is anything to change: what it contradicts is for its task to find.
func mergeAlone(patch []byte) *apiError {
	lenient := defaultSettings()
	lenient.TypoTolerance.MinWordSizeForTypos = wordSize{OneTypo: 0, TwoTypos: 255}
	_, err := lenient.merge(patch)
	return err
}

// oneOf checks a setting that has few values.
func oneOf(code, at, value string, known ...string) *apiError {
	if slices.Contains(known, value) {
		return nil
	}
	return invalid("invalid_settings_"+code, "Unknown value `%s` at `.%s`: expected one of `%s`", value, at, strings.Join(known, "`, `"))
}

// mergeTogether names the objects whose members change one by one; the
// others, synonyms above all, are replaced as a whole.
var mergeTogether = []string{"typoTolerance", "minWordSizeForTypos", "faceting", "sortFacetValuesBy", "pagination"}

func mergeObject(current, defaults, patch []byte) ([]byte, error) {
	var have, initial, change map[string]json.RawMessage
	if err := json.Unmarshal(patch, &change); err != nil {
		return nil, err
	}
	_ = json.Unmarshal(current, &have)
	_ = json.Unmarshal(defaults, &initial)
	if have == nil {
		have = map[string]json.RawMessage{}
	}
	for name, value := range change {
		switch {
		case string(value) == "null":
			have[name] = initial[name]
			if have[name] == nil {
				delete(have, name)
			}
		case slices.Contains(mergeTogether, name) && value[0] == '{':
			merged, err := mergeObject(have[name], initial[name], value)
			if err != nil {
				return nil, err
			}
			have[name] = merged
		default:
			have[name] = value
		}
	}
	return json.Marshal(have)
}

var builtInRules = []string{
	"words", "typo", "proximity", "attribute", "attributeRank", "wordPosition", "sort", "exactness",
}

func (s settings) check() *apiError {
	for _, rule := range s.RankingRules {
		_, _, custom := customRule(rule)
		if !custom && !slices.Contains(builtInRules, rule) {
			return invalid("invalid_settings_ranking_rules",
				"Invalid value at `.rankingRules`: `%s` ranking rule is invalid. Valid ranking rules are words, typo, "+
					"sort, proximity, attribute, exactness and custom ranking rules.", rule)
		}
	}
	if err := oneOf("proximity_precision", "proximityPrecision", s.ProximityPrecision, "byWord", "byAttribute"); err != nil {
		return err
	}
	if err := oneOf("prefix_search", "prefixSearch", s.PrefixSearch, "indexingTime", "disabled"); err != nil {
		return err
	}
	for _, attribute := range sortedKeys(s.Faceting.SortFacetValuesBy) {
		at := "faceting.sortFacetValuesBy." + attribute
		if err := oneOf("faceting", at, s.Faceting.SortFacetValuesBy[attribute], "alpha", "count"); err != nil {
			return err
		}
	}
	size := s.TypoTolerance.MinWordSizeForTypos
	if size.OneTypo > size.TwoTypos || size.OneTypo < 0 || size.TwoTypos > 255 {
		return invalid("invalid_settings_typo_tolerance", "`minWordSizeForTypos` setting is invalid. `oneTypo` and "+
			"`twoTypos` fields should be between `0` and `255`, and `twoTypos` should be greater or equals to "+
			"`oneTypo` but found `oneTypo: %d` and twoTypos: %d`.", size.OneTypo, size.TwoTypos)
	}
	return s.checkSupported()
}

// customRule takes "attribute:asc" or "attribute:desc" apart.
func customRule(rule string) (attribute string, descending, ok bool) {
	if attribute, ok = strings.CutSuffix(rule, ":asc"); ok {
		return attribute, false, attribute != ""
	}
	attribute, ok = strings.CutSuffix(rule, ":desc")
	return attribute, true, ok && attribute != ""
}

// filterPatterns lists the filterable attributes, from both forms that
// Meilisearch takes: names, and objects with attribute patterns.
func (s settings) filterPatterns() []string {
	var all []string
	for _, raw := range s.FilterableAttributes {
		var name string
		var object struct {
			AttributePatterns []string `json:"attributePatterns"`
		}
		if json.Unmarshal(raw, &name) == nil {
			all = append(all, name)
		} else if json.Unmarshal(raw, &object) == nil {
			all = append(all, object.AttributePatterns...)
		}
	}
	return all
}

// valuePatterns lists the attributes whose values are kept for filters,
// facets and sorting.
func (s settings) valuePatterns() []string {
	all := append(s.filterPatterns(), s.SortableAttributes...)
	for _, rule := range s.RankingRules {
		if attribute, _, ok := customRule(rule); ok {
			all = append(all, attribute)
		}
	}
	return all
}

// reindexes says whether going from s to next needs every document indexed
// again.
func (s settings) reindexes(next settings) bool {
	sorted := func(list []string) []string {
		list = slices.Clone(list)
		slices.Sort(list)
		return slices.Compact(list)
	}
	return !slices.Equal(s.SearchableAttributes, next.SearchableAttributes) ||
		!slices.Equal(sorted(s.StopWords), sorted(next.StopWords)) ||
		!slices.Equal(sorted(s.SeparatorTokens), sorted(next.SeparatorTokens)) ||
		!slices.Equal(sorted(s.valuePatterns()), sorted(next.valuePatterns()))
}

// matchesAttribute says whether the pattern ("*", "name", "na*") covers the
// attribute or an object that holds it.
func matchesAttribute(pattern, attribute string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(attribute, prefix)
	}
	rest, ok := strings.CutPrefix(attribute, pattern)
	return ok && (rest == "" || rest[0] == '.')
}

func matchesAny(patterns []string, attribute string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matchesAttribute(p, attribute) })
}
