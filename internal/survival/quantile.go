package survival

import (
	"math"
	"sort"
)

// z is the 97.5th percentile of the standard normal distribution: all intervals here are of 95 %.
const z = 1.959963984540054

// tail is what lies beyond each end of such an interval.
const tail = 0.025

// Estimate is a time with its 95 % interval. What the data do not reach is 0 with its flag false: a median needs half to
// have happened, and the upper end of its interval more than that.
type Estimate struct {
	Value, Low, High                 float64
	Reached, LowReached, HighReached bool
}

// Share is the share still waiting at a time, with its standard error and 95 % interval.
type Share struct {
	Value, StdErr, Low, High float64
	// Known is false beyond the curve's end (and for an empty curve), where Value is the last one known, and Low and High are Value.
	Known bool
}

// tolerance is how near S must be to a level to count as equal, that of R's survival package; smaller for curves so large
// that a single event is as small as that.
func (c Curve) tolerance() float64 {
	return min(1.4901161193847656e-08, 0.25/float64(max(c.N, 1)))
}

// Quantile is the time by which the share p (above 0, at most 1) has happened: the smallest t with S(t) <= 1-p, or, where S
// equals 1-p for a while, the middle between that time and the next at which S falls (or the curve's end), as R's survival
// package has it. The interval inverts the band of S in the curve's transform (Brookmeyer and Crowley 1982): from where the
// lower limit of S reaches 1-p to where the upper one does. Any other p is never reached.
func (c Curve) Quantile(p float64) Estimate {
	var e Estimate
	all := c.told()
	if !(p > 0 && p <= 1) || len(all) == 0 || all[len(all)-1].happened == 0 {
		return e
	}
	level, tolerance := 1-p, c.tolerance()
	down := func(rows []row, y float64) int {
		return sort.Search(len(rows), func(i int) bool { return rows[i].survival <= y })
	}
	// Where S is 0 its interval is unknown: the last rows.
	banded := all[:down(all, 0)]
	e.Value, e.Reached = c.crossing(all, level, tolerance, down)
	e.Low, e.LowReached = c.crossing(banded, level, tolerance, c.firstLow)
	// The upper limit can rise again, so each row is looked at, from where S itself is down on.
	from := down(banded, level+tolerance)
	e.High, e.HighReached = c.crossing(banded[from:], level, tolerance, c.first(func(r row) float64 { _, high := c.band(r); return high }))
	return e
}

// firstLow is the first row at which the lower limit of S is at most y. In the Log transform it only falls: S does, and the
// variance only grows.
func (c Curve) firstLow(rows []row, y float64) int {
	low := func(r row) float64 { low, _ := c.band(r); return low }
	if c.transform == Log {
		return sort.Search(len(rows), func(i int) bool { return low(rows[i]) <= y })
	}
	return c.first(low)(rows, y)
}

// first makes a search for the first row at which a limit of S is at most y, for limits that may rise again.
func (c Curve) first(limit func(row) float64) func([]row, float64) int {
	return func(rows []row, y float64) int {
		for i, r := range rows {
			if r.events > 0 && limit(r) <= y {
				return i
			}
		}
		return len(rows)
	}
}

// crossing finds where a line over rows first comes down to level; first gives the first row where it is at most y.
func (c Curve) crossing(rows []row, level, tolerance float64, first func(rows []row, y float64) int) (float64, bool) {
	i := first(rows, level+tolerance)
	if i == len(rows) {
		return 0, false
	}
	below := i + first(rows[i:], math.Nextafter(level-tolerance, -1))
	switch {
	case below == i:
		return rows[i].time, true
	case below < len(rows):
		return rows[i].time + (rows[below].time-rows[i].time)/2, true
	}
	return rows[i].time + (c.End()-rows[i].time)/2, true
}

// At is S(t), the share still waiting after t. StdErr is Greenwood's, and 0 where S is 0 or 1; the interval is honest there too.
func (c Curve) At(t float64) Share {
	share := Share{Value: 1}
	rows := c.after(t)
	if rows > 0 {
		share.Value = c.rows[rows-1].survival
	}
	share.Low, share.High = share.Value, share.Value
	share.Known = c.N > 0 && (t <= c.End() || share.Value == 0)
	switch {
	case !share.Known:
	case share.Value <= 0 || share.Value >= 1:
		share.Low, share.High = c.edge(rows, c.AtRisk(t))
	default:
		last := c.rows[rows-1]
		share.StdErr = last.survival * math.Sqrt(last.variance)
		share.Low, share.High = c.band(last)
	}
	return share
}
