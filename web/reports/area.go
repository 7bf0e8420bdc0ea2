// Package reports serves the supervisors' pages about how long answers take.
package reports

import (
	"bytes"
	"encoding/csv"
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/transfer"
	"github.com/askwell/askwell/web/page"
)

// Config is what the pages need.
type Config struct {
	Report    *report.Service
	Schedules report.Schedules
	Pages     *page.Renderer
	Zone      *time.Location // the agency's: days begin and end there; nil means UTC
	Now       func() time.Time
	// Frame begins a page of the console, with its rail; nil takes Pages.Frame, whose rail is empty.
	Frame func(c *gin.Context, current string) (page.Frame, error)
}

// Area is the pages. Every one is for staff who may read reports: the routes hold that.
type Area struct {
	Config
}

// New makes the area.
func New(cfg Config) (*Area, error) {
	if cfg.Report == nil || cfg.Pages == nil {
		return nil, errors.New("reports: Report and Pages are needed")
	}
	if cfg.Zone == nil {
		cfg.Zone = time.UTC
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Frame == nil {
		cfg.Frame = func(c *gin.Context, _ string) (page.Frame, error) { return cfg.Pages.Frame(c), nil }
	}
	return &Area{Config: cfg}, nil
}

// path is where the report lives; its other forms add .csv, .json and /tickets.
const path = "/console/reports/response-times"

func (a *Area) params(c *gin.Context) report.Params {
	return report.Params{
		From: c.Query("from"), To: c.Query("to"), AsOf: c.Query("as_of"), Measure: c.Query("measure"), Clock: c.Query("clock"), By: c.Query("by"),
		Category: c.Query("category"), Queue: c.Query("queue"), Language: c.Query("language"), Channel: c.Query("channel"),
	}
}

// make reads the query of the address and answers it. Errors: invalid with the fields of report.ParseQuery; unavailable.
func (a *Area) make(c *gin.Context) (report.Report, error) {
	q, err := report.ParseQuery(a.params(c), a.Zone, a.Now())
	if err != nil {
		return report.Report{}, err
	}
	return a.Report.Make(c.Request.Context(), q)
}

// begin is what every page of a report begins with: its frame, with the message of its title, and who writes it.
func (a *Area) begin(c *gin.Context, title string) (page.Frame, writer, error) {
	frame, err := a.Frame(c, "")
	if err != nil {
		return frame, writer{}, err
	}
	lists, err := a.Report.Lists(c.Request.Context())
	if err != nil {
		return frame, writer{}, err
	}
	w := writer{Printer: frame.Printer, lists: lists}
	frame.Title, frame.BodyClass = w.T(title), "report-page"
	return frame, w, nil
}

// sendCSV answers with lines as a file of this name.
func sendCSV(c *gin.Context, name string, lines [][]string) error {
	for _, line := range lines { // names of categories and of staff are anybody's
		for i := range line {
			line[i] = transfer.Inert(line[i])
		}
	}
	var b bytes.Buffer
	if err := csv.NewWriter(&b).WriteAll(lines); err != nil {
		return err
	}
	c.Header("Cache-Control", "no-store")
	c.Header("Content-Disposition", `attachment; filename="`+name+`.csv"`)
	c.Data(http.StatusOK, "text/csv; charset=utf-8", b.Bytes())
	return nil
}
