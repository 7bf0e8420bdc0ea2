// Package survival estimates how long things take when some have not happened yet: Kaplan-Meier curves and tests of them.
package survival

import (
	"cmp"
	"math"
	"slices"
	"sort"
)

// Observation is one thing that was waited for. Every Duration of a curve has the same unit; ours are seconds.
type Observation struct {
	Duration float64 // how long it was waited; below 0 counts as 0
	Observed bool    // it happened then; false: it had not happened when the waiting ended (censored)
}

// Count is how often it happened at one time, and how often the waiting ended then without it.
type Count struct {
	Time             float64 // below 0 counts as 0
	Events, Censored int     // below 0 counts as 0
}

// Transform is how an interval of S is made from Greenwood's variance.
type Transform int

// The transforms. Log is R's default; LogLog keeps its level in smaller groups and never leaves 0 to 1.
const (
	Log    Transform = iota // S exp(±z sqrt(V)), at most 1
	LogLog                  // S^exp(±z sqrt(V)/log S) (Kalbfleisch and Prentice 1980)
)

// row is a time at which something happened or the waiting ended. Between rows the curve is flat.
type row struct {
	time             float64
	events, censored int
	atRisk           int     // just before it
	survival         float64 // S(time): the share still waiting just after it
	variance         float64 // Greenwood's sum of d/(n(n-d)), the variance of log S; +Inf where S is 0
}

// Curve is a Kaplan-Meier estimate of the share still waiting. The zero value is the curve of nothing.
type Curve struct {
	N        int // observations
	Events   int // those that happened
	Censored int // those that had not

	rows      []row // in order of time
	transform Transform
}

// KaplanMeier estimates S(t), the product over the event times up to t of 1 - d/n, with d events among n at risk
// (Kaplan and Meier 1958). What is censored at an event's time was still at risk then. The variance is Greenwood's (1926).
// Durations that are no finite number are left out, and not in N. It sorts once: n log n time; the input is neither kept nor
// changed.
func KaplanMeier(observations []Observation) Curve {
	sorted := make([]Observation, 0, len(observations))
	for _, o := range observations {
		if !math.IsNaN(o.Duration) && !math.IsInf(o.Duration, 0) {
			o.Duration = max(o.Duration, 0)
			sorted = append(sorted, o)
		}
	}
	slices.SortFunc(sorted, func(a, b Observation) int { return cmp.Compare(a.Duration, b.Duration) })
	counts := make([]Count, 0, len(sorted))
	for _, o := range sorted {
		if last := len(counts) - 1; last < 0 || counts[last].Time != o.Duration {
			counts = append(counts, Count{Time: o.Duration})
		}
		if at := &counts[len(counts)-1]; o.Observed {
			at.Events++
		} else {
			at.Censored++
		}
	}
	return estimate(counts)
}

// FromCounts is KaplanMeier for observations that were counted by time, in any order. Times that are no finite number are left
// out. Of counts in bins the times of the curve are as coarse as the bins.
func FromCounts(counts []Count) Curve {
	kept := make([]Count, 0, len(counts))
	for _, c := range counts {
		c.Time, c.Events, c.Censored = max(c.Time, 0), max(c.Events, 0), max(c.Censored, 0)
		if !math.IsNaN(c.Time) && !math.IsInf(c.Time, 0) && c.Events+c.Censored > 0 {
			kept = append(kept, c)
		}
	}
	slices.SortFunc(kept, func(a, b Count) int { return cmp.Compare(a.Time, b.Time) })
	merged := kept[:0]
	for _, c := range kept {
		if last := len(merged) - 1; last >= 0 && merged[last].Time == c.Time {
			merged[last].Events += c.Events
			merged[last].Censored += c.Censored
			continue
		}
		merged = append(merged, c)
	}
	return estimate(merged)
}

// estimate walks distinct times in order.
func estimate(counts []Count) Curve {
	var c Curve
	for _, at := range counts {
		c.Events += at.Events
		c.Censored += at.Censored
	}
	c.N = c.Events + c.Censored
	c.rows = make([]row, len(counts))
	survival, variance, atRisk := 1.0, 0.0, c.N
	for i, at := range counts {
		if at.Events > 0 {
			d, n := float64(at.Events), float64(atRisk)
			survival *= (n - d) / n
			variance += d / (n * (n - d)) // +Inf at the last one, when nothing remains
		}
		c.rows[i] = row{at.Time, at.Events, at.Censored, atRisk, survival, variance}
		atRisk -= at.Events + at.Censored
	}
	return c
}

// With gives the curve with intervals of another transform.
func (c Curve) With(t Transform) Curve {
	c.transform = t
	return c
}

// End is the longest duration, the end of what the data can tell; 0 for an empty curve.
func (c Curve) End() float64 {
	if len(c.rows) == 0 {
		return 0
	}
	return c.rows[len(c.rows)-1].time
}

// AtRisk is how many were still waited for just before t: those with a duration of t or more.
func (c Curve) AtRisk(t float64) int {
	i := sort.Search(len(c.rows), func(i int) bool { return c.rows[i].time >= t })
	if i == len(c.rows) {
		return 0
	}
	return c.rows[i].atRisk
}

// after is how many rows lie at or before t.
func (c Curve) after(t float64) int {
	return sort.Search(len(c.rows), func(i int) bool { return c.rows[i].time > t })
}

// band gives the 95 % interval of S at a row. S must not be 0; where it is 1 it is known for sure.
func (c Curve) band(r row) (low, high float64) {
	return interval(r.survival, r.variance, c.transform)
}

// interval gives the 95 % interval of a share S whose logarithm has the variance v.
func interval(s, v float64, t Transform) (low, high float64) {
	if s >= 1 || s <= 0 {
		return s, s
	}
	if t == LogLog {
		spread := math.Exp(z * math.Sqrt(v) / math.Abs(math.Log(s)))
		return math.Pow(s, spread), math.Pow(s, 1/spread)
	}
	spread := math.Exp(z * math.Sqrt(v))
	return s / spread, min(1, s*spread)
}
