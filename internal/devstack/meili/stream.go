package meili

import "encoding/binary"

// gapPositions is how far apart words of two sentences count, and the
// farthest distance that proximity tells apart.
const gapPositions = 8

// phraseAt returns where in a section the hashes follow each other, or -1. A
// zero among the hashes stands for any word.
func phraseAt(section []byte, hashes []uint16) int {
	words := len(section) / 2
next:
	for at := 0; at+len(hashes) <= words; at++ {
		for i, want := range hashes {
			have := binary.LittleEndian.Uint16(section[2*(at+i):])
			if have == gap || want != 0 && have != want {
				continue next
			}
		}
		return at
	}
	return -1
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
