package report_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/sla"
	"github.com/askwell/askwell/internal/testkit"
)

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
