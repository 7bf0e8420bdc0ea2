package report

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Columns are read as encoding/binary writes them, and only when they hold so many numbers and nothing else.
func TestExpand(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		var want []uint32
		var column []byte
		for range r.IntN(9) {
			n := r.Uint64N(1 << (1 + r.IntN(36)))
			column = binary.AppendUvarint(column, n)
			want = append(want, uint32(min(n, math.MaxInt32)))
		}
		got, ok := expand(nil, column, len(want))
		if diff := cmp.Diff(want, append([]uint32(nil), got...)); !ok || diff != "" {
			t.Fatalf("%x: whole %t (-want +got)\n%s", column, ok, diff)
		}
		for what, broken := range map[string][]byte{"more": append(slices.Clone(column), 0), "half a number more": append(slices.Clone(column), 0x80)} {
			if _, ok := expand(nil, broken, len(want)); ok {
				t.Fatalf("%x was taken for whole: %s", broken, what)
			}
		}
		if len(want) > 0 {
			if _, ok := expand(nil, column[:len(column)-1], len(want)); ok {
				t.Fatalf("%x was taken for whole: less", column[:len(column)-1])
			}
		}
	}
}

func TestSorted(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(2, 2))
	for _, n := range []int{0, 1, 2, 511, 512, 513, 20_000} {
		times := make([]uint32, n)
		for i := range times {
			times[i] = r.Uint32() >> r.IntN(32)
		}
		before := slices.Clone(times)
		if diff := cmp.Diff(slices.Sorted(slices.Values(before)), append([]uint32(nil), sorted(times)...)); diff != "" {
			t.Errorf("%d times (-want +got)\n%s", n, diff)
		}
		if !slices.Equal(before, times) {
			t.Errorf("%d times: what was sorted has changed", n)
		}
	}
}

// Kept blocks stay within their room: those go that were not used for the longest time.
func TestKeptBlocksStayWithinTheirRoom(t *testing.T) {
	t.Parallel()
	var k keptBlocks
	large := func() *block { return &block{rest: make([]single, keptBytes/20/10)} } // a tenth of the room
	versions := []version{{1, 1}}
	key := func(i int) blockKey { return blockKey{from: int64(i)} }
	for i := range 30 {
		k.put(key(i), versions, large())
		if k.get(key(0), versions, 0) == nil {
			t.Fatalf("after %d: the first, which was used each time, is gone", i)
		}
		if k.bytes > keptBytes {
			t.Fatalf("after %d: %d bytes are kept", i, k.bytes)
		}
	}
	var left []int
	for i := range 30 {
		if k.get(key(i), versions, 0) != nil {
			left = append(left, i)
		}
	}
	if diff := cmp.Diff([]int{0, 22, 23, 24, 25, 26, 27, 28, 29}, left); diff != "" {
		t.Errorf("what is left (-want +got)\n%s", diff)
	}
	k.put(key(29), []version{{2, 1}}, &block{settled: 50})
	for what, found := range map[string]*block{
		"an older version": k.get(key(29), versions, 50), "a cut-off before it was settled": k.get(key(29), []version{{2, 1}}, 49),
		"one day less": k.get(key(29), nil, 50),
	} {
		if found != nil {
			t.Errorf("%s has a block", what)
		}
	}
	if k.get(key(29), []version{{2, 1}}, 50) == nil {
		t.Error("the version itself has none")
	}
}
