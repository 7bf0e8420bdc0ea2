package meili

import (
	"cmp"
	"slices"
	"strings"
)

// A node is a way to read some neighbouring terms of the query as one: a term by itself, or two or three words written together. A
// document fits the query along a path of nodes that covers it from the first term to the last.
type node struct {
	term
	first, last int      // its terms
	apart       []string // the words that are written together
	group       uint8    // when it is left out; kept: never

	found   bool    // a document matches
	attr    []uint8 // of the only node of a query: per document that matches the rank of the best attribute at its number of typos
	exact   docSet  // the very word stands in the document; for a word or phrase of the query alone
	known   bool    // the index has the very word
	words   map[string]derived
	phrases []phraseMatch // the phrase itself, synonyms, the word apart
	short   bool          // a prefix so short that its words were not listed
}

// A phraseMatch is what a node means too, and the documents that have it.
type phraseMatch struct {
	words []string
	typos int
	docs  docSet
}

// kept is the group of nodes that no matching strategy leaves out.
const kept = 0xff

func (n *node) span() int { return n.last - n.first + 1 }

// extraTypos is what words written together cost under the typo rule.
func (n *node) extraTypos() int {
	if n.span() == 1 {
		return 0
	}
	return n.span()
}

// nodes lists the nodes of a query by their first term.
func (q query) nodes(s settings) []*node {
	var all []*node
	for first := range q.terms {
		all = append(all, &node{term: q.terms[first], first: first, last: first, group: kept})
		for last := first + 1; last < min(first+3, len(q.terms)); last++ {
			if n := q.together(first, last, s); n != nil {
				all = append(all, n)
			}
		}
	}
	return all
}

// together writes the terms from first to last as one word, if they are words next to each other.
func (q query) together(first, last int, s settings) *node {
	n := &node{first: first, last: last, group: kept}
	for i := first; i <= last; i++ {
		t := q.terms[i]
		if t.phrase != nil || i > first && t.start != q.terms[i-1].end+1 {
			return nil
		}
		n.apart = append(n.apart, t.word)
	}
	word := strings.Join(n.apart, "")
	if len(word) > maxWordBytes {
		return nil
	}
	n.term = term{
		word: word, prefix: q.terms[last].prefix, typos: max(s.typosAllowed(word)-(last-first), 0),
		start: q.terms[first].start, end: q.terms[last].end,
	}
	return n
}

// leaveOut settles for each node when the matching strategy leaves it out: the last words first, or the most frequent ones. Phrases
// stay, and without one so does what would go last.
func leaveOut(nodes []*node, terms int, strategy string, c *classes, live docSet) {
	if strategy == "all" || terms < 2 {
		return
	}
	weights := make([]uint8, terms)
	for i := range weights {
		weights[i] = uint8(terms - i)
	}
	if strategy == "frequency" {
		weights = frequencies(nodes, terms, c, live)
	}
	mandatory, last := false, uint8(0)
	for _, n := range nodes {
		if n.phrase != nil {
			mandatory = true
			continue
		}
		n.group = slices.Max(weights[n.first : n.last+1])
		last = max(last, n.group)
	}
	for _, n := range nodes {
		if !mandatory && n.group == last {
			n.group = kept
		}
	}
}

// frequencies numbers the terms from the one most documents have; those that as many have share a number. A term that no document has
// comes first: it is the one to leave out.
func frequencies(nodes []*node, terms int, c *classes, live docSet) []uint8 {
	type frequency struct{ term, count int }
	all := make([]frequency, terms)
	counts := c.counts(live)
	for i := range all {
		all[i].term = i
		var any classMark
		for at, n := range nodes {
			if n.first <= i && i <= n.last {
				any |= 3 << (2 * at)
			}
		}
		for class, mark := range c.marks {
			if mark&any != 0 {
				all[i].count += counts[class]
			}
		}
		if all[i].count == 0 {
			all[i].count = 1 << 40
		}
	}
	slices.SortStableFunc(all, func(a, b frequency) int { return cmp.Compare(b.count, a.count) })
	weights, weight := make([]uint8, terms), uint8(1)
	for i, f := range all {
		if i > 0 && f.count != all[i-1].count {
			weight++
		}
		weights[f.term] = weight
	}
	return weights
}
