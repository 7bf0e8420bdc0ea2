// Package survival estimates how long things take when some have not happened yet: Kaplan-Meier curves and tests of them.
package survival

import (
	"math"
	"slices"
	"sort"
)

// Observation is one thing that was waited for. Every Duration of a curve has the same unit; ours are seconds.
type Observation struct {
	Duration float64 // how long it was waited; below 0 counts as 0
	Observed bool    // it happened then; false: it had not happened when the waiting ended (censored)
}

// step is a time at which something happened. Between steps the curve is flat.
type step struct {
	time     float64
	survival float64 // S(time): the share still waiting just after it
	variance float64 // Greenwood's sum of d/(n(n-d)), the variance of log S; +Inf where S is 0
}

// Curve is a Kaplan-Meier estimate of the share still waiting. The zero value is the curve of nothing.
type Curve struct {
	N        int // observations
	Events   int // those that happened
	Censored int // those that had not

	steps    []step
	events   []float64 // durations that were observed, sorted
	censored []float64 // durations that were not, sorted
}

// KaplanMeier estimates S(t), the product over the event times up to t of 1 - d/n, with d events among n at risk
// (Kaplan and Meier 1958). What is censored at an event's time was still at risk then. The variance is Greenwood's (1926).
// Durations that are no finite number are left out, and not in N. It sorts once: n log n time, at most 32 bytes an observation
// beyond the input, which is neither kept nor changed.
func KaplanMeier(observations []Observation) Curve {
	var c Curve
	for _, o := range observations {
		if math.IsNaN(o.Duration) || math.IsInf(o.Duration, 0) {
			continue
		}
		if o.Observed {
			c.Events++
		} else {
			c.Censored++
		}
	}
	c.N = c.Events + c.Censored
	c.events, c.censored = make([]float64, 0, c.Events), make([]float64, 0, c.Censored)
	for _, o := range observations {
		switch d := max(o.Duration, 0); {
		case math.IsNaN(o.Duration) || math.IsInf(o.Duration, 0):
		case o.Observed:
			c.events = append(c.events, d)
		default:
			c.censored = append(c.censored, d)
		}
	}
	slices.Sort(c.events)
	slices.Sort(c.censored)
	c.estimate()
	return c
}

// estimate walks the sorted durations once and lays down a step at each distinct event time.
func (c *Curve) estimate() {
	distinct := 0
	for i, t := range c.events {
		if i == 0 || t != c.events[i-1] {
			distinct++
		}
	}
	c.steps = make([]step, 0, distinct)
	survival, variance, left := 1.0, 0.0, 0
	for i := 0; i < len(c.events); {
		t, first := c.events[i], i
		for i < len(c.events) && c.events[i] == t {
			i++
		}
		for left < len(c.censored) && c.censored[left] < t {
			left++
		}
		d, n := float64(i-first), float64(c.N-first-left)
		survival *= (n - d) / n
		variance += d / (n * (n - d)) // +Inf at the last one, when nothing remains
		c.steps = append(c.steps, step{time: t, survival: survival, variance: variance})
	}
}

// End is the longest duration, the end of what the data can tell; 0 for an empty curve.
func (c Curve) End() float64 {
	end := 0.0
	if n := len(c.events); n > 0 {
		end = c.events[n-1]
	}
	if n := len(c.censored); n > 0 {
		end = max(end, c.censored[n-1])
	}
	return end
}

// AtRisk is how many were still waited for just before t: those with a duration of t or more.
func (c Curve) AtRisk(t float64) int {
	return c.N - sort.SearchFloat64s(c.events, t) - sort.SearchFloat64s(c.censored, t)
}

// Point is one corner of the curve, for drawing.
type Point struct{ Time, Survival, Low, High float64 }

// Points gives at most limit corners of the curve in order of time, the first at 0 and the last at its end; of a curve with
// more steps it takes each limit-th part of the way down, which no drawing shows. Where the interval is unknown
// (S is 0), Low and High are S itself. A limit below 2 counts as 2.
func (c Curve) Points(limit int) []Point {
	if c.N == 0 {
		return nil
	}
	limit = max(limit, 2)
	points := []Point{{Time: 0, Survival: 1, Low: 1, High: 1}}
	room := min(len(c.steps), limit-2)
	for k := 1; k <= room; k++ {
		points = append(points, c.pointAt(k*len(c.steps)/room-1))
	}
	last := Point{Time: c.End(), Survival: 1, Low: 1, High: 1}
	if n := len(c.steps); n > 0 {
		last = c.pointAt(n - 1)
		last.Time = c.End()
	}
	if points[len(points)-1] != last {
		points = append(points, last)
	}
	return points
}

func (c Curve) pointAt(i int) Point {
	s := c.steps[i]
	p := Point{Time: s.time, Survival: s.survival, Low: s.survival, High: s.survival}
	if s.survival > 0 {
		p.Low, p.High = s.band()
	}
	return p
}
