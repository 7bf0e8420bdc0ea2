package main

import (
	"math"
	"slices"
	"time"
)

// rankTest is the Mann-Whitney test of two samples by the normal approximation, with its corrections for ties and for continuity: how
// likely so large a difference of their ranks is when there is none (two-sided), and the statistic U of the first (Mann and Whitney,
// "On a test of whether one of two random variables is stochastically larger than the other", 1947). Fit for 20 values each or more.
func rankTest(a, b []time.Duration) (u, p float64) {
	type value struct {
		took  time.Duration
		first bool
	}
	all := make([]value, 0, len(a)+len(b))
	for _, took := range a {
		all = append(all, value{took, true})
	}
	for _, took := range b {
		all = append(all, value{took, false})
	}
	slices.SortFunc(all, func(x, y value) int { return int(x.took - y.took) })
	ranks, ties := 0.0, 0.0
	for i := 0; i < len(all); {
		j := i
		for j < len(all) && all[j].took == all[i].took {
			j++
		}
		same := float64(j - i)
		ties += same*same*same - same
		for _, v := range all[i:j] {
			if v.first {
				ranks += float64(i+j+1) / 2 // the mean of the ranks i+1 to j
			}
		}
		i = j
	}
	n1, n2 := float64(len(a)), float64(len(b))
	n := n1 + n2
	u = ranks - n1*(n1+1)/2
	spread := math.Sqrt(n1 * n2 / 12 * (n + 1 - ties/(n*(n-1))))
	if spread == 0 {
		return u, 1
	}
	z := max(0, math.Abs(u-n1*n2/2)-0.5) / spread
	return u, math.Erfc(z / math.Sqrt2)
}
