package meili

import (
	"encoding/binary"
	"slices"
)

// How far an attribute is what was asked for.
const (
	wholeNot    = iota
	wholeBegins // an attribute begins with it
	wholeIs     // an attribute is it and nothing else
)

// A whole is the words that an attribute has to begin with, and where.
type whole struct {
	hashes    []uint16
	positions []int
	count     int
}

// wholeOf lists the words of the terms that were read by themselves. There is nothing to compare if one before another was left out or
// is in no document as it stands in the query.
func (r *ranking) wholeOf(alone uint16) (whole, bool) {
	var w whole
	next := 0
	for _, n := range r.nodes {
		if n.span() > 1 || alone&(1<<n.first) == 0 || !n.known {
			continue
		}
		if n.first != next {
			return w, false
		}
		next++
		w.count += n.end - n.start + 1
		list := n.phrase
		if list == nil {
			list = []string{n.word}
		}
		for i, word := range list {
			if word != "" {
				w.hashes, w.positions = append(w.hashes, hash16(word)), append(w.positions, bucketed(n.start+i))
			}
		}
	}
	return w, next > 0 && len(w.hashes) <= 64
}

// of compares a document. The words may stand at their places in any attribute, but one has to have them all: Meilisearch looks at it
// in these two steps.
func (w whole) of(stream []byte, searched func(rank int) bool) int {
	var placed uint64
	all := uint64(1)<<len(w.hashes) - 1
	best := wholeNot
	eachSection(stream, func(rank int, section []byte) {
		if !searched(rank) {
			return
		}
		var present uint64
		position, count := 0, 0
		for at := 0; at+1 < len(section); at += 2 {
			h := binary.LittleEndian.Uint16(section[at:])
			if h == gap {
				position += gapPositions - 1
				continue
			}
			for i, want := range w.hashes {
				if h == want {
					present |= 1 << i
					if bucketed(position) == w.positions[i] {
						placed |= 1 << i
					}
				}
			}
			if h != stopMark {
				count++
			}
			position++
		}
		if present == all {
			best = max(best, wholeBegins)
			if count == w.count {
				best = wholeIs
			}
		}
	})
	if placed != all {
		return wholeNot
	}
	return best
}

// wholeInTime is whole until the time of the search is over.
func (r *ranking) wholeInTime(doc uint32) int {
	r.placeInTime(doc)
	if _, placed := r.placed[doc]; !placed {
		return wholeNot
	}
	return r.whole(doc)
}

// whole is the document's place under the first half of the exactness rule.
func (r *ranking) whole(doc uint32) int {
	if have, ok := r.wholes[doc]; ok {
		return have
	}
	found := wholeNot
	w, ok := r.wholeOf(r.place(doc).alone)
	if stream, err := r.stream(doc); ok && err == nil {
		found = w.of(stream, r.searches)
	}
	r.wholes[doc] = found
	return found
}

// weighing lists the rules that weigh paths in the order of the ranking rules. The words rule stands before the others, named or not.
func (r *ranking) weighing() []int {
	var order []int
	add := func(rules ...int) {
		for _, rule := range rules {
			if !slices.Contains(order, rule) {
				order = append(order, rule)
			}
		}
	}
	for _, name := range r.ruleNames() {
		switch name {
		case "words":
			add(weighWords)
		case "typo":
			add(weighTypo)
		case "proximity":
			add(weighProximity)
		case "attributeRank":
			add(weighAttribute)
		case "wordPosition":
			add(weighPosition)
		case "exactWords":
			add(weighExactness)
		}
	}
	return order
}
