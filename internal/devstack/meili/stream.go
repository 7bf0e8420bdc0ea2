package meili

import (
	"bytes"
	"encoding/binary"
)

// gapPositions is how far apart words of two sentences count, and the
// farthest distance that proximity tells apart.
const gapPositions = 8

// A phraseSearch looks for words that follow each other by their hashes; a zero stands for any word.
type phraseSearch struct {
	hashes []uint16
	needle []byte // the longest part without a zero, as it stands in a section
	before int    // how many hashes come before that part
}

func newPhraseSearch(hashes []uint16) phraseSearch {
	s := phraseSearch{hashes: hashes}
	for start := 0; start < len(hashes); {
		end := start
		for end < len(hashes) && hashes[end] != 0 {
			end++
		}
		if 2*(end-start) > len(s.needle) {
			s.before, s.needle = start, nil
			for _, h := range hashes[start:end] {
				s.needle = binary.LittleEndian.AppendUint16(s.needle, h)
			}
		}
		start = end + 1
	}
	return s
}

// at returns where in a section the phrase stands, or -1.
func (s phraseSearch) at(section []byte) int {
	for from := 2 * s.before; from < len(section); {
		found := bytes.Index(section[from:], s.needle)
		if found < 0 {
			return -1
		}
		from += found
		if at := from/2 - s.before; from%2 == 0 && s.stands(section, at) {
			return at
		}
		from++ // half a hash and half the next looked like it, or what is around it differs
	}
	return -1
}

func (s phraseSearch) stands(section []byte, at int) bool {
	if 2*(at+len(s.hashes)) > len(section) {
		return false
	}
	for i, want := range s.hashes {
		have := binary.LittleEndian.Uint16(section[2*(at+i):])
		if have == gap || want != 0 && have != want {
			return false
		}
	}
	return true
}

// A slotMask tells by a word's hash which slots of the query it matches.
type slotMask [1 << 16]uint16

// A placement is where a document's words stand: what the proximity,
// position and exactness rules look at.
type placement struct {
	proximity int // sum over neighbouring slots of their nearest distance, each at most 8
	position  int // sum over slots of the place of the first occurrence
	whole     int // 2: an attribute is the query and nothing else; 1: begins with it; 0
}

// place works out a document's placement. exact holds the query's own words
// in order.
func place(stream []byte, mask *slotMask, slots int, exact []uint16, searched func(rank int) bool) placement {
	nearest := make([]int, max(slots-1, 0))
	for i := range nearest {
		nearest[i] = gapPositions
	}
	firsts := make([]int, slots)
	for i := range firsts {
		firsts[i] = -1
	}
	out := placement{}
	eachSection(stream, func(rank int, section []byte) {
		if !searched(rank) {
			return
		}
		out.whole = max(out.whole, wholeness(section, exact))
		if slots == 1 && firsts[0] >= 0 {
			return // the first attribute it stands in says all
		}
		scanSection(section, mask, nearest, firsts)
	})
	for _, distance := range nearest {
		out.proximity += distance
	}
	for _, first := range firsts {
		if first >= 0 {
			out.position += min(first, 0xffff)
		}
	}
	return out
}

func scanSection(section []byte, mask *slotMask, nearest, firsts []int) {
	position := 0
	var last [16]int // the last place of each slot in this section
	for i := range last {
		last[i] = -1000
	}
	for at := 0; at+1 < len(section); at += 2 {
		h := binary.LittleEndian.Uint16(section[at:])
		if h == gap {
			position += gapPositions - 1
			continue
		}
		slots := mask[h]
		for i := 0; slots != 0 && i < len(firsts); i, slots = i+1, slots>>1 {
			if slots&1 == 0 {
				continue
			}
			if firsts[i] < 0 || position < firsts[i] {
				firsts[i] = position
			}
			if i > 0 { // the slot before stands before it, or is one word with it
				nearest[i-1] = min(nearest[i-1], max(position-last[i-1], 1))
			}
			if i+1 < len(last) && i < len(nearest) && last[i+1] >= 0 { // the slot after does: one farther
				if distance := position - last[i+1] + 1; distance > 1 {
					nearest[i] = min(nearest[i], distance)
				}
			}
			last[i] = position
		}
		position++
	}
}

func wholeness(section []byte, exact []uint16) int {
	if len(exact) == 0 || len(section) < 2*len(exact) {
		return 0
	}
	for i, want := range exact {
		if binary.LittleEndian.Uint16(section[2*i:]) != want {
			return 0
		}
	}
	if len(section) == 2*len(exact) {
		return 2
	}
	return 1
}
