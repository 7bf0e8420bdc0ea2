package seed

import "math/bits"

// permutation is a keyed bijection on the numbers below n: a balanced Feistel network over the next even number of bits, walked
// along its cycle until it lands below n. So the i-th reference, account number or receipt number is found without a list of
// those given out, no two are alike, and they do not follow one another.
type permutation struct {
	n    uint64
	half uint
	keys [6]uint64
}

func newPermutation(n, key uint64) permutation {
	p := permutation{n: n, half: uint(bits.Len64(n-1)+1) / 2}
	for i := range p.keys {
		p.keys[i] = mix(key + uint64(i+1)*0x9e3779b97f4a7c15)
	}
	return p
}

// at gives the i-th number; i must be below n.
func (p permutation) at(i uint64) uint64 {
	for i = p.once(i); i >= p.n; i = p.once(i) {
	}
	return i
}

func (p permutation) once(x uint64) uint64 {
	mask := uint64(1)<<p.half - 1
	left, right := x>>p.half, x&mask
	for _, key := range p.keys {
		left, right = right, left^(mix(right^key)&mask)
	}
	return left<<p.half | right
}

// mix is the finalizer of SplitMix64 (Steele, Lea and Flood 2014).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
