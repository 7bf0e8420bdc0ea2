package report_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/sla"
	"github.com/askwell/askwell/internal/testkit"
)

// ask answers all questions at a time, each by the Service that is given for it.
func ask(t *testing.T, service func() *report.Service, at time.Time, questions []report.Params) (answers []report.Report) {
	t.Helper()
	for _, p := range questions {
		s := service()
		q, err := report.ParseQuery(p, newYork(t), at)
		if err != nil {
			t.Fatal(err)
		}
		made, err := s.Make(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		made.GeneratedAt, made.Behind = time.Time{}, 0
		answers = append(answers, made)
	}
	return answers
}

// questions asks for everything in every way, now and at a cut-off in the past.
func questions() (all []report.Params) {
	for _, measure := range report.Measures() {
		for _, clock := range report.Clocks() {
			for _, by := range report.Bys() {
				p := report.Params{From: "2026-09-16", Measure: string(measure), Clock: string(clock), By: string(by)}
				all = append(all, p)
				p.Category, p.AsOf = "access-code", "2026-11-03T10:00"
				all = append(all, p)
			}
		}
	}
	return append(all, report.Params{From: "2026-09-16", Language: "es"}, report.Params{From: "2026-10-02", To: "2026-11-10", Channel: "form"},
		report.Params{From: "2026-09-16", Queue: "cases", AsOf: "2026-10-09"})
}

// change changes some tickets and packs their days, unless a worker is still to do that.
func change(t *testing.T, db *pgxpool.Pool, pack bool, sql string, args ...any) {
	t.Helper()
	rows, err := db.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		t.Fatal(err)
	}
	if len(ids) == 0 {
		t.Fatalf("%s changed nothing", sql)
	}
	if pack {
		if err := (report.Recorder{DB: db}).Record(t.Context(), ids, nil); err != nil {
			t.Fatal(err)
		}
	}
}

// A Service that has answered before, and keeps what it counted, answers as one that never did: after tickets were answered,
// excluded, moved and imported, with another calendar, at later times and at earlier cut-offs.
func TestKeptBlocksAnswerAsFreshOnes(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	insert(t, db, spread(someDesk(11, 1500), 5))
	at := now
	clock := func() time.Time { return at }
	old := report.NewService(db, clock).Binned()
	all := questions()
	compare := func(what string) {
		t.Helper()
		fresh := ask(t, func() *report.Service { return report.NewService(db, clock).Binned() }, at, all)
		same(t, what, fresh, ask(t, func() *report.Service { return old }, at, all))
	}
	compare("nothing is packed")
	if blocks, _, _ := old.Kept(); blocks != 0 {
		t.Errorf("%d blocks of days that are not packed are kept", blocks)
	}
	record(t, db)
	compare("packed")
	kept, _, _ := old.Kept()
	if kept < 20 {
		t.Errorf("%d blocks are kept: this test shows nothing", kept)
	}
	change(t, db, true, `UPDATE ticket SET first_responded_at = opened_at + interval '50 hours' WHERE first_responded_at IS NULL AND id % 3 = 0 RETURNING id`)
	compare("answered")
	change(t, db, true, `UPDATE ticket SET excluded_reason = 'merged', excluded_at = opened_at + interval '9 days' WHERE excluded_at IS NULL AND id % 11 = 1 RETURNING id`)
	compare("excluded")
	change(t, db, true, `UPDATE ticket SET category = 'feedback', language = 'fr' WHERE id % 13 = 3 RETURNING id`)
	compare("moved")
	change(t, db, false, `UPDATE ticket SET first_responded_at = NULL WHERE id % 17 = 3 RETURNING id`)
	compare("withdrawn, and not packed again yet")
	record(t, db)
	compare("withdrawn")
	calendar := sla.Usual("America/New_York")
	calendar.Week[time.Monday] = []sla.Span{{From: 10 * 60, Until: 12 * 60}}
	if _, err := old.SetCalendar(t.Context(), report.CalendarChange{Calendar: calendar}); err != nil {
		t.Fatal(err)
	}
	compare("another calendar")
	at = now.Add(49 * time.Hour)
	compare("two days later")
	at = now.Add(-time.Hour)
	compare("a clock that was ahead")
}

// spread spreads three weeks over so many times three weeks, further into the past.
func spread(tickets []past, times int) []past {
	r := rand.New(rand.NewPCG(5, 5))
	for i := range tickets {
		back := -time.Duration(r.IntN(times)) * 21 * 24 * time.Hour
		p := &tickets[i]
		p.opened = p.opened.Add(back)
		for _, moment := range []*time.Time{p.responded, p.solved, p.excludedAt} {
			if moment != nil {
				*moment = moment.Add(back)
			}
		}
	}
	return tickets
}

// Counted in bins, every time lies within 1 % of the one that sorting gives, and every count and share of a time is the same.
func TestBinsAreWithinOnePercent(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	insert(t, db, spread(someDesk(12, 3000), 5))
	record(t, db)
	all := questions()
	fresh := func() *report.Service { return report.NewService(db, func() time.Time { return now }) }
	exact := ask(t, fresh, now, all)
	for i, binned := range ask(t, func() *report.Service { return fresh().Binned() }, now, all) {
		if binned.Exact || !exact[i].Exact {
			t.Fatalf("%+v: exact is %t and %t", all[i], exact[i].Exact, binned.Exact)
		}
		for g, f := range binned.Groups {
			e := exact[i].Groups[g]
			if f.Group != e.Group || f.Tickets != e.Tickets || f.Answered != e.Answered || f.ExcludedTotal() != e.ExcludedTotal() {
				t.Errorf("%+v, %s: counts are %+v, want %+v", all[i], e.Group, f, e)
			}
			for what, pair := range map[string][2]report.Time{"median": {e.Median, f.Median}, "p90": {e.P90, f.P90}, "mean": {e.Mean, f.Mean}} {
				want, got := pair[0].Seconds, pair[1].Seconds
				if limit := report.MeanDays * exact[i].Day.Seconds(); what == "mean" && math.Abs(e.Curve.End()-limit) < limit/100 {
					continue // ten are watched until about then: a bin decides whether the mean is known
				}
				if (want == nil) != (got == nil) || want != nil && (*got < *want*0.99-1 || *got > *want*1.01+1) {
					t.Errorf("%+v, %s: %s is %v, want %v", all[i], e.Group, what, deref(got), deref(want))
				}
			}
		}
	}
}

func deref(v *float64) any {
	if v == nil {
		return nil
	}
	return *v
}

// A supervisor who goes away stops the counting, wherever it is, and leaves nothing taken.
func TestACancelledReportStops(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	insert(t, db, spread(someDesk(13, 3000), 5))
	record(t, db)
	s := report.NewService(db, nil).Binned()
	q, err := report.ParseQuery(report.Params{From: "2026-07-01"}, newYork(t), now)
	if err != nil {
		t.Fatal(err)
	}
	stopped := 0
	for within := time.Duration(0); ; within += 50 * time.Microsecond {
		ctx, cancel := context.WithTimeout(t.Context(), within)
		_, err := s.Make(ctx, q)
		cancel()
		if _, free, counters := s.Kept(); free != counters {
			t.Fatalf("%d of %d counters are free after %s", free, counters, within)
		}
		if err == nil {
			break
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("after %s: %v", within, err)
		}
		stopped++
	}
	if stopped < 3 {
		t.Errorf("stopped %d times: this test shows nothing", stopped)
	}
}

// Tickets without a single event have no history that their times could differ from.
func TestWhatHasNoHistoryIsLeftAsItIs(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	insert(t, db, someDesk(14, 50))
	record(t, db)
	before := dump(t, db)
	mended, err := report.Recorder{DB: db}.Mend(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := (report.Recorder{DB: db}).Rebuild(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, dump(t, db)); diff != "" || mended.Differed != 0 {
		t.Errorf("%d were mended (-want +got)\n%s", mended.Differed, diff)
	}
}
