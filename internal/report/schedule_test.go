package report_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/testkit"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// The moments were looked up in calendars: clocks change on 2026-03-08 and 2026-11-01 in New York, on 2026-03-29 and 2026-10-25
// in Madrid; 2028 is a leap year.
func TestScheduleNext(t *testing.T) {
	t.Parallel()
	const layout = "2006-01-02 15:04 -0700"
	weekly := func(weekday, hour int) report.Schedule {
		return report.Schedule{Every: report.Weekly, Weekday: weekday, Hour: hour}
	}
	monthly := func(day, hour int) report.Schedule {
		return report.Schedule{Every: report.Monthly, MonthDay: day, Hour: hour}
	}
	for name, c := range map[string]struct {
		s                 report.Schedule
		zone, after, want string
	}{
		"later today":                  {weekly(3, 8), "America/New_York", "2026-11-25 07:59 -0500", "2026-11-25 08:00 -0500"},
		"this very moment is over":     {weekly(3, 8), "America/New_York", "2026-11-25 08:00 -0500", "2026-12-02 08:00 -0500"},
		"eight stays eight in spring":  {weekly(0, 8), "America/New_York", "2026-03-01 08:00 -0500", "2026-03-08 08:00 -0400"},
		"an hour that the clock skips": {weekly(0, 2), "America/New_York", "2026-03-07 12:00 -0500", "2026-03-08 03:00 -0400"},
		"an hour that comes twice":     {weekly(0, 1), "America/New_York", "2026-10-31 12:00 -0400", "2026-11-01 01:00 -0400"},
		"and is over after the first":  {weekly(0, 1), "America/New_York", "2026-11-01 01:00 -0400", "2026-11-08 01:00 -0500"},
		"autumn in Madrid":             {weekly(1, 8), "Europe/Madrid", "2026-10-20 12:00 +0200", "2026-10-26 08:00 +0100"},
		"the first":                    {monthly(1, 6), "Europe/Madrid", "2026-12-31 23:00 +0100", "2027-01-01 06:00 +0100"},
		"a 31st in a month of 30":      {monthly(31, 6), "Europe/Madrid", "2026-11-01 00:00 +0100", "2026-11-30 06:00 +0100"},
		"a 31st in February":           {monthly(31, 6), "Europe/Madrid", "2027-02-01 00:00 +0100", "2027-02-28 06:00 +0100"},
		"a 31st in a leap year":        {monthly(31, 6), "Europe/Madrid", "2028-02-01 00:00 +0100", "2028-02-29 06:00 +0100"},
		"a 29th in a year of 365 days": {monthly(29, 0), "Europe/Madrid", "2027-02-01 00:00 +0100", "2027-02-28 00:00 +0100"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			after, err := time.Parse(layout, c.after)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, c.s.Next(after, zone(t, c.zone)).Format(layout)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestScheduleQuery(t *testing.T) {
	t.Parallel()
	z := zone(t, "America/New_York")
	at := time.Date(2026, 11, 25, 8, 0, 0, 0, z) // a Wednesday
	for span, want := range map[report.Span]string{
		report.SpanWeek: "2026-11-16 2026-11-22", report.SpanFourWeeks: "2026-10-26 2026-11-22", report.SpanThirteenWeeks: "2026-08-24 2026-11-22",
		report.SpanMonth: "2026-10-01 2026-10-31", report.SpanQuarter: "2026-07-01 2026-09-30", report.SpanYear: "2025-11-01 2026-10-31",
	} {
		q := report.Schedule{Span: span, Measure: report.Resolution, Clock: report.ClockWall, CompareBy: report.ByQueue, Queue: "cases"}.Query(at, z)
		if diff := cmp.Diff(want, q.From.Format(time.DateOnly)+" "+q.To.Format(time.DateOnly)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", span, diff)
		}
		if !q.AsOf.Equal(at) || q.Filter.Queue != "cases" || q.Measure != report.Resolution {
			t.Errorf("%s: %+v", span, q)
		}
		if _, err := report.ParseQuery(q.Params(), z, at); err != nil {
			t.Errorf("%s: its own link is refused: %v", span, err)
		}
	}
}

// office is a desk with a supervisor, a colleague and an administrator, and a clock.
type office struct {
	db              *pgxpool.Pool
	schedules       report.Schedules
	now             time.Time
	sam, kim, admin staff.Member
}

func newOffice(t *testing.T) *office {
	o := &office{db: testkit.Database(t), now: time.Date(2026, 11, 25, 7, 0, 0, 0, time.UTC)}
	o.schedules = report.Schedules{DB: o.db, Zone: time.UTC, Now: func() time.Time { return o.now }}
	for email, m := range map[string]*staff.Member{"sam@staff.test": &o.sam, "kim@staff.test": &o.kim, "admin@staff.test": &o.admin} {
		*m = staff.Member{Email: email, Name: email[:3], Role: staff.RoleSupervisor}
		if m == &o.admin {
			m.Role = staff.RoleAdministrator
		}
		err := o.db.QueryRow(t.Context(), `INSERT INTO staff (email, name, role, password_hash) VALUES ($1, $2, $3, '$argon2id$x') RETURNING id`,
			m.Email, m.Name, m.Role).Scan(&m.ID)
		if err != nil {
			t.Fatal(err)
		}
	}
	return o
}

// daily is nearly that: weekly on a Wednesday at eight.
var daily = report.Schedule{
	Every: report.Weekly, Weekday: 3, MonthDay: 1, Hour: 8, Span: report.SpanFourWeeks, Measure: report.FirstResponse, Clock: report.ClockWall, CompareBy: report.ByNumber,
}

func (o *office) add(t *testing.T, who staff.Member) report.Schedule {
	t.Helper()
	if err := o.schedules.Add(t.Context(), who, daily); err != nil {
		t.Fatal(err)
	}
	all, err := o.schedules.List(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	return all[len(all)-1]
}

// tasks turns what is due into tasks and claims them.
func (o *office) tasks(t *testing.T) []outbox.Task {
	t.Helper()
	if _, err := o.schedules.Due(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := outbox.Expand(t.Context(), o.db, map[string][]outbox.Reaction{report.OutboxDue: {{Task: "mail_report"}}}, 100); err != nil {
		t.Fatal(err)
	}
	tasks, err := outbox.Claim(t.Context(), o.db, []string{"mail_report"}, 100, time.Nanosecond)
	if err != nil {
		t.Fatal(err)
	}
	return tasks
}

// deliver delivers and gives the moments of the mails that were sent.
func (o *office) deliver(t *testing.T, tasks []outbox.Task, outcome error) (sent []time.Time, to []string) {
	t.Helper()
	for _, task := range tasks {
		err := o.schedules.Deliver(t.Context(), task.ID, task.Subject, func(_ context.Context, s report.Schedule, r report.Recipient) error {
			sent, to = append(sent, s.DueAt.UTC()), append(to, r.Email)
			return outcome
		})
		if err != nil && !errors.Is(err, outcome) {
			t.Fatal(err)
		}
	}
	return sent, to
}

func TestAScheduledReportIsMailedOnceAtItsTime(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	s := o.add(t, o.sam)
	if tasks := o.tasks(t); len(tasks) != 0 {
		t.Fatalf("%d mails an hour early", len(tasks))
	}
	o.now = time.Date(2026, 11, 25, 8, 0, 5, 0, time.UTC)
	tasks := o.tasks(t)
	sent, to := o.deliver(t, append(tasks, tasks...), nil) // twice, as after a worker's death
	if diff := cmp.Diff([]time.Time{time.Date(2026, 11, 25, 8, 0, 0, 0, time.UTC)}, sent); diff != "" || !slices.Equal(to, []string{"sam@staff.test"}) {
		t.Errorf("to %v (-want +got):\n%s", to, diff)
	}
	if tasks := o.tasks(t); len(tasks) != 0 {
		t.Errorf("%d more mails the same day", len(tasks))
	}
	// Down for three weeks and a day: one mail, of the last moment.
	o.now = time.Date(2026, 12, 17, 9, 0, 0, 0, time.UTC)
	sent, _ = o.deliver(t, o.tasks(t), nil)
	if diff := cmp.Diff([]time.Time{time.Date(2026, 12, 16, 8, 0, 0, 0, time.UTC)}, sent); diff != "" {
		t.Errorf("after three weeks (-want +got):\n%s", diff)
	}
	got, err := o.schedules.Get(t.Context(), o.sam, s.ID)
	if err != nil || got.DueAt != nil || got.SentAt == nil || !got.NextAt.Equal(time.Date(2026, 12, 23, 8, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestAMailThatIsNotSentIsTriedAgainOrSaid(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	s := o.add(t, o.sam)
	o.now = o.now.Add(2 * time.Hour)
	tasks := o.tasks(t)
	problem := func() string {
		t.Helper()
		got, err := o.schedules.Get(t.Context(), o.sam, s.ID)
		if err != nil {
			t.Fatal(err)
		}
		return got.Problem
	}
	o.deliver(t, tasks, failure.Unavailable("The mail server is unavailable.", nil))
	if problem() != report.ProblemTrying {
		t.Errorf("while it is tried again the problem is %q", problem())
	}
	if sent, _ := o.deliver(t, tasks, nil); len(sent) != 1 || problem() != "" {
		t.Errorf("then %d are sent, the problem is %q", len(sent), problem())
	}
	if err := o.schedules.SendNow(t.Context(), o.sam, s.ID); err != nil {
		t.Fatal(err)
	}
	o.deliver(t, o.tasks(t), failure.New(failure.KindInvalid, "No such mailbox.", nil))
	if problem() != report.ProblemRefused {
		t.Errorf("a refused mail's problem is %q", problem())
	}
	if sent, _ := o.deliver(t, tasks, nil); len(sent) != 0 {
		t.Error("a refused mail is sent again")
	}
}

func TestNobodyIsMailedWhoMayNotRead(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]string{
		"has left":        `UPDATE staff SET deactivated_at = now() WHERE id = $1`,
		"is no longer it": `UPDATE staff SET role = 'agent' WHERE id = $1`,
		"paused it":       `UPDATE report_schedule SET paused_at = now(), due_at = NULL WHERE staff_id = $1`,
		"deleted it":      `DELETE FROM report_schedule WHERE staff_id = $1`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.add(t, o.sam)
			o.now = o.now.Add(2 * time.Hour)
			tasks := o.tasks(t)
			if _, err := o.db.Exec(t.Context(), change, o.sam.ID); err != nil {
				t.Fatal(err)
			}
			if sent, _ := o.deliver(t, tasks, nil); len(tasks) != 1 || len(sent) != 0 {
				t.Errorf("%d of %d mails were sent", len(sent), len(tasks))
			}
			if again := o.tasks(t); len(again) != 0 {
				t.Errorf("%d more are due", len(again))
			}
		})
	}
}

func TestSchedulesAreTheirOwners(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	s := o.add(t, o.sam)
	for name, err := range map[string]error{
		"pause": o.schedules.Pause(t.Context(), o.kim, s.ID), "resume": o.schedules.Resume(t.Context(), o.kim, s.ID),
		"delete": o.schedules.Delete(t.Context(), o.kim, s.ID), "send": o.schedules.SendNow(t.Context(), o.kim, s.ID),
		"change": o.schedules.Change(t.Context(), o.kim, s.ID, daily), "an administrator's change": o.schedules.Change(t.Context(), o.admin, s.ID, daily),
	} {
		if !failure.Is(err, failure.KindNotFound) {
			t.Errorf("%s of a colleague's: %v, want not found", name, err)
		}
	}
	if all, err := o.schedules.List(t.Context(), o.kim); err != nil || len(all) != 0 {
		t.Errorf("a colleague sees %d (%v)", len(all), err)
	}
	if err := o.schedules.Pause(t.Context(), o.admin, s.ID); err != nil {
		t.Errorf("an administrator pauses: %v", err)
	}
	if err := o.schedules.Delete(t.Context(), o.admin, s.ID); err != nil {
		t.Errorf("an administrator deletes: %v", err)
	}
	for range report.MaxSchedules {
		o.add(t, o.kim)
	}
	if err := o.schedules.Add(t.Context(), o.kim, daily); !failure.Is(err, failure.KindConflict) {
		t.Errorf("one too many: %v", err)
	}
	if err := o.schedules.Add(t.Context(), o.sam, report.Schedule{Every: "hourly", Weekday: 9, MonthDay: 32, Hour: 24}); len(failure.FieldsOf(err)) != 8 {
		t.Errorf("a schedule of nonsense: %v", failure.FieldsOf(err))
	}
}
