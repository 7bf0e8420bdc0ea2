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

// compareKeys orders two keys; descending turns values around, while numbers stay before texts, and documents without either last.
func compareKeys(a, b rankKey, descending bool) int {
	if a.class != b.class || a.class == 2 {
		return cmp.Compare(a.class, b.class)
	}
	c := cmp.Or(cmp.Compare(a.number, b.number), strings.Compare(a.text, b.text))
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

// wordsFirst are the rules before which the words rule stands, whether it is named or not.
var wordsFirst = []string{"typo", "proximity", "attribute", "exactness"}

// ruleNames lists the index's ranking rules one by one: each once, the two halves of attribute and exactness apart, and words where a
// document may lack one.
func (r *ranking) ruleNames() []string {
	if r.names != nil {
		return r.names
	}
	names := []string{}
	add := func(all ...string) {
		for _, name := range all {
			if !slices.Contains(names, name) && (name != "words" || r.strategy != "all") {
				names = append(names, name)
			}
		}
	}
	for _, name := range r.view.rec.Settings.RankingRules {
		if slices.Contains(wordsFirst, name) {
			add("words")
		}
		switch name {
		case "attribute":
			if !slices.Contains(names, "attributeRank") && !slices.Contains(names, "wordPosition") {
				add("attributeRank", "wordPosition")
			}
		case "exactness":
			add("exactAttribute", "exactWords")
		default:
			add(name)
		}
	}
	r.names = names
	return names
}

// A step is one ranking rule: what it is called, and for one that sorts by values the rule.
type step struct {
	name  string
	value *rule
}

// steps turns the index's ranking rules and the request's sort into steps. Each attribute sorts once.
func (r *ranking) steps(sort []sortBy) []step {
	var all []step
	sorted := map[string]bool{}
	byValue := func(attribute string, descending bool) {
		if !sorted[attribute] {
			sorted[attribute] = true
			all = append(all, step{"sort", ptr(r.view.valueRule(attribute, descending))})
		}
	}
	for _, name := range r.ruleNames() {
		attribute, descending, custom := customRule(name)
		switch {
		case name == "sort":
			for _, by := range sort {
				byValue(by.attribute, by.descending)
			}
		case custom:
			byValue(attribute, descending)
		case len(r.query.terms) > 0:
			all = append(all, step{name: name})
		}
	}
	return all
}

// rules turns steps into rules.
func (r *ranking) rules(steps []step) []rule {
	var all []rule
	for _, s := range steps {
		if s.value != nil {
			all = append(all, *s.value)
		} else {
			all = append(all, r.textRule(s.name)...)
		}
	}
	return append(all, r.view.arrivalRule())
}

// numberRule compares numbers, the smallest first.
func numberRule(name string, number func(doc uint32) float64) rule {
	return rule{
		name: name, number: number, key: func(doc uint32) rankKey { return rankKey{number: number(doc)} },
	}
}

// textRule is a rule that looks at the query. Words and typos are known of every document, and of a query of one term the attribute
// and the exact words as well; for the rest its stream has to be read.
func (r *ranking) textRule(name string) []rule {
	if len(r.query.terms) == 0 {
		return nil
	}
	number := func(costly bool, of func(doc uint32) int) []rule {
		out := numberRule(name, func(doc uint32) float64 { return float64(of(doc)) })
		out.costly = costly
		return []rule{out}
	}
	weight := func(rule int) []rule {
		return number(true, func(doc uint32) int { return int(r.placeInTime(doc).costs[rule]) })
	}
	single := len(r.query.terms) == 1
	switch name {
	case "words":
		return number(false, func(doc uint32) int { return int(r.cost(doc) / leftOut) })
	case "typo":
		if r.before("typo", "proximity", "attributeRank", "wordPosition", "exactWords") {
			return weight(weighTypo)
		}
		return number(false, func(doc uint32) int { return int(r.cost(doc) % leftOut) })
	case "proximity":
		if single {
			return nil
		}
		return weight(weighProximity)
	case "attributeRank":
		if r.unweighted {
			return nil
		}
		if single && !r.before("attributeRank", "exactWords") && !r.before("typo", "attributeRank") {
			return number(false, func(doc uint32) int { return int(r.query1().attr[doc]) })
		}
		return weight(weighAttribute)
	case "wordPosition":
		return weight(weighPosition)
	case "exactAttribute":
		return number(true, func(doc uint32) int { return -r.wholeInTime(doc) })
	case "exactWords":
		if single && !r.before("exactWords", "typo") {
			return weight(weighExactness)
		}
		if single {
			return number(false, func(doc uint32) int { return r.inexact(doc) })
		}
		return weight(weighExactness)
	}
	return nil
}

// before says whether one of the rules stands before another.
func (r *ranking) before(name string, others ...string) bool {
	names := r.ruleNames()
	at := slices.Index(names, name)
	return slices.ContainsFunc(others, func(other string) bool { i := slices.Index(names, other); return i >= 0 && i < at })
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
