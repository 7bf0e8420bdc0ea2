package report_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/testkit"
)

// randomWork is tickets of the last weeks before now, most of them answered or solved, some excluded or in quarantine.
func randomWork(random *rand.Rand, now time.Time, n int) (tickets []past, statuses []string) {
	for i := range n {
		opened := now.Add(-time.Duration(random.Float64() * float64(40*24*time.Hour))).Truncate(time.Second)
		p := past{
			group: identifier.GroupWithout, opened: opened, category: []string{"case-question", "access-code", "feedback"}[random.IntN(3)],
			language: []string{"en", "es"}[random.IntN(2)], channel: []string{"form", "portal"}[random.IntN(2)], number: i + 1,
		}
		if at := opened.Add(time.Duration(random.ExpFloat64() * float64(9*24*time.Hour))).Truncate(time.Second); at.Before(now) {
			p.responded = &at
		}
		status := "open"
		if p.responded != nil {
			status = []string{"pending", "solved", "closed", "on_hold"}[random.IntN(4)]
		}
		if random.IntN(15) == 0 {
			at := opened.Add(time.Minute)
			p.excluded, p.excludedAt = []string{"spam", "merged", "duplicate", "deleted"}[random.IntN(4)], &at
		}
		p.suspected = random.IntN(20) == 0
		tickets, statuses = append(tickets, p), append(statuses, status)
	}
	return tickets, statuses
}

// queueOf is where a new desk's categories go.
var queueOf = map[string]string{"case-question": "cases", "access-code": "online-accounts", "feedback": "general"}

// slowly counts a workload ticket by ticket, as its definitions say.
func slowly(q report.WorkloadQuery, now time.Time, tickets []past, statuses []string) report.Workload {
	zone := q.From.Location()
	date := func(t time.Time) time.Time {
		y, m, d := t.In(zone).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	w := report.Workload{WorkloadQuery: q, At: now}
	for _, queue := range []string{"cases", "details-and-appointments", "online-accounts", "general"} {
		w.Queues = append(w.Queues, report.Backlog{Queue: queue, Unanswered: make([]int, 6), Unsolved: make([]int, 6)})
	}
	w.All = report.Backlog{Unanswered: make([]int, 6), Unsolved: make([]int, 6)}
	days := map[time.Time]*report.Flow{}
	for day := date(q.From); !day.After(date(q.To)); day = day.AddDate(0, 0, 1) {
		days[day] = &report.Flow{}
	}
	flow := func(at time.Time, count func(*report.Flow)) {
		if f := days[date(at)]; f != nil {
			count(f)
			count(&w.Hours[date(at).Weekday()][at.In(zone).Hour()])
		}
	}
	for i, p := range tickets {
		f := q.Filter
		if p.excluded != "" || f.Category != "" && f.Category != p.category || f.Queue != "" && f.Queue != queueOf[p.category] ||
			f.Language != "" && f.Language != p.language || f.Channel != "" && f.Channel != p.channel {
			continue
		}
		flow(p.opened, func(f *report.Flow) { f.Arrivals++ })
		if p.responded != nil {
			flow(*p.responded, func(f *report.Flow) { f.Responses++ })
		}
		if p.suspected || statuses[i] == "solved" || statuses[i] == "closed" {
			continue
		}
		old := int(date(now).Sub(date(p.opened)) / (24 * time.Hour))
		age := 0
		for age < 5 && old >= []int{0, 1, 2, 5, 10, 15}[age+1] {
			age++
		}
		at := slices.IndexFunc(w.Queues, func(b report.Backlog) bool { return b.Queue == queueOf[p.category] })
		for _, b := range []*report.Backlog{&w.All, &w.Queues[at]} {
			b.Unsolved[age]++
			if p.responded == nil {
				b.Unanswered[age]++
			}
		}
	}
	for day := date(q.From); !day.After(date(q.To)); day = day.AddDate(0, 0, 1) {
		y, m, d := day.Date()
		w.Days = append(w.Days, report.DayFlow{Day: time.Date(y, m, d, 0, 0, 0, 0, zone), Flow: *days[day]})
	}
	return w
}

func TestWorkloadCountsAsTheSlowWayDoes(t *testing.T) {
	t.Parallel()
	db, zone := testkit.Database(t), newYork(t)
	now := time.Date(2026, 11, 16, 15, 30, 0, 0, zone)
	tickets, statuses := randomWork(rand.New(rand.NewPCG(11, 16)), now, 1500)
	insert(t, db, tickets)
	for i, status := range statuses {
		if _, err := db.Exec(t.Context(), `UPDATE ticket SET status = $2 WHERE reference = $1`, reference(i+1), status); err != nil {
			t.Fatal(err)
		}
	}
	service := report.NewService(db, func() time.Time { return now })
	for _, packed := range []bool{false, true} {
		if packed {
			if err := (report.Recorder{DB: db}).Rebuild(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
		}
		for name, p := range map[string]report.Params{
			"four weeks":      {},
			"one day":         {From: "2026-11-01", To: "2026-11-01"}, // of 25 hours
			"a queue":         {Queue: "cases"},
			"a category":      {Category: "feedback", From: "2026-10-20"},
			"of two kinds":    {Language: "es", Channel: "portal"},
			"a queue of none": {Queue: "nobody"},
		} {
			q, err := report.ParseWorkloadQuery(p, zone, now)
			if err != nil {
				t.Fatal(err)
			}
			got, err := service.Workload(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			want := slowly(q, now, tickets, statuses)
			if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(report.Workload{}, "Oldest", "Forecast"), cmp.AllowUnexported(time.Location{}), cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })); diff != "" {
				t.Errorf("%s, packed %t (-want +got):\n%s", name, packed, diff)
			}
		}
	}
}

func TestWorkloadForecastsFromTheLastFourWholeWeeks(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	now := time.Date(2026, 11, 16, 15, 30, 0, 0, time.UTC)
	var tickets []past
	add := func(opened time.Time, answered bool) {
		p := past{group: identifier.GroupWith, opened: opened, number: len(tickets) + 1}
		if answered {
			at := opened.Add(time.Hour)
			p.responded = &at
		}
		tickets = append(tickets, p)
	}
	for day := range 28 { // of the 28 days before today: 2 arrive and are answered
		for range 2 {
			add(time.Date(2026, 10, 19+day, 9, 0, 0, 0, time.UTC), true)
		}
	}
	for range 30 { // today's do not count, nor do those before
		add(now.Add(-2*time.Hour), true)
		add(time.Date(2026, 10, 18, 9, 0, 0, 0, time.UTC), false)
	}
	insert(t, db, tickets)
	q, err := report.ParseWorkloadQuery(report.Params{From: "2026-11-16"}, time.UTC, now)
	if err != nil {
		t.Fatal(err)
	}
	w, err := report.NewService(db, func() time.Time { return now }).Workload(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	want := report.NewForecast(30, flows(slices.Repeat([]report.Flow{{Arrivals: 2, Responses: 2}}, 7)...))
	if diff := cmp.Diff(want, w.Forecast); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWorkloadNamesWhoWaitsLongest(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	now := time.Date(2026, 11, 16, 15, 30, 0, 0, time.UTC)
	var tickets []past
	for i := range 15 {
		tickets = append(tickets, past{group: identifier.GroupWith, opened: now.Add(-time.Duration(i+1) * time.Hour), number: i + 1})
	}
	insert(t, db, tickets)
	// All wait but the tenth; the first one's applicant wrote again long after its answer; the last is spam.
	_, err := db.Exec(t.Context(), `
		UPDATE ticket SET awaiting_since = CASE reference WHEN $1 THEN opened_at - interval '30 days' WHEN $2 THEN NULL ELSE opened_at END,
			excluded_reason = CASE reference WHEN $3 THEN 'spam' END, excluded_at = CASE reference WHEN $3 THEN opened_at END`,
		reference(1), reference(10), reference(15))
	if err != nil {
		t.Fatal(err)
	}
	q, err := report.ParseWorkloadQuery(report.Params{}, time.UTC, now)
	if err != nil {
		t.Fatal(err)
	}
	w, err := report.NewService(db, func() time.Time { return now }).Workload(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range w.Oldest {
		got = append(got, o.Reference)
	}
	var want []string
	for _, n := range []int{1, 14, 13, 12, 11, 9, 8, 7, 6, 5} {
		want = append(want, reference(n))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWorkloadQueryRefuses(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 16, 15, 30, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		p    report.Params
		want string
	}{
		"ends before it begins": {report.Params{From: "2026-11-10", To: "2026-11-09"}, "to before_from"},
		"the future":            {report.Params{To: "2026-11-17"}, "to future"},
		"no dates":              {report.Params{From: "soon", To: "32"}, "from invalid, to invalid"},
		"too long":              {report.Params{From: "2026-01-01"}, "from too_long"},
		"a queue that is none":  {report.Params{Queue: "a' OR 1=1"}, "queue unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := report.ParseWorkloadQuery(c.p, time.UTC, now)
			got := ""
			for _, f := range failure.FieldsOf(err) {
				if got != "" {
					got += ", "
				}
				got += fmt.Sprintf("%s %s", f.Name, f.Code)
			}
			if got != c.want {
				t.Errorf("%q (%v), want %q", got, err, c.want)
			}
		})
	}
}
