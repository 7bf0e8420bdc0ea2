package survival

import (
	"math"
	"sort"
)

// z is the 97.5th percentile of the standard normal distribution: all intervals here are of 95 %.
const z = 1.959963984540054

// Estimate is a time with its 95 % interval. What the data do not reach is 0 with its flag false: a median needs half to
// have happened, and the upper end of its interval more than that.
type Estimate struct {
	Value, Low, High                 float64
	Reached, LowReached, HighReached bool
}

// Share is the share still waiting at a time, with its standard error and 95 % interval.
type Share struct {
	Value, StdErr, Low, High float64
	// Known is false beyond the longest duration (and for an empty curve), where Value is the last one known.
	Known bool
	// IntervalKnown is false where Greenwood's formula says nothing: beyond the data, and once nobody waits any more. Then
	// StdErr is 0, and Low and High are Value.
	IntervalKnown bool
}

// band gives the 95 % interval of S by the log transform, S exp(±z sqrt(variance)), at most 1. S must not be 0.
func (s step) band() (low, high float64) {
	spread := math.Exp(z * math.Sqrt(s.variance))
	return s.survival / spread, min(1, s.survival*spread)
}

// tolerance is how near S must be to a level to count as equal, that of R's survival package; smaller for curves so large
// that a single event is as small as that.
func (c Curve) tolerance() float64 {
	return min(1.4901161193847656e-08, 0.25/float64(max(c.N, 1)))
}

// Quantile is the time by which the share p (above 0, at most 1) has happened: the smallest t with S(t) <= 1-p, or, where S
// equals 1-p for a while, the middle between that time and the next at which S falls (or the curve's end), as R's survival
// package has it. The interval inverts the log-transformed band of S (Brookmeyer and Crowley 1982; R's conf.type "log"):
// from where the lower limit of S reaches 1-p to where the upper one does. Any other p is never reached.
func (c Curve) Quantile(p float64) Estimate {
	var e Estimate
	if !(p > 0 && p <= 1) || len(c.steps) == 0 {
		return e
	}
	level, tolerance := 1-p, c.tolerance()
	falling := func(line func(step) float64) func([]step, float64) int {
		return func(steps []step, y float64) int {
			return sort.Search(len(steps), func(i int) bool { return line(steps[i]) <= y })
		}
	}
	low := func(s step) float64 { low, _ := s.band(); return low }
	// Where S is 0 its interval is unknown; that can only be the last step.
	banded := c.steps
	if banded[len(banded)-1].survival == 0 {
		banded = banded[:len(banded)-1]
	}
	e.Value, e.Reached = c.crossing(c.steps, level, tolerance, falling(func(s step) float64 { return s.survival }))
	e.Low, e.LowReached = c.crossing(banded, level, tolerance, falling(low))
	// The upper limit can rise again, so each step is looked at, from where S itself is down on.
	from := falling(func(s step) float64 { return s.survival })(banded, level+tolerance)
	e.High, e.HighReached = c.crossing(banded[from:], level, tolerance, firstHigh)
	return e
}

// firstHigh is the first step whose upper limit is at most y.
func firstHigh(steps []step, y float64) int {
	for i, s := range steps {
		if _, high := s.band(); high <= y {
			return i
		}
	}
	return len(steps)
}

// crossing finds where a line over steps first comes down to level; first gives the first step where it is at most y.
func (c Curve) crossing(steps []step, level, tolerance float64, first func(steps []step, y float64) int) (float64, bool) {
	i := first(steps, level+tolerance)
	if i == len(steps) {
		return 0, false
	}
	below := i + first(steps[i:], math.Nextafter(level-tolerance, -1))
	switch {
	case below == i:
		return steps[i].time, true
	case below < len(steps):
		return steps[i].time + (steps[below].time-steps[i].time)/2, true
	}
	return steps[i].time + (c.End()-steps[i].time)/2, true
}

// At is S(t), the share still waiting after t. Before the first event it is 1, with an interval of no width.
func (c Curve) At(t float64) Share {
	share := Share{Value: 1}
	i := sort.Search(len(c.steps), func(i int) bool { return c.steps[i].time > t })
	if i > 0 {
		share.Value = c.steps[i-1].survival
	}
	share.Low, share.High = share.Value, share.Value
	share.Known = c.N > 0 && (t <= c.End() || share.Value == 0)
	if !share.Known || share.Value == 0 {
		return share
	}
	share.IntervalKnown = true
	if i > 0 {
		s := c.steps[i-1]
		share.StdErr = s.survival * math.Sqrt(s.variance)
		share.Low, share.High = s.band()
	}
	return share
}
