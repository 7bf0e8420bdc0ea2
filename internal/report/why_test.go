package report_test

import (
	"math"
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

// hunt is the search for one ticket's account, in minutes after the first look; found below 0 is never.
type hunt struct {
	looked   time.Time
	searched []int
	found    int
}

func lookUp(t testing.TB, db *pgxpool.Pool, number int, h hunt) {
	t.Helper()
	member := 0
	err := db.QueryRow(t.Context(), `
		INSERT INTO staff (email, name, role, password_hash) VALUES ('ada@staff.test', 'Ada', 'agent', '$argon2id$')
		ON CONFLICT (lower(email)) DO UPDATE SET name = EXCLUDED.name
		RETURNING id`).Scan(&member)
	if err != nil {
		t.Fatal(err)
	}
	add := func(what string, tag any, minutes int) {
		_, err := db.Exec(t.Context(), `
			INSERT INTO account_lookup (ticket_id, staff_id, what, tag, at)
			SELECT id, $2, $3, $4, $5 FROM ticket WHERE reference = $1`,
			reference(number), member, what, tag, h.looked.Add(time.Duration(minutes)*time.Minute))
		if err != nil {
			t.Fatal(err)
		}
	}
	add("looked", nil, 0)
	for i, at := range h.searched {
		add("searched", i, at)
	}
	if h.found >= 0 {
		add("found", nil, h.found)
	}
}

// Thirty with a number, one of which had to be looked for; thirty without, all of them, with figures that can be counted by hand.
func TestWhy(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	day := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	var tickets []past
	for i := range 60 {
		group := identifier.GroupWith
		if i >= 30 {
			group = identifier.GroupWithout
		}
		tickets = append(tickets, past{group: group, opened: day, number: i + 1})
	}
	tickets = append(tickets, past{group: identifier.GroupWithout, opened: day, number: 61, excluded: "spam", excludedAt: at(day)})
	tickets = append(tickets, past{group: identifier.GroupWithout, opened: day.AddDate(0, -1, 0), number: 62}) // before the period
	insert(t, db, tickets)
	lookUp(t, db, 1, hunt{day, []int{1}, 2})
	for i := 31; i <= 62; i++ {
		switch {
		case i <= 40: // ten: found after 4 minutes and one search
			lookUp(t, db, i, hunt{day, []int{1}, 4})
		case i <= 50: // ten: after 10 minutes and three, and one more search long after
			lookUp(t, db, i, hunt{day, []int{2, 3, 8, 500}, 10})
		case i <= 55: // five: found at once, the suggestion
			lookUp(t, db, i, hunt{day, nil, 0})
		default: // five, the spam and the old one: not found
			lookUp(t, db, i, hunt{day, []int{1, 2, 3, 4, 5}, -1})
		}
	}
	service := report.NewService(db, func() time.Time { return day.AddDate(0, 0, 7) })
	why := func(p report.Params) report.Why {
		t.Helper()
		q, err := report.ParseQuery(p, time.UTC, day.AddDate(0, 0, 7))
		if err != nil {
			t.Fatal(err)
		}
		w, err := service.Why(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	w := why(report.Params{From: "2026-11-01"})
	with, without := w.Groups[0], w.Groups[2]
	type counts struct {
		Tickets, Looked, Found int
		Searches               []int
	}
	if diff := cmp.Diff(counts{30, 1, 1, []int{0, 1, 0, 0}}, counts{with.Tickets, with.Looked, with.Found, with.Searches}); diff != "" {
		t.Errorf("with (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(counts{30, 30, 25, []int{5, 10, 0, 15}}, counts{without.Tickets, without.Looked, without.Found, without.Searches}); diff != "" {
		t.Errorf("without (-want +got):\n%s", diff)
	}
	near := cmpopts.EquateApprox(0, 1e-6)
	// 10·1 + 10·3 + 5·5 = 65 searches for 30; 10·1 + 10·9 + 5·25 = 225; variance (225/30 - (65/30)²)/29.
	mean, half := 65.0/30, 1.959964*math.Sqrt((225.0/30-65.0*65/900)/29)
	if diff := cmp.Diff([]float64{mean, mean - half, mean + half}, []float64{*without.Mean.Value, *without.Mean.Low, *without.Mean.High}, near); diff != "" {
		t.Errorf("searches without a number (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]float64{1.0 / 30, 0}, []float64{*with.Mean.Value, *with.Mean.Low}, near); diff != "" {
		t.Errorf("searches with one (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(64.0/30, *w.Difference.Value, near); diff != "" {
		t.Errorf("difference (-want +got):\n%s", diff)
	}
	// Five at 0, ten at 4, ten at 10 minutes: half of the thirty lie between 4 and 10, the midpoint is 7.
	if without.Median.Seconds == nil || *without.Median.Seconds != 7*60 || without.P90.Seconds != nil {
		t.Errorf("median %v, p90 %v; want 7 minutes and none", without.Median.Seconds, without.P90.Seconds)
	}
	if without.OfFound.Seconds == nil || *without.OfFound.Seconds != 4*60 || with.OfFound.Seconds != nil {
		t.Errorf("of the 25 that were found half took %v seconds, want 240", without.OfFound.Seconds)
	}
	if with.Median.Seconds != nil || !with.Few || with.Withheld {
		t.Errorf("times of one ticket are shown: %+v", with)
	}

	w = why(report.Params{From: "2026-11-01", AsOf: "2026-11-02T09:06:00Z"})
	if got := w.Groups[2]; got.Found != 15 || got.Searches[3] != 5 || got.Searches[2] != 10 {
		t.Errorf("six minutes later %d are found, searches %v", got.Found, got.Searches)
	}
	if w = why(report.Params{From: "2026-11-01", Category: "feedback"}); w.Groups[3].Tickets != 0 || w.Difference != nil {
		t.Errorf("a category without tickets has %d", w.Groups[3].Tickets)
	}
}

// The figures agree with those counted one by one, in random histories.
func TestWhyCountsAsTheSlowWayDoes(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	random := rand.New(rand.NewPCG(5, 8))
	day := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	asOf := day.Add(40 * time.Minute)
	var tickets []past
	hunts := map[int]hunt{}
	for i := 1; i <= 400; i++ {
		p := past{group: []identifier.Group{"with", "unusable", "without"}[random.IntN(3)], opened: day.Add(-time.Hour), number: i}
		if random.IntN(4) == 0 {
			p.solved = at(day.Add(time.Duration(20+random.IntN(60)) * time.Minute))
		}
		tickets = append(tickets, p)
		if random.IntN(3) == 0 {
			continue
		}
		h := hunt{looked: day, found: random.IntN(90) - 30}
		for range random.IntN(6) {
			h.searched = append(h.searched, random.IntN(60))
		}
		hunts[i] = h
	}
	insert(t, db, tickets)
	for i, h := range hunts {
		lookUp(t, db, i, h)
	}
	q, err := report.ParseQuery(report.Params{From: "2026-11-01", AsOf: asOf.Format(time.RFC3339)}, time.UTC, asOf)
	if err != nil {
		t.Fatal(err)
	}
	got, err := report.NewService(db, func() time.Time { return asOf }).Why(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range got.Groups {
		want := report.Finding{Group: g.Group, Searches: make([]int, 4)}
		var times []survival.Observation
		for _, p := range tickets {
			if g.Group != report.GroupAll && g.Group != report.Group(p.group) {
				continue
			}
			want.Tickets++
			h, hunted := hunts[p.number]
			if !hunted {
				continue
			}
			want.Looked++
			found := h.found >= 0 && !day.Add(time.Duration(h.found)*time.Minute).After(asOf)
			searches := 0
			for _, at := range h.searched {
				if at <= 40 && (!found || at <= h.found) {
					searches++
				}
			}
			want.Searches[min(searches, 3)]++
			seconds := asOf.Add(time.Second).Sub(day).Seconds()
			if p.solved != nil {
				seconds = min(seconds, p.solved.Sub(day).Seconds())
			}
			if found {
				want.Found++
				seconds = float64(h.found * 60)
			}
			times = append(times, survival.Observation{Duration: seconds, Observed: found})
		}
		median := survival.KaplanMeier(times).Quantile(0.5)
		if !slices.Equal(want.Searches, g.Searches) || want.Tickets != g.Tickets || want.Looked != g.Looked || want.Found != g.Found {
			t.Errorf("%s: %+v, want %+v", g.Group, g, want)
		}
		if median.Reached != (g.Median.Seconds != nil) || median.Reached && *g.Median.Seconds != median.Value {
			t.Errorf("%s: median %v, want %+v", g.Group, g.Median.Seconds, median)
		}
	}
}
