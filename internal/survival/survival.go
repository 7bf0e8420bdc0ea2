// Package survival estimates how long things take when some have not happened yet: Kaplan-Meier curves and tests of them.
package survival

import (
	"cmp"
	"math"
	"slices"
	"sort"

	"gonum.org/v1/gonum/mathext"
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

// The transforms. Log is R's default; LogLog keeps its level in groups of fewer than 100 and never leaves 0 to 1.
const (
	Log    Transform = iota // S exp(±z sqrt(V)), at most 1
	LogLog                  // S^exp(±z sqrt(V)/log S) (Kalbfleisch and Prentice 1980)
)

// row is a time at which something happened or the waiting ended. Between rows the curve is flat.
type row struct {
	time             float64
	events, censored int
	atRisk           int     // just before it
	happened         int     // events up to and with it
	survival         float64 // S(time): the share still waiting just after it
	variance         float64 // Greenwood's sum of d/(n(n-d)), the variance of log S; +Inf where S is 0
}

// Curve is a Kaplan-Meier estimate of the share still waiting. The zero value is the curve of nothing.
type Curve struct {
	N        int // observations
	Events   int // those that happened
	Censored int // those that had not

	rows      []row // in order of time
	untold    int   // how many of the last rows no statement uses
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
	survival, variance, atRisk, happened := 1.0, 0.0, c.N, 0
	for i, at := range counts {
		if at.Events > 0 {
			d, n := float64(at.Events), float64(atRisk)
			survival *= (n - d) / n
			variance += d / (n * (n - d)) // +Inf at the last one, when nothing remains
		}
		happened += at.Events
		c.rows[i] = row{at.Time, at.Events, at.Censored, atRisk, happened, survival, variance}
		atRisk -= at.Events + at.Censored
	}
	return c
}

// With gives the curve with intervals of another transform.
func (c Curve) With(t Transform) Curve {
	c.transform = t
	return c
}

// WhileWatched gives the curve up to the last time at which at least so many were watched; beyond it, it tells nothing: a tail of one
// makes any curve certain. Watched at a time are those at risk then and, as long as nobody's waiting has ended without it (no
// censoring), those to whom it has happened as well: then S is a plain share of all N.
func (c Curve) WhileWatched(least int) Curve {
	c.untold = len(c.rows) - sort.Search(len(c.rows), func(i int) bool {
		return c.rows[i].atRisk < least && (c.N < least || !c.complete(i))
	})
	return c
}

// complete reports whether nothing was censored before row i.
func (c Curve) complete(i int) bool {
	return c.N-c.rows[i].atRisk == c.rows[i].happened-c.rows[i].events
}

// told are the rows that statements are made from.
func (c Curve) told() []row { return c.rows[:len(c.rows)-c.untold] }

// End is the longest duration, the end of what the data can tell, or where WhileWatched ended; 0 for an empty curve.
func (c Curve) End() float64 {
	rows := c.told()
	if len(rows) == 0 {
		return 0
	}
	return rows[len(rows)-1].time
}

// AtRisk is how many were still waited for just before t: those with a duration of t or more.
func (c Curve) AtRisk(t float64) int {
	i := sort.Search(len(c.rows), func(i int) bool { return c.rows[i].time >= t })
	if i == len(c.rows) {
		return 0
	}
	return c.rows[i].atRisk
}

// after is how many of the rows that are told lie at or before t.
func (c Curve) after(t float64) int {
	rows := c.told()
	return sort.Search(len(rows), func(i int) bool { return rows[i].time > t })
}

// band gives the 95 % interval of S at a row where S is neither 0 nor 1.
func (c Curve) band(r row) (low, high float64) {
	return interval(r.survival, r.variance, c.transform)
}

// edge gives the 95 % interval of S after the first so many rows, for an S of 0 or 1, where Greenwood's variance says nothing: that of
// the beta product (Fay, Brittain and Proschan 2013, by the method of moments), which without censoring is Clopper's and Pearson's.
// watched are those known not to be there while S is 1.
func (c Curve) edge(rows, watched int) (low, high float64) {
	if rows == 0 || c.rows[rows-1].survival >= 1 {
		return math.Pow(tail, 1/float64(watched)), 1 // of none: 0
	}
	mean, square := 1.0, 1.0
	for _, r := range c.rows[:rows] {
		if r.events == 0 {
			continue
		}
		a, sum := float64(r.atRisk-r.events+1), float64(r.atRisk+1)
		mean *= a / sum
		square *= a * (a + 1) / (sum * (sum + 1))
	}
	size := (mean - square) / (square - mean*mean)
	return 0, mathext.InvRegIncBeta(size*mean, size*(1-mean), 1-tail)
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
