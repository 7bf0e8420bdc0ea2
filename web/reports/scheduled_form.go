package reports

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/web/page"
)

// schedulePage is the form of a report that is mailed.
type schedulePage struct {
	page.Frame
	Action   string
	Fields   []page.Field
	Narrow   []page.Field
	Narrowed bool
	Problems []page.Problem
	Email    string
	New      bool
}

// scheduleFields are those of the form in their order, those that narrow aside.
var scheduleFields = []string{"every", "weekday", "month_day", "hour", "span", "measure", "clock", "by"}

// ScheduleNew answers GET /console/reports/scheduled/new: the form, with what the parameters of a report say.
func (a *Area) ScheduleNew(c *gin.Context) error {
	who, err := member(c)
	if err != nil {
		return err
	}
	typed := url.Values{"every": {"weekly"}, "weekday": {"1"}, "month_day": {"1"}, "hour": {"8"}, "span": {"four_weeks"},
		"measure": {"first_response"}, "clock": {"wall"}, "by": {"number"}}
	for _, name := range []string{"measure", "clock", "by", "category", "queue", "language", "channel"} {
		if v := c.Query(name); v != "" {
			typed.Set(name, v)
		}
	}
	if page.GivenBack(c) != "" {
		typed = c.Request.PostForm
	}
	return a.showSchedule(c, http.StatusOK, who, 0, typed, nil)
}

// ScheduleEdit answers GET /console/reports/scheduled/:schedule with the form of the member's own. Errors: not_found.
func (a *Area) ScheduleEdit(c *gin.Context) error {
	who, id, err := scheduleOf(c)
	if err != nil {
		return err
	}
	s, err := a.Schedules.Get(c.Request.Context(), who, id)
	if err != nil {
		return err
	}
	if s.StaffID != who.ID {
		return failure.NotFound("There is no such scheduled report.")
	}
	if page.GivenBack(c) != "" {
		return a.showSchedule(c, http.StatusOK, who, id, c.Request.PostForm, nil)
	}
	return a.showSchedule(c, http.StatusOK, who, id, url.Values{
		"every": {string(s.Every)}, "weekday": {strconv.Itoa(s.Weekday)}, "month_day": {strconv.Itoa(s.MonthDay)}, "hour": {strconv.Itoa(s.Hour)},
		"span": {string(s.Span)}, "measure": {string(s.Measure)}, "clock": {string(s.Clock)}, "by": {string(s.CompareBy)},
		"category": {s.Category}, "queue": {s.Queue}, "language": {s.Language}, "channel": {s.Channel},
	}, nil)
}

// ScheduleAdd answers POST /console/reports/scheduled: 303 to the list, or 422 with the form as it was typed.
func (a *Area) ScheduleAdd(c *gin.Context) error {
	return a.saveSchedule(c, 0, "added", func(who staff.Member, s report.Schedule) error {
		return a.Schedules.Add(c.Request.Context(), who, s)
	})
}

// ScheduleChange answers POST /console/reports/scheduled/:schedule as ScheduleAdd. Errors: not_found.
func (a *Area) ScheduleChange(c *gin.Context) error {
	_, id, err := scheduleOf(c)
	if err != nil {
		return err
	}
	return a.saveSchedule(c, id, "changed", func(who staff.Member, s report.Schedule) error {
		return a.Schedules.Change(c.Request.Context(), who, id, s)
	})
}

func (a *Area) saveSchedule(c *gin.Context, id int64, said string, save func(staff.Member, report.Schedule) error) error {
	who, err := member(c)
	if err != nil {
		return err
	}
	if err := c.Request.ParseForm(); err != nil {
		return failure.Invalid("form", "unreadable", "The form could not be read. Go back and send it again.")
	}
	typed := c.Request.PostForm
	s, wrong := readSchedule(typed)
	if len(wrong) == 0 {
		switch err := save(who, s); {
		case failure.Is(err, failure.KindInvalid):
			wrong = failure.FieldsOf(err)
		case failure.Is(err, failure.KindConflict):
			wrong = []failure.Field{{Name: "every", Code: "too_many", Text: failure.Text(err, "")}}
		case err != nil:
			return err
		}
	}
	if len(wrong) > 0 {
		return a.showSchedule(c, http.StatusUnprocessableEntity, who, id, typed, wrong)
	}
	p := a.Pages.Printer(c)
	a.Pages.Flash(c, "success", p.T("reports.scheduled."+said, "date", p.DateTime(s.Next(a.Now(), a.Zone))))
	c.Redirect(http.StatusSeeOther, scheduledPath)
	return nil
}

// readSchedule reads the form; numbers that are none come back as wrong.
func readSchedule(typed url.Values) (s report.Schedule, wrong []failure.Field) {
	number := func(name string) int {
		n, err := strconv.Atoi(strings.TrimSpace(typed.Get(name)))
		if err != nil {
			wrong = append(wrong, failure.Field{Name: name, Code: "unknown", Text: "Enter a number."})
		}
		return n
	}
	s = report.Schedule{
		Every: report.Every(typed.Get("every")), Weekday: number("weekday"), MonthDay: number("month_day"), Hour: number("hour"), Span: report.Span(typed.Get("span")),
		Measure: report.Measure(typed.Get("measure")), Clock: report.Clock(typed.Get("clock")), CompareBy: report.By(typed.Get("by")),
		Category: typed.Get("category"), Queue: typed.Get("queue"), Language: typed.Get("language"), Channel: typed.Get("channel"),
	}
	return s, wrong
}

func (a *Area) showSchedule(c *gin.Context, status int, who staff.Member, id int64, typed url.Values, wrong []failure.Field) error {
	frame, w, err := a.begin(c, "reports.scheduled.new")
	if err != nil {
		return err
	}
	d := schedulePage{Frame: frame, Action: scheduledPath, Email: who.Email, New: id == 0}
	if id != 0 {
		d.Action, d.Title = scheduledPath+"/"+strconv.FormatInt(id, 10), w.T("reports.scheduled.edit")
	}
	for _, name := range scheduleFields {
		f := page.Field{Name: name, Value: typed.Get(name), Options: w.scheduleOptions(name)}
		w.labelSchedule(&f, wrong)
		if name == "month_day" {
			f.InputMode, f.Hint = "numeric", w.T("reports.scheduled.form.month_day_hint")
		}
		d.Fields = append(d.Fields, f)
	}
	d.Narrow, d.Narrowed = w.narrowTo(report.Params{
		Category: typed.Get("category"), Queue: typed.Get("queue"), Language: typed.Get("language"), Channel: typed.Get("channel"),
	}, wrong)
	if len(wrong) > 0 {
		d.Error, d.Problems = true, problems(append(slices.Clone(d.Fields), d.Narrow...))
	}
	return a.Pages.HTML(c, status, "reports/schedule", d)
}

func (w writer) labelSchedule(f *page.Field, wrong []failure.Field) {
	key := "reports.scheduled.form." + f.Name
	if slices.Contains([]string{"measure", "clock", "by"}, f.Name) {
		key = "reports.form." + f.Name
	}
	f.Label = w.T(key)
	at := slices.IndexFunc(wrong, func(e failure.Field) bool { return e.Name == f.Name })
	if at < 0 {
		return
	}
	switch {
	case wrong[at].Code == "too_many":
		f.Error = wrong[at].Text
	case f.Name == "month_day":
		f.Error = w.T("reports.scheduled.error.month_day")
	default:
		f.Error = w.T("reports.scheduled.error.choose")
	}
}

// scheduleOptions are what a field offers; a day of the month is typed.
func (w writer) scheduleOptions(name string) []page.OptionGroup {
	var all []page.Option
	switch name {
	case "every":
		return choices(w, "reports.scheduled.every.", report.Everys())
	case "span":
		return choices(w, "reports.scheduled.span.", report.Spans())
	case "measure":
		return choices(w, "reports.measure.", report.Measures())
	case "clock":
		return choices(w, "reports.clock.", report.Clocks())
	case "by":
		return choices(w, "reports.by.", report.Bys())
	case "weekday":
		for d := range 7 {
			day := strconv.Itoa(weekday(d))
			all = append(all, page.Option{Value: day, Label: w.T("format.weekday." + day)})
		}
	case "hour":
		for h := range 24 {
			all = append(all, page.Option{Value: strconv.Itoa(h), Label: w.T("reports.scheduled.hour", "hour", h)})
		}
	default:
		return nil
	}
	return []page.OptionGroup{{Options: all}}
}
