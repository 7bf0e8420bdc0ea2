package reports

import (
	"context"
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
	Tabs     []tab
	Form     []page.Field // period, cut-off, measure, clock, what is compared
	Narrow   []page.Field // category, queue, language, channel
	Narrowed bool
	Problems []page.Problem
	Shown    bool
	Empty    *page.Empty // instead of figures when no inquiry was sent
	Report   report.Report
	Scope    string // which inquiries, until when, by which clock
	Made     string // how exact and how fresh the figures are
	Minimum  int
	Watched  int
	Answer   answer
	Table    table
	Compared *comparison
	Charts   []chart
	Points   []points // the pictures' figures
	Weeks    *weekChart
	WeekRows []weekRow
	MixHeads []head
	MixRows  []mixRow
	Terms    []term // definitions
	CSV      string
	JSON     string
	Mail     string // where these figures are mailed again and again
}

// ResponseTimes answers GET /console/reports/response-times. A query that cannot be read is answered 422 with the form as it was.
func (a *Area) ResponseTimes(c *gin.Context) error {
	made, err := a.make(c)
	invalid := failure.Is(err, failure.KindInvalid)
	if err != nil && !invalid {
		return err
	}
	frame, w, errBegin := a.begin(c, "reports.title")
	if errBegin != nil {
		return errBegin
	}
	w = w.of(made)
	data := timesPage{Frame: frame, Tabs: w.tabs(path, c), Minimum: report.MinimumSize, Watched: report.MinimumWatched}
	data.Form = a.form(w, c, made.Query, failure.FieldsOf(err))
	data.Narrow, data.Narrowed = a.narrow(w, c, failure.FieldsOf(err))
	if invalid {
		data.Error, data.Problems = true, problems(append(data.Form, data.Narrow...))
		return a.Pages.HTML(c, http.StatusUnprocessableEntity, "reports/response_times", data)
	}
	var beside *report.Report
	switch other, err := a.otherClock(c.Request.Context(), made.Query); {
	case err == nil:
		beside = &other
	case !failure.Is(err, failure.KindInvalid): // a calendar that cannot count leaves the other clock out
		return err
	}
	w.fill(&data, made, beside)
	return a.Pages.HTML(c, http.StatusOK, "reports/response_times", data)
}

// otherClock makes the same report by the other clock, whose medians stand beside those that are asked for. Errors: those of
// report.Make.
func (a *Area) otherClock(ctx context.Context, q report.Query) (report.Report, error) {
	if q.Clock == report.ClockWall {
		q.Clock = report.ClockBusiness
	} else {
		q.Clock = report.ClockWall
	}
	return a.Report.Make(ctx, q)
}

func (w writer) fill(data *timesPage, made report.Report, other *report.Report) {
	data.Shown, data.Report, data.Scope = true, made, w.scope(made.Query)
	data.Terms = w.terms(made)
	query := made.Values().Encode()
	data.CSV, data.JSON = path+".csv?"+query, path+".json?"+query
	data.Mail = address(scheduledPath+"/new", made.Values())
	all := made.Group(report.GroupAll)
	if all.Tickets+all.ExcludedTotal() == 0 {
		data.Empty = &page.Empty{Icon: "insights", Title: w.T("reports.empty.title"), Text: w.T("reports.empty.text")}
		return
	}
	data.Answer = w.answer(made)
	data.Made = w.made(made)
	data.Table = w.table(made, other)
	data.Compared = w.comparison(made)
	data.Charts = w.charts(made)
	data.Points = w.points(made)
	data.Weeks, data.WeekRows = w.weekChart(weekly(made)), w.weeks(made)
	data.MixHeads, data.MixRows = w.mix(made)
}

// scope tells which inquiries a report counts, until when and by which clock.
func (w writer) scope(q report.Query) string {
	key := "reports.scope."
	if q.From.Equal(q.To) {
		key += "day."
	}
	zone := q.From.Location()
	return join(
		w.T(key+string(q.Measure), "from", w.Date(q.From), "to", w.Date(q.To), "as_of", w.DateTime(q.AsOf.In(zone))),
		w.T("reports.scope.clock."+string(q.Clock)),
	)
}

// made tells how exact and how fresh the figures are.
func (w writer) made(r report.Report) string {
	exact := w.T("reports.made.exact")
	if !r.Exact {
		exact = w.T("reports.made.binned")
	}
	fresh := w.T("reports.made.fresh")
	if r.Behind >= time.Second {
		fresh = w.T("reports.made.behind", "time", w.Duration(r.Behind))
	}
	return join(exact, fresh)
}

// form gives the fields as they were typed, or as the report took them. An empty cut-off stays empty: it means now.
func (a *Area) form(w writer, c *gin.Context, q report.Query, wrong []failure.Field) []page.Field {
	typed := a.params(c)
	if len(wrong) == 0 {
		taken := q.Params()
		typed.From, typed.To, typed.Measure, typed.Clock, typed.By = taken.From, taken.To, taken.Measure, taken.Clock, taken.By
		if typed.AsOf != "" {
			typed.AsOf = q.AsOf.In(a.Zone).Format("2006-01-02T15:04:05")
		}
	}
	fields := []page.Field{
		{Name: "from", Type: "date", Value: typed.From}, {Name: "to", Type: "date", Value: typed.To},
		{Name: "as_of", Type: "datetime-local", Value: typed.AsOf, Hint: w.T("reports.form.as_of_hint")},
		{Name: "measure", Value: typed.Measure, Options: choices(w, "reports.measure.", report.Measures())},
		{Name: "clock", Value: typed.Clock, Options: choices(w, "reports.clock.", report.Clocks())},
		{Name: "by", Value: typed.By, Options: choices(w, "reports.by.", report.Bys())},
	}
	for i := range fields {
		w.label(&fields[i], wrong)
		if f := &fields[i]; len(wrong) > 0 && !browserReads(f.Type, f.Value) {
			f.Type = "text" // a date field would hide what was typed
		}
	}
	return fields
}

// label names a field and says what is wrong with it.
func (w writer) label(f *page.Field, wrong []failure.Field) {
	f.Label = w.T("reports.form." + f.Name)
	at := slices.IndexFunc(wrong, func(e failure.Field) bool { return e.Name == f.Name })
	if at >= 0 {
		f.Error = w.Find("reports.error."+f.Name+"."+wrong[at].Code, wrong[at].Text)
	}
}

func choices[T ~string](w writer, messages string, all []T) []page.OptionGroup {
	var options []page.Option
	for _, one := range all {
		options = append(options, page.Option{Value: string(one), Label: w.T(messages + string(one))})
	}
	return []page.OptionGroup{{Options: options}}
}

// narrow gives the fields that narrow a report, and whether one of them does.
func (a *Area) narrow(w writer, c *gin.Context, wrong []failure.Field) (fields []page.Field, narrowed bool) {
	return w.narrowTo(a.params(c), wrong)
}

func (w writer) narrowTo(typed report.Params, wrong []failure.Field) (fields []page.Field, narrowed bool) {
	for _, f := range []struct {
		name, value string
		options     []page.Option
	}{
		{"category", typed.Category, options(w.lists.Categories, func(i report.Item) string { return w.category(i.Code) })},
		{"queue", typed.Queue, options(w.lists.Queues, func(i report.Item) string { return w.group(report.ByQueue, report.Group(i.Code)) })},
		{"language", typed.Language, options(items(w.lists.Languages), func(i report.Item) string { return w.group(report.ByLanguage, report.Group(i.Code)) })},
		{"channel", typed.Channel, options(items(w.lists.Channels), func(i report.Item) string { return w.Find("reports.channel."+i.Code, i.Code) })},
	} {
		field := page.Field{Name: f.name, Value: f.value}
		all := append([]page.Option{{Label: w.T("reports.form.all")}}, f.options...)
		if f.value != "" && !slices.ContainsFunc(all, func(o page.Option) bool { return o.Value == f.value }) {
			all = append(all, page.Option{Value: f.value, Label: f.value})
		}
		field.Options = []page.OptionGroup{{Options: all}}
		w.label(&field, wrong)
		fields, narrowed = append(fields, field), narrowed || f.value != ""
	}
	return fields, narrowed
}

func items(codes []string) (all []report.Item) {
	for _, code := range codes {
		all = append(all, report.Item{Code: code, Name: code})
	}
	return all
}

func options(all []report.Item, name func(report.Item) string) (out []page.Option) {
	for _, item := range all {
		out = append(out, page.Option{Value: item.Code, Label: name(item)})
	}
	return out
}

// browserReads reports whether an input of this type shows the value.
func browserReads(kind, value string) bool {
	layouts := map[string][]string{"date": {"2006-01-02"}, "datetime-local": {"2006-01-02T15:04", "2006-01-02T15:04:05"}}
	return value == "" || slices.ContainsFunc(layouts[kind], func(layout string) bool {
		_, err := time.Parse(layout, value)
		return err == nil
	})
}

func problems(fields []page.Field) []page.Problem {
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
		"cohort", string(r.Measure), string(r.Clock), "waiting", "excluded", "group", "median", "p90", "answered_within", "mean", "interval", "minimum",
		"standardised", "association",
	}
	var all []term
	for _, code := range codes {
		all = append(all, term{
			Code: code, Name: w.T("reports.term." + code + ".name"),
			Text: w.T("reports.term."+code+".text", "minimum", report.MinimumSize, "stratum", report.StratumSize, "days", report.MeanDays,
				"hours", w.Decimal(r.Day.Hours(), 1), "version", r.Calendar, "watched", report.MinimumWatched, "small", report.SmallGroup),
		})
	}
	return all
}

// behind is the address of the tickets behind a number; of those excluded, for a reason or, when it is empty, for any.
func behind(q report.Query, f report.Figures, state report.State, reason string) string {
	values := q.Values()
	values.Set("group", string(f.Group))
	values.Set("state", string(state))
	values.Set("reason", reason)
	return address(path+"/tickets", values)
}

// address keeps the order that people read: period, cut-off, measure, clock, what is compared, filters, group, state, reason.
func address(path string, values url.Values) string {
	var pairs []string
	for _, name := range []string{"from", "to", "as_of", "measure", "clock", "by", "category", "queue", "language", "channel", "group", "state", "reason", "after", "table"} {
		if v := values.Get(name); v != "" {
			pairs = append(pairs, name+"="+url.QueryEscape(v))
		}
	}
	return path + "?" + strings.Join(pairs, "&")
}
