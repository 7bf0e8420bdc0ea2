package reports_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/web"
	"github.com/askwell/askwell/web/webtest"
)

const scheduled = "/console/reports/scheduled"

func TestScheduledAccess(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	for _, address := range []string{scheduled, scheduled + "/new"} {
		webtest.CheckAccess(t, desk, http.MethodGet, address, staff.RoleSupervisor, staff.RoleAdministrator)
	}
	for _, address := range []string{scheduled, scheduled + "/1/pause", scheduled + "/1/send", scheduled + "/1/delete", scheduled + "/1/resume", scheduled + "/1"} {
		if got := desk.SignIn(t, staff.RoleAgent).Post(address, nil); got.Status != http.StatusForbidden {
			t.Errorf("an agent's POST %s: %d, want 403", address, got.Status)
		}
	}
	for _, address := range []string{scheduled + "/1/pause", scheduled + "/x/delete", scheduled + "/1/send"} {
		if got := desk.SignIn(t, staff.RoleSupervisor).Post(address, nil); got.Status != http.StatusNotFound {
			t.Errorf("POST %s of none: %d, want 404", address, got.Status)
		}
	}
}

var monday = url.Values{
	"every": {"weekly"}, "weekday": {"1"}, "month_day": {"1"}, "hour": {"8"}, "span": {"four_weeks"}, "measure": {"resolution"}, "clock": {"wall"}, "by": {"queue"}, "queue": {"cases"},
}

func with(changed ...string) url.Values {
	v := url.Values{}
	for name, values := range monday {
		v[name] = values
	}
	for i := 0; i < len(changed); i += 2 {
		v.Set(changed[i], changed[i+1])
	}
	return v
}

func TestSchedulingAReport(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	v, other, admin := desk.SignIn(t, staff.RoleSupervisor), desk.SignIn(t, staff.RoleSupervisor), desk.SignIn(t, staff.RoleAdministrator)
	if page := v.Get(scheduled); page.Text(".empty h2") != "No report is mailed to you" {
		t.Errorf("the empty list says %q", page.Text("main"))
	}
	for name, c := range map[string]struct {
		form url.Values
		want string
	}{
		"a 32nd":       {with("month_day", "32"), "Enter a day of the month from 1 to 31"},
		"a word":       {with("month_day", "first"), "Enter a day of the month from 1 to 31"},
		"every minute": {with("every", "minutely"), "Choose one from the list"},
		"nothing":      {url.Values{}, "Choose one from the list"},
	} {
		page := v.Post(scheduled, c.form)
		if page.Status != http.StatusUnprocessableEntity || !strings.Contains(page.Text(".error-summary"), c.want) {
			t.Errorf("%s: status %d, %q", name, page.Status, page.Text(".error-summary"))
		}
		if kept := page.Doc.Find("#month_day").AttrOr("value", ""); kept != c.form.Get("month_day") {
			t.Errorf("%s: %q was kept, want %q", name, kept, c.form.Get("month_day"))
		}
	}
	if page := v.Post(scheduled, monday); page.Status != http.StatusSeeOther {
		t.Fatalf("status %d: %s", page.Status, page.Text("main"))
	}
	page := v.Get(scheduled)
	for _, want := range []string{"Resolution by Queue, Every hour", "The last four weeks. Cases.", "Monday, 8:00", "Last: not yet"} {
		if !strings.Contains(page.Text("main"), want) {
			t.Errorf("the list lacks %q: %s", want, page.Text("main"))
		}
	}
	address := page.Doc.Find(".scheduled__actions a").AttrOr("href", "")
	if got := other.Get(address).Status; got != http.StatusNotFound {
		t.Errorf("a colleague's page of it: %d", got)
	}
	if got := other.Get(scheduled); got.Text(".empty h2") == "" {
		t.Error("a colleague sees it")
	}
	if got := admin.Get(scheduled); !strings.Contains(got.Text("main"), "Of Test supervisor") || got.Doc.Find(".scheduled__actions a").Length() > 0 {
		t.Errorf("an administrator sees %s", got.Text("main"))
	}
	if got := v.Get(address).Doc.Find("#queue option[selected]").AttrOr("value", ""); got != "cases" {
		t.Errorf("the form has the queue %q", got)
	}
	v.Post(address, with("every", "monthly", "month_day", "31", "queue", ""))
	if got := v.Get(scheduled).Text("main"); !strings.Contains(got, "Day 31 of the month, 8:00") || strings.Contains(got, "Cases.") {
		t.Errorf("changed: %s", got)
	}
	v.Post(address+"/send", nil)
	if got := v.Get(scheduled).Text("main"); !strings.Contains(got, "being sent") {
		t.Errorf("sent: %s", got)
	}
	admin.Post(address+"/pause", nil)
	if got := v.Get(scheduled).Text("main"); !strings.Contains(got, "paused") || strings.Contains(got, "Next:") || strings.Contains(got, "Send now") {
		t.Errorf("paused: %s", got)
	}
	v.Post(address+"/resume", nil)
	v.Post(address+"/delete", nil)
	if got := v.Get(scheduled); got.Text(".empty h2") == "" {
		t.Errorf("deleted: %s", got.Text("main"))
	}
}

// The mail has the figures and the sentence of the page that its link leads to.
func TestTheMailTellsWhatItsPageTells(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	seed(t, desk.DB)
	base, err := url.Parse(desk.URL)
	if err != nil {
		t.Fatal(err)
	}
	tell, err := web.ReportTeller(base)
	if err != nil {
		t.Fatal(err)
	}
	service := report.NewService(desk.DB, nil)
	lists, err := service.Lists(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	v := desk.SignIn(t, staff.RoleSupervisor)
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for _, by := range report.Bys() {
		s := report.Schedule{Span: report.SpanThirteenWeeks, Measure: report.FirstResponse, Clock: report.ClockWall, CompareBy: by}
		made, err := service.Make(t.Context(), s.Query(time.Now(), zone))
		if err != nil {
			t.Fatal(err)
		}
		m := tell(made, lists)
		link, found := strings.CutPrefix(m.Link, desk.URL)
		if !found || !strings.HasPrefix(m.ChangeLink, desk.URL+scheduled) {
			t.Errorf("the links are %s and %s", m.Link, m.ChangeLink)
		}
		page := v.Get(link)
		text := page.Text("main")
		for _, want := range []string{m.Sentence, m.Uncertainty, m.Scope} {
			if page.Status != http.StatusOK || !strings.Contains(strings.Join(strings.Fields(text), " "), strings.Join(strings.Fields(want), " ")) {
				t.Errorf("by %s: the page (status %d) does not say %q", by, page.Status, want)
			}
		}
		if len(m.Rows) < 3 || len(m.Terms) < 8 || len(m.Heads) != len(m.Rows[0].Cells) {
			t.Errorf("by %s: %d rows, %d definitions, %d heads for %d figures", by, len(m.Rows), len(m.Terms), len(m.Heads), len(m.Rows[0].Cells))
		}
		for _, row := range m.Rows[:2] {
			figure, _, _ := strings.Cut(row.Cells[0], " (")
			if !strings.Contains(text, figure) {
				t.Errorf("by %s: the page lacks %s of %q", by, figure, row.Name)
			}
		}
	}
}

func TestASupervisorHasAReportMailed(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	seed(t, desk.DB)
	tab := supervisor(t, desk)
	tab.TabTo(`.page-head__tools a[href*="/scheduled/new"]`)
	tab.PressAndLoad("Enter")
	tab.Axe()
	tab.TabTo("#every")
	tab.Type("Every month")
	tab.TabTo("#month_day")
	tab.Press("Control+a")
	tab.Type("40")
	tab.TabTo(`.schedule-form button[type="submit"]`)
	tab.PressAndLoad("Enter")
	tab.WaitFor(`document.activeElement.matches("[data-error-summary]")`)
	tab.Axe()
	tab.TabTo("#month_day")
	tab.Press("Control+a")
	tab.Type("15")
	tab.TabTo(`.schedule-form button[type="submit"]`)
	tab.PressAndLoad("Enter")
	if got := tab.Text("main"); !strings.Contains(got, "Day 15 of the month, 8:00") {
		t.Fatalf("the list says %s", got)
	}
	tab.TabTo(`form[action$="/delete"] button`)
	tab.PressAndLoad("Enter")
	if got := tab.Text(".empty h2"); got != "No report is mailed to you" {
		t.Errorf("deleted: %q", got)
	}
}

func TestScheduledForEverybodysEyes(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	tab := supervisor(t, desk)
	look := func(name, path string) {
		t.Helper()
		tab.Look(name, func() {
			tab.Goto(desk.URL + path)
			fits(t, tab, name)
		})
	}
	look("scheduled-empty", scheduled)
	_, err := desk.DB.Exec(t.Context(), `
		INSERT INTO report_schedule (staff_id, every, weekday, month_day, hour, span, measure, clock, compare_by, category, queue, next_at, paused_at, problem)
		SELECT id, every, 1, 31, 8, 'four_weeks', 'first_response', 'business', 'number', category, queue, now() + interval '2 days',
			CASE WHEN problem = 'not_allowed' THEN now() END, problem
		FROM staff, (VALUES ('weekly', '', '', ''), ('monthly', 'processing-time', 'cases', 'trying'), ('monthly', '', '', 'not_allowed'))
			AS v (every, category, queue, problem)`)
	if err != nil {
		t.Fatal(err)
	}
	look("scheduled", scheduled)
	look("schedule-new", scheduled+"/new?queue=cases")
}
