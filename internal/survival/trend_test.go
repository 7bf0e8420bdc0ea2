package survival

import (
	"math"
	"testing"
)

// The first is Kendall's variance by hand: n = 10 gives 10*9*25/18 = 125, and every pair rises. The second has two pairs of
// ties: (8*7*21 - 2*2*1*9)/18 = 63.33; of its 28 pairs 23 rise, 3 fall and 2 are ties.
func TestMannKendall(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		values []float64
		s      int
		z      float64
	}{
		"always up":   {[]float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 45, 44 / math.Sqrt(125)},
		"always down": {[]float64{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, -45, -44 / math.Sqrt(125)},
		"with ties":   {[]float64{2, 1, 2, 3, 5, 3, 4, 6}, 20, 19 / math.Sqrt(1140.0/18)},
		"all equal":   {[]float64{4, 4, 4, 4, 4, 4, 4, 4}, 0, 0},
		"one":         {[]float64{4}, 0, 0},
		"none":        {nil, 0, 0},
	} {
		got := MannKendall(c.values)
		p := 1.0
		if c.z != 0 {
			p = math.Erfc(math.Abs(c.z) / math.Sqrt2)
		}
		if got.S != c.s || math.Abs(got.Z-c.z) > 1e-12 || math.Abs(got.P-p) > 1e-12 {
			t.Errorf("%s: %+v, want S %d, Z %v, P %v", name, got, c.s, c.z, p)
		}
	}
}
