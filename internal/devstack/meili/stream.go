package meili

import (
	"bytes"
	"encoding/binary"
)

// gapPositions is how far apart words of two sentences count.
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
