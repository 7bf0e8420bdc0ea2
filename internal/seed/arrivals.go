package seed

import (
	"math"
	"slices"
	"time"
)

// Inquiries by weekday, Sunday first, and by the hour of the office's clock, as shares of a usual day and hour.
var (
	byWeekday = [7]float64{0.35, 1.3, 1.18, 1.12, 1.05, 0.95, 0.42}
	byHour    = [24]float64{
		0.22, 0.14, 0.1, 0.08, 0.08, 0.12, 0.25, 0.55, 1.1, 1.7, 1.95, 1.9,
		1.7, 1.65, 1.75, 1.7, 1.55, 1.3, 1.1, 1.05, 1.1, 1.05, 0.75, 0.42,
	}
)

// arrivals gives the times of n inquiries in a year, one after the other, in order.
type arrivals struct {
	from    time.Time
	n       int
	weights []float64 // cumulative, by hour
	seed    uint64
	hour    int
	left    []time.Duration // within the hour, in order
}

func newArrivals(zone *time.Location, from, until time.Time, n int, seed uint64) *arrivals {
	a := &arrivals{from: from, n: n, seed: seed}
	total, hours := 0.0, int(until.Sub(from)/time.Hour)
	for h := range hours {
		at := from.Add(time.Duration(h) * time.Hour).In(zone)
		weight := byWeekday[at.Weekday()] * byHour[at.Hour()]
		if holiday(at) {
			weight *= 0.4
		}
		weight *= 1 + 0.2*float64(h)/float64(hours)                                // the desk grows
		weight *= math.Exp(0.15 * stream(seed, ofDay, uint64(h/24)).NormFloat64()) // no day is like another
		weight *= math.Exp(0.2 * stream(seed, ofHour, uint64(h)).NormFloat64())    // and no hour
		weight *= 1 + 0.12*math.Cos(2*math.Pi*(float64(at.YearDay())-80)/365)      // more in spring
		total += weight
		a.weights = append(a.weights, total)
	}
	return a
}

// next gives the time of the next inquiry. It may be called n times.
func (a *arrivals) next() time.Time {
	for len(a.left) == 0 {
		a.fill()
		a.hour++
	}
	within := a.left[0]
	a.left = a.left[1:]
	return a.from.Add(time.Duration(a.hour-1)*time.Hour + within)
}

// fill draws the inquiries of one hour: its share of n, rounded so that the hours make n together.
func (a *arrivals) fill() {
	r := stream(a.seed, ofSlot, uint64(a.hour))
	for range a.upTo(a.hour) - a.upTo(a.hour-1) {
		a.left = append(a.left, time.Duration(r.Int64N(int64(time.Hour))).Truncate(time.Microsecond))
	}
	slices.Sort(a.left)
}

// upTo is how many inquiries come until the end of an hour.
func (a *arrivals) upTo(hour int) int {
	if hour < 0 {
		return 0
	}
	return int(math.Round(float64(a.n) * a.weights[hour] / a.weights[len(a.weights)-1]))
}
