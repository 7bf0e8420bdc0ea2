package survival

import "math"

// Trend is a test of whether values rise or fall in their order.
type Trend struct {
	S int     // pairs that rise less pairs that fall
	Z float64 // S in its standard errors without a trend, a step nearer to 0
	P float64 // two-sided; 1 when nothing can be said
}

// MannKendall tests values in the order of time for a trend, without an assumption on its form. Ties are allowed. P is by the
// normal approximation, which is good from about eight values on.
//
// Mann, H. B. (1945), Nonparametric tests against trend, Econometrica 13, 245-259; the variance with ties after Kendall, M. G.
// (1975), Rank Correlation Methods, 4th edition: (n(n-1)(2n+5) - sum of t(t-1)(2t+5) over groups of t equal values) / 18.
func MannKendall(values []float64) Trend {
	t := Trend{P: 1}
	equal := map[float64]int{}
	for i, v := range values {
		equal[v]++
		for _, earlier := range values[:i] {
			switch {
			case v > earlier:
				t.S++
			case v < earlier:
				t.S--
			}
		}
	}
	part := func(n int) float64 { return float64(n) * float64(n-1) * float64(2*n+5) }
	variance := part(len(values))
	for _, n := range equal {
		variance -= part(n)
	}
	if t.S == 0 || variance <= 0 {
		return t
	}
	t.Z = math.Copysign(math.Abs(float64(t.S))-1, float64(t.S)) / math.Sqrt(variance/18)
	t.P = math.Erfc(math.Abs(t.Z) / math.Sqrt2)
	return t
}
