package meili

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// A facetCount is one value of a facet with the number of hits that have it.
type facetCount struct {
	Value string `json:"value"`
	Count int    `json:"count"`

	folded  string
	numeric bool
	number  float64
	first   uint64 // the sequence of the first document that has it: it says how the value is written
}

type facetStats struct {
	Min float64 `json:"min"`
	Max float64 `json:"max"`
}

// A distribution is written in its order, which Go's maps would lose.
type distribution []facetCount

func (d distribution) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, value := range d {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(value.Value)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		count, err := json.Marshal(value.Count)
		if err != nil {
			return nil, err
		}
		b.Write(count)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// facets counts the values of each named facet among the hits.
func (v *view) facets(names []string, hits docSet) (map[string]distribution, map[string]facetStats, error) {
	if err := v.rec.checkFacets(names, "invalid_search_facets"); err != nil {
		return nil, nil, err
	}
	if slices.Contains(names, "*") {
		names = v.facetNames()
	}
	counts, stats := map[string]distribution{}, map[string]facetStats{}
	for _, name := range names {
		all, numbers, err := v.countFacet(name, hits)
		if err != nil {
			return nil, nil, err
		}
		if numbers != nil {
			stats[name] = *numbers
		}
		v.sortFacet(name, all)
		counts[name] = all[:min(len(all), v.rec.Settings.Faceting.MaxValuesPerFacet)]
	}
	return counts, stats, nil
}

// checkFacets refuses to count what is not filterable.
func (r record) checkFacets(names []string, code string) error {
	allowed := r.Settings.filterPatterns()
	for _, name := range names {
		switch {
		case name == "*" || matchesAny(allowed, name):
		case len(allowed) == 0:
			return invalid(code, "Invalid facet distribution: Attribute `%s` is not filterable. This index does not have configured "+
				"filterable attributes.", name)
		default:
			return invalid(code, "Invalid facet distribution: Attribute `%s` is not filterable. Available filterable attributes patterns are: `%s`.",
				name, joinNames(allowed))
		}
	}
	return nil
}

func joinNames(names []string) string {
	names = slices.Clone(names)
	sort.Strings(names)
	return strings.Join(names, ", ")
}

func (v *view) facetNames() []string {
	var names []string
	for _, name := range sortedKeys(v.rec.Fields) {
		if matchesAny(v.rec.Settings.filterPatterns(), name) {
			names = append(names, name)
		}
	}
	return names
}

func (v *view) countFacet(name string, hits docSet) (distribution, *facetStats, error) {
	at := map[string]int{}
	var all distribution
	var stats *facetStats
	for _, s := range v.segments {
		c, err := s.column(name)
		if err != nil {
			return nil, nil, err
		}
		sequences, err := s.sequences()
		if err != nil {
			return nil, nil, err
		}
		tally, firsts := make([]int, len(c.values)), make([]uint64, len(c.values))
		for doc := range s.count {
			if hits.has(s.base + doc) {
				for _, ord := range c.of(doc) {
					if tally[ord]++; firsts[ord] == 0 || sequences[doc] < firsts[ord] {
						firsts[ord] = sequences[doc]
					}
				}
			}
		}
		for ord, count := range tally {
			if count == 0 {
				continue
			}
			found := newFacetCount(c.values[ord], count, firsts[ord])
			if found.numeric {
				stats = stats.with(found.number)
			}
			i, ok := at[found.folded]
			if !ok {
				at[found.folded] = len(all)
				all = append(all, found)
				continue
			}
			if all[i].Count += count; found.first < all[i].first {
				all[i].first, all[i].Value = found.first, found.Value
			}
		}
	}
	return all, stats, nil
}

func newFacetCount(v value, count int, first uint64) facetCount {
	c := facetCount{Value: v.text, Count: count, folded: "s" + v.folded, first: first}
	if v.numeric {
		c.Value = strconv.FormatFloat(v.number, 'f', -1, 64)
		c.folded, c.numeric, c.number = "n"+c.Value, true, v.number
	}
	return c
}

func (s *facetStats) with(number float64) *facetStats {
	if s == nil {
		return &facetStats{Min: number, Max: number}
	}
	return &facetStats{Min: min(s.Min, number), Max: max(s.Max, number)}
}

func (v *view) sortFacet(name string, all distribution) {
	by, ok := v.rec.Settings.Faceting.SortFacetValuesBy[name]
	if !ok {
		by = v.rec.Settings.Faceting.SortFacetValuesBy["*"]
	}
	slices.SortFunc(all, func(a, b facetCount) int {
		switch {
		case a.numeric != b.numeric: // numbers come first
			if a.numeric {
				return -1
			}
			return 1
		case by == "count" && a.Count != b.Count:
			return b.Count - a.Count
		case a.numeric:
			return cmp.Compare(a.number, b.number)
		}
		return strings.Compare(a.folded, b.folded)
	})
}
