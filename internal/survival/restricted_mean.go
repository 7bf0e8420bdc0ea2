package survival

import (
	"math"
	"sort"
)

// Mean is a mean waiting time up to a limit, with its standard error and 95 % interval (normal, not below 0).
type Mean struct {
	Value, StdErr, Low, High float64
	// Known is false for an empty curve and when the limit lies beyond the longest duration while some still wait: Value then
	// takes the last share as lasting to the limit, which overstates it.
	Known bool
}

// RestrictedMean is the mean of the waiting times cut off at limit: the area under S up to there. The variance is the sum over
// the event times of A² d/(n(n-d)), A being the area from that time to the limit (Klein and Moeschberger 2003, 4.5.1).
func (c Curve) RestrictedMean(limit float64) Mean {
	if c.N == 0 || !(limit > 0) || math.IsInf(limit, 1) {
		return Mean{}
	}
	rows := c.rows[:sort.Search(len(c.rows), func(i int) bool { return c.rows[i].time >= limit })]
	area, variance, end := 0.0, 0.0, limit
	for i := len(rows) - 1; i >= 0; i-- {
		area += rows[i].survival * (end - rows[i].time)
		end = rows[i].time
		if rows[i].events == 0 || rows[i].survival == 0 { // the variance does not grow here, or A is 0
			continue
		}
		before := 0.0
		if i > 0 {
			before = rows[i-1].variance
		}
		variance += area * area * (rows[i].variance - before)
	}
	area += end
	err := math.Sqrt(variance)
	return Mean{
		Value: area, StdErr: err, Low: max(0, area-z*err), High: area + z*err,
		Known: limit <= c.End() || c.Censored == 0 || c.At(c.End()).Value == 0,
	}
}
