package console

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/sla"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/web/messages"
	"github.com/askwell/askwell/web/page"
)

// calendarPage is when the desk works, and what it was before. Who may change it gets a form, others a list.
type calendarPage struct {
	page.Frame
	Problems  []page.Problem
	MayChange bool
	InUse     calendarVersion
	Broken    string // why reports cannot use it
	Onto      int    // the version that the form was filled from
	Zone      page.Field
	Days      []page.Field
	Holidays  []holidayFields // of this year and later, with an empty one at the end
	Earlier   []holidayFields
	Paste     page.Field
	History   []calendarVersion
}

// holidayFields is a line of the form.
type holidayFields struct {
	Place      int
	Date, Name page.Field
	Removed    bool
}

// calendarVersion is a calendar in words.
type calendarVersion struct {
	Version  int
	At       time.Time // zero for the usual week, which nobody set
	Who      string
	Changes  []string
	Zone     string
	Sum      string
	Days     []dayHours
	Holidays []sla.Holiday
	Broken   string
}

type dayHours struct{ Name, Hours string }

const (
	calendarPath    = "/console/calendar"
	shownCalendars  = 20
	mostHolidays    = 500
	mostHolidayName = 80
	mostDayText     = 200
)

// weekdays are in the order of a working week.
var weekdays = []time.Weekday{
	time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday,
}

func dayField(d time.Weekday) string { return strings.ToLower(d.String()) }

// CalendarShow shows when the desk works, by which reports count working hours.
func (a *Area) CalendarShow(c *gin.Context) error {
	d, versions, err := a.calendarPage(c)
	if err != nil {
		return err
	}
	typed := typedCalendar(newest(versions, a.Zone).Calendar, d.Onto)
	if page.GivenBack(c) != "" {
		typed = readCalendarForm(c)
		d.Onto = typed.Onto
	}
	a.fillCalendar(d, typed, nil)
	return a.Pages.HTML(c, http.StatusOK, "console/calendar", d)
}

// newest is the calendar in use.
func newest(versions []report.CalendarVersion, zone *time.Location) report.CalendarVersion {
	if len(versions) == 0 {
		usual := sla.Usual(zone.String())
		return report.CalendarVersion{Version: usual.Version, Calendar: usual}
	}
	return versions[0]
}

// calendarPage begins the page: what is in use, and how that came.
func (a *Area) calendarPage(c *gin.Context) (*calendarPage, []report.CalendarVersion, error) {
	member, err := me(c)
	if err != nil {
		return nil, nil, err
	}
	versions, err := a.reports.CalendarHistory(c.Request.Context(), shownCalendars+1)
	if err != nil {
		return nil, nil, err
	}
	d := &calendarPage{MayChange: member.Role.Can(staff.SetCalendar)}
	if d.Frame, err = a.Frame(c, ""); err != nil {
		return nil, nil, err
	}
	d.Title, d.Path, d.BodyClass = d.Printer.T("calendar.title"), calendarPath, "calendar-page"
	told := append(slices.Clone(versions), report.CalendarVersion{Version: 1, Calendar: sla.Usual(a.Zone.String())})
	for i, v := range told[:min(len(told), shownCalendars)] {
		line := calendarInWords(d.Printer, v)
		if i+1 < len(told) {
			line.Changes = changedIn(d.Printer, told[i+1].Calendar, v.Calendar)
		}
		d.History = append(d.History, line)
	}
	d.InUse, d.Onto, d.Broken = d.History[0], d.History[0].Version, d.History[0].Broken
	return d, versions, nil
}

func calendarInWords(p *messages.Printer, v report.CalendarVersion) calendarVersion {
	line := calendarVersion{Version: v.Version, At: v.ChangedAt, Who: v.ChangedBy, Zone: v.Calendar.Zone, Holidays: v.Calendar.Holidays}
	if v.Broken != nil {
		line.Broken = strings.ReplaceAll(v.Broken.Error(), "\n", "; ")
	}
	if line.Who == "" && !line.At.IsZero() {
		line.Who = p.T("calendar.by_command")
	}
	minutes := 0
	for _, day := range weekdays {
		spans := v.Calendar.Week[day]
		for _, s := range spans {
			minutes += s.Until - s.From
		}
		hours := sla.FormatSpans(spans)
		if hours == "" {
			hours = p.T("calendar.closed")
		}
		line.Days = append(line.Days, dayHours{p.T("calendar.day." + dayField(day)), hours})
	}
	line.Sum = p.T("calendar.sum", "week", p.Decimal(float64(minutes)/60, 2), "day", p.Decimal(v.Calendar.BusinessDay().Hours(), 2))
	return line
}

// changedIn lists in words what a calendar changed of the one before.
func changedIn(p *messages.Printer, before, after sla.Calendar) (changes []string) {
	if before.Zone != after.Zone {
		changes = append(changes, p.T("calendar.changed.zone", "zone", after.Zone))
	}
	for _, day := range weekdays {
		was, is := sla.FormatSpans(before.Week[day]), sla.FormatSpans(after.Week[day])
		switch name := p.T("calendar.day." + dayField(day)); {
		case was == is:
		case is == "":
			changes = append(changes, p.T("calendar.changed.closed", "day", name))
		default:
			changes = append(changes, p.T("calendar.changed.hours", "day", name, "hours", is))
		}
	}
	if n := without(after.Holidays, before.Holidays); n > 0 {
		changes = append(changes, p.T("calendar.changed.added", "count", n))
	}
	if n := without(before.Holidays, after.Holidays); n > 0 {
		changes = append(changes, p.T("calendar.changed.removed", "count", n))
	}
	return changes
}

// without counts the holidays of one list that the other does not have.
func without(some, others []sla.Holiday) (n int) {
	for _, h := range some {
		if !slices.Contains(others, h) {
			n++
		}
	}
	return n
}

// fillCalendar puts what was typed into the form's fields, each with what is wrong about it.
func (a *Area) fillCalendar(d *calendarPage, typed calendarForm, wrong map[string]string) {
	p := d.Printer
	field := func(f page.Field) page.Field {
		f.Error = wrong[f.Name]
		if f.Error != "" {
			d.Problems = append(d.Problems, page.Problem{Field: f.Name, Text: f.Error})
		}
		return f
	}
	d.Zone = field(page.Field{Name: "zone", Label: p.T("calendar.zone"), Hint: p.T("calendar.zone_hint"), Value: typed.Zone})
	for i, day := range weekdays {
		d.Days = append(d.Days, field(page.Field{Name: dayField(day), Label: p.T("calendar.day." + dayField(day)), Value: typed.Days[i]}))
	}
	year := a.Now().In(a.Zone).Format("2006")
	for i, h := range append(slices.Clone(typed.Holidays), holidayTyped{}) {
		at := strconv.Itoa(i)
		line := holidayFields{
			Place: i, Removed: h.Removed,
			Date: field(page.Field{Name: "holiday-date-" + at, Label: p.T("calendar.holiday_date"), Value: h.Date, Type: "date"}),
			Name: field(page.Field{Name: "holiday-name-" + at, Label: p.T("calendar.holiday_name"), Value: h.Name}),
		}
		if _, err := time.Parse(time.DateOnly, h.Date); h.Date != "" && err != nil {
			line.Date.Type = "text" // a date field would hide what was typed
		}
		if len(h.Date) == len(time.DateOnly) && h.Date < year && line.Date.Error == "" && line.Name.Error == "" {
			d.Earlier = append(d.Earlier, line)
			continue
		}
		d.Holidays = append(d.Holidays, line)
	}
	d.Paste = field(page.Field{Name: "holidays", Label: p.T("calendar.paste"), Hint: p.T("calendar.paste_hint"), Value: typed.Paste, Rows: 4})
	d.Error = len(d.Problems) > 0
}
