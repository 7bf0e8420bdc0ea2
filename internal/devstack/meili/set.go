package meili

import "math/bits"

// A docSet is a set of a view's document numbers, one bit each.
type docSet []uint64

func newDocSet(size uint32) docSet { return make(docSet, (size+63)/64) }

func (s docSet) add(doc uint32)      { s[doc>>6] |= 1 << (doc & 63) }
func (s docSet) has(doc uint32) bool { return s[doc>>6]&(1<<(doc&63)) != 0 }

func (s docSet) and(other docSet) {
	for i := range s {
		s[i] &= other[i]
	}
}

func (s docSet) or(other docSet) {
	for i := range s {
		s[i] |= other[i]
	}
}

func (s docSet) andNot(other docSet) {
	for i := range s {
		s[i] &^= other[i]
	}
}

func (s docSet) clone() docSet { return append(docSet(nil), s...) }

func (s docSet) count() int {
	n := 0
	for _, word := range s {
		n += bits.OnesCount64(word)
	}
	return n
}

// countBoth is the number of documents that are in both sets, of which the other may be nil.
func (s docSet) countBoth(other docSet) int {
	n := 0
	for i := range other {
		n += bits.OnesCount64(s[i] & other[i])
	}
	return n
}

// each calls fn with every document of the set, in order.
func (s docSet) each(fn func(doc uint32)) {
	for i, word := range s {
		for word != 0 {
			fn(uint32(i<<6 + bits.TrailingZeros64(word)))
			word &= word - 1
		}
	}
}

func (s docSet) slice() []uint32 {
	docs := make([]uint32, 0, s.count())
	s.each(func(doc uint32) { docs = append(docs, doc) })
	return docs
}
