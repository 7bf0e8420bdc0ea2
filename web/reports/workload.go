package reports

import (
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/web/page"
)

const workloadPath = "/console/reports/workload"

// workloadPage is the work in hand. Without Shown it is the form with what is wrong about it.
type workloadPage struct {
	page.Frame
	Tabs     []tab
	Form     []page.Field
	Narrow   []page.Field
	Narrowed bool
	Problems []page.Problem
	Shown    bool
	Work     report.Workload
	Answer   answer
	Backlogs []backlogTable
	Empty    *page.Empty // instead of the backlog when nothing is in hand
	Oldest   []oldestRow
	Days     []dayChart
	Hours    []hourMap
	Weekdays []string // of the hours' table
	HourRows []hourLine
	Terms    []term
	CSV      string
	DaysCSV  string
	JSON     string
}

// tab leads to another of the reports, with the same filters.
type tab struct {
	Label, URL string
	Current    bool
}

type oldestRow struct {
	report.Waiting
	QueueName string
}

// Workload answers GET /console/reports/workload. A query that cannot be read is answered 422 with the form as it was.
func (a *Area) Workload(c *gin.Context) error {
	work, err := a.work(c)
	invalid := failure.Is(err, failure.KindInvalid)
	if err != nil && !invalid {
		return err
	}
	frame, w, errBegin := a.begin(c, "workload.title")
	if errBegin != nil {
		return errBegin
	}
	data := workloadPage{Frame: frame, Tabs: w.tabs(workloadPath, c)}
	data.Form = a.period(w, c, work.WorkloadQuery, failure.FieldsOf(err))
	data.Narrow, data.Narrowed = a.narrow(w, c, failure.FieldsOf(err))
	if invalid {
		data.Error, data.Problems = true, problems(append(data.Form, data.Narrow...))
		return a.Pages.HTML(c, http.StatusUnprocessableEntity, "reports/workload", data)
	}
	w.fillWork(&data, work)
	return a.Pages.HTML(c, http.StatusOK, "reports/workload", data)
}

// work reads the query of the address and answers it. Errors: invalid with the fields of report.ParseWorkloadQuery; unavailable.
func (a *Area) work(c *gin.Context) (report.Workload, error) {
	q, err := report.ParseWorkloadQuery(a.params(c), a.Zone, a.Now())
	if err != nil {
		return report.Workload{}, err
	}
	return a.Report.Workload(c.Request.Context(), q)
}

// period gives the fields of the first and the last day as they were typed, or as the report took them.
func (a *Area) period(w writer, c *gin.Context, q report.WorkloadQuery, wrong []failure.Field) []page.Field {
	typed := a.params(c)
	if len(wrong) == 0 {
		typed.From, typed.To = q.From.Format(time.DateOnly), q.To.Format(time.DateOnly)
	}
	fields := []page.Field{{Name: "from", Type: "date", Value: typed.From}, {Name: "to", Type: "date", Value: typed.To}}
	for i := range fields {
		w.label(&fields[i], wrong)
		if f := &fields[i]; len(wrong) > 0 && !browserReads(f.Type, f.Value) {
			f.Type = "text"
		}
	}
	return fields
}

func (w writer) fillWork(data *workloadPage, work report.Workload) {
	data.Shown, data.Work = true, work
	data.Answer = w.outlook(work)
	if work.All.UnsolvedTotal() == 0 {
		data.Empty = &page.Empty{Icon: "check_circle", Title: w.T("workload.empty.title"), Text: w.T("workload.empty.text")}
	} else {
		data.Backlogs = []backlogTable{w.backlog(work, "unanswered"), w.backlog(work, "unsolved")}
	}
	for _, o := range work.Oldest {
		data.Oldest = append(data.Oldest, oldestRow{o, w.group(report.ByQueue, report.Group(o.Queue))})
	}
	for _, l := range flowLayouts {
		data.Days = append(data.Days, w.dayChart(work, l))
		data.Hours = append(data.Hours, w.hourMap(work, l, "arrivals"), w.hourMap(work, l, "responses"))
	}
	data.Weekdays, data.HourRows = w.hourTable(work)
	for _, code := range workloadTerms {
		data.Terms = append(data.Terms, w.workloadTerm(work, code))
	}
	query := work.Values()
	data.CSV, data.JSON = address(workloadPath+".csv", query), address(workloadPath+".json", query)
	query.Set("table", "days")
	data.DaysCSV = address(workloadPath+".csv", query)
}

var workloadTerms = []string{"in_hand", "unanswered", "age", "arrivals", "responses", "oldest", "forecast"}

func (w writer) workloadTerm(work report.Workload, code string) term {
	return term{Code: code, Name: w.T("workload.term." + code + ".name"), Text: w.T("workload.term."+code+".text",
		"zone", work.From.Location().String(), "days", report.ForecastDays)}
}

// tabs lead from report to report and keep what narrows them.
func (w writer) tabs(current string, c *gin.Context) []tab {
	var all []tab
	for _, t := range []struct{ name, path string }{{"reports.title", path}, {"why.title", whyPath}, {"workload.title", workloadPath}, {"reports.scheduled.title", scheduledPath}} {
		values := url.Values{}
		for _, name := range []string{"category", "queue", "language", "channel"} {
			if v := c.Query(name); v != "" {
				values.Set(name, v)
			}
		}
		link := t.path
		if len(values) > 0 {
			link = address(t.path, values)
		}
		all = append(all, tab{Label: w.T(t.name), URL: link, Current: t.path == current})
	}
	return all
}

// outlook tells how much waits, and when it will be gone.
func (w writer) outlook(work report.Workload) answer {
	f := work.Forecast
	told := answer{Text: w.T("workload.outlook."+string(f.Outlook)+".text", "count", f.Backlog)}
	switch f.Outlook {
	case report.OutlookClears:
		told.Text = w.T("workload.outlook.clears.text", "count", f.Backlog, "days", w.days(f.Days),
			"date", w.Date(work.At.In(work.From.Location()).Add(time.Duration(f.Days*24)*time.Hour)))
		told.Uncertainty = w.T("workload.outlook.clears.range", "low", w.Fixed(atLeastOne(f.Range[0]), 0), "high", w.days(f.Range[1]))
	case report.OutlookGrows:
		told.Uncertainty = w.T("workload.outlook.grows.range", "net", w.rate(-f.Net), "low", w.rate(-f.Between[1]), "high", w.rate(-f.Between[0]))
	case report.OutlookUncertain:
		told.Uncertainty = w.T("workload.outlook.uncertain.range", "low", w.rate(f.Between[0]), "high", w.rate(f.Between[1]))
	default: // nothing to be unsure of
	}
	if f.Outlook != report.OutlookNothing && f.Outlook != report.OutlookFew {
		told.Caveat = w.T("workload.outlook.caveat", "days", report.ForecastDays)
	}
	return told
}

func atLeastOne(days float64) float64 { return max(days, 1) }

// days writes a number of days, a whole one: a forecast knows no hours.
func (w writer) days(n float64) string {
	whole := int64(atLeastOne(n) + 0.5)
	return w.T("reports.unit.day", "value", w.Number(whole), "count", whole)
}

// rate writes a number a day, with a tenth when it is small.
func (w writer) rate(n float64) string {
	if n > -9.95 && n < 9.95 {
		return w.Fixed(n, 1)
	}
	return w.Fixed(n, 0)
}

// listOf leads to the console's list of what a cell of a backlog counts; "" where the list cannot be narrowed so far.
func listOf(work report.Workload, kind, queue string, from, to time.Time) string {
	f := work.Filter
	if f.Language != "" || f.Channel != "" {
		return ""
	}
	values := url.Values{"view": {"in-hand"}}
	if kind == "unanswered" {
		values.Set("response", "none")
	}
	if f.Queue != "" {
		queue = f.Queue
	}
	for name, v := range map[string]string{"queue": queue, "category": f.Category} {
		if v != "" {
			values.Set(name, v)
		}
	}
	for name, day := range map[string]time.Time{"from": from, "to": to} {
		if !day.IsZero() {
			values.Set(name, day.Format(time.DateOnly))
		}
	}
	return "/console/tickets?" + values.Encode()
}

// levels are the shades of a map, the lightest first; 0 has none.
const levels = 5

// level is the shade of n beside the most.
func level(n, most int) int {
	if n == 0 || most == 0 {
		return 0
	}
	return 1 + n*(levels-1)/most
}
