package survival

import (
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Test is the outcome of a log-rank test.
type Test struct {
	Observed []float64 // events of each group
	Expected []float64 // events of each group were there no difference
	ChiSq    float64
	DF       int     // degrees of freedom; 0 when there is nothing to compare
	P        float64 // probability of a difference at least this large were there none; 1 when DF is 0
}

// LogRank tests whether groups wait equally long (Mantel 1966; Peto and Peto 1972, unweighted). Groups may be empty.
func LogRank(groups ...Curve) Test { return LogRankStratified(groups) }

// LogRankStratified compares groups within each stratum and adds up, so that a difference between strata does not pass for
// one between groups. Every stratum lists the same groups in the same order; a shorter one lacks the last.
func LogRankStratified(strata ...[]Curve) Test {
	k := 0
	for _, groups := range strata {
		k = max(k, len(groups))
	}
	sum := newTally(k)
	for _, groups := range strata {
		sum.add(groups)
	}
	return sum.test()
}

// tally holds the sums of a log-rank test.
type tally struct {
	observed, expected []float64
	covariance         []float64 // k by k, of observed minus expected
}

func newTally(k int) *tally {
	return &tally{observed: make([]float64, k), expected: make([]float64, k), covariance: make([]float64, k*k)}
}

// add walks the distinct event times of one stratum in order. At each, d of n at risk had the event, and group j expects
// d nj/n, with the covariance of the hypergeometric distribution.
func (s *tally) add(groups []Curve) {
	k := len(s.observed)
	event, left := make([]int, len(groups)), make([]int, len(groups))
	risk := make([]float64, len(groups))
	for {
		t := math.Inf(1)
		for j, g := range groups {
			if event[j] < len(g.events) {
				t = min(t, g.events[event[j]])
			}
		}
		if math.IsInf(t, 1) {
			return
		}
		n, d := 0.0, 0.0
		for j, g := range groups {
			for left[j] < len(g.censored) && g.censored[left[j]] < t {
				left[j]++
			}
			risk[j] = float64(g.N - event[j] - left[j])
			n += risk[j]
			for event[j] < len(g.events) && g.events[event[j]] == t {
				event[j]++
				d++
				s.observed[j]++
			}
		}
		factor := 0.0
		if n > 1 {
			factor = d * (n - d) / (n - 1)
		}
		for j := range groups {
			share := risk[j] / n
			s.expected[j] += d * share
			for l := range groups {
				same := 0.0
				if j == l {
					same = 1
				}
				s.covariance[j*k+l] += factor * share * (same - risk[l]/n)
			}
		}
	}
}

// test gives the chi-square statistic u' V⁻ u, with u observed minus expected and V⁻ the pseudoinverse of its covariance: the
// rank of V is the degrees of freedom, one less than the groups that could be compared, whichever those are.
func (s *tally) test() Test {
	out := Test{Observed: s.observed, Expected: s.expected, P: 1}
	k := len(s.observed)
	if k < 2 {
		return out
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(mat.NewSymDense(k, s.covariance), true) {
		return out // cannot happen for finite numbers
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	values := eigen.Values(nil)
	for i, value := range values {
		if value <= 1e-10*values[k-1] || value <= 0 {
			continue
		}
		along := 0.0
		for j := range k {
			along += vectors.At(j, i) * (s.observed[j] - s.expected[j])
		}
		out.ChiSq += along * along / value
		out.DF++
	}
	if out.DF > 0 {
		out.P = distuv.ChiSquared{K: float64(out.DF)}.Survival(out.ChiSq)
	}
	return out
}
