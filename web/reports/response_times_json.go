package reports

import (
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/survival"
	"github.com/askwell/askwell/internal/ticket"
)

// timesJSON is the report for programs. Its names do not change; what is null is under the minimum or beyond the data. Times are
// in seconds of the clock, shares from 0 to 1, and an interval is [low, high], either of which may be null.
type timesJSON struct {
	Measure      report.Measure              `json:"measure"`
	Clock        report.Clock                `json:"clock"`
	By           report.By                   `json:"by"`
	Filter       map[string]string           `json:"filter"` // by category, queue, language or channel; those that are set
	From         string                      `json:"from"`
	To           string                      `json:"to"`
	AsOf         time.Time                   `json:"as_of"`
	TimeZone     string                      `json:"time_zone"`
	Day          float64                     `json:"day_seconds"`      // what "1d" is by this clock
	Calendar     int                         `json:"calendar_version"` // 0 for the clock on the wall
	Exact        bool                        `json:"exact"`            // false: times were counted in bins and may be 1 % off
	Behind       float64                     `json:"behind_seconds"`   // how long the oldest change has waited to be counted
	Groups       []groupJSON                 `json:"groups"`
	LeftOut      int                         `json:"groups_left_out"` // beyond the report.MostGroups largest
	Clear        bool                        `json:"clear"`           // the answer may claim that the groups differ as they are
	Difference   *differenceJSON             `json:"difference"`
	LogRank      *testJSON                   `json:"log_rank"`
	Stratified   *testJSON                   `json:"log_rank_stratified_by_category"`
	Standardised map[report.Group]sharesJSON `json:"standardised_within"` // with one mix of categories for both groups
	Weeks        []weekJSON                  `json:"weeks"`
	Categories   []categoryJSON              `json:"categories"`
	Answer       string                      `json:"answer"`
	MinimumSize  int                         `json:"minimum_size"`
	Level        float64                     `json:"interval_level"`
	Definitions  map[string]string           `json:"definitions"`
	GeneratedAt  time.Time                   `json:"generated_at"`
}

type groupJSON struct {
	Group          report.Group           `json:"group"`
	Tickets        int                    `json:"tickets"`
	Answered       int                    `json:"answered"`
	Waiting        int                    `json:"waiting"`
	Excluded       int                    `json:"excluded"`
	ExcludedFor    map[string]int         `json:"excluded_by_reason"`
	Median         *float64               `json:"median_seconds"`
	MedianInterval *[2]*float64           `json:"median_interval"`
	P90            *float64               `json:"p90_seconds"`
	P90Interval    *[2]*float64           `json:"p90_interval"`
	Within         map[string]*float64    `json:"answered_within"` // shares by days, "1d"
	WithinInterval map[string]*[2]float64 `json:"answered_within_interval"`
	Mean           *float64               `json:"restricted_mean_seconds"` // cut off at report.MeanDays days
	MeanInterval   *[2]*float64           `json:"restricted_mean_interval"`
}

// differenceJSON is second minus first.
type differenceJSON struct {
	First                      report.Group `json:"first"`
	Second                     report.Group `json:"second"`
	Median                     *float64     `json:"median_seconds"`
	MedianInterval             *[2]*float64 `json:"median_interval"`
	Mean                       *float64     `json:"restricted_mean_seconds"`
	MeanInterval               *[2]*float64 `json:"restricted_mean_interval"`
	StandardisedMedian         *float64     `json:"standardised_median_seconds"`
	StandardisedMedianInterval *[2]*float64 `json:"standardised_median_interval"`
	StandardisedMean           *float64     `json:"standardised_restricted_mean_seconds"`
	StandardisedMeanInterval   *[2]*float64 `json:"standardised_restricted_mean_interval"`
	Covered                    float64      `json:"standardised_covers"` // share of both groups' tickets
	StandardisedClear          bool         `json:"standardised_clear"`  // the answer may claim it
	Opposed                    bool         `json:"opposed"`             // and the times as they are do not show it
}

type sharesJSON struct {
	Within   map[string]*float64    `json:"within"`
	Interval map[string]*[2]float64 `json:"interval"`
}

type testJSON struct {
	ChiSq float64 `json:"chi2"`
	DF    int     `json:"df"`
	P     float64 `json:"p"`
}

// weekJSON and categoryJSON have an entry for each of groups, in their order.
type weekJSON struct {
	Begins         string         `json:"begins"`
	Tickets        []int          `json:"tickets"`
	Median         []*float64     `json:"median_seconds"`
	MedianInterval []*[2]*float64 `json:"median_interval"`
}

type categoryJSON struct {
	Category string `json:"category"`
	Tickets  []int  `json:"tickets"`
}

// ResponseTimesJSON answers GET /console/reports/response-times.json.
func (a *Area) ResponseTimesJSON(c *gin.Context) error {
	made, err := a.make(c)
	if err != nil {
		return err
	}
	lists, err := a.Report.Lists(c.Request.Context())
	if err != nil {
		return err
	}
	w := writer{Printer: a.Pages.Printer(c), lists: lists}.of(made)
	told := w.answer(made)
	out := timesJSON{
		Measure: made.Measure, Clock: made.Clock, By: made.By, Filter: map[string]string{}, From: made.Params().From, To: made.Params().To,
		AsOf: made.AsOf.UTC(), TimeZone: a.Zone.String(), Day: made.Day.Seconds(), Calendar: made.Calendar, Exact: made.Exact,
		Behind: made.Behind.Seconds(), LogRank: testOf(made.LogRank), Stratified: testOf(made.Stratified),
		Difference: differenceOf(made.Difference), Standardised: map[report.Group]sharesJSON{},
		LeftOut: made.LeftOut, Clear: made.Clear,
		Answer: join(told.Text, told.Uncertainty, told.Caveat), MinimumSize: report.MinimumSize, Level: 0.95,
		Definitions: map[string]string{}, GeneratedAt: made.GeneratedAt,
	}
	values := made.Values()
	for _, name := range []string{"category", "queue", "language", "channel"} {
		if v := values.Get(name); v != "" {
			out.Filter[name] = v
		}
	}
	for _, t := range w.terms(made) {
		out.Definitions[t.Code] = t.Text
	}
	for _, f := range made.Groups {
		out.Groups = append(out.Groups, groupOf(f))
	}
	if d := made.Difference; d != nil && made.By != report.ByCategory {
		out.Standardised[d.First], out.Standardised[d.Second] = sharesOf(d.StandardisedFirst.Within), sharesOf(d.StandardisedSecond.Within)
	}
	out.Weeks, out.Categories = weeksOf(made.Weeks), categoriesOf(made.Mix)
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
	within := sharesOf(f.Within)
	g := groupJSON{
		Group: f.Group, Tickets: f.Tickets, Answered: f.Answered, Waiting: f.Waiting,
		Excluded: f.ExcludedTotal(), ExcludedFor: map[string]int{},
		Median: f.Median.Seconds, MedianInterval: ends(f.Median), P90: f.P90.Seconds, P90Interval: ends(f.P90),
		Within: within.Within, WithinInterval: within.Interval, Mean: f.Mean.Seconds, MeanInterval: ends(f.Mean),
	}
	for _, reason := range ticket.ExcludedReasons() {
		g.ExcludedFor[reason] = f.Excluded[reason]
	}
	return g
}

func sharesOf(shares []report.Share) sharesJSON {
	out := sharesJSON{Within: map[string]*float64{}, Interval: map[string]*[2]float64{}}
	for _, s := range shares {
		name := strconv.Itoa(s.Days) + "d"
		out.Within[name], out.Interval[name] = s.Value, nil
		if s.Low != nil && s.High != nil {
			out.Interval[name] = &[2]float64{*s.Low, *s.High}
		}
	}
	return out
}

func differenceOf(d *report.Difference) *differenceJSON {
	if d == nil {
		return nil
	}
	return &differenceJSON{
		First: d.First, Second: d.Second, Median: d.Median.Seconds, MedianInterval: ends(d.Median), Mean: d.Mean.Seconds, MeanInterval: ends(d.Mean),
		StandardisedMedian: d.StandardisedMedian.Seconds, StandardisedMedianInterval: ends(d.StandardisedMedian),
		StandardisedMean: d.StandardisedMean.Seconds, StandardisedMeanInterval: ends(d.StandardisedMean), Covered: d.Covered,
		StandardisedClear: d.ToldClear, Opposed: d.Opposed,
	}
}

func weeksOf(weeks []report.Week) []weekJSON {
	out := []weekJSON{}
	for _, week := range weeks {
		line := weekJSON{Begins: week.Begins.Format(time.DateOnly), Tickets: week.Tickets}
		for _, median := range week.Median {
			line.Median = append(line.Median, median.Seconds)
			line.MedianInterval = append(line.MedianInterval, ends(median))
		}
		out = append(out, line)
	}
	return out
}

func categoriesOf(mix []report.Category) []categoryJSON {
	out := []categoryJSON{}
	for _, line := range mix {
		out = append(out, categoryJSON{Category: line.Code, Tickets: line.Tickets})
	}
	return out
}

func ends(t report.Time) *[2]*float64 {
	if t.Low == nil && t.High == nil {
		return nil
	}
	return &[2]*float64{t.Low, t.High}
}
