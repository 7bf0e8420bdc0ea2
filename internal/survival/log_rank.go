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
	walks := make([]walk, len(groups))
	for j, g := range groups {
		walks[j] = walk{rows: g.rows}
	}
	risk := make([]float64, len(groups))
	for {
		t := math.Inf(1)
		for j := range walks {
			t = min(t, walks[j].nextEvent())
		}
		if math.IsInf(t, 1) {
			return
		}
		n, d := 0.0, 0.0
		for j := range walks {
			atRisk, events := walks[j].to(t)
			risk[j] = float64(atRisk)
			s.observed[j] += float64(events)
			n, d = n+float64(atRisk), d+float64(events)
		}
		s.expect(risk, n, d)
	}
}

// walk goes along a curve's rows, forwards only.
type walk struct {
	rows  []row
	at    int // the first row not before the last time
	event int // the first row not yet passed at which something happened
}

func (w *walk) nextEvent() float64 {
	for w.event < len(w.rows) && w.rows[w.event].events == 0 {
		w.event++
	}
	if w.event == len(w.rows) {
		return math.Inf(1)
	}
	return w.rows[w.event].time
}

// to passes t, which is no later than nextEvent: how many were at risk just before it, and at how many it happened.
func (w *walk) to(t float64) (atRisk, events int) {
	for w.at < len(w.rows) && w.rows[w.at].time < t {
		w.at++
	}
	if w.at == len(w.rows) {
		return 0, 0
	}
	if w.event < len(w.rows) && w.rows[w.event].time == t {
		events = w.rows[w.event].events
		w.event++
	}
	return w.rows[w.at].atRisk, events
}

// expect adds one time. The covariance is symmetric: what lies above the diagonal is left at 0.
func (s *tally) expect(risk []float64, n, d float64) {
	k := len(s.observed)
	factor := 0.0
	if n > 1 {
		factor = d * (n - d) / (n - 1)
	}
	for j, atRisk := range risk {
		if atRisk == 0 {
			continue
		}
		share := atRisk / n
		s.expected[j] += d * share
		row := s.covariance[j*k : j*k+j+1]
		scaled := factor * share / n
		for l, other := range risk[:j] {
			row[l] -= scaled * other
		}
		row[j] += factor * share * (1 - share)
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
	for j := range k {
		for l := range j {
			s.covariance[l*k+j] = s.covariance[j*k+l]
		}
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
