package reports

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/web/page"
)

// timesPage is the report on a page. Without a Report it is the form with what is wrong about it.
type timesPage struct {
	page.Frame
	Form     []page.Field // from, to, as_of, measure
	Problems []page.Problem
	Shown    bool
	Empty    *page.Empty // instead of figures when no inquiry was sent
	Report   report.Report
	Minimum  int
	Answer   answer
	Columns  []column
	Rows     []row
	Charts   []chart
	Points   []points // the pictures' figures
	Terms    []term   // definitions
	CSV      string
	JSON     string
}

// ResponseTimes answers GET /console/reports/response-times. A query that cannot be read is answered 422 with the form as it was.
func (a *Area) ResponseTimes(c *gin.Context) error {
	made, err := a.make(c)
	invalid := failure.Is(err, failure.KindInvalid)
	if err != nil && !invalid {
		return err
	}
	frame, errFrame := a.Frame(c, "")
	if errFrame != nil {
		return errFrame
	}
	w := writer{frame.Printer}
	frame.Title, frame.BodyClass = w.T("reports.title"), "report-page"
	data := timesPage{Frame: frame, Minimum: report.MinimumSize, Form: a.form(w, c, made.Query, failure.FieldsOf(err))}
	if invalid {
		data.Error, data.Problems = true, problems(w, data.Form)
		return a.Pages.HTML(c, http.StatusUnprocessableEntity, "reports/response_times", data)
	}
	w.fill(&data, made)
	return a.Pages.HTML(c, http.StatusOK, "reports/response_times", data)
}

func (w writer) fill(data *timesPage, made report.Report) {
	data.Shown, data.Report = true, made
	data.Terms = w.terms(made)
	query := made.Values().Encode()
	data.CSV, data.JSON = path+".csv?"+query, path+".json?"+query
	all := made.Group(report.GroupAll)
	if all.Tickets+all.ExcludedTotal() == 0 {
		data.Empty = &page.Empty{Icon: "insights", Title: w.T("reports.empty.title"), Text: w.T("reports.empty.text")}
		return
	}
	data.Answer = w.answer(made)
	data.Columns, data.Rows = w.table(made)
	data.Charts = w.charts(made)
	data.Points = w.points(made)
}

// form gives the fields as they were typed, or as the report took them. An empty cut-off stays empty: it means now.
func (a *Area) form(w writer, c *gin.Context, q report.Query, wrong []failure.Field) []page.Field {
	typed := a.params(c)
	fields := []page.Field{
		{Name: "from", Type: "date", Value: typed.From}, {Name: "to", Type: "date", Value: typed.To},
		{Name: "as_of", Type: "datetime-local", Value: typed.AsOf, Hint: w.T("reports.form.as_of_hint")},
		{Name: "measure", Value: typed.Measure},
	}
	if len(wrong) == 0 {
		fields[0].Value, fields[1].Value, fields[3].Value = q.Params().From, q.Params().To, string(q.Measure)
		if typed.AsOf != "" {
			fields[2].Value = q.AsOf.In(a.Zone).Format("2006-01-02T15:04:05")
		}
	}
	for i := range fields {
		f := &fields[i]
		f.Label = w.T("reports.form." + f.Name)
		at := slices.IndexFunc(wrong, func(e failure.Field) bool { return e.Name == f.Name })
		if at >= 0 {
			f.Error = w.Find("reports.error."+f.Name+"."+wrong[at].Code, wrong[at].Text)
		}
		if len(wrong) > 0 && !browserReads(f.Type, f.Value) {
			f.Type = "text" // a date field would hide what was typed
		}
	}
	fields[3].Options = []page.OptionGroup{{}}
	for _, m := range report.Measures() {
		fields[3].Options[0].Options = append(fields[3].Options[0].Options,
			page.Option{Value: string(m), Label: w.T("reports.measure." + string(m))})
	}
	return fields
}

// browserReads reports whether an input of this type shows the value.
func browserReads(kind, value string) bool {
	layouts := map[string][]string{"date": {"2006-01-02"}, "datetime-local": {"2006-01-02T15:04", "2006-01-02T15:04:05"}}
	return value == "" || slices.ContainsFunc(layouts[kind], func(layout string) bool {
		_, err := time.Parse(layout, value)
		return err == nil
	})
}

func problems(_ writer, fields []page.Field) []page.Problem {
	var all []page.Problem
	for _, f := range fields {
		if f.Error != "" {
			all = append(all, page.Problem{Field: f.Name, Text: f.Error})
		}
	}
	return all
}

// term is a word of the report and what it means.
type term struct{ Code, Name, Text string }

// terms are the definitions, in the order in which they are needed.
func (w writer) terms(r report.Report) []term {
	codes := []string{
		"cohort", string(r.Measure), "waiting", "excluded", "group", "median", "p90", "answered_within", "interval", "minimum", "association",
	}
	var all []term
	for _, code := range codes {
		all = append(all, term{
			Code: code, Name: w.T("reports.term." + code + ".name"),
			Text: w.T("reports.term."+code+".text", "minimum", report.MinimumSize),
		})
	}
	return all
}

// behind is the address of the tickets behind a number.
func behind(q report.Query, f report.Figures, state report.State) string {
	values := q.Values()
	values.Set("group", string(f.Group))
	values.Set("state", string(state))
	return address(path+"/tickets", values)
}

// address keeps the order that people read: period, cut-off, measure, clock, what is compared, filters, group, state.
func address(path string, values url.Values) string {
	var pairs []string
	for _, name := range []string{"from", "to", "as_of", "measure", "clock", "by", "category", "queue", "language", "channel", "group", "state", "after"} {
		if v := values.Get(name); v != "" {
			pairs = append(pairs, name+"="+url.QueryEscape(v))
		}
	}
	return path + "?" + strings.Join(pairs, "&")
}
