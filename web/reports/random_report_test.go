package reports

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/survival"
)

// The figures of 2,000 random periods are put into words, tables and pictures, each within a second of its own: no loop there may
// depend on the equality of floating-point numbers.
func TestFiguresOfRandomPeriodsAreWritten(t *testing.T) {
	t.Parallel()
	w := english(t)
	for i := range uint64(2000) {
		r := randomReport(rand.New(rand.NewPCG(3, i)))
		written := make(chan struct{})
		go func() {
			defer close(written)
			var data timesPage
			w.of(r).fill(&data, r, nil)
		}()
		select {
		case <-written:
		case <-time.After(10 * time.Second): // the machine may be busy; a loop without an end takes longer
			t.Fatalf("report %d of these is never written: %s", i, r.Values().Encode())
		}
	}
}

// randomReport has the shape of what report.Service makes of a period of up to four months.
func randomReport(r *rand.Rand) report.Report {
	to := time.Date(2026, 8, 26, 0, 0, 0, 0, time.UTC).AddDate(0, 0, -r.IntN(400))
	made := report.Report{Exact: true, Day: 24 * time.Hour, Query: report.Query{
		From: to.AddDate(0, 0, -r.IntN(120)), To: to, AsOf: to.Add(24*time.Hour - time.Second), Clock: report.ClockWall, By: report.ByNumber,
		Measure: report.Measures()[r.IntN(2)],
	}}
	if r.IntN(3) == 0 {
		made.Clock, made.Day = report.ClockBusiness, 8*time.Hour
	}
	scale := float64(minute) * float64(1+r.IntN(20000))
	for _, g := range []report.Group{report.GroupWith, report.GroupUnusable, report.GroupWithout, report.GroupAll} {
		made.Groups = append(made.Groups, randomFigures(r, g, r.IntN(40), scale))
	}
	for begins := made.From; begins.Before(to); begins = begins.AddDate(0, 0, 7) {
		week := report.Week{Begins: begins}
		for range made.Groups {
			f := randomFigures(r, "", r.IntN(40), scale)
			week.Tickets, week.Median = append(week.Tickets, f.Tickets), append(week.Median, f.Median)
		}
		made.Weeks = append(made.Weeks, week)
	}
	return made
}

func randomFigures(r *rand.Rand, g report.Group, n int, scale float64) report.Figures {
	f := report.Figures{Group: g, Tickets: n, Withheld: n > 0 && n < report.MinimumSize, Within: make([]report.Share, len(report.WithinDays()))}
	var seen []survival.Observation
	for range n {
		o := survival.Observation{Duration: float64(int(r.ExpFloat64() * scale)), Observed: r.IntN(5) > 0}
		if o.Observed {
			f.Answered++
		}
		seen = append(seen, o)
	}
	f.Waiting = n - f.Answered
	if n < report.MinimumSize {
		return f
	}
	f.Curve = survival.KaplanMeier(seen)
	known := func(v float64, reached bool) *float64 {
		if !reached {
			return nil
		}
		return &v
	}
	for p, to := range map[float64]*report.Time{0.5: &f.Median, 0.9: &f.P90} {
		e := f.Curve.Quantile(p)
		*to = report.Time{Seconds: known(e.Value, e.Reached), Low: known(e.Low, e.LowReached), High: known(e.High, e.HighReached)}
	}
	return f
}
