package report_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/sla"
	"github.com/askwell/askwell/internal/testkit"
)

// watched is one inquiry: how long it waited, and whether it was answered then.
type watched struct {
	seconds  float64
	answered bool
}

// step is a time at which somebody was answered, and the share still waiting from then on.
type step struct{ at, waiting float64 }

// slowCurve is Kaplan and Meier's product, written down as in a textbook and nothing else.
func slowCurve(all []watched) (steps []step, end float64) {
	var times []float64
	for _, w := range all {
		end = max(end, w.seconds)
		if w.answered {
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

// randomDesk makes tickets of seven weeks whose times fall together: all are multiples of a tie.
func randomDesk(r *rand.Rand, n int, tie time.Duration) []past {
	tickets := make([]past, n)
	patience, answered := time.Duration(1+r.IntN(12))*24*time.Hour, 0.3+0.7*r.Float64()
	for i := range tickets {
		opened := now.Add(-time.Duration(r.Int64N(int64(49 * 24 * time.Hour)))).Truncate(tie)
		p := past{group: []identifier.Group{"with", "with", "without", "without", "unusable"}[r.IntN(5)], opened: opened}
		after := func(mean time.Duration) *time.Time {
			if r.Float64() > answered {
				return nil
			}
			return at(opened.Add(time.Duration(r.ExpFloat64() * float64(mean)).Truncate(tie)))
		}
		p.responded, p.solved = after(patience), after(3*patience)
		if r.IntN(15) == 0 {
			p.excluded, p.excludedAt = "spam", at(opened.Add(time.Duration(r.IntN(200))*time.Hour))
		}
		tickets[i] = p
	}
	return tickets
}

// randomCalendar is a week with breaks, short days and holidays, in a zone whose clocks change on 1 November.
func randomCalendar(r *rand.Rand) sla.Calendar {
	c := sla.Usual("America/New_York")
	for day := range c.Week {
		switch r.IntN(4) {
		case 0:
			c.Week[day] = []sla.Span{{From: 480, Until: 720}, {From: 780, Until: 1020 + r.IntN(240)}}
		case 1:
			c.Week[day] = []sla.Span{{From: 0, Until: 300}, {From: 1320, Until: 1440}}
		}
	}
	for range r.IntN(6) {
		c.Holidays = append(c.Holidays, sla.Holiday{Day: sla.DayOf(now.AddDate(0, 0, -r.IntN(49)))})
	}
	return c
}

// watch gives what a query counts of a group, by the definitions.
func watch(t *testing.T, tickets []past, q report.Query, c sla.Calendar, in report.Group) (all []watched) {
	t.Helper()
	for _, p := range tickets {
		if in != report.GroupAll && string(in) != string(p.group) || p.opened.Before(q.From) || !p.opened.Before(q.Before()) || p.opened.After(q.AsOf) ||
			p.excludedAt != nil && !p.excludedAt.After(q.AsOf) {
			continue
		}
		end := p.responded
		if q.Measure == report.Resolution {
			end = p.solved
		}
		w := watched{answered: end != nil && !end.After(q.AsOf)}
		if !w.answered {
			end = &q.AsOf
		}
		w.seconds = end.Sub(p.opened).Seconds()
		if q.Clock == report.ClockBusiness {
			w.seconds = worked(t, c, p.opened, *end)
		}
		all = append(all, w)
	}
	return all
}

// compareSlowly holds every figure of a report to the slow way, within a share of it (for shares, of the whole). Where a curve is so
// flat that a thousandth decides which of two distant times is the median, either will do that S passes the half at.
func compareSlowly(t *testing.T, made report.Report, tickets []past, c sla.Calendar, within float64) {
	t.Helper()
	what := fmt.Sprintf("%s, %s, as of %s", made.Measure, made.Clock, made.AsOf.Format(time.DateTime))
	for _, g := range made.Groups {
		all := watch(t, tickets, made.Query, c, g.Group)
		if g.Tickets != len(all) {
			t.Errorf("%s: %d tickets of %s, want %d", what, g.Tickets, g.Group, len(all))
			continue
		}
		want := slowFigures(all, made.Day.Seconds())
		hold := func(figure string, got, want *float64, margin float64) {
			t.Helper()
			if (got == nil) != (want == nil) || got != nil && math.Abs(*got-*want) > margin+1e-6 {
				t.Errorf("%s: %s of %s (%d tickets) is %s, want %s", what, figure, g.Group, g.Tickets, text(got), text(want))
			}
		}
		share := func(v *float64) float64 {
			if v == nil {
				return 0
			}
			return within * *v
		}
		quantile := func(figure string, p float64, got, want *float64, waiting func(float64) float64) {
			t.Helper()
			if within > 0 && got != nil && want != nil && waiting(*got*(1+within)) <= 1-p+within/2 && waiting(*got*(1-within)) >= 1-p-within/2 {
				return
			}
			hold(figure, got, want, share(want))
		}
		quantile("median", 0.5, g.Median.Seconds, want.median, want.waiting)
		quantile("p90", 0.9, g.P90.Seconds, want.p90, want.waiting)
		hold("mean", g.Mean.Seconds, want.mean, share(want.mean))
		for i, s := range g.Within {
			hold(fmt.Sprintf("share within %d days", s.Days), s.Value, want.within[i], within)
		}
	}
}

func text(v *float64) string {
	if v == nil {
		return "unknown"
	}
	return fmt.Sprintf("%.4f", *v)
}

// questionsOf asks for both measures by both clocks, now and at a moment in the past.
func questionsOf(r *rand.Rand) (all []report.Params) {
	for _, measure := range report.Measures() {
		for _, clock := range report.Clocks() {
			p := report.Params{From: "2026-10-01", To: "2026-11-23", Measure: string(measure), Clock: string(clock)}
			all = append(all, p)
			p.To, p.AsOf = "", now.AddDate(0, 0, -5-r.IntN(20)).UTC().Truncate(time.Second).Format(time.RFC3339)
			all = append(all, p)
		}
	}
	return all
}

func makeAll(t *testing.T, service *report.Service, questions []report.Params) (all []report.Report) {
	t.Helper()
	for _, p := range questions {
		q, err := report.ParseQuery(p, newYork(t), now)
		if err != nil {
			t.Fatal(err)
		}
		made, err := service.Make(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, made)
	}
	return all
}

func randomised(t *testing.T, seed uint64, n int, tie time.Duration) (*pgxpool.Pool, []past, sla.Calendar, []report.Params) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 77))
	db, tickets, c := testkit.Database(t), randomDesk(r, n, tie), randomCalendar(r)
	insert(t, db, tickets)
	if _, err := report.NewService(db, nil).SetCalendar(t.Context(), report.CalendarChange{Calendar: c}); err != nil {
		t.Fatal(err)
	}
	if seed%2 == 0 {
		record(t, db)
	}
	return db, tickets, c, questionsOf(r)
}

var ties = []time.Duration{time.Second, time.Minute, time.Hour, 12 * time.Hour}

// Random cohorts with ties and censoring, by both clocks: every figure is that of the slow way.
func TestFiguresAreThoseOfTheSlowWay(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			db, tickets, c, questions := randomised(t, seed, 30+int(seed)*40, ties[seed%4])
			for _, made := range makeAll(t, report.NewService(db, func() time.Time { return now }), questions) {
				if !made.Exact {
					t.Error("counted in bins")
				}
				compareSlowly(t, made, tickets, c, 0)
			}
		})
	}
}

// Counted in bins, figures of large cohorts are within 1 % of the slow way's.
func TestBinnedFiguresAreWithinOnePercent(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(ties[seed].String(), func(t *testing.T) {
			t.Parallel()
			db, tickets, c, questions := randomised(t, seed, 4000, ties[seed])
			for _, made := range makeAll(t, report.NewService(db, func() time.Time { return now }).Binned(), questions) {
				if made.Exact {
					t.Error("not counted in bins")
				}
				compareSlowly(t, made, tickets, c, 0.01)
			}
		})
	}
}
