package report_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/survival"
)

// Whatever happens to tickets, their times are what the definitions say, their history tells the same, the days that were packed step
// by step are those of a rebuild, and a report counts what the slow way counts.
func TestHistoryTicketsAndDaysAgree(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			d := newLivingDesk(t, seed)
			d.live(700)
			var tickets []past
			for _, s := range d.stories {
				got, err := d.tickets.ByReference(t.Context(), s.reference)
				d.must(err)
				want := s.asTold()
				tickets = append(tickets, want)
				if diff := cmp.Diff(
					[]any{want.responded, want.solved, want.excluded, want.excludedAt},
					[]any{got.FirstRespondedAt, got.SolvedAt, got.ExcludedReason, got.ExcludedAt},
				); diff != "" {
					t.Errorf("%s (-told +ticket)\n%s", s.reference, diff)
				}
			}
			compared, err := report.Recorder{DB: d.db}.Check(t.Context(), nil)
			d.must(err)
			if !compared.Same() || compared.Tickets != len(d.stories) || compared.Days < 30 {
				t.Errorf("compared with their history: %+v", compared)
			}
			incremental := dump(t, d.db)
			d.must(report.Recorder{DB: d.db}.Rebuild(t.Context(), nil))
			if diff := cmp.Diff(incremental, dump(t, d.db)); diff != "" {
				t.Errorf("(-incremental +rebuilt)\n%s", diff)
			}
			for _, measure := range report.Measures() {
				sameAsSlow(t, d, tickets, report.Params{From: "2026-03-01", To: "2026-11-20", Measure: string(measure)})
			}
		})
	}
}

func sameAsSlow(t *testing.T, d *livingDesk, tickets []past, p report.Params) {
	t.Helper()
	r := madeOf(t, d.db, p)
	for _, got := range r.Groups {
		want := plain(tickets, r.Query, func(t past) bool { return got.Group == report.GroupAll || string(t.group) == string(got.Group) })
		want.Group = got.Group
		got.P90, got.Mean, got.Within, got.Withheld, got.Curve = report.Time{}, report.Time{}, nil, false, survival.Curve{}
		got.Median.Low, got.Median.High = nil, nil
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.EquateApprox(0, 1.5), cmp.AllowUnexported(survival.Curve{})); diff != "" {
			t.Errorf("%+v (-want +got)\n%s", p, diff)
		}
	}
}

// A row that somebody changed by hand is found, named and told apart; a check changes nothing; mending gives back what the history
// tells, says so in it, and the rebuilt days are those from before.
func TestTamperedTicketsAreMendedFromTheirHistory(t *testing.T) {
	t.Parallel()
	d := newLivingDesk(t, 11)
	d.live(300)
	recorder := report.Recorder{DB: d.db}
	before, rows := dump(t, d.db), ticketTimes(t, d.db)
	tampered := []string{}
	for _, change := range []string{
		`first_responded_at = NULL WHERE first_responded_at IS NOT NULL AND channel = 'form'`,
		`first_responded_at = first_responded_at + interval '1 hour' WHERE first_responded_at IS NOT NULL AND channel = 'import'`,
		`first_responded_at = opened_at WHERE first_responded_at IS NULL`,
		`solved_at = opened_at WHERE solved_at IS NOT NULL`,
		`excluded_at = NULL, excluded_reason = NULL WHERE excluded_at IS NOT NULL`,
		`excluded_reason = 'spam', excluded_at = opened_at WHERE excluded_at IS NULL`,
		`awaiting_since = NULL WHERE awaiting_since IS NOT NULL`,
	} {
		set, where, _ := strings.Cut(change, " WHERE ")
		var reference string
		d.must(d.db.QueryRow(t.Context(), `
			UPDATE ticket SET `+set+` WHERE id = (SELECT min(id) FROM ticket WHERE reference <> ALL ($1) AND `+where+`) RETURNING reference`, tampered).Scan(&reference))
		tampered = append(tampered, reference)
	}
	damaged := ticketTimes(t, d.db)
	compared, err := recorder.Check(t.Context(), nil)
	d.must(err)
	want := report.Comparison{
		Tickets: len(d.stories), Differed: 7, Waiting: 1, Responses: 3, Solutions: 1, Exclusions: 2, References: tampered, Days: compared.Days, DaysOff: compared.DaysOff,
	}
	byText := cmpopts.SortSlices(func(a, b string) bool { return a < b })
	if diff := cmp.Diff(want, compared, byText); diff != "" || compared.DaysOff == 0 {
		t.Errorf("found (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(damaged, ticketTimes(t, d.db)); diff != "" {
		t.Errorf("a check changed tickets (-before +after)\n%s", diff)
	}
	mended, err := recorder.Mend(t.Context(), nil)
	d.must(err)
	if mended.Differed != 7 {
		t.Errorf("mended: %+v", mended)
	}
	d.must(recorder.Rebuild(t.Context(), nil))
	if diff := cmp.Diff(rows, ticketTimes(t, d.db)); diff != "" {
		t.Errorf("tickets (-before +mended)\n%s", diff)
	}
	if diff := cmp.Diff(before, dump(t, d.db)); diff != "" {
		t.Errorf("days (-before +mended)\n%s", diff)
	}
	var told []string
	d.must(d.db.QueryRow(t.Context(), `
		SELECT array_agg(t.reference ORDER BY e.id)
		FROM ticket_event e JOIN ticket t ON t.id = e.ticket_id WHERE e.kind = 'times_mended' AND e.actor = 'worker'`).Scan(&told))
	if diff := cmp.Diff(tampered, told, byText); diff != "" {
		t.Errorf("events (-want +got)\n%s", diff)
	}
	d.work()
	if again, err := recorder.Check(t.Context(), nil); err != nil || !again.Same() {
		t.Errorf("afterwards %+v (%v)", again, err)
	}
}

// A packed day that is not what its tickets are is found, and so is one of no ticket. Of one that is missing the tickets are read.
func TestCheckFindsDaysThatAreOff(t *testing.T) {
	t.Parallel()
	d := newLivingDesk(t, 12)
	d.live(200)
	for damage, want := range map[string]int{
		`UPDATE report_day SET responded = solved WHERE day = (SELECT max(day) FROM report_day WHERE responded <> solved)`: 1,
		`UPDATE report_day SET day = '2019-01-01' WHERE day = (SELECT min(day) FROM report_day)`:                           1,
		`DELETE FROM report_day WHERE day = (SELECT max(day) FROM report_day)`:                                             0,
	} {
		_, err := d.db.Exec(t.Context(), damage)
		d.must(err)
		compared, err := report.Recorder{DB: d.db}.Check(t.Context(), nil)
		d.must(err)
		if compared.DaysOff != want || compared.Differed != 0 {
			t.Errorf("after %s: %+v, want %d days", damage, compared, want)
		}
		d.must(report.Recorder{DB: d.db}.Rebuild(t.Context(), nil))
	}
	d.open() // nobody has counted it yet: no reason to worry
	if compared, err := (report.Recorder{DB: d.db}).Check(t.Context(), nil); err != nil || !compared.Same() {
		t.Errorf("with a change that waits: %+v (%v)", compared, err)
	}
}

func ticketTimes(t *testing.T, db *pgxpool.Pool) []string {
	t.Helper()
	var rows []string
	err := db.QueryRow(t.Context(), `
		SELECT array_agg(concat_ws('|', reference, opened_at, awaiting_since, first_responded_at, solved_at, excluded_at, excluded_reason) ORDER BY id) FROM ticket`).Scan(&rows)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(rows)
}
