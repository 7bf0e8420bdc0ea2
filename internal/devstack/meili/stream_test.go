package meili

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// A phrase is found where a plain comparison at every place finds it: with any word in it, across a gap never, and not between two
// hashes.
func TestPhraseSearch(t *testing.T) {
	t.Parallel()
	plain := func(section, phrase []uint16) int {
	next:
		for at := 0; at+len(phrase) <= len(section); at++ {
			for i, want := range phrase {
				if have := section[at+i]; have == gap || want != 0 && have != want {
					continue next
				}
			}
			return at
		}
		return -1
	}
	random := rand.New(rand.NewPCG(5, 6))
	// Of these hashes two that follow each other look like a third in between.
	hashes := []uint16{0, 0x0101, 0x0102, 0x0201, 0x0202}
	draw := func(n int) []uint16 {
		list := make([]uint16, n)
		for i := range list {
			list[i] = hashes[random.IntN(len(hashes))]
		}
		return list
	}
	found := 0
	for range 20_000 {
		section, phrase := draw(random.IntN(40)), draw(1+random.IntN(4))
		phrase[random.IntN(len(phrase))] = 0x0101 // a phrase has a word that means something
		var raw []byte
		for _, h := range section {
			raw = binary.LittleEndian.AppendUint16(raw, h)
		}
		want := plain(section, phrase)
		if got := newPhraseSearch(phrase).at(raw); got != want {
			t.Fatalf("%x in %x: got %d, want %d", phrase, section, got, want)
		}
		if want >= 0 {
			found++
		}
	}
	if found < 1000 {
		t.Fatalf("only %d phrases were there to be found", found)
	}
}
