package survival

import (
	"math"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"
)

// Mean is a mean waiting time up to a limit, with its standard error and 95 % interval: normal, and not below 0; of a curve in the
// LogLog transform, which is for small groups, on the scale of logarithms by Student's t.
type Mean struct {
	Value, StdErr, Low, High float64
	// Known is false for an empty curve and when the limit lies beyond the curve's end while some still wait: Value then takes the
	// last share as lasting to the limit, which overstates it.
	Known bool
}

// RestrictedMean is the mean of the waiting times cut off at limit: the area under S up to there. The variance is the sum over
// the event times of A² d/(n(n-d)), A being the area from that time to the limit (Klein and Moeschberger 2003, 4.5.1), for small groups
// times m/(m-1) with m events (the same).
func (c Curve) RestrictedMean(limit float64) Mean {
	if c.N == 0 || !(limit > 0) || math.IsInf(limit, 1) {
		return Mean{}
	}
	told := c.told()
	rows := told[:sort.Search(len(told), func(i int) bool { return told[i].time >= limit })]
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
	m := Mean{
		Value: area, StdErr: err, Low: max(0, area-z*err), High: area + z*err,
		Known: len(told) > 0 && (limit <= c.End() || told[len(told)-1].survival <= 0),
	}
	events := 0
	if len(rows) > 0 {
		events = rows[len(rows)-1].happened
	}
	switch {
	case events == 0: // nobody is there by the limit: at the worst, as many as may well be hidden were there at once
		low, _ := c.edge(len(rows), c.AtRisk(limit))
		m.Low, m.High = limit*low, limit
	case c.transform == LogLog && area > 0:
		degrees := float64(max(events-1, 1))
		student := distuv.StudentsT{Sigma: 1, Nu: degrees}.Quantile(1 - tail)
		spread := math.Exp(student * err * math.Sqrt(float64(events)/degrees) / area)
		m.Low, m.High = area/spread, min(area*spread, limit)
	}
	return m
}
