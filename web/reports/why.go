package reports

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/web/page"
)

const whyPath = "/console/reports/why"

// whyPage tells what finding the accounts cost. Without Shown it is the form with what is wrong about it.
type whyPage struct {
	page.Frame
	Tabs     []tab
	Form     []page.Field
	Narrow   []page.Field
	Narrowed bool
	Problems []page.Problem
	Shown    bool
	Why      report.Why
	Empty    *page.Empty
	Answer   answer
	Heads    []head
	Rows     []row
	Terms    []term
	CSV      string
	JSON     string
}

// Why answers GET /console/reports/why. A query that cannot be read is answered 422 with the form as it was.
func (a *Area) Why(c *gin.Context) error {
	made, err := a.why(c)
	invalid := failure.Is(err, failure.KindInvalid)
	if err != nil && !invalid {
		return err
	}
	frame, w, errBegin := a.begin(c, "why.title")
	if errBegin != nil {
		return errBegin
	}
	data := whyPage{Frame: frame, Tabs: w.tabs(whyPath, c)}
	data.Form = slices.DeleteFunc(a.form(w, c, made.Query, failure.FieldsOf(err)), func(f page.Field) bool {
		return f.Name != "from" && f.Name != "to" && f.Name != "as_of"
	})
	data.Narrow, data.Narrowed = a.narrow(w, c, failure.FieldsOf(err))
	if invalid {
		data.Error, data.Problems = true, problems(append(data.Form, data.Narrow...))
		return a.Pages.HTML(c, http.StatusUnprocessableEntity, "reports/why", data)
	}
	w.fillWhy(&data, made)
	return a.Pages.HTML(c, http.StatusOK, "reports/why", data)
}

// why reads the query of the address and answers it; measure, clock and comparison are no part of it. Errors: invalid with the
// fields of report.ParseQuery; unavailable.
func (a *Area) why(c *gin.Context) (report.Why, error) {
	p := a.params(c)
	p.Measure, p.Clock, p.By = "", "", ""
	q, err := report.ParseQuery(p, a.Zone, a.Now())
	if err != nil {
		return report.Why{}, err
	}
	return a.Report.Why(c.Request.Context(), q)
}

func (w writer) fillWhy(data *whyPage, made report.Why) {
	data.Shown, data.Why = true, made
	values := made.Values()
	for _, name := range []string{"measure", "clock", "by"} {
		values.Del(name)
	}
	data.CSV, data.JSON = address(whyPath+".csv", values), address(whyPath+".json", values)
	for _, code := range whyTerms {
		data.Terms = append(data.Terms, w.whyTerm(code))
	}
	if made.Groups[len(made.Groups)-1].Tickets == 0 {
		data.Empty = &page.Empty{Icon: "insights", Title: w.T("reports.empty.title"), Text: w.T("reports.empty.text")}
		return
	}
	data.Answer = w.whyAnswer(made)
	for i, f := range made.Groups {
		data.Heads = append(data.Heads, head{Code: class(report.ByNumber, i, f.Group), Name: w.group(report.ByNumber, f.Group)})
	}
	line := func(key string, cell func(report.Finding) cell, args ...any) {
		out := row{head: head{Name: w.T("why.row."+key+".name", args...), Hint: w.T("why.row."+key+".hint", args...)}}
		for _, f := range made.Groups {
			out.Cells = append(out.Cells, cell(f))
		}
		data.Rows = append(data.Rows, out)
	}
	number := func(n int) cell { return cell{Text: w.Number(int64(n))} }
	line("tickets", func(f report.Finding) cell {
		c := number(f.Tickets)
		if f.Tickets > 0 {
			c.URL = behind(made.Query, report.Figures{Group: f.Group}, report.StateCounted, "")
		}
		return c
	})
	line("looked", func(f report.Finding) cell { return w.part(f.Looked, f.Tickets) })
	line("found", func(f report.Finding) cell { return w.part(f.Found, f.Looked) })
	line("mean", w.averageCell)
	for n := range report.MostSearches + 1 {
		key := "searches"
		if n == report.MostSearches {
			key = "searches_more"
		}
		line(key, func(f report.Finding) cell { return w.part(f.Searches[n], f.Looked) }, "count", n)
	}
	line("of_found", func(f report.Finding) cell {
		if f.Found < report.MinimumSize {
			return cell{Text: w.T("reports.cell.withheld", "minimum", report.MinimumSize), Faint: true}
		}
		return w.lookTime(f, f.OfFound)
	})
	line("median", func(f report.Finding) cell { return w.lookTime(f, f.Median) })
	line("p90", func(f report.Finding) cell { return w.lookTime(f, f.P90) })
}

var whyTerms = []string{"looked", "found", "search", "time", "group", "excluded", "minimum", "interval"}

func (w writer) whyTerm(code string) term {
	return term{Code: code, Name: w.T("why.term." + code + ".name"), Text: w.T("why.term."+code+".text", "minimum", report.MinimumSize)}
}

// part is a number with its share of all.
func (w writer) part(n, of int) cell {
	c := cell{Text: w.Number(int64(n))}
	if of >= report.MinimumSize {
		c.More = w.share(float64(n)/float64(of), of)
	}
	return c
}

func (w writer) averageCell(f report.Finding) cell {
	if f.Mean.Value == nil {
		return cell{Text: w.T("reports.cell.withheld", "minimum", report.MinimumSize), Faint: true}
	}
	return cell{Text: w.Fixed(*f.Mean.Value, 2), More: w.T("reports.interval.between", "low", w.Fixed(*f.Mean.Low, 2), "high", w.Fixed(*f.Mean.High, 2))}
}

func (w writer) lookTime(f report.Finding, t report.Time) cell {
	switch {
	case f.Few:
		return cell{Text: w.T("reports.cell.withheld", "minimum", report.MinimumSize), Faint: true}
	case t.Seconds == nil:
		return cell{Text: w.T("reports.cell.not_yet"), Faint: true}
	}
	return cell{Text: w.span(*t.Seconds), More: w.interval(t)}
}

// whyAnswer tells the searches of the groups with and without a number side by side.
func (w writer) whyAnswer(made report.Why) answer {
	with, without := made.Groups[0], made.Groups[2]
	if made.Difference == nil {
		return answer{Text: w.T("why.answer.few", "minimum", report.MinimumSize)}
	}
	d := made.Difference
	told := answer{Text: w.T("why.answer.both", "with", w.Fixed(*with.Mean.Value, 1), "without", w.Fixed(*without.Mean.Value, 1))}
	told.Uncertainty = w.T("why.answer.difference", "value", w.Fixed(*d.Value, 2), "low", w.Fixed(*d.Low, 2), "high", w.Fixed(*d.High, 2))
	if *d.Low <= 0 && *d.High >= 0 {
		told.Uncertainty = w.T("why.answer.unsure", "value", w.Fixed(*d.Value, 2), "low", w.Fixed(*d.Low, 2), "high", w.Fixed(*d.High, 2))
	}
	if t := without.OfFound; t.Seconds != nil {
		told.Uncertainty = join(told.Uncertainty, w.T("why.answer.time", "time", w.span(*t.Seconds), "interval", w.interval(t)))
	}
	told.Caveat = w.T("why.answer.association")
	return told
}

// whyJSON is the report for programs. Its names do not change; what is null is under the minimum or beyond the data.
type whyJSON struct {
	From        string            `json:"from"`
	To          string            `json:"to"`
	AsOf        time.Time         `json:"as_of"`
	TimeZone    string            `json:"time_zone"`
	Groups      []findingJSON     `json:"groups"`
	Difference  *float64          `json:"difference"` // searches an inquiry takes: without a number less with one
	Interval    *[2]float64       `json:"difference_interval"`
	Answer      string            `json:"answer"`
	MinimumSize int               `json:"minimum_size"`
	Definitions map[string]string `json:"definitions"`
	GeneratedAt time.Time         `json:"generated_at"`
}

type findingJSON struct {
	Group          report.Group   `json:"group"`
	Tickets        int            `json:"tickets"`
	Looked         int            `json:"looked_for"`
	Found          int            `json:"found_by_agent"`
	Searches       map[string]int `json:"searches"` // tickets by the searches they took, "3+" for three and more
	Mean           *float64       `json:"searches_mean"`
	MeanInterval   *[2]float64    `json:"searches_mean_interval"`
	Median         *float64       `json:"median_seconds"`
	MedianInterval *[2]*float64   `json:"median_interval"`
	P90            *float64       `json:"p90_seconds"`
	P90Interval    *[2]*float64   `json:"p90_interval"`
	OfFound        *float64       `json:"found_median_seconds"` // of those that were found alone
	OfFoundEnds    *[2]*float64   `json:"found_median_interval"`
}

// WhyJSON answers GET /console/reports/why.json.
func (a *Area) WhyJSON(c *gin.Context) error {
	made, err := a.why(c)
	if err != nil {
		return err
	}
	w := writer{Printer: a.Pages.Printer(c)}
	told := w.whyAnswer(made)
	out := whyJSON{
		From: made.Params().From, To: made.Params().To, AsOf: made.AsOf.UTC(), TimeZone: a.Zone.String(), MinimumSize: report.MinimumSize,
		Answer: join(told.Text, told.Uncertainty, told.Caveat), Definitions: map[string]string{}, GeneratedAt: made.GeneratedAt,
	}
	if d := made.Difference; d != nil {
		out.Difference, out.Interval = d.Value, &[2]float64{*d.Low, *d.High}
	}
	for _, f := range made.Groups {
		g := findingJSON{
			Group: f.Group, Tickets: f.Tickets, Looked: f.Looked, Found: f.Found, Searches: map[string]int{},
			Mean: f.Mean.Value, Median: f.Median.Seconds, MedianInterval: ends(f.Median), P90: f.P90.Seconds, P90Interval: ends(f.P90),
			OfFound: f.OfFound.Seconds, OfFoundEnds: ends(f.OfFound),
		}
		if f.Mean.Value != nil {
			g.MeanInterval = &[2]float64{*f.Mean.Low, *f.Mean.High}
		}
		for n, count := range f.Searches {
			g.Searches[searchesName(n)] = count
		}
		out.Groups = append(out.Groups, g)
	}
	for _, code := range whyTerms {
		out.Definitions[code] = w.whyTerm(code).Text
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, out)
	return nil
}

func searchesName(n int) string {
	if n == report.MostSearches {
		return strconv.Itoa(n) + "+"
	}
	return strconv.Itoa(n)
}

// WhyCSV answers GET /console/reports/why.csv: a line a group, empty where the JSON has null.
func (a *Area) WhyCSV(c *gin.Context) error {
	made, err := a.why(c)
	if err != nil {
		return err
	}
	p := made.Params()
	head := []string{"from", "to", "as_of", "group", "tickets", "looked_for", "found_by_agent"}
	for n := range report.MostSearches + 1 {
		head = append(head, "searches_"+searchesName(n))
	}
	lines := [][]string{append(head, "searches_mean", "searches_mean_low", "searches_mean_high", "median_seconds", "median_low", "median_high",
		"p90_seconds", "p90_low", "p90_high", "found_median_seconds", "found_median_low", "found_median_high")}
	for _, f := range made.Groups {
		line := []string{p.From, p.To, p.AsOf, string(f.Group), strconv.Itoa(f.Tickets), strconv.Itoa(f.Looked), strconv.Itoa(f.Found)}
		for _, n := range f.Searches {
			line = append(line, strconv.Itoa(n))
		}
		for _, v := range []*float64{
			f.Mean.Value, f.Mean.Low, f.Mean.High, f.Median.Seconds, f.Median.Low, f.Median.High, f.P90.Seconds, f.P90.Low, f.P90.High,
			f.OfFound.Seconds, f.OfFound.Low, f.OfFound.High,
		} {
			text := ""
			if v != nil {
				text = strconv.FormatFloat(*v, 'f', -1, 64)
			}
			line = append(line, text)
		}
		lines = append(lines, line)
	}
	return sendCSV(c, "why_"+p.From+"_"+p.To, lines)
}
