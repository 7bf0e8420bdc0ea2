package meili

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// A rankKey is a document's place under one rule: smaller is better.
type rankKey struct {
	class  int8 // 0 a number, 1 a string, 2 nothing to compare
	number float64
	text   string
}

// compareKeys orders two keys; descending turns values around, while
// documents without one stay last.
func compareKeys(a, b rankKey, descending bool) int {
	if a.class == 2 || b.class == 2 {
		return cmp.Compare(a.class, b.class)
	}
	c := cmp.Compare(a.class, b.class)
	if c == 0 {
		if c = cmp.Compare(a.number, b.number); c == 0 {
			c = strings.Compare(a.text, b.text)
		}
	}
	if descending {
		return -c
	}
	return c
}

// A rule sorts documents into buckets.
type rule struct {
	name       string
	descending bool
	costly     bool // reads the document's stream
	key        func(doc uint32) rankKey
	number     func(doc uint32) float64 // the same where only numbers are compared, turned around already when descending
}

// textRules are the rules that look at the query; without the words rule
// before them they would not mean what Meilisearch says they mean.
var textRules = []string{"typo", "proximity", "attribute", "attributeRank", "wordPosition", "exactness"}

// costlyRules look at the places of words in each document.
var costlyRules = []string{"proximity", "wordPosition", "exactAttribute"}

// rules turns the index's ranking rules and the request's sort into rules.
func (r *ranking) rules(sort []sortBy) []rule {
	names := r.view.rec.Settings.RankingRules
	first := slices.IndexFunc(names, func(name string) bool { return slices.Contains(textRules, name) })
	words := slices.Index(names, "words")
	var all []rule
	for i, name := range names {
		if i == first && (words < 0 || words > first) {
			all = append(all, r.textRule("words")...)
		}
		attribute, descending, custom := customRule(name)
		switch {
		case name == "sort":
			for _, by := range sort {
				all = append(all, r.view.valueRule(by.attribute, by.descending))
			}
		case custom:
			all = append(all, r.view.valueRule(attribute, descending))
		default:
			all = append(all, r.textRule(name)...)
		}
	}
	return append(all, r.view.arrivalRule())
}

// numberRule compares numbers, the smallest first.
func numberRule(name string, number func(doc uint32) float64) rule {
	return rule{
		name: name, costly: slices.Contains(costlyRules, name), number: number,
		key: func(doc uint32) rankKey { return rankKey{number: number(doc)} },
	}
}

func (r *ranking) textRule(name string) []rule {
	if len(r.slots) == 0 {
		return nil
	}
	number := func(of func(doc uint32) int) []rule {
		return []rule{numberRule(name, func(doc uint32) float64 { return float64(of(doc)) })}
	}
	switch name {
	case "words":
		return number(func(doc uint32) int { return -r.kept(doc) })
	case "typo":
		return number(r.typos)
	case "proximity":
		if len(r.slots) < 2 {
			return nil
		}
		return number(func(doc uint32) int { return r.place(doc).proximity })
	case "attribute":
		return append(r.textRule("attributeRank"), r.textRule("wordPosition")...)
	case "attributeRank":
		return number(r.attributeRank)
	case "wordPosition":
		return number(func(doc uint32) int { return r.place(doc).position })
	case "exactness":
		return append(r.textRule("exactAttribute"), r.textRule("exactWords")...)
	case "exactAttribute":
		return number(func(doc uint32) int { return -r.place(doc).whole })
	case "exactWords":
		return number(func(doc uint32) int { return -r.exactWords(doc) })
	}
	return nil
}

// arrivalRule sorts by the order in which documents came.
func (v *view) arrivalRule() rule {
	return numberRule("arrival", func(doc uint32) float64 {
		s := v.locate(doc)
		if all, err := s.sequences(); err == nil {
			return float64(all[doc-s.base])
		}
		return float64(doc)
	})
}

// valueRule sorts by an attribute's value: the smallest of several, or the
// greatest when descending; numbers before strings.
func (v *view) valueRule(attribute string, descending bool) rule {
	columns, numeric := map[*segmentView]*column{}, true
	for _, s := range v.segments {
		if c, err := s.column(attribute); err == nil {
			columns[s] = c
			numeric = numeric && c.numeric
		}
	}
	out := rule{name: "sort", descending: descending, key: func(doc uint32) rankKey {
		s := v.locate(doc)
		out := rankKey{class: 2, number: math.Inf(1)}
		c := columns[s]
		if c == nil {
			return out
		}
		for _, ord := range c.of(doc - s.base) {
			key := rankKey{class: 1, text: c.values[ord].folded}
			if c.values[ord].numeric {
				key = rankKey{number: c.values[ord].number}
			}
			if compareKeys(key, out, descending) < 0 {
				out = key
			}
		}
		return out
	}}
	if numeric {
		out.number = v.numberOf(columns, descending)
	}
	return out
}

// numberOf is valueRule's key where all values are numbers.
func (v *view) numberOf(columns map[*segmentView]*column, descending bool) func(doc uint32) float64 {
	sign := 1.0
	if descending {
		sign = -1
	}
	var s *segmentView
	var c *column
	return func(doc uint32) float64 {
		if s == nil || doc < s.base || doc-s.base >= s.count { // documents come in their order, mostly
			s = v.locate(doc)
			c = columns[s]
		}
		out := math.Inf(1)
		if c != nil {
			for _, ord := range c.of(doc - s.base) {
				out = min(out, sign*c.values[ord].number)
			}
		}
		return out
	}
}
