package meili

import "encoding/binary"

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
		exact := n.phrase != nil
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
