package meili

// A path's cost is the number of terms it leaves out and, below, of its typos. Every document takes the cheapest path through the
// nodes it matches.
const (
	leftOut    = 1 << 16 // one term
	impossible = 1 << 30
)

// A graph is what the cheapest path is looked for in: the nodes that any document matches, by their first term.
type graph struct {
	terms int
	from  [maxQueryWords][]*node
	skip  [maxQueryWords]uint8 // the group of a term that may be left out, else 0
}

func newGraph(nodes []*node, terms int) *graph {
	g := &graph{terms: terms}
	for _, n := range nodes {
		if n.span() == 1 && n.group != kept {
			g.skip[n.first] = n.group
		}
		if n.typos != nil {
			g.from[n.first] = append(g.from[n.first], n)
		}
	}
	return g
}

// cheapest is the cost of a document's cheapest path. Once a term was left out, those after it that go before it have to be left out
// too: the state of a path is the last group that it left out.
func (g *graph) cheapest(doc uint32) uint32 {
	if g.terms == 1 {
		return g.alone(doc)
	}
	var costs [maxQueryWords + 1][maxQueryWords + 1]uint32
	for at := range costs[:g.terms+1] {
		for state := range costs[at] {
			costs[at][state] = impossible
		}
	}
	costs[0][0] = 0
	for at := range g.terms {
		for state, cost := range costs[at] {
			if cost == impossible {
				continue
			}
			for _, n := range g.from[at] {
				if typos := n.typos[doc]; typos != unmatched && n.group >= uint8(state) {
					to := &costs[n.last+1][state]
					*to = min(*to, cost+uint32(typos)+uint32(n.extraTypos()))
				}
			}
			if group := g.skip[at]; group != 0 {
				to := &costs[at+1][max(state, int(group))]
				*to = min(*to, cost+leftOut)
			}
		}
	}
	best := uint32(impossible)
	for _, cost := range costs[g.terms] {
		best = min(best, cost)
	}
	return best
}

// alone is the cost where the query is one term.
func (g *graph) alone(doc uint32) uint32 {
	for _, n := range g.from[0] {
		if typos := n.typos[doc]; typos != unmatched {
			return uint32(typos)
		}
	}
	return impossible
}
