package meili

// A path's cost is the number of terms it leaves out and, below, of its typos. Every document takes the cheapest path through the
// nodes it matches.
const (
	leftOut    = 1 << 16 // one term
	impossible = 1 << 30
)

// A graph is what the cheapest path is looked for in: the nodes that any document matches, by their first term.
type graph struct {
	terms  int
	from   [maxQueryWords][]edge
	skip   [maxQueryWords]uint8 // the group of a term that may be left out, else 0
	groups int                  // the highest of them
}

// An edge is a node in a graph.
type edge struct {
	node  int // its place among the nodes
	next  int // the term after it
	group int
	extra uint32 // the typos that it counts by itself
}

func newGraph(nodes []*node, terms int) *graph {
	g := &graph{terms: terms}
	for i, n := range nodes {
		if n.span() == 1 && n.group != kept {
			g.skip[n.first] = n.group
			g.groups = max(g.groups, int(n.group))
		}
		if n.found {
			g.from[n.first] = append(g.from[n.first], edge{i, n.last + 1, int(n.group), uint32(n.extraTypos())})
		}
	}
	return g
}

// cheapest is the cost of a class's cheapest path. Once a term was left out, those after it that go before it have to be left out too:
// the state of a path is the last group that it left out.
func (g *graph) cheapest(mark classMark) uint32 {
	if mark == 0 {
		return impossible
	}
	var costs [maxQueryWords + 1][maxQueryWords + 1]uint32
	for at := range costs[:g.terms+1] {
		for state := range costs[at][:g.groups+1] {
			costs[at][state] = impossible
		}
	}
	costs[0][0] = 0
	for at := range g.terms {
		for state, cost := range costs[at][:g.groups+1] {
			if cost == impossible {
				continue
			}
			for _, e := range g.from[at] {
				if typos := mark.typos(e.node); typos >= 0 && e.group >= state {
					to := &costs[e.next][state]
					*to = min(*to, cost+uint32(typos)+e.extra)
				}
			}
			if group := int(g.skip[at]); group != 0 {
				to := &costs[at+1][max(state, group)]
				*to = min(*to, cost+leftOut)
			}
		}
	}
	best := uint32(impossible)
	for _, cost := range costs[g.terms][:g.groups+1] {
		best = min(best, cost)
	}
	return best
}
