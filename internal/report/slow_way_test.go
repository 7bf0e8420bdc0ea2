package report_test

import (
	"slices"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/sla"
)

// watched is one inquiry: how long it waited, and whether it was answered then.
type watched struct {
	seconds  float64
	answered bool
}

// step is a time at which somebody was answered, and the share still waiting from then on.
type step struct{ at, waiting float64 }

// slowEnd is the longest time at which ten are still watched, or by which nobody has gone unanswered.
func slowEnd(all []watched) (end float64) {
	for _, one := range all {
		atRisk, gone := 0, 0
		for _, w := range all {
			switch {
			case w.seconds >= one.seconds:
				atRisk++
			case !w.answered:
				gone++
			}
		}
		if atRisk >= 10 || gone == 0 {
			end = max(end, one.seconds)
		}
	}
	return end
}

// slowCurve is Kaplan and Meier's product, written down as in a textbook, as far as ten are watched.
func slowCurve(all []watched) (steps []step, end float64) {
	var times []float64
	end = slowEnd(all)
	for _, w := range all {
		if w.answered && w.seconds <= end {
			times = append(times, w.seconds)
		}
	}
	slices.Sort(times)
	waiting := 1.0
	for _, t := range slices.Compact(times) {
		atRisk, answered := 0, 0
		for _, w := range all {
			if w.seconds >= t {
				atRisk++
			}
			if w.answered && w.seconds == t {
				answered++
			}
		}
		waiting *= float64(atRisk-answered) / float64(atRisk)
		steps = append(steps, step{t, waiting})
	}
	return steps, end
}

// plainFigures are the figures of a group by a curve, nil where the data do not reach, and the curve.
type plainFigures struct {
	median, p90, mean *float64
	within            []*float64
	waiting           func(float64) float64
}

func slowFigures(all []watched, day float64) (f plainFigures) {
	f.within = make([]*float64, len(report.WithinDays()))
	if len(all) < report.MinimumSize {
		return f
	}
	steps, end := slowCurve(all)
	at := func(t float64) float64 {
		share := 1.0
		for _, s := range steps {
			if s.at <= t {
				share = s.waiting
			}
		}
		return share
	}
	f.waiting = at
	known := func(t float64) bool { return t <= end || at(end) == 0 }
	quantile := func(p float64) *float64 {
		for i, s := range steps {
			if s.waiting > 1-p+1e-9 {
				continue
			}
			next := end
			if i+1 < len(steps) {
				next = steps[i+1].at
			}
			if s.waiting > 1-p-1e-9 { // flat at the level: the middle
				return number((s.at + next) / 2)
			}
			return number(s.at)
		}
		return nil
	}
	f.median, f.p90 = quantile(0.5), quantile(0.9)
	for i, days := range report.WithinDays() {
		if t := float64(days) * day; known(t) {
			f.within[i] = number(1 - at(t))
		}
	}
	if limit := report.MeanDays * day; known(limit) {
		area, last, share := 0.0, 0.0, 1.0
		for _, s := range append(slices.Clone(steps), step{at: limit}) {
			until := min(s.at, limit)
			area, last, share = area+share*(until-last), until, s.waiting
		}
		f.mean = &area
	}
	return f
}

// worked is the seconds of a calendar's work between two moments, day by day.
func worked(t *testing.T, c sla.Calendar, from, until time.Time) float64 {
	t.Helper()
	zone, err := time.LoadLocation(c.Zone)
	if err != nil {
		t.Fatal(err)
	}
	total := 0.0
	year, month, day := from.In(zone).Date()
	for n := 0; ; n++ {
		d := time.Date(year, month, day+n, 0, 0, 0, 0, zone)
		if d.After(until) {
			return total
		}
		if slices.ContainsFunc(c.Holidays, func(h sla.Holiday) bool { return h.Day == sla.DayOf(d) }) {
			continue
		}
		for _, s := range c.Week[d.Weekday()] {
			opens, closes := time.Date(year, month, day+n, 0, s.From, 0, 0, zone), time.Date(year, month, day+n, 0, s.Until, 0, 0, zone)
			if opens.Before(from) {
				opens = from
			}
			if closes.After(until) {
				closes = until
			}
			total += max(0, closes.Sub(opens).Seconds())
		}
	}
}
