package console

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/ticket"
)

// TicketBulk assigns the chosen tickets, or sets their status. Each is a change of its own, held to what the list showed of
// it: what cannot be changed is named with the reason, and the others are changed.
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
	done := 0
	var left []string
	for _, raw := range chosen {
		reference, seen, ok := parseChosen(raw)
		if !ok {
			left = append(left, p.T("console.bulk.unknown"))
			continue
		}
		err := a.changeOne(c, ticket.Staff(member.ID).Saw(seen), reference, assignee, status)
		switch {
		case err == nil:
			done++
		case recoverable(err) || failure.Is(err, failure.KindNotFound):
			left = append(left, reference+": "+failure.Text(err, p.T("console.ticket.not_done")))
		default:
			return err
		}
	}
	a.Pages.Flash(c, "success", p.T("console.bulk.done", "count", done))
	if len(left) > 0 {
		shown := left[:min(len(left), namedLeft)]
		a.Pages.Flash(c, "warning", p.T("console.bulk.failed", "count", len(left))+" "+strings.Join(shown, " "))
	}
	c.Redirect(http.StatusSeeOther, back)
	return nil
}

// namedLeft is how many of the tickets that a bulk action left alone are named with the reason.
const namedLeft = 8

// changeOne stops before the first of both when the status cannot be set.
func (a *Area) changeOne(c *gin.Context, by ticket.Actor, reference, assignee string, status ticket.Status) error {
	ctx := c.Request.Context()
	if status != "" {
		if _, err := a.Tickets.SetStatus(ctx, by, reference, status); err != nil {
			return err
		}
	}
	if assignee == "" {
		return nil
	}
	id, err := assigneeID(assignee, by.StaffID)
	if err != nil {
		return err
	}
	_, err = a.Tickets.Assign(ctx, by, reference, id)
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
