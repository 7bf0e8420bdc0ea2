package meili

import "encoding/binary"

// farthest is the cost of two neighbouring terms that stand more than three words apart, or in different attributes.
const farthest = 3

// The rules that weigh paths, as they can stand in an index's ranking rules.
const (
	weighWords = iota
	weighTypo
	weighProximity
	weighAttribute
	weighPosition
	weighExactness
	weights
)

// A role is what a word of the index stands for in the query: a node's word with so many typos, or the first or last word of a phrase.
type role struct {
	node   uint8
	typos  uint8
	exact  bool
	first  bool
	last   bool
	phrase int // its place among all phrases; -1 for a word
}

// Readings of a node: with no typo, one, two; the very word; in any way.
const (
	readExact = 3
	readAny   = 4
	readings  = 5
)

// places are where a document has a node in one of its readings. Words may stand on either side of their neighbour, phrases after the
// neighbour before them and before the one after.
type places struct{ words, firsts, lasts []uint32 }

func (p *places) reset() { p.words, p.firsts, p.lasts = p.words[:0], p.firsts[:0], p.lasts[:0] }
func (p *places) empty() bool {
	return len(p.words) == 0 && len(p.firsts) == 0
}

// A place is a section of a document's stream and a position in it.
const sectionBits = 12

func placeAt(section, position int) uint32 {
	return uint32(section)<<(32-sectionBits) | uint32(min(position, 1<<(32-sectionBits)-64))
}

func positionOf(place uint32) int { return int(place & (1<<(32-sectionBits) - 1)) }

// A placer finds the cheapest path of one document at a time under all rules, from where its words stand.
type placer struct {
	*ranking
	roles   [1 << 16]uint16 // by a word's hash: which of sets
	sets    [][]role
	found   [][readings]places // of each node
	ranks   []int              // of each section
	matched []bool             // nodes that the document has
	order   []int              // the rules in their order
	narrow  [weights][2]bool   // for each rule: whether typo, exactness come before it
	phrases []*phraseMatch
	states  [maxQueryWords + 1][]state
}

// A state is where a path has come to.
type state struct {
	left    uint8 // the last group that was left out
	node    int   // -1: the last term was left out, or none was read
	reading int
	kept    uint16 // the terms that were read
	alone   uint16 // those among them that were read by themselves
	costs   [weights]uint16
}

func (r *ranking) newPlacer() *placer {
	p := &placer{ranking: r, sets: [][]role{nil}, found: make([][readings]places, len(r.nodes)), matched: make([]bool, len(r.nodes))}
	p.order = r.weighing()
	for i, rule := range p.order {
		for _, before := range p.order[:i] {
			p.narrow[rule][0] = p.narrow[rule][0] || before == weighTypo
			p.narrow[rule][1] = p.narrow[rule][1] || before == weighExactness
		}
	}
	for i, n := range r.nodes {
		if n.found {
			p.addRoles(uint8(i), n)
		}
	}
	return p
}

func (p *placer) addRoles(at uint8, n *node) {
	for word, found := range n.words {
		p.add(hash16(word), role{node: at, typos: uint8(found.typos), exact: found.exact && n.apart == nil, phrase: -1})
	}
	if n.short {
		p.eachBeginning(n.word, func(hash uint16) { p.add(hash, role{node: at, phrase: -1}) })
	}
	for i := range n.phrases {
		phrase := &n.phrases[i]
		exact := n.term.phrase != nil
		first := 0
		for phrase.words[first] == "" {
			first++
		}
		one := role{node: at, typos: uint8(phrase.typos), exact: exact, first: true, phrase: len(p.phrases)}
		p.add(hash16(phrase.words[first]), one)
		if last := phrase.words[len(phrase.words)-1]; last != "" {
			one.first, one.last = false, true
			p.add(hash16(last), one)
		}
		p.phrases = append(p.phrases, phrase)
	}
}

func (p *placer) add(hash uint16, r role) {
	set := p.roles[hash]
	if set == 0 {
		p.sets = append(p.sets, nil)
		set = uint16(len(p.sets) - 1)
		p.roles[hash] = set
	}
	for _, have := range p.sets[set] {
		if have == r {
			return
		}
	}
	p.sets[set] = append(p.sets[set], r)
}

// read collects where the document has each node.
func (p *placer) read(doc uint32, stream []byte) {
	mark := p.classes.marks[p.classes.of[doc]]
	for i := range p.found {
		for j := range p.found[i] {
			p.found[i][j].reset()
		}
		p.matched[i] = mark.typos(i) >= 0
	}
	p.ranks = p.ranks[:0]
	eachSection(stream, func(rank int, section []byte) {
		p.ranks = append(p.ranks, rank)
		if !p.searches(rank) {
			return
		}
		position := 0
		for at := 0; at+1 < len(section); at += 2 {
			h := binary.LittleEndian.Uint16(section[at:])
			if h == gap {
				position += gapPositions - 1
				continue
			}
			if set := p.roles[h]; set != 0 {
				p.note(doc, p.sets[set], placeAt(len(p.ranks)-1, position))
			}
			position++
		}
	})
}

func (p *placer) note(doc uint32, roles []role, place uint32) {
	for _, r := range roles {
		if !p.matched[r.node] || r.phrase >= 0 && !p.phrases[r.phrase].docs.has(doc) {
			continue
		}
		found := &p.found[r.node]
		found[r.typos].note(r, place)
		found[readAny].note(r, place)
		if r.exact {
			found[readExact].note(r, place)
		}
	}
}

func (p *places) note(r role, place uint32) {
	list := &p.words
	switch {
	case r.first:
		list = &p.firsts
	case r.last:
		list = &p.lasts
	}
	if n := len(*list); n == 0 || (*list)[n-1] != place {
		*list = append(*list, place)
	}
}

// view gives the places that a rule looks at for a node in a reading: without the typo rule before it, all of them count.
func (p *placer) view(node, reading, rule int) *places {
	switch {
	case reading == readExact && p.narrow[rule][1]:
		return &p.found[node][readExact]
	case !p.narrow[rule][0]:
		return &p.found[node][readAny]
	case reading == readExact:
		return &p.found[node][0]
	}
	return &p.found[node][reading]
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
