package reports

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/page"
)

// ticketsPage lists the tickets behind a number.
type ticketsPage struct {
	page.Frame
	Part   report.Part
	What   string // which tickets these are
	Scope  string // of which report
	Back   string // to the report
	Rows   []ticketRow
	Pages  page.Pages
	Empty  page.Empty
	States []stateTab
}

type ticketRow struct {
	report.Row
	Waited time.Duration
	State  report.State
}

// stateTab leads to another part of the same group.
type stateTab struct {
	Label, URL string
	Current    bool
}

// ResponseTimesTickets answers GET /console/reports/response-times/tickets: the report's parameters, group, state, reason and after.
func (a *Area) ResponseTimesTickets(c *gin.Context) error {
	q, err := report.ParseQuery(a.params(c), a.Zone, a.Now())
	if err != nil {
		return err
	}
	part, err := report.ParsePart(q, c.Query("group"), c.Query("state"), c.Query("reason"))
	if err != nil {
		return err
	}
	after, err := ticket.ParseCursor(c.Query("after"))
	if err != nil {
		return err
	}
	found, err := a.Report.List(c.Request.Context(), part, after)
	if err != nil {
		return err
	}
	frame, err := a.Frame(c, "")
	if err != nil {
		return err
	}
	lists, err := a.Report.Lists(c.Request.Context())
	if err != nil {
		return err
	}
	data := ticketsPage{Frame: frame, Part: part, Back: address(path, q.Values())}
	data.fill(writer{Printer: frame.Printer, lists: lists}, found)
	return a.Pages.HTML(c, http.StatusOK, "reports/response_times_tickets", data)
}

func (d *ticketsPage) fill(w writer, found report.Page) {
	group := w.group(d.Part.By, d.Part.Group)
	d.Title = w.T("reports.tickets.title", "group", group)
	d.What = w.T("reports.tickets.what."+string(d.Part.Measure)+"."+string(d.Part.State), "count", found.Total)
	d.Scope = w.scope(d.Part.Query)
	if d.Part.Reason != "" {
		d.What = w.T("reports.tickets.what_reason", "what", d.What, "reason", w.T("reports.reason."+d.Part.Reason))
	}
	d.Empty = page.Empty{Icon: "inbox", Title: w.T("reports.tickets.empty"), URL: d.Back, Action: w.T("reports.tickets.back")}
	for _, r := range found.Rows {
		row := ticketRow{Row: r, Waited: r.Waited(d.Part.AsOf), State: report.StateWaiting}
		switch {
		case r.ExcludedReason != "":
			row.State = report.StateExcluded
		case r.EndedAt != nil:
			row.State = report.StateAnswered
		}
		d.Rows = append(d.Rows, row)
	}
	figures := report.Figures{Group: d.Part.Group}
	for _, s := range []report.State{report.StateCounted, report.StateAnswered, report.StateWaiting, report.StateExcluded} {
		d.States = append(d.States, stateTab{
			Label: w.T("reports.tickets.state." + string(d.Part.Measure) + "." + string(s)),
			URL:   behind(d.Part.Query, figures, s, ""), Current: s == d.Part.State && d.Part.Reason == "",
		})
	}
	if found.Next.ID != 0 {
		values := d.Part.Values()
		values.Set("group", string(d.Part.Group))
		values.Set("state", string(d.Part.State))
		values.Set("reason", d.Part.Reason)
		values.Set("after", found.Next.String())
		d.Pages.Older = address(path+"/tickets", values)
	}
}
