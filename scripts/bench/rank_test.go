package main

import (
	"math"
	"testing"
	"time"
)

// The first case and its values are the example in the documentation of scipy.stats.mannwhitneyu (asymptotic, with continuity); the
// others follow from the definition: complete separation of 5 and 5 has U 0 and z = 12/sqrt(25/12*11), equal samples have p 1.
func TestRankTest(t *testing.T) {
	t.Parallel()
	all := func(values ...int) (d []time.Duration) {
		for _, v := range values {
			d = append(d, time.Duration(v))
		}
		return d
	}
	for name, tc := range map[string]struct {
		a, b []time.Duration
		u, p float64
	}{
		"scipy's":         {all(19, 22, 16, 29, 24), all(20, 11, 17, 12), 17, 0.11134688653314041},
		"the other way":   {all(20, 11, 17, 12), all(19, 22, 16, 29, 24), 3, 0.11134688653314041},
		"nothing in both": {all(1, 2, 3, 4, 5), all(6, 7, 8, 9, 10), 0, math.Erfc(12 / math.Sqrt(25.0/12*11) / math.Sqrt2)},
		"the same":        {all(1, 2, 3), all(1, 2, 3), 4.5, 1},
		"one value":       {all(7, 7, 7), all(7, 7, 7), 4.5, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if u, p := rankTest(tc.a, tc.b); u != tc.u || math.Abs(p-tc.p) > 1e-12 {
				t.Errorf("U %g, p %g; want %g, %g", u, p, tc.u, tc.p)
			}
		})
	}
}
