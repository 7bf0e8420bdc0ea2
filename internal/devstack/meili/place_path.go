package meili

// farthest is the cost of two neighbouring terms that stand more than three words apart, or in different attributes.
const farthest = 3

// A state is where a path has come to.
type state struct {
	left    uint8 // the last group that was left out
	node    int   // -1: the last term was left out, or none was read
	reading int
	kept    uint16 // the terms that were read
	alone   uint16 // those among them that were read by themselves
	costs   [weights]uint16
}

// best finds the document's cheapest path: by the first rule, among equals by the second, and so on.
func (p *placer) best(doc uint32, stream []byte) (state, bool) {
	p.read(doc, stream)
	terms := len(p.query.terms)
	for i := range p.states {
		p.states[i] = p.states[i][:0]
	}
	p.states[0] = append(p.states[0], state{node: -1})
	bound := p.cost(doc)
	for at := range terms {
		for _, from := range p.states[at] {
			for i, n := range p.nodes {
				if n.first != at || !p.matched[i] || n.group < from.left {
					continue
				}
				for reading := range readAny {
					if !p.found[i][reading].empty() && p.within(from, n, reading, bound) {
						p.reach(n.last+1, p.step(from, i, reading))
					}
				}
			}
			if group := p.graph.skip[at]; group != 0 {
				next := from
				next.left, next.node, next.reading = max(from.left, group), -1, 0
				next.costs[weighWords]++
				p.reach(at+1, next)
			}
		}
	}
	var found *state
	for i := range p.states[terms] {
		if s := &p.states[terms][i]; found == nil || p.cheaper(*s, *found) {
			found = s
		}
	}
	if found == nil {
		return state{}, false
	}
	return *found, true
}

// within says whether a path could still cost as little as the document's cheapest, where words and typos are the first rules.
func (p *placer) within(from state, n *node, reading int, bound uint32) bool {
	if len(p.order) < 2 || p.order[0] != weighWords || p.order[1] != weighTypo {
		return true
	}
	return uint32(from.costs[weighWords])*leftOut+uint32(from.costs[weighTypo])+uint32(typosOf(reading)+n.extraTypos()) <= bound
}

func typosOf(reading int) int {
	if reading == readExact {
		return 0
	}
	return reading
}

// step goes on from a state by reading a node.
func (p *placer) step(from state, at, reading int) state {
	n := p.nodes[at]
	next := from
	next.node, next.reading = at, reading
	next.kept |= (1<<n.span() - 1) << n.first
	if n.span() == 1 {
		next.alone |= 1 << n.first
	}
	next.costs[weighTypo] += uint16(typosOf(reading) + n.extraTypos())
	if reading != readExact {
		next.costs[weighExactness] += uint16(n.span())
	}
	next.costs[weighProximity] += uint16(p.proximity(from, at, reading))
	attribute, position := p.attribute(p.view(at, reading, weighAttribute)), p.position(n, p.view(at, reading, weighPosition))
	next.costs[weighAttribute] += uint16(attribute * n.span())
	next.costs[weighPosition] += uint16(position)
	return next
}

// reach keeps the cheaper of two paths that go on alike.
func (p *placer) reach(at int, s state) {
	for i := range p.states[at] {
		have := &p.states[at][i]
		if have.left == s.left && have.node == s.node && have.reading == s.reading {
			if p.cheaper(s, *have) {
				*have = s
			}
			return
		}
	}
	p.states[at] = append(p.states[at], s)
}

func (p *placer) cheaper(a, b state) bool {
	for _, rule := range p.order {
		if a.costs[rule] != b.costs[rule] {
			return a.costs[rule] < b.costs[rule]
		}
	}
	return false
}

// proximity is what the distance to the node before costs: nothing for its neighbour, one more for each word between and for a wrong
// order, up to farthest. Terms that are no neighbours in the query have none.
func (p *placer) proximity(from state, at, reading int) int {
	n := p.nodes[at]
	extra := n.span() - 1
	if from.node < 0 || p.nodes[from.node].end+1 != n.start {
		return extra
	}
	left, right := p.view(from.node, from.reading, weighProximity), p.view(at, reading, weighProximity)
	cost := min(ahead(left.words, right.words), ahead(left.words, right.firsts), ahead(left.lasts, right.words),
		ahead(left.lasts, right.firsts)) - 1
	// The other way round each distance costs one more, and phrases do not stand the other way round.
	cost = min(cost, ahead(right.words, left.words))
	return min(cost, farthest) + extra
}

// ahead is the least distance from a place of left to a later one of right.
func ahead(left, right []uint32) int {
	best, i, last := farthest+1, 0, int64(-1)
	for _, place := range right {
		for i < len(left) && left[i] < place {
			last = int64(left[i])
			i++
		}
		if last >= 0 {
			best = min(best, int(int64(place)-last))
		}
	}
	return best
}

// attribute is the rank of the best attribute that has a node. Where every attribute is searchable all are worth the same.
func (p *placer) attribute(found *places) int {
	if p.unweighted {
		return 0
	}
	best := unmatched
	for _, list := range [][]uint32{found.words, found.firsts} {
		for _, place := range list {
			best = min(best, p.ranks[place>>(32-sectionBits)])
		}
	}
	return best
}

// position is what it costs that a node stands elsewhere in an attribute than in the query.
func (p *placer) position(n *node, found *places) int {
	best := 10 * n.span()
	for _, list := range [][]uint32{found.words, found.firsts} {
		for _, place := range list {
			distance := bucketed(positionOf(place)) - n.start
			distance = max(distance, -distance)
			cost := 0
			for i := range n.span() {
				cost += distanceCost(distance + i)
			}
			best = min(best, cost)
		}
	}
	return best
}

// bucketed makes positions coarser the later they are.
func bucketed(position int) int {
	switch {
	case position < 16:
		return position
	case position < 24:
		return 24
	}
	bucket := 32
	for bucket < position {
		bucket *= 2
	}
	return bucket
}

func distanceCost(distance int) int {
	for cost, limit := range []int{0, 1, 4, 7, 11, 16, 24, 64, 256, 1024} {
		if distance <= limit {
			return cost
		}
	}
	return 10
}
