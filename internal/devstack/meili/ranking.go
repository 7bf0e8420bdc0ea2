package meili

import (
	"math"
	"slices"
	"time"
)

// A ranking ranks the documents that matched a query.
type ranking struct {
	*matcher

	strategy   string
	names      []string // of the ranking rules
	unweighted bool     // all attributes are worth the same, for every one is searchable
	graph      *graph
	costs      []uint32 // of each class's cheapest path
	placer     *placer
	placed     map[uint32]state
	wholes     map[uint32]int
	until      time.Time // the setting searchCutoffMs
	late       bool
}

// newRanking settles which words a document may lack: none, the last ones, or the most frequent ones. What the matcher holds is shared,
// so it takes nodes of its own.
func newRanking(m *matcher, strategy string) *ranking {
	shared := m.nodes
	m.nodes = make([]*node, len(shared))
	for i, n := range shared {
		own := *n
		m.nodes[i] = &own
	}
	leaveOut(m.nodes, len(m.query.terms), strategy, m.classes, m.view.live)
	return &ranking{
		matcher: m, strategy: strategy, graph: newGraph(m.nodes, len(m.query.terms)), placed: map[uint32]state{}, wholes: map[uint32]int{},
		unweighted: slices.Contains(m.view.rec.Settings.SearchableAttributes, "*"),
	}
}

// candidates returns the documents among allowed that are hits.
func (r *ranking) candidates(allowed docSet) docSet {
	if len(r.query.terms) == 0 {
		return allowed
	}
	r.costs = make([]uint32, len(r.classes.marks))
	for class, mark := range r.classes.marks {
		r.costs[class] = r.graph.cheapest(mark)
	}
	set := newDocSet(r.view.size)
	allowed.each(func(doc uint32) {
		if r.cost(doc) != impossible {
			set.add(doc)
		}
	})
	return set
}

// cost is that of a document's cheapest path.
func (r *ranking) cost(doc uint32) uint32 { return r.costs[r.classes.of[doc]] }

// query1 is the node of a query of one term.
func (r *ranking) query1() *node { return r.nodes[0] }

// inexact is 1 if a document lacks the very word of a query of one term.
func (r *ranking) inexact(doc uint32) int {
	if n := r.query1(); n.exact != nil && n.exact.has(doc) {
		return 0
	}
	return 1
}

// unplaced is the path of a document that the time left no chance to look at: it comes after those that cost the same so far.
var unplaced = func() (s state) {
	for rule := range s.costs {
		s.costs[rule] = math.MaxUint16
	}
	return s
}()

// placeInTime is place until the time of the search is over, and unplaced from then on.
func (r *ranking) placeInTime(doc uint32) state {
	if found, ok := r.placed[doc]; ok {
		return found
	}
	if r.late = r.late || time.Now().After(r.until); r.late {
		return unplaced
	}
	return r.place(doc)
}

// place returns a document's cheapest path under all rules.
func (r *ranking) place(doc uint32) state {
	if found, ok := r.placed[doc]; ok {
		return found
	}
	if r.placer == nil {
		r.placer = r.newPlacer()
	}
	var found state
	if stream, err := r.stream(doc); err == nil {
		if best, ok := r.placer.best(doc, stream); ok {
			found = best
		}
	}
	r.placed[doc] = found
	return found
}

// eachBeginning calls fn with the hash of every word that begins with prefix.
func (m *matcher) eachBeginning(prefix string, fn func(hash uint16)) {
	for _, part := range m.view.segments {
		for _, rank := range m.attributes {
			if found, err := part.beginning(rank, prefix); err == nil {
				for _, hash := range found.hashes {
					fn(hash)
				}
			}
		}
	}
}

// attributesToSearch returns the ranks of the searchable attributes, or of
// those among them that the request names.
func (v *view) attributesToSearch(named []string) ([]int, *apiError) {
	all := v.rec.searchable()
	for _, name := range named {
		if name != "*" && !slices.ContainsFunc(all, func(a string) bool { return matchesAttribute(name, a) }) &&
			!slices.ContainsFunc(all, func(a string) bool { return matchesAttribute(a, name) }) {
			return nil, invalid("invalid_search_attributes_to_search_on",
				"Attribute `%s` is not searchable. Available searchable attributes are: `%s`.", name, joinNames(all))
		}
	}
	var ranks []int
	for rank, attribute := range all {
		if len(named) == 0 || matchesAny(named, attribute) {
			ranks = append(ranks, rank)
		}
	}
	return ranks, nil
}
