package meili

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

// A page is what a plain sort by all rules has in its place, whether a rule compares numbers or anything else.
func TestOrder(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 8))
	for range 300 {
		size := 1 + random.IntN(3000)
		docs, first, second := make([]uint32, size), make([]float64, size), make([]float64, size)
		for i := range docs {
			docs[i], first[i], second[i] = uint32(i), float64(random.IntN(1+random.IntN(size))), float64(random.IntN(4))
		}
		descending := random.IntN(2) == 0
		rules := []rule{
			numberRule("first", func(doc uint32) float64 { return first[doc] }),
			{name: "second", descending: descending, key: func(doc uint32) rankKey { return rankKey{number: second[doc]} }},
		}
		if random.IntN(2) == 0 {
			slices.Reverse(rules)
		}
		want := slices.Clone(docs)
		slices.SortStableFunc(want, func(a, b uint32) int {
			for _, r := range rules {
				if c := compareKeys(r.key(a), r.key(b), r.descending); c != 0 {
					return c
				}
			}
			return cmp.Compare(a, b)
		})
		from := random.IntN(size)
		to := min(from+random.IntN(50), size)
		got := order(docs, rules, from, to)
		if !slices.Equal(want[from:to], got[from:to]) {
			t.Fatalf("places %d to %d of %d: got %v, want %v", from, to, size, got[from:to], want[from:to])
		}
	}
}
