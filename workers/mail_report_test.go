package workers_test

import (
	"strings"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/testkit"
)

// From "send now" to the mailbox, through the outbox, Redis and a mail server that is unavailable at first.
func TestAReportIsMailed(t *testing.T) {
	t.Parallel()
	d := newDesk(t, testkit.RedisURL(t))
	d.tellReport = func(made report.Report, _ report.Lists) mail.Report {
		return mail.Report{Language: "en", Subject: "Response times " + made.Params().From, Sentence: "Half are answered.", Link: "https://desk.example/r", ChangeLink: "https://desk.example/c"}
	}
	who := staff.Member{ID: d.agent(), Role: staff.RoleSupervisor}
	if _, err := d.db.Exec(t.Context(), `UPDATE staff SET role = 'supervisor' WHERE id = $1`, who.ID); err != nil {
		t.Fatal(err)
	}
	schedules := report.Schedules{DB: d.db, Zone: time.UTC, Now: time.Now}
	if err := schedules.Add(t.Context(), who, report.Schedule{
		Every: report.Weekly, Weekday: 1, MonthDay: 1, Hour: 8, Span: report.SpanMonth, Measure: report.FirstResponse, Clock: report.ClockWall, CompareBy: report.ByNumber,
	}); err != nil {
		t.Fatal(err)
	}
	all, err := schedules.List(t.Context(), who)
	if err != nil || len(all) != 1 {
		t.Fatalf("%d schedules: %v", len(all), err)
	}
	working := d.mailer
	d.mailer = d.mailTo("smtp://127.0.0.1:1") // nobody listens there
	stop := d.work()
	if err := schedules.SendNow(t.Context(), who, all[0].ID); err != nil {
		t.Fatal(err)
	}
	now := func() report.Schedule {
		t.Helper()
		got, err := schedules.Get(t.Context(), who, all[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	d.await("a try that fails", func() bool { return now().Problem == report.ProblemTrying })
	stop()
	d.mailer = working
	d.work()
	d.await("the mail", func() bool { return now().SentAt != nil && now().DueAt == nil && now().Problem == "" })
	sent := d.mails("agent@desk.example")
	if len(sent) != 1 || d.mailbox.Count() != 1 {
		t.Fatalf("%d mails, want 1", d.mailbox.Count())
	}
	for _, want := range []string{"Half are answered.", "https://desk.example/r", "https://desk.example/c"} {
		if !strings.Contains(sent[0].Text, want) {
			t.Errorf("the mail lacks %q:\n%s", want, sent[0].Text)
		}
	}
	if got := sent[0].Header.Get("Auto-Submitted"); got != "auto-generated" {
		t.Errorf("Auto-Submitted is %q", got)
	}
}
