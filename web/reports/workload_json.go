package reports

import (
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/report"
)

// workloadJSON is the work in hand for programs. Its names do not change.
type workloadJSON struct {
	From        string                 `json:"from"`
	To          string                 `json:"to"`
	TimeZone    string                 `json:"time_zone"`
	Filter      map[string]string      `json:"filter"`
	Ages        []int                  `json:"age_from_days"` // the first day of each age, counted from the day of opening
	Unanswered  backlogJSON            `json:"unanswered"`
	Unsolved    backlogJSON            `json:"unsolved"`
	Queues      map[string]queueJSON   `json:"queues"`
	Days        []dayJSON              `json:"days"`
	Hours       map[string][24]hourRow `json:"hours"` // by weekday, "monday"
	Oldest      []oldestJSON           `json:"oldest"`
	Forecast    forecastJSON           `json:"forecast"`
	Answer      string                 `json:"answer"`
	Definitions map[string]string      `json:"definitions"`
	GeneratedAt time.Time              `json:"generated_at"`
}

type backlogJSON struct {
	Total int   `json:"total"`
	ByAge []int `json:"by_age"` // in the order of age_from_days
}

type queueJSON struct {
	Unanswered backlogJSON `json:"unanswered"`
	Unsolved   backlogJSON `json:"unsolved"`
}

type dayJSON struct {
	Day       string `json:"day"`
	Arrivals  int    `json:"arrivals"`
	Responses int    `json:"first_responses"`
}

type hourRow struct {
	Arrivals  int `json:"arrivals"`
	Responses int `json:"first_responses"`
}

type oldestJSON struct {
	Reference string    `json:"reference"`
	Queue     string    `json:"queue"`
	Since     time.Time `json:"waiting_since"`
	Seconds   float64   `json:"waiting_seconds"`
}

// forecastJSON has null for what its outlook does not tell.
type forecastJSON struct {
	Outlook  report.Outlook `json:"outlook"`
	Backlog  int            `json:"backlog"`
	Net      *float64       `json:"net_a_day"`
	Between  *[2]float64    `json:"net_interval"`
	Days     *float64       `json:"days"`
	Range    *[2]float64    `json:"days_interval"`
	FromDays int            `json:"learned_from_days"`
}

// WorkloadJSON answers GET /console/reports/workload.json.
func (a *Area) WorkloadJSON(c *gin.Context) error {
	work, err := a.work(c)
	if err != nil {
		return err
	}
	w := writer{Printer: a.Pages.Printer(c)}
	told := w.outlook(work)
	out := workloadJSON{
		From: work.From.Format(time.DateOnly), To: work.To.Format(time.DateOnly), TimeZone: a.Zone.String(), Filter: map[string]string{},
		Ages: report.AgeDays(), Unanswered: backlogJSON{work.All.UnansweredTotal(), work.All.Unanswered},
		Unsolved: backlogJSON{work.All.UnsolvedTotal(), work.All.Unsolved}, Queues: map[string]queueJSON{}, Hours: map[string][24]hourRow{},
		Oldest: []oldestJSON{}, Forecast: forecastOf(work.Forecast), Answer: join(told.Text, told.Uncertainty, told.Caveat),
		Definitions: map[string]string{}, GeneratedAt: work.At.UTC(),
	}
	for name, v := range work.Values() {
		if name != "from" && name != "to" {
			out.Filter[name] = v[0]
		}
	}
	for _, q := range work.Queues {
		out.Queues[q.Queue] = queueJSON{backlogJSON{q.UnansweredTotal(), q.Unanswered}, backlogJSON{q.UnsolvedTotal(), q.Unsolved}}
	}
	for _, d := range work.Days {
		out.Days = append(out.Days, dayJSON{d.Day.Format(time.DateOnly), d.Arrivals, d.Responses})
	}
	for i, name := range []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"} {
		var hours [24]hourRow
		for h, f := range work.Hours[i] {
			hours[h] = hourRow(f)
		}
		out.Hours[name] = hours
	}
	for _, o := range work.Oldest {
		out.Oldest = append(out.Oldest, oldestJSON{o.Reference, o.Queue, o.Since.UTC(), work.At.Sub(o.Since).Seconds()})
	}
	for _, code := range workloadTerms {
		out.Definitions[code] = w.workloadTerm(work, code).Text
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, out)
	return nil
}

func forecastOf(f report.Forecast) forecastJSON {
	out := forecastJSON{Outlook: f.Outlook, Backlog: f.Backlog, FromDays: report.ForecastDays}
	switch f.Outlook {
	case report.OutlookNothing, report.OutlookFew:
		return out
	case report.OutlookClears:
		out.Days, out.Range = &f.Days, &f.Range
	default: // no end in sight
	}
	out.Net, out.Between = &f.Net, &f.Between
	return out
}

// WorkloadCSV answers GET /console/reports/workload.csv: with table=days a line a day, else a line for each queue and age.
func (a *Area) WorkloadCSV(c *gin.Context) error {
	work, err := a.work(c)
	if err != nil {
		return err
	}
	var lines [][]string
	table := c.DefaultQuery("table", "backlog")
	switch table {
	case "backlog":
		lines = backlogLines(work)
	case "days":
		lines = append(lines, []string{"day", "arrivals", "first_responses"})
		for _, d := range work.Days {
			lines = append(lines, []string{d.Day.Format(time.DateOnly), strconv.Itoa(d.Arrivals), strconv.Itoa(d.Responses)})
		}
	default:
		return failure.Invalid("table", "unknown", "Choose a table: backlog or days.")
	}
	return sendCSV(c, "workload_"+table+"_"+work.At.In(a.Zone).Format(time.DateOnly), lines)
}

func backlogLines(work report.Workload) [][]string {
	lines := [][]string{{"queue", "age_from_days", "age_to_days", "unanswered", "unsolved", "at"}}
	days := report.AgeDays()
	for _, q := range work.Queues {
		for i, first := range days {
			last := ""
			if i+1 < len(days) {
				last = strconv.Itoa(days[i+1] - 1)
			}
			lines = append(lines, []string{
				q.Queue, strconv.Itoa(first), last, strconv.Itoa(q.Unanswered[i]), strconv.Itoa(q.Unsolved[i]), work.At.UTC().Format(time.RFC3339),
			})
		}
	}
	return lines
}
