package reports

import (
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/ticket"
)

// ResponseTimesCSV answers GET /console/reports/response-times.csv: a line a group, times in seconds, shares from 0 to 1, empty
// where the JSON has null.
func (a *Area) ResponseTimesCSV(c *gin.Context) error {
	made, err := a.make(c)
	if err != nil {
		return err
	}
	p := made.Params()
	head := []string{"measure", "clock", "by", "from", "to", "as_of", "group", "tickets", "answered", "waiting", "excluded"}
	for _, reason := range ticket.ExcludedReasons() {
		head = append(head, "excluded_"+reason)
	}
	head = append(head, "median_seconds", "median_low", "median_high", "p90_seconds", "p90_low", "p90_high",
		"restricted_mean_seconds", "restricted_mean_low", "restricted_mean_high")
	for _, days := range report.WithinDays() {
		name := "answered_within_" + strconv.Itoa(days) + "d"
		head = append(head, name, name+"_low", name+"_high")
	}
	lines := [][]string{append(head, "generated_at")}
	for _, f := range made.Groups {
		line := []string{p.Measure, p.Clock, p.By, p.From, p.To, p.AsOf, string(f.Group)}
		line = append(line, figuresCSV(f)...)
		lines = append(lines, append(line, made.GeneratedAt.Format(time.RFC3339)))
	}
	return sendCSV(c, "response-times_"+p.Measure+"_"+p.From+"_"+p.To, lines)
}

func figuresCSV(f report.Figures) []string {
	line := []string{
		strconv.Itoa(f.Tickets), strconv.Itoa(f.Answered), strconv.Itoa(f.Waiting), strconv.Itoa(f.ExcludedTotal()),
	}
	for _, reason := range ticket.ExcludedReasons() {
		line = append(line, strconv.Itoa(f.Excluded[reason]))
	}
	figures := []*float64{f.Median.Seconds, f.Median.Low, f.Median.High, f.P90.Seconds, f.P90.Low, f.P90.High, f.Mean.Seconds, f.Mean.Low, f.Mean.High}
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
