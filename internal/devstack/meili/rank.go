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
}

// maxCostly is the largest bucket to which a costly rule is put as it is.
const maxCostly = 6000

type ranked struct {
	doc uint32
	key rankKey
}

// order returns docs with the places from..to in their right order: a bucket
// sort, as Meilisearch does it. A rule is asked only about buckets that reach
// into the wanted places, so the costly ones see few documents.
func order(docs []uint32, rules []rule, from, to int) []uint32 {
	if len(rules) == 0 || len(docs) <= 1 || to <= 0 {
		return docs
	}
	rules = affordable(rules, len(docs))
	current := rules[0]
	items := make([]ranked, len(docs))
	for i, doc := range docs {
		items[i] = ranked{doc: doc, key: current.key(doc)}
	}
	compare := func(a, b ranked) int { return compareKeys(a.key, b.key, current.descending) }
	items = best(items, to, compare)
	slices.SortStableFunc(items, compare)
	out := make([]uint32, 0, len(items))
	for start := 0; start < len(items); {
		end := start + 1
		for end < len(items) && compare(items[start], items[end]) == 0 {
			end++
		}
		bucket := make([]uint32, 0, end-start)
		for _, item := range items[start:end] {
			bucket = append(bucket, item.doc)
		}
		if end > from && start < to {
			bucket = order(bucket, rules[1:], max(from-start, 0), to-start)
		}
		out = append(out, bucket...)
		if start = end; start >= to {
			break
		}
	}
	return out
}

// affordable puts a costly rule behind the next cheap one where the bucket is
// too large for it: thousands of documents that rank the same so far are
// first told apart by what the index knows by itself. If nothing cheap is
// left but the order of arrival, the costly rules are left out.
func affordable(rules []rule, size int) []rule {
	if !rules[0].costly || size <= maxCostly {
		return rules
	}
	next := slices.IndexFunc(rules, func(r rule) bool { return !r.costly })
	if next < 0 || next == len(rules)-1 {
		return rules[max(next, 0):]
	}
	reordered := append([]rule{rules[next]}, rules[:next]...)
	return append(reordered, rules[next+1:]...)
}

// best returns the first n items in order and all that equal the last of
// them, in no order.
func best(items []ranked, n int, compare func(a, b ranked) int) []ranked {
	if len(items) <= 4*n || len(items) < 256 {
		return items
	}
	work := slices.Clone(items)
	low, high := 0, len(work)-1
	for low < high {
		pivot := work[(low+high)/2]
		i, j := low, high
		for i <= j {
			for compare(work[i], pivot) < 0 {
				i++
			}
			for compare(work[j], pivot) > 0 {
				j--
			}
			if i <= j {
				work[i], work[j] = work[j], work[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case n-1 <= j:
			high = j
		case n-1 >= i:
			low = i
		default:
			low, high = n-1, n-1
		}
	}
	limit := work[n-1]
	kept := work[:0]
	for _, item := range items {
		if compare(item, limit) <= 0 {
			kept = append(kept, item)
		}
	}
	return kept
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
				all = append(all, r.valueRule(by.attribute, by.descending))
			}
		case custom:
			all = append(all, r.valueRule(attribute, descending))
		default:
			all = append(all, r.textRule(name)...)
		}
	}
	return append(all, rule{name: "arrival", key: r.arrival})
}

func (r *ranking) textRule(name string) []rule {
	if len(r.slots) == 0 {
		return nil
	}
	number := func(of func(doc uint32) int) []rule {
		return []rule{{name: name, costly: slices.Contains(costlyRules, name), key: func(doc uint32) rankKey { return rankKey{number: float64(of(doc))} }}}
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

func (r *ranking) arrival(doc uint32) rankKey {
	s := r.view.locate(doc)
	if all, err := s.sequences(); err == nil {
		return rankKey{number: float64(all[doc-s.base])}
	}
	return rankKey{number: float64(doc)}
}

// valueRule sorts by an attribute's value: the smallest of several, or the
// greatest when descending; numbers before strings.
func (r *ranking) valueRule(attribute string, descending bool) rule {
	columns := map[*segmentView]*column{}
	for _, s := range r.view.segments {
		if c, err := s.column(attribute); err == nil {
			columns[s] = c
		}
	}
	return rule{name: "sort", descending: descending, key: func(doc uint32) rankKey {
		s := r.view.locate(doc)
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
}
