package console

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/ticket"
)

// TicketBulk assigns the chosen tickets, or sets their status. Each is a change of its own: what cannot be changed is counted
// and the others are.
func (a *Area) TicketBulk(c *gin.Context) error {
	member, err := me(c)
	if err != nil {
		return err
	}
	p := a.Pages.Printer(c)
	back := a.Sessions.Next(c.PostForm("back"))
	chosen := c.PostFormArray("ticket")
	if len(chosen) > ticket.MaxPage {
		chosen = chosen[:ticket.MaxPage]
	}
	assignee, status := c.PostForm("assignee"), ticket.Status(c.PostForm("status"))
	if len(chosen) == 0 || assignee == "" && status == "" {
		a.Pages.Flash(c, "warning", p.T("console.bulk.nothing"))
		c.Redirect(http.StatusSeeOther, back)
		return nil
	}
	by := ticket.Staff(member.ID)
	done, failed := 0, 0
	for _, raw := range chosen {
		reference, ok := identifier.ParseReference(raw)
		if !ok {
			failed++
			continue
		}
		err := a.changeOne(c, by, reference, assignee, status)
		switch {
		case err == nil:
			done++
		case recoverable(err) || failure.Is(err, failure.KindNotFound):
			failed++
		default:
			return err
		}
	}
	a.Pages.Flash(c, "success", p.T("console.bulk.done", "count", done))
	if failed > 0 {
		a.Pages.Flash(c, "warning", p.T("console.bulk.failed", "count", failed))
	}
	c.Redirect(http.StatusSeeOther, back)
	return nil
}

func (a *Area) changeOne(c *gin.Context, by ticket.Actor, reference, assignee string, status ticket.Status) error {
	ctx := c.Request.Context()
	if assignee != "" {
		id, err := assigneeID(assignee, by.StaffID)
		if err != nil {
			return err
		}
		if _, err := a.Tickets.Assign(ctx, by, reference, id); err != nil {
			return err
		}
	}
	if status == "" {
		return nil
	}
	_, err := a.Tickets.SetStatus(ctx, by, reference, status)
	return err
}

// assigneeID reads "me", "none" or a member's ID; 0 is nobody.
func assigneeID(value string, myself int64) (int64, error) {
	switch value {
	case "me":
		return myself, nil
	case "none":
		return 0, nil
	}
	id, err := strconv.ParseInt(value, 10, 64)
	if err != nil || id < 1 {
		return 0, failure.Invalid("assignee", "unknown", "Choose somebody who works here.")
	}
	return id, nil
}
