package reports

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/web/page"
	"github.com/askwell/askwell/web/session"
)

const scheduledPath = "/console/reports/scheduled"

// scheduledPage lists the reports that are mailed.
type scheduledPage struct {
	page.Frame
	Tabs   []tab
	Rows   []scheduleRow
	Others bool // an administrator sees whose they are
	Empty  *page.Empty
}

// scheduleRow is a report that is mailed, in words.
type scheduleRow struct {
	report.Schedule
	What, Narrowed, When, Reports string
	URL                           string
	Problem                       string
	Mine                          bool
}

func member(c *gin.Context) (staff.Member, error) {
	who, ok := session.Member(c)
	if !ok {
		return who, failure.New(failure.KindUnsigned, "Sign in first.", nil)
	}
	return who, nil
}

// Scheduled answers GET /console/reports/scheduled: the member's own, an administrator's all.
func (a *Area) Scheduled(c *gin.Context) error {
	who, err := member(c)
	if err != nil {
		return err
	}
	all, err := a.Schedules.List(c.Request.Context(), who)
	if err != nil {
		return err
	}
	frame, w, err := a.begin(c, "reports.scheduled.title")
	if err != nil {
		return err
	}
	data := scheduledPage{Frame: frame, Tabs: w.tabs(scheduledPath, c)}
	for _, s := range all {
		row := w.schedule(s)
		row.Mine = s.StaffID == who.ID
		data.Others = data.Others || !row.Mine
		data.Rows = append(data.Rows, row)
	}
	if len(all) == 0 {
		data.Empty = &page.Empty{
			Icon: "mail", Title: w.T("reports.scheduled.empty.title"), Text: w.T("reports.scheduled.empty.text"), URL: path, Action: w.T("reports.scheduled.empty.action"),
		}
	}
	return a.Pages.HTML(c, http.StatusOK, "reports/scheduled", data)
}

func (w writer) schedule(s report.Schedule) scheduleRow {
	hour := w.T("reports.scheduled.hour", "hour", s.Hour)
	row := scheduleRow{
		Schedule: s, URL: scheduledPath + "/" + strconv.FormatInt(s.ID, 10), Reports: w.T("reports.scheduled.span." + string(s.Span)),
		What: w.T("reports.scheduled.what", "measure", w.T("reports.measure."+string(s.Measure)), "by", w.T("reports.by."+string(s.CompareBy)),
			"clock", w.T("reports.clock."+string(s.Clock))),
		When: w.T("reports.scheduled.when.monthly", "day", s.MonthDay, "hour", hour),
	}
	if s.Every == report.Weekly {
		row.When = w.T("reports.scheduled.when.weekly", "weekday", w.T("format.weekday."+strconv.Itoa(s.Weekday)), "hour", hour)
	}
	if s.Problem != "" {
		row.Problem = w.T("reports.scheduled.problem."+s.Problem, "name", s.StaffName)
	}
	for by, code := range map[report.By]string{report.ByQueue: s.Queue, report.ByLanguage: s.Language} {
		if code != "" {
			row.Narrowed = join(row.Narrowed, w.group(by, report.Group(code))+".")
		}
	}
	if s.Category != "" {
		row.Narrowed = join(w.category(s.Category)+".", row.Narrowed)
	}
	if s.Channel != "" {
		row.Narrowed = join(row.Narrowed, w.Find("reports.channel."+s.Channel, s.Channel)+".")
	}
	return row
}

// SchedulePause answers POST /console/reports/scheduled/:schedule/pause.
func (a *Area) SchedulePause(c *gin.Context) error {
	return a.onSchedule(c, "is_paused", func(who staff.Member, id int64) error { return a.Schedules.Pause(c.Request.Context(), who, id) })
}

// ScheduleResume answers POST /console/reports/scheduled/:schedule/resume.
func (a *Area) ScheduleResume(c *gin.Context) error {
	return a.onSchedule(c, "is_resumed", func(who staff.Member, id int64) error { return a.Schedules.Resume(c.Request.Context(), who, id) })
}

// ScheduleSend answers POST /console/reports/scheduled/:schedule/send.
func (a *Area) ScheduleSend(c *gin.Context) error {
	return a.onSchedule(c, "is_sent", func(who staff.Member, id int64) error { return a.Schedules.SendNow(c.Request.Context(), who, id) })
}

// ScheduleDelete answers POST /console/reports/scheduled/:schedule/delete.
func (a *Area) ScheduleDelete(c *gin.Context) error {
	return a.onSchedule(c, "is_deleted", func(who staff.Member, id int64) error { return a.Schedules.Delete(c.Request.Context(), who, id) })
}

// onSchedule does something with the one of the address, says so and leads back to the list. Errors: not_found.
func (a *Area) onSchedule(c *gin.Context, said string, do func(staff.Member, int64) error) error {
	who, id, err := scheduleOf(c)
	if err != nil {
		return err
	}
	if err := do(who, id); err != nil {
		return err
	}
	a.Pages.Flash(c, "success", a.Pages.Printer(c).T("reports.scheduled."+said))
	c.Redirect(http.StatusSeeOther, scheduledPath)
	return nil
}

func scheduleOf(c *gin.Context) (staff.Member, int64, error) {
	who, err := member(c)
	if err != nil {
		return who, 0, err
	}
	id, err := strconv.ParseInt(c.Param("schedule"), 10, 64)
	if err != nil {
		return who, 0, failure.NotFound("There is no such scheduled report.")
	}
	return who, id, nil
}
