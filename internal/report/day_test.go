package report_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/survival"
	"github.com/askwell/askwell/internal/testkit"
)

// someDesk makes tickets of three weeks with ties, exclusions, several categories and languages.
func someDesk(seed uint64, n int) []past {
	r := rand.New(rand.NewPCG(seed, 9))
	one := func(of ...string) string { return of[r.IntN(len(of))] }
	var tickets []past
	for range n {
		opened := now.Add(-time.Duration(r.IntN(21*24*60)) * time.Minute).Truncate(time.Second)
		p := past{
			group: identifier.Group(one("with", "with", "without", "unusable")), opened: opened,
			category: one("case-question", "case-question", "access-code", "something-else"), language: one("en", "en", "es"), channel: one("form", "import"),
		}
		if r.IntN(4) > 0 {
			p.responded = at(opened.Add(time.Duration(r.IntN(5*24)) * time.Hour))
		}
		if r.IntN(3) > 0 {
			p.solved = at(opened.Add(time.Duration(r.ExpFloat64()*4*24) * time.Hour))
		}
		if r.IntN(12) == 0 {
			p.excluded, p.excludedAt = one("spam", "merged", "duplicate", "deleted"), at(opened.Add(time.Duration(r.IntN(90))*time.Hour))
		}
		tickets = append(tickets, p)
	}
	return tickets
}

// plain counts one group the slow way: ticket by ticket, by what Query says.
func plain(tickets []past, q report.Query, in func(past) bool) report.Figures {
	f := report.Figures{Excluded: map[string]int{}}
	var seen []survival.Observation
	for _, p := range tickets {
		ended := p.responded
		if q.Measure == report.Resolution {
			ended = p.solved
		}
		switch {
		case p.opened.Before(q.From) || !p.opened.Before(q.Before()) || p.opened.After(q.AsOf) || !in(p):
		case p.excludedAt != nil && !p.excludedAt.After(q.AsOf):
			f.Excluded[p.excluded]++
		case ended != nil && !ended.After(q.AsOf):
			f.Answered++
			seen = append(seen, survival.Observation{Duration: ended.Sub(p.opened).Seconds(), Observed: true})
		default:
			f.Waiting++
			seen = append(seen, survival.Observation{Duration: q.AsOf.Sub(p.opened).Seconds()})
		}
	}
	f.Tickets = f.Answered + f.Waiting
	if f.Tickets >= report.MinimumSize {
		if m := survival.KaplanMeier(seen).WhileWatched(10).Quantile(0.5); m.Reached {
			f.Median.Seconds = &m.Value
		}
	}
	return f
}

func madeOf(t testing.TB, db *pgxpool.Pool, p report.Params) report.Report {
	t.Helper()
	q, err := report.ParseQuery(p, newYork(t), now)
	if err != nil {
		t.Fatal(err)
	}
	made, err := report.NewService(db, func() time.Time { return now }).Make(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// Packed or not, whatever is measured, compared and filtered, a report counts what the slow way counts.
func TestReportsAgreeWithTheSlowWay(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	tickets := someDesk(1, 900)
	insert(t, db, tickets)
	groupOf := map[string]func(past) string{
		"number":   func(p past) string { return string(p.group) },
		"category": func(p past) string { return p.category },
		"language": func(p past) string { return p.language },
		"week": func(p past) string {
			day := p.opened.In(newYork(t))
			return day.AddDate(0, 0, -(int(day.Weekday()+6) % 7)).Format(time.DateOnly)
		},
	}
	var questions []report.Params
	for by := range groupOf {
		for _, measure := range report.Measures() {
			for _, filter := range []report.Params{{}, {Language: "es"}, {Category: "access-code"}, {Channel: "form", AsOf: "2026-11-14T12:00"}} {
				p := filter
				p.From, p.To, p.By, p.Measure = "2026-11-05", "2026-11-20", by, string(measure)
				if p.AsOf != "" {
					p.To = "2026-11-14"
				}
				questions = append(questions, p)
			}
		}
	}
	ask := func() (answers []report.Report) {
		for _, p := range questions {
			answers = append(answers, madeOf(t, db, p))
		}
		return answers
	}
	before := ask()
	for i, r := range before {
		p := questions[i]
		passes := func(t past) bool {
			return (p.Language == "" || t.language == p.Language) && (p.Category == "" || t.category == p.Category) && (p.Channel == "" || t.channel == p.Channel)
		}
		for _, got := range r.Groups {
			want := plain(tickets, r.Query, func(t past) bool {
				return passes(t) && (got.Group == report.GroupAll || groupOf[p.By](t) == string(got.Group))
			})
			want.Group = got.Group
			got.P90, got.Mean, got.Within, got.Withheld, got.Curve = report.Time{}, report.Time{}, nil, false, survival.Curve{}
			got.Median.Low, got.Median.High = nil, nil
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmp.AllowUnexported(survival.Curve{})); diff != "" {
				t.Errorf("%+v (-want +got)\n%s", p, diff)
			}
		}
	}
	record(t, db)
	same(t, "packed", before, ask())
}

// record packs the days of every ticket.
func record(t testing.TB, db *pgxpool.Pool) {
	t.Helper()
	var ids []int64
	if err := db.QueryRow(context.Background(), `SELECT array_agg(id) FROM ticket`).Scan(&ids); err != nil {
		t.Fatal(err)
	}
	if err := (report.Recorder{DB: db}).Record(context.Background(), ids, nil); err != nil {
		t.Fatal(err)
	}
}

func same(t *testing.T, what string, want, got []report.Report) {
	t.Helper()
	for i := range want {
		if diff := cmp.Diff(want[i], got[i], cmp.Comparer(func(a, b survival.Curve) bool { return fmt.Sprint(a) == fmt.Sprint(b) }),
			cmpopts.EquateEmpty(), cmpopts.EquateApprox(1e-9, 1e-12)); diff != "" {
			t.Errorf("%s: %+v (-want +got)\n%s", what, want[i].Params(), diff)
		}
	}
}

// Whatever happens to tickets, packing the days of those that changed gives the same as packing all days from the start.
func TestIncrementalEqualsRebuilt(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	insert(t, db, someDesk(2, 400))
	recorder := report.Recorder{DB: db}
	if err := recorder.Rebuild(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 3))
	changes := []string{
		`UPDATE ticket SET first_responded_at = opened_at + interval '3 hours' WHERE first_responded_at IS NULL AND id % $1 = 0 RETURNING id`,
		`UPDATE ticket SET excluded_reason = 'merged', excluded_at = opened_at + interval '1 day' WHERE excluded_at IS NULL AND id % $1 = 1 RETURNING id`,
		`UPDATE ticket SET excluded_reason = NULL, excluded_at = NULL WHERE excluded_at IS NOT NULL AND id % $1 = 2 RETURNING id`,
		`UPDATE ticket SET category = 'feedback' WHERE id % $1 = 3 RETURNING id`,
		`UPDATE ticket SET first_responded_at = NULL WHERE id % $1 = 4 RETURNING id`,
		// An import of what is long past, on days that had no ticket.
		`INSERT INTO ticket (reference, channel, language, category, category_submitted, queue_id, applicant_name, applicant_email, subject,
			number_group, opened_at, updated_at)
		SELECT 'ASK-3333-' || translate(lpad((t.id % 9999)::text, 4, '0'), '01', 'AB'), channel, language, category, category_submitted, queue_id,
			applicant_name, applicant_email, subject, number_group, opened_at - interval '400 days', now()
		FROM ticket t WHERE id % $1 = 5 AND opened_at > '2026-01-01' ON CONFLICT DO NOTHING RETURNING id`,
	}
	for round := range 12 {
		rows, err := db.Query(t.Context(), `WITH changed AS (`+changes[round%len(changes)]+`) SELECT COALESCE(array_agg(id), '{}') FROM changed`, 7+r.IntN(9))
		if err != nil {
			t.Fatal(err)
		}
		var ids []int64
		for rows.Next() {
			if err := rows.Scan(&ids); err != nil {
				t.Fatal(err)
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		if err := recorder.Record(t.Context(), ids, nil); err != nil {
			t.Fatal(err)
		}
	}
	incremental := dump(t, db)
	if err := recorder.Rebuild(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(incremental, dump(t, db)); diff != "" {
		t.Errorf("(-incremental +rebuilt)\n%s", diff)
	}
	if len(incremental) < 25 {
		t.Errorf("%d days: the import is missing", len(incremental))
	}
}

// dump is every packed day without when it was made.
func dump(t *testing.T, db *pgxpool.Pool) []string {
	t.Helper()
	var days []string
	err := db.QueryRow(t.Context(), `SELECT array_agg((to_jsonb(r) - 'made_at')::text ORDER BY day) FROM report_day r`).Scan(&days)
	if err != nil {
		t.Fatal(err)
	}
	return days
}

// A day that nobody could have packed is an error with what to do, and no figure.
func TestADamagedDayIsNoFigure(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	insert(t, db, someDesk(4, 60))
	record(t, db)
	for _, damage := range []string{`opened = 'x'`, `groups = groups || '\xff'::bytea, tickets = tickets + 1`, `categories = '\x80'`, `category_names = '{}'`} {
		if _, err := db.Exec(t.Context(), `UPDATE report_day SET `+damage); err != nil {
			t.Fatal(err)
		}
		q, err := report.ParseQuery(report.Params{}, time.UTC, now)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := report.NewService(db, nil).Make(t.Context(), q); err == nil {
			t.Errorf("after %s there is a report", damage)
		}
		if err := (report.Recorder{DB: db}).Rebuild(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		if _, err := report.NewService(db, nil).Make(t.Context(), q); err != nil {
			t.Errorf("after a rebuild: %v", err)
		}
	}
}

func TestGroupsComeInOrder(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	insert(t, db, someDesk(5, 300))
	for by, first := range map[string]string{"number": "with", "category": "case-question", "language": "en", "week": "2026-11-02", "queue": "cases"} {
		made := madeOf(t, db, report.Params{From: "2026-11-02", To: "2026-11-23", By: by})
		var names []string
		for _, g := range made.Groups {
			names = append(names, string(g.Group))
		}
		if names[0] != first || names[len(names)-1] != "all" {
			t.Errorf("by %s the groups are %v", by, names)
		}
		if by == "week" && !slices.IsSorted(names[:len(names)-1]) {
			t.Errorf("weeks are out of order: %v", names)
		}
	}
}
