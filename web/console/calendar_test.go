package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/sla"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/web/webtest"
)

const calendarPath = "/console/calendar"

func TestCalendarIsForSupervisorsToSeeAndAdministratorsToSet(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	webtest.CheckAccess(t, d.Desk, http.MethodGet, calendarPath, staff.RoleSupervisor, staff.RoleAdministrator)
	webtest.CheckAccess(t, d.Desk, http.MethodPost, calendarPath, staff.RoleAdministrator)
	page := d.SignIn(t, staff.RoleSupervisor).Get(calendarPath)
	if page.Doc.Find(".calendar-form").Length() != 0 || !strings.Contains(page.Text(".calendar-facts"), "Monday 09:00-17:00") {
		t.Errorf("a supervisor sees %s", page.Text("main"))
	}
	if page.Doc.Find(`.rail a[href="`+calendarPath+`"]`).Length() != 1 {
		t.Error("the rail does not lead there")
	}
	if d.agent.Get("/console/tickets").Doc.Find(`.rail a[href="`+calendarPath+`"]`).Length() != 0 {
		t.Error("an agent's rail leads there")
	}
}

// filled is the form as the page shows it, with changes.
func filled(page webtest.Page, changes map[string]string) url.Values {
	form := page.Form(".calendar-form")
	for name, value := range changes {
		form.Set(name, value)
	}
	return form
}

func (d *desk) calendar(t *testing.T) report.CalendarVersion {
	t.Helper()
	all, err := report.NewService(d.DB, nil).CalendarHistory(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		return report.CalendarVersion{Version: 1}
	}
	return all[0]
}

// Hours with a break, holidays one by one and pasted, one taken away again: each change is a version that says who made it and what
// it changed.
func TestCalendarIsSet(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v := d.SignIn(t, staff.RoleAdministrator)
	page := v.Get(calendarPath)
	form := filled(page, map[string]string{
		"zone": " Europe/Madrid ", "monday": "9-14, 16:00 – 19.30", "friday": "", "holiday-date-0": "2026-12-25", "holiday-name-0": "Christmas Day",
		"holidays": "2027-01-01\tNew Year's Day\n\n2026-12-24, Christmas Eve\r\n2026-12-25\n",
	})
	answer := v.Post(calendarPath, form)
	if answer.Status != http.StatusSeeOther || answer.Location() != calendarPath {
		t.Fatalf("status %d: %s", answer.Status, answer.Text("main"))
	}
	want := sla.Usual("Europe/Madrid")
	want.Version = 2
	want.Week[1], want.Week[5] = []sla.Span{{From: 540, Until: 840}, {From: 960, Until: 1170}}, nil
	want.Holidays = []sla.Holiday{{Day: "2026-12-24", Name: "Christmas Eve"}, {Day: "2026-12-25", Name: "Christmas Day"}, {Day: "2027-01-01", Name: "New Year's Day"}}
	if diff := cmp.Diff(want, d.calendar(t).Calendar); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	page = v.Get(calendarPath)
	row := page.Text(".calendar-history tbody tr")
	for _, part := range []string{"2 ", "Test administrator", "time zone Europe/Madrid", "Monday 09:00-14:00, 16:00-19:30", "Friday closed", "3 holidays added"} {
		if !strings.Contains(row, part) {
			t.Errorf("the history says %q, not %q", row, part)
		}
	}
	if got := page.Text(".flash--success"); !strings.Contains(got, "Version 2 is in use") {
		t.Errorf("it says %q", got)
	}
	if got := page.Value("monday"); got != "09:00-14:00, 16:00-19:30" {
		t.Errorf("Monday holds %q", got)
	}

	same := v.Post(calendarPath, filled(page, nil))
	if page := v.Get(same.Location()); !strings.Contains(page.Text(".flash--info"), "Nothing changed") || d.calendar(t).Version != 2 {
		t.Errorf("the same again is version %d, and says %q", d.calendar(t).Version, page.Text(".flash"))
	}
	form = filled(page, nil)
	form.Add("remove", "1")
	if answer := v.Post(calendarPath, form); answer.Status != http.StatusSeeOther {
		t.Fatalf("status %d: %s", answer.Status, answer.Text("main"))
	}
	got := d.calendar(t)
	if diff := cmp.Diff([]sla.Holiday{want.Holidays[0], want.Holidays[2]}, got.Calendar.Holidays); diff != "" || got.Version != 3 {
		t.Errorf("version %d (-want +got)\n%s", got.Version, diff)
	}
	if row := v.Get(calendarPath).Text(".calendar-history tbody tr"); !strings.Contains(row, "1 holiday removed") {
		t.Errorf("the history says %q", row)
	}
}

func TestCalendarRefuses(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v := d.SignIn(t, staff.RoleAdministrator)
	page := v.Get(calendarPath)
	for name, c := range map[string]struct {
		changes map[string]string
		field   string
		says    string
	}{
		"no zone":         {map[string]string{"zone": " "}, "zone", "Enter a time zone"},
		"unknown zone":    {map[string]string{"zone": "Mars/Olympus"}, "zone", "There is no time zone “Mars/Olympus”"},
		"the machine's":   {map[string]string{"zone": "Local"}, "zone", "There is no time zone “Local”"},
		"no hours":        {map[string]string{"tuesday": "nine to <b>five</b>"}, "tuesday", `Tuesday: "nine to <b>five</b>" are no hours`},
		"too early":       {map[string]string{"tuesday": "17-9"}, "tuesday", "work ends after it begins"},
		"overlap":         {map[string]string{"sunday": "9-12, 11-13"}, "sunday", "two times of work overlap"},
		"long":            {map[string]string{"sunday": strings.Repeat("9-10,", 50)}, "sunday", "up to 200 characters"},
		"never":           {map[string]string{"monday": "", "tuesday": "", "wednesday": "", "thursday": "", "friday": ""}, "monday", "No day has any hours"},
		"no date":         {map[string]string{"holiday-name-0": "Christmas Day"}, "holiday-date-0", "Enter the date of “Christmas Day”"},
		"no such day":     {map[string]string{"holiday-date-0": "2026-02-30"}, "holiday-date-0", "“2026-02-30” is no date"},
		"long name":       {map[string]string{"holiday-date-0": "2026-12-25", "holiday-name-0": strings.Repeat("é", 81)}, "holiday-name-0", "up to 80 characters"},
		"pasted nonsense": {map[string]string{"holidays": "2026-12-25 Christmas\nsoon another"}, "holidays", "Line 2: “soon” is no date"},
		"pasted too much": {map[string]string{"holidays": manyHolidays(501)}, "holidays", "more than 500 holidays"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := v.Post(calendarPath, filled(page, c.changes))
			if answer.Status != http.StatusUnprocessableEntity || !strings.HasPrefix(answer.Text("title"), "Error: ") {
				t.Errorf("status %d, title %q", answer.Status, answer.Text("title"))
			}
			if link := answer.Doc.Find(`[data-error-summary] a[href="#` + c.field + `"]`); link.Length() != 1 || !strings.Contains(link.Text(), c.says) {
				t.Errorf("the summary says %q, want %q", answer.Text("[data-error-summary]"), c.says)
			}
			if got := answer.Text("#" + c.field + "-error"); !strings.Contains(got, c.says) || answer.Doc.Find("#"+c.field+"[aria-invalid]").Length() != 1 {
				t.Errorf("beside the field stands %q", got)
			}
			for field, typed := range c.changes {
				if got := answer.Value(field); strings.TrimSpace(got) != strings.TrimSpace(typed) {
					t.Errorf("%s holds %q, typed was %q", field, got, typed)
				}
			}
			if n := d.calendar(t).Version; n != 1 {
				t.Errorf("version %d was set", n)
			}
		})
	}
}

func manyHolidays(n int) string {
	var lines strings.Builder
	for day := range n {
		lines.WriteString(time.Date(2026, 1, 1+day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly) + "\n")
	}
	return lines.String()
}

// Two administrators at once: the second is told what the first did, keeps what they typed, and can go on from there.
func TestCalendarOfTwoAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	first, second := d.SignIn(t, staff.RoleAdministrator), d.SignIn(t, staff.RoleAdministrator)
	page, same := first.Get(calendarPath), second.Get(calendarPath)
	if answer := first.Post(calendarPath, filled(page, map[string]string{"friday": "9-13"})); answer.Status != http.StatusSeeOther {
		t.Fatalf("status %d", answer.Status)
	}
	answer := second.Post(calendarPath, filled(same, map[string]string{"monday": "10-18"}))
	if answer.Status != http.StatusConflict || answer.Value("monday") != "10-18" || d.calendar(t).Version != 2 {
		t.Fatalf("status %d, Monday holds %q, version %d", answer.Status, answer.Value("monday"), d.calendar(t).Version)
	}
	told := answer.Text("[data-error-summary]")
	for _, part := range []string{"Test administrator set version 2 on", "Friday 09:00-13:00", "What you entered stands below"} {
		if !strings.Contains(told, part) {
			t.Errorf("it says %q, not %q", told, part)
		}
	}
	if answer := second.Post(calendarPath, filled(answer, nil)); answer.Status != http.StatusSeeOther || d.calendar(t).Version != 3 {
		t.Errorf("sent once more: status %d, version %d", answer.Status, d.calendar(t).Version)
	}
	if answer := second.Post(calendarPath, url.Values{"zone": {"UTC"}, "monday": {"9-17"}}); answer.Status != http.StatusConflict {
		t.Errorf("a form of no version: status %d", answer.Status)
	}
}

// A calendar that cannot be used is said to be so, and setting one mends it.
func TestABrokenCalendarIsMendedOnThePage(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v := d.SignIn(t, staff.RoleAdministrator)
	if _, err := d.DB.Exec(t.Context(), `INSERT INTO calendar (version, calendar) VALUES (7, '{"zone": "Mars", "hours": {"monday": ["09:00-17:00"]}}')`); err != nil {
		t.Fatal(err)
	}
	page := v.Get(calendarPath)
	if got := page.Text(".flash--warning"); page.Status != http.StatusOK || !strings.Contains(got, `Version 7 cannot be used: there is no time zone "Mars"`) {
		t.Errorf("status %d: %q", page.Status, got)
	}
	if answer := v.Post(calendarPath, filled(page, map[string]string{"zone": "UTC"})); answer.Status != http.StatusSeeOther {
		t.Fatalf("status %d: %s", answer.Status, answer.Text("[data-error-summary]"))
	}
	if got := d.calendar(t); got.Version != 8 || got.Broken != nil || got.ChangedBy != "Test administrator" {
		t.Errorf("afterwards: %+v", got)
	}
	if page := v.Get("/console/reports/response-times?clock=business"); page.Status != http.StatusOK {
		t.Errorf("the report by working hours: status %d", page.Status)
	}
}

// By keyboard alone, with and without scripts, from the rail to a new version.
func TestCalendarByKeyboard(t *testing.T) {
	t.Parallel()
	for name, scripts := range map[string]bool{"with scripts": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			tab := d.browse(t, staff.RoleAdministrator, "admin@staff.test")
			if !scripts {
				tab.NoScript()
			}
			tab.Goto(d.URL + "/console/reports/response-times")
			tab.TabTo(".report-calendar")
			tab.PressAndLoad("Enter")
			tab.TabTo("#friday")
			tab.Type("9-12, 13-15") // a field that is reached by Tab is selected as a whole
			tab.TabTo("#holidays")
			tab.Type("soon")
			tab.TabTo(".calendar-save button")
			tab.PressAndLoad("Enter")
			if scripts && !tab.HasFocus("[data-error-summary]") {
				t.Error("the summary of what is wrong does not have the focus")
			}
			tab.TabTo(`[data-error-summary] a`)
			tab.Press("Enter")
			if !tab.HasFocus("#holidays") {
				t.Error("the summary does not lead to the field")
			}
			tab.Press("Control+a")
			tab.Type("2026-12-25 Christmas Day")
			tab.TabTo(".calendar-save button")
			tab.PressAndLoad("Enter")
			got := d.calendar(t)
			if tab.URL() != d.URL+calendarPath || got.Version != 2 || sla.FormatSpans(got.Calendar.Week[5]) != "09:00-12:00, 13:00-15:00" || len(got.Calendar.Holidays) != 1 {
				t.Errorf("the page is %s, the calendar %+v", tab.URL(), got)
			}
		})
	}
}

func TestCalendarForEverybodysEyes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	tab := d.browse(t, staff.RoleAdministrator, "admin@staff.test")
	inspect(t, tab, d.URL, map[string]string{"calendar-new": calendarPath})
	v := d.SignIn(t, staff.RoleAdministrator)
	v.Post(calendarPath, filled(v.Get(calendarPath), map[string]string{
		"monday": "9-12:30, 13:30-17", "saturday": "10-14",
		"holidays": "2025-12-25 Christmas Day\n2998-12-25 Christmas Day\n2998-11-26 Thanksgiving Day\n2998-07-04 Independence Day (observed on the Friday before)",
	}))
	v.Post(calendarPath, filled(v.Get(calendarPath), map[string]string{"saturday": ""}))
	inspect(t, tab, d.URL, map[string]string{"calendar": calendarPath})
	tab.Goto(d.URL + calendarPath)
	testkit.Eval[bool](tab, `document.querySelectorAll("details").forEach(d => d.open = true), true`)
	tab.Axe()
	tab.Click("#zone")
	tab.Press("Control+a")
	tab.Type("Mars")
	tab.TabTo(".calendar-save button")
	tab.PressAndLoad("Enter")
	tab.Axe()
	other := d.browse(t, staff.RoleSupervisor, "sam@staff.test")
	inspect(t, other, d.URL, map[string]string{"calendar-supervisor": calendarPath})
}
