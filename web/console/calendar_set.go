package console

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/sla"
	"github.com/askwell/askwell/web/messages"
	"github.com/askwell/askwell/web/page"
)

// calendarForm is a calendar as somebody typed it.
type calendarForm struct {
	Onto     int
	Zone     string
	Days     [7]string // in the order of weekdays
	Holidays []holidayTyped
	Paste    string
}

type holidayTyped struct {
	Date, Name string
	Removed    bool
}

// typedCalendar is a calendar as the form shows it.
func typedCalendar(c sla.Calendar, onto int) calendarForm {
	f := calendarForm{Onto: onto, Zone: c.Zone}
	for i, day := range weekdays {
		f.Days[i] = sla.FormatSpans(c.Week[day])
	}
	for _, h := range c.Holidays {
		f.Holidays = append(f.Holidays, holidayTyped{Date: string(h.Day), Name: h.Name})
	}
	return f
}

func readCalendarForm(c *gin.Context) calendarForm {
	f := calendarForm{Zone: strings.TrimSpace(c.PostForm("zone")), Paste: strings.TrimSpace(c.PostForm("holidays"))}
	f.Onto, _ = strconv.Atoi(c.PostForm("onto")) // 0 is no version: a conflict
	for i, day := range weekdays {
		f.Days[i] = strings.TrimSpace(c.PostForm(dayField(day)))
	}
	removed := c.PostFormArray("remove")
	for i := range mostHolidays + 1 {
		at := strconv.Itoa(i)
		date, sent := c.GetPostForm("holiday-date-" + at)
		if !sent {
			break
		}
		h := holidayTyped{Date: strings.TrimSpace(date), Name: strings.TrimSpace(c.PostForm("holiday-name-" + at)), Removed: slices.Contains(removed, at)}
		if h.Date+h.Name != "" {
			f.Holidays = append(f.Holidays, h)
		}
	}
	return f
}

// CalendarSet makes what was typed the calendar in use, as a new version. Whoever began from an older one is told and loses nothing.
func (a *Area) CalendarSet(c *gin.Context) error {
	member, err := me(c)
	if err != nil {
		return err
	}
	d, versions, err := a.calendarPage(c)
	if err != nil {
		return err
	}
	p, current, typed := d.Printer, newest(versions, a.Zone), readCalendarForm(c)
	calendar, wrong := typed.read(p)
	if len(wrong) > 0 {
		d.Onto = typed.Onto
		a.fillCalendar(d, typed, wrong)
		return a.Pages.HTML(c, http.StatusUnprocessableEntity, "console/calendar", d)
	}
	if current.Broken == nil && sameCalendar(calendar, current.Calendar) {
		a.Pages.Flash(c, "info", p.T("calendar.unchanged", "version", current.Version))
		c.Redirect(http.StatusSeeOther, calendarPath)
		return nil
	}
	set, err := a.reports.SetCalendar(c.Request.Context(), report.CalendarChange{Calendar: calendar, By: member.ID, Onto: cmp.Or(typed.Onto, -1)})
	switch {
	case failure.Is(err, failure.KindConflict):
		return a.calendarConflict(c, typed)
	case err != nil:
		return err
	}
	a.Pages.Flash(c, "success", p.T("calendar.set", "version", set.Version))
	c.Redirect(http.StatusSeeOther, calendarPath)
	return nil
}

// calendarConflict shows what was typed beside what somebody else has set meanwhile; sent once more it takes that one's place.
func (a *Area) calendarConflict(c *gin.Context, typed calendarForm) error {
	d, _, err := a.calendarPage(c) // afresh: with the other's version
	if err != nil {
		return err
	}
	a.fillCalendar(d, typed, nil)
	d.Error = true
	d.Problems = []page.Problem{{Field: "history", Text: d.Printer.T("calendar.conflict",
		"who", d.InUse.Who, "version", d.InUse.Version, "when", d.Printer.DateTime(d.InUse.At), "changes", strings.Join(d.InUse.Changes, "; "))}}
	return a.Pages.HTML(c, http.StatusConflict, "console/calendar", d)
}

func sameCalendar(a, b sla.Calendar) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// read gives the calendar, and what is wrong by field.
func (f calendarForm) read(p *messages.Printer) (sla.Calendar, map[string]string) {
	wrong := map[string]string{}
	c := sla.Calendar{Zone: f.Zone}
	switch {
	case f.Zone == "":
		wrong["zone"] = p.T("calendar.error.no_zone")
	case sla.CheckZone(f.Zone) != nil:
		wrong["zone"] = p.T("calendar.error.zone", "zone", f.Zone)
	}
	works := false
	for i, day := range weekdays {
		name := p.T("calendar.day." + dayField(day))
		spans, err := sla.ParseSpans(f.Days[i])
		switch {
		case len(f.Days[i]) > mostDayText:
			wrong[dayField(day)] = p.T("calendar.error.long", "day", name)
		case err != nil:
			wrong[dayField(day)] = p.T("calendar.error.hours", "day", name, "reason", err.Error())
		}
		works = works || f.Days[i] != ""
		c.Week[day] = spans
	}
	if !works {
		wrong[dayField(weekdays[0])] = p.T("calendar.error.never")
	}
	c.Holidays = f.readHolidays(p, wrong)
	return c, wrong
}

// readHolidays gives the days in order, each once; a pasted name takes the place of one that stood there.
func (f calendarForm) readHolidays(p *messages.Printer, wrong map[string]string) []sla.Holiday {
	names := map[sla.Day]string{}
	for i, h := range f.Holidays {
		day, err := readHoliday(h.Date, h.Name)
		switch at := strconv.Itoa(i); {
		case h.Removed:
		case h.Date == "":
			wrong["holiday-date-"+at] = p.T("calendar.error.no_date", "name", h.Name)
		case errors.Is(err, errLongName):
			wrong["holiday-name-"+at] = p.T("calendar.error.long_name", "date", h.Date, "limit", mostHolidayName)
		case err != nil:
			wrong["holiday-date-"+at] = p.T("calendar.error.date", "date", h.Date)
		default:
			names[day] = h.Name
		}
	}
	for i, line := range strings.Split(f.Paste, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || wrong["holidays"] != "" {
			continue
		}
		date, name := line, ""
		if end := strings.IndexAny(line, " \t,;"); end > 0 {
			date, name = line[:end], strings.Trim(line[end:], " \t,;")
		}
		day, err := readHoliday(date, name)
		switch {
		case errors.Is(err, errLongName):
			wrong["holidays"] = p.T("calendar.error.long_name", "date", date, "limit", mostHolidayName)
		case err != nil:
			wrong["holidays"] = p.T("calendar.error.line", "line", i+1, "date", date)
		default:
			names[day] = cmp.Or(name, names[day])
		}
	}
	var all []sla.Holiday
	for day, name := range names {
		all = append(all, sla.Holiday{Day: day, Name: name})
	}
	slices.SortFunc(all, func(a, b sla.Holiday) int { return cmp.Compare(a.Day, b.Day) })
	if len(all) > mostHolidays && wrong["holidays"] == "" {
		wrong["holidays"] = p.T("calendar.error.many", "limit", mostHolidays)
	}
	return all
}

var errLongName = errors.New("the name is too long, or cannot be read")

func readHoliday(date, name string) (sla.Day, error) {
	day, err := time.Parse(time.DateOnly, date)
	if err == nil && (utf8.RuneCountInString(name) > mostHolidayName || !utf8.ValidString(name) || strings.ContainsRune(name, 0)) {
		err = errLongName
	}
	return sla.DayOf(day), err
}
