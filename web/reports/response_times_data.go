package reports

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/survival"
	"github.com/askwell/askwell/internal/ticket"
)

// timesJSON is the report for programs. Its names do not change; what is null is under the minimum or beyond the data.
type timesJSON struct {
	Measure     report.Measure    `json:"measure"`
	Clock       string            `json:"clock"` // wall: every hour of every day counts
	By          string            `json:"by"`    // number: the groups are by number at submission
	From        string            `json:"from"`
	To          string            `json:"to"`
	AsOf        time.Time         `json:"as_of"`
	TimeZone    string            `json:"time_zone"`
	Groups      []groupJSON       `json:"groups"`
	LogRank     *testJSON         `json:"log_rank"` // with against without; null when either is under the minimum
	Answer      string            `json:"answer"`
	MinimumSize int               `json:"minimum_size"`
	Level       float64           `json:"interval_level"`
	Definitions map[string]string `json:"definitions"`
	GeneratedAt time.Time         `json:"generated_at"`
}

type groupJSON struct {
	Group          report.Group           `json:"group"`
	Tickets        int                    `json:"tickets"`
	Answered       int                    `json:"answered"`
	Waiting        int                    `json:"waiting"`
	Excluded       int                    `json:"excluded"`
	ExcludedFor    map[string]int         `json:"excluded_by_reason"`
	Median         *float64               `json:"median_seconds"`
	MedianInterval *[2]*float64           `json:"median_interval"` // either end may be null
	P90            *float64               `json:"p90_seconds"`
	P90Interval    *[2]*float64           `json:"p90_interval"`
	Within         map[string]*float64    `json:"answered_within"` // shares by days, "1d"
	WithinInterval map[string]*[2]float64 `json:"answered_within_interval"`
}

type testJSON struct {
	ChiSq float64 `json:"chi2"`
	DF    int     `json:"df"`
	P     float64 `json:"p"`
}

// ResponseTimesJSON answers GET /console/reports/response-times.json.
func (a *Area) ResponseTimesJSON(c *gin.Context) error {
	made, err := a.make(c)
	if err != nil {
		return err
	}
	w := writer{a.Pages.Printer(c)}
	told := w.answer(made)
	out := timesJSON{
		Measure: made.Measure, Clock: "wall", By: "number", From: made.Params().From, To: made.Params().To, AsOf: made.AsOf.UTC(),
		TimeZone: a.Zone.String(), LogRank: testOf(made.LogRank), Answer: join(told.Text, told.Uncertainty, told.Caveat),
		MinimumSize: report.MinimumSize, Level: 0.95, Definitions: map[string]string{}, GeneratedAt: made.GeneratedAt,
	}
	for _, t := range w.terms(made.Measure) {
		out.Definitions[t.Code] = t.Text
	}
	for _, f := range made.Groups {
		out.Groups = append(out.Groups, groupOf(f))
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, out)
	return nil
}

func testOf(t *survival.Test) *testJSON {
	if t == nil {
		return nil
	}
	return &testJSON{ChiSq: t.ChiSq, DF: t.DF, P: t.P}
}

func groupOf(f report.Figures) groupJSON {
	g := groupJSON{
		Group: f.Group, Tickets: f.Tickets, Answered: f.Answered, Waiting: f.Waiting,
		Excluded: f.ExcludedTotal(), ExcludedFor: map[string]int{},
		Median: f.Median.Seconds, MedianInterval: ends(f.Median), P90: f.P90.Seconds, P90Interval: ends(f.P90),
		Within: map[string]*float64{}, WithinInterval: map[string]*[2]float64{},
	}
	for _, reason := range ticket.ExcludedReasons() {
		g.ExcludedFor[reason] = f.Excluded[reason]
	}
	for _, s := range f.Within {
		name := strconv.Itoa(s.Days) + "d"
		g.Within[name], g.WithinInterval[name] = s.Value, nil
		if s.Low != nil && s.High != nil {
			g.WithinInterval[name] = &[2]float64{*s.Low, *s.High}
		}
	}
	return g
}

func ends(t report.Time) *[2]*float64 {
	if t.Low == nil && t.High == nil {
		return nil
	}
	return &[2]*float64{t.Low, t.High}
}

// ResponseTimesCSV answers GET /console/reports/response-times.csv: a line a group, times in seconds, shares from 0 to 1, empty
// where the JSON has null.
func (a *Area) ResponseTimesCSV(c *gin.Context) error {
	made, err := a.make(c)
	if err != nil {
		return err
	}
	p := made.Params()
	var b bytes.Buffer
	out := csv.NewWriter(&b)
	head := []string{"measure", "from", "to", "as_of", "group", "tickets", "answered", "waiting", "excluded"}
	for _, reason := range ticket.ExcludedReasons() {
		head = append(head, "excluded_"+reason)
	}
	head = append(head, "median_seconds", "median_low", "median_high", "p90_seconds", "p90_low", "p90_high")
	for _, days := range report.WithinDays() {
		name := "answered_within_" + strconv.Itoa(days) + "d"
		head = append(head, name, name+"_low", name+"_high")
	}
	lines := [][]string{append(head, "generated_at")}
	for _, f := range made.Groups {
		line := []string{p.Measure, p.From, p.To, p.AsOf, string(f.Group)}
		line = append(line, figuresCSV(f)...)
		lines = append(lines, append(line, made.GeneratedAt.Format(time.RFC3339)))
	}
	for _, line := range lines {
		for i := range line {
			line[i] = harmless(line[i])
		}
	}
	if err := out.WriteAll(lines); err != nil {
		return err
	}
	c.Header("Cache-Control", "no-store")
	c.Header("Content-Disposition", `attachment; filename="response-times_`+p.Measure+`_`+p.From+`_`+p.To+`.csv"`)
	c.Data(http.StatusOK, "text/csv; charset=utf-8", b.Bytes())
	return nil
}

func figuresCSV(f report.Figures) []string {
	line := []string{
		strconv.Itoa(f.Tickets), strconv.Itoa(f.Answered), strconv.Itoa(f.Waiting), strconv.Itoa(f.ExcludedTotal()),
	}
	for _, reason := range ticket.ExcludedReasons() {
		line = append(line, strconv.Itoa(f.Excluded[reason]))
	}
	figures := []*float64{f.Median.Seconds, f.Median.Low, f.Median.High, f.P90.Seconds, f.P90.Low, f.P90.High}
	for _, s := range f.Within {
		figures = append(figures, s.Value, s.Low, s.High)
	}
	for _, v := range figures {
		if v == nil {
			line = append(line, "")
			continue
		}
		line = append(line, strconv.FormatFloat(*v, 'f', -1, 64))
	}
	return line
}

// harmless keeps a spreadsheet from taking a text for a formula (OWASP, CSV injection). A number stays a number.
func harmless(s string) string {
	if s == "" || !strings.ContainsAny(s[:1], "=+-@\t\r\n") {
		return s
	}
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		return s
	}
	return "'" + s
}
