package report_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/ticket"
)

func at(p time.Time) *time.Time  { return &p }
func number(f float64) *float64  { return &f }
func times(n int, p past) []past { return slices.Repeat([]past{p}, n) }

// sameFigures leaves the curve to package survival's tests, and intervals to the cases that name them.
var sameFigures = cmp.Options{
	cmpopts.IgnoreFields(report.Figures{}, "Curve", "Mean"), cmpopts.IgnoreFields(report.Time{}, "Low", "High"),
	cmpopts.IgnoreFields(report.Share{}, "Low", "High"), cmpopts.EquateEmpty(), cmpopts.EquateApprox(0, 1e-9),
}

func shares(values ...*float64) []report.Share {
	var s []report.Share
	for i, v := range values {
		s = append(s, report.Share{Days: report.WithinDays()[i], Value: v})
	}
	return s
}

func TestMakeByHand(t *testing.T) {
	t.Parallel()
	zone := newYork(t)
	opened := time.Date(2026, 3, 2, 9, 0, 0, 0, zone)
	asOf := time.Date(2026, 3, 5, 9, 0, 0, 0, zone)
	later := at(asOf.Add(time.Second))
	var tickets []past
	// With a number: 12 of 20 answered after 1 to 12 hours. S is 1/2 from 10 to 11 hours, so the median is 10.5 hours; 90 % is
	// never reached; nobody was watched for longer than three days.
	for i := range 20 {
		p := past{group: identifier.GroupWith, opened: opened}
		if i < 12 {
			p.responded = at(opened.Add(time.Duration(i+1) * time.Hour))
		} else if i < 16 {
			p.responded = later // not known at the cut-off
		}
		tickets = append(tickets, p)
	}
	// Without: of 10 opened early 5 were answered after 1 hour and 5 after 3; 10 were opened two hours before the cut-off.
	// S falls to 15/20, then, of the 5 still at risk, to 0: the median is 3 hours. Half of the answered took 1 hour.
	early := past{group: identifier.GroupWithout, opened: opened, responded: at(opened.Add(time.Hour))}
	tickets = append(tickets, times(5, early)...)
	early.responded = at(opened.Add(3 * time.Hour))
	tickets = append(tickets, times(5, early)...)
	tickets = append(tickets, times(10, past{group: identifier.GroupWithout, opened: asOf.Add(-2 * time.Hour)})...)
	// Unusable: one short of the minimum.
	tickets = append(tickets, times(19, past{group: identifier.GroupUnusable, opened: opened, responded: at(opened)})...)
	// Not in the figures: excluded by then, the first at the very moment. Counted all the same: excluded later.
	tickets = append(tickets,
		past{group: identifier.GroupWith, opened: opened, excluded: "merged", excludedAt: &asOf, responded: at(opened)},
		past{group: identifier.GroupWith, opened: opened, excluded: "spam", excludedAt: &opened},
		past{group: identifier.GroupWithout, opened: asOf.Add(-2 * time.Hour), excluded: "spam", excludedAt: later},
	)
	db := testkit.Database(t)
	insert(t, db, tickets)
	q, err := report.ParseQuery(report.Params{From: "2026-03-02", To: "2026-03-05", AsOf: "2026-03-05T09:00"}, zone, now)
	if err != nil {
		t.Fatal(err)
	}
	got, err := report.NewService(db, func() time.Time { return now }).Make(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	hour := func(h float64) report.Time { return report.Time{Seconds: number(h * 3600)} }
	want := []report.Figures{
		{
			Group: report.GroupWith, Tickets: 20, Answered: 12, Waiting: 8, Excluded: map[string]int{"merged": 1, "spam": 1},
			Median: hour(10.5), Within: shares(number(0.6), number(0.6), nil, nil, nil),
		},
		{
			Group: report.GroupUnusable, Tickets: 19, Answered: 19, Withheld: true, Within: shares(nil, nil, nil, nil, nil),
		},
		{
			// After 2 hours, when 11 are censored, five are watched: nothing is said of them.
			Group: report.GroupWithout, Tickets: 21, Answered: 10, Waiting: 11, Within: shares(nil, nil, nil, nil, nil),
		},
		{
			Group: report.GroupAll, Tickets: 60, Answered: 41, Waiting: 19, Excluded: map[string]int{"merged": 1, "spam": 1},
			// 19 answered at once, 6 of 41 after 1 hour, 1 of 35 after 2, when 11 are censored, 6 of 23 after 3, and 9 of the
			// 17 left by 12 hours: S is 34/60 after 2 hours and 34/60 * 17/23 after 3. The eight watched after 12 hours are too few.
			Median: hour(3), Within: shares(nil, nil, nil, nil, nil),
		},
	}
	if diff := cmp.Diff(want, got.Groups, sameFigures); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got.LogRank == nil || got.LogRank.DF != 1 {
		t.Errorf("groups compared: %+v", got.LogRank)
	}
}

func TestMakeAtTheEdgesOfThePeriod(t *testing.T) {
	t.Parallel()
	zone := newYork(t)
	// The clocks go forward on 2026-03-08 and back on 2026-11-01.
	first, end := time.Date(2026, 3, 8, 0, 0, 0, 0, zone), time.Date(2026, 11, 2, 0, 0, 0, 0, zone)
	db := testkit.Database(t)
	insert(t, db, []past{
		{group: identifier.GroupWith, opened: first.Add(-time.Microsecond)},
		{group: identifier.GroupWith, opened: first},
		{group: identifier.GroupWithout, opened: end.Add(-time.Microsecond)},
		{group: identifier.GroupWithout, opened: end},
	})
	q, err := report.ParseQuery(report.Params{From: "2026-03-08", To: "2026-11-01"}, zone, now)
	if err != nil {
		t.Fatal(err)
	}
	got, err := report.NewService(db, nil).Make(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	for group, want := range map[report.Group]int{report.GroupWith: 1, report.GroupWithout: 1, report.GroupAll: 2} {
		if n := got.Group(group).Tickets; n != want {
			t.Errorf("%s: %d tickets, want %d", group, n, want)
		}
	}
	q.AsOf = end.Add(-2 * time.Second)
	if got, err = report.NewService(db, nil).Make(t.Context(), q); err != nil || got.Group(report.GroupAll).Tickets != 1 {
		t.Errorf("before the second was opened: %d tickets, %v", got.Group(report.GroupAll).Tickets, err)
	}
}

func TestMakeHasAnAnswerAlways(t *testing.T) {
	t.Parallel()
	opened := now.Add(-48 * time.Hour)
	for name, tickets := range map[string][]past{
		"nothing":     nil,
		"one ticket":  {{group: identifier.GroupWith, opened: opened}},
		"all waiting": times(20, past{group: identifier.GroupWith, opened: opened}),
		"all at once": times(20, past{group: identifier.GroupWith, opened: opened, responded: &opened, solved: &opened}),
		"all excluded": times(20, past{
			group: identifier.GroupWith, opened: opened, excluded: "spam", excludedAt: &opened, suspected: true,
		}),
		"opened now": times(20, past{group: identifier.GroupWithout, opened: now.Truncate(time.Microsecond)}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := testkit.Database(t)
			insert(t, db, tickets)
			for _, measure := range report.Measures() {
				q, err := report.ParseQuery(report.Params{Measure: string(measure)}, time.UTC, now)
				if err != nil {
					t.Fatal(err)
				}
				got, err := report.NewService(db, nil).Make(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				all := got.Group(report.GroupAll)
				if n := all.Tickets + all.ExcludedTotal(); n != len(tickets) {
					t.Errorf("%d tickets counted or excluded, want %d", n, len(tickets))
				}
				if got.LogRank != nil {
					t.Errorf("compared with nothing: %+v", got.LogRank)
				}
			}
		})
	}
}

// TestMakeFollowsReplies holds the report to what tickets go through: a reply that is taken back does not count.
func TestMakeFollowsReplies(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	clock := now
	tickets := ticket.NewService(ticket.Config{DB: db, Now: func() time.Time { return clock }, UndoSend: time.Minute})
	var author int64
	err := db.QueryRow(t.Context(), `
		INSERT INTO staff (email, name, role, password_hash) VALUES ('a@desk.example', 'Ada', 'agent', '$argon2id$x')
		RETURNING id`).Scan(&author)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := tickets.Open(t.Context(), ticket.Inquiry{
		Channel: ticket.ChannelForm, Language: "en", Category: "case-question", Number: identifier.Read(""),
		Name: "Ana", Email: "ana@mail.example", Subject: "My card", Question: "Where is it?",
	})
	if err != nil {
		t.Fatal(err)
	}
	answered := func() int {
		q, err := report.ParseQuery(report.Params{}, time.UTC, clock)
		if err != nil {
			t.Fatal(err)
		}
		got, err := report.NewService(db, nil).Make(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		return got.Group(report.GroupWithout).Answered
	}
	clock = clock.Add(time.Hour)
	if _, err := tickets.Note(t.Context(), ticket.Staff(author), opened.Reference, ticket.Draft{Body: "Ask the card team."}); err != nil {
		t.Fatal(err)
	}
	if n := answered(); n != 0 {
		t.Errorf("after a note %d answered, want 0", n)
	}
	reply, err := tickets.Reply(t.Context(), ticket.Staff(author), opened.Reference, ticket.Draft{Body: "On its way."})
	if err != nil {
		t.Fatal(err)
	}
	if n := answered(); n != 1 {
		t.Errorf("after a reply %d answered, want 1", n)
	}
	if err := tickets.WithdrawReply(t.Context(), ticket.Staff(author), opened.Reference, reply.ID); err != nil {
		t.Fatal(err)
	}
	if n := answered(); n != 0 {
		t.Errorf("after the reply was taken back %d answered, want 0", n)
	}
}
