package console

import (
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/ticket"
)

// TicketLink ties the ticket to the account of a number: typed, a candidate's or the suggestion's. Where something speaks against it the
// question comes first.
func (a *Area) TicketLink(c *gin.Context) error {
	return a.linkAsked(c, false, func(by ticket.Actor, seen ticket.Ticket, found account.Account) error {
		_, err := a.Tickets.LinkTo(c.Request.Context(), by, seen.Reference, found.Number, seen.Link())
		return err
	})
}

// TicketLinkConfirm says that the ticket is of the account that the agent saw. Where something speaks against it the question comes first.
func (a *Area) TicketLinkConfirm(c *gin.Context) error {
	return a.linkAsked(c, true, func(by ticket.Actor, seen ticket.Ticket, found account.Account) error {
		_, err := a.Tickets.ConfirmLink(c.Request.Context(), by, seen.Reference, found.ID)
		return err
	})
}

// linkAsked changes the link to an account as act does, once the agent has seen what speaks against it now: a form that was not sent from
// the page that asks, or from one that showed something else, leads there. act gets the ticket as it was then.
func (a *Area) linkAsked(c *gin.Context, confirm bool, act func(by ticket.Actor, seen ticket.Ticket, of account.Account) error) error {
	ctx := c.Request.Context()
	reference, err := referenceOf(c)
	if err != nil {
		return err
	}
	var seen ticket.Ticket
	of, notFound := a.accountOf(ctx, c.PostForm("number"))
	if notFound == nil {
		if seen, err = a.Tickets.ByReference(ctx, reference); err != nil {
			return err
		}
		link := seen.Link()
		nothingToDo := link.Account == of.ID && !link.Unsure() || confirm && link.Account != of.ID // as the answer says
		d, err := a.doubt(ctx, seen, of)
		if err != nil {
			return err
		}
		if d.Any() && !nothingToDo && c.PostForm("asked") != d.Asked() {
			leadTo(c, askPath(ticketsPath+"/"+reference, originOf(c), of.Number))
			return nil
		}
	}
	return a.act(c, "", func(by ticket.Actor, _ string) error {
		if notFound != nil {
			return notFound
		}
		return act(by, seen, of)
	})
}

// leadTo sends the browser to another page, also when htmx asked for a part of this one.
func leadTo(c *gin.Context, to string) {
	if c.GetHeader("HX-Request") != "" {
		c.Header("HX-Redirect", to)
		c.Status(http.StatusNoContent)
		return
	}
	c.Redirect(http.StatusSeeOther, to)
}

// TicketUnlink takes the ticket off the account that the agent saw.
func (a *Area) TicketUnlink(c *gin.Context) error {
	return a.act(c, "", func(by ticket.Actor, reference string) error {
		of, err := a.accountOf(c.Request.Context(), c.PostForm("number"))
		if err != nil && !failure.Is(err, failure.KindInvalid) { // a form that names none has seen none
			return err
		}
		_, err = a.Tickets.Unlink(c.Request.Context(), by, reference, of.ID)
		return err
	})
}

// TicketLinkUndo takes the latest change of the link back.
func (a *Area) TicketLinkUndo(c *gin.Context) error {
	return a.act(c, "", func(by ticket.Actor, reference string) error {
		event, err := strconv.ParseInt(c.PostForm("event"), 10, 64)
		if err != nil {
			return failure.Conflict("The link has changed since you looked. See how it was linked last.")
		}
		_, err = a.Tickets.UndoLink(c.Request.Context(), by, reference, event)
		return err
	})
}

// TicketReveal shows a masked fact of the linked account once, and records who saw it.
func (a *Area) TicketReveal(c *gin.Context) error {
	member, reference, err := a.writer(c)
	if err != nil {
		return err
	}
	what := c.PostForm("what")
	seen, err := a.Tickets.Reveal(c.Request.Context(), ticket.Staff(member), reference, what)
	if err != nil {
		return a.again(c, err, nil)
	}
	data, err := a.ticketPage(c)
	if err != nil {
		return err
	}
	data.Panel.Masked.reveal(what, seen, data.Printer.ShortDate)
	return a.Pages.HTML(c, http.StatusOK, "console/ticket_show", data)
}

// reveal puts a fact in full into its place.
func (m *masked) reveal(what string, of account.Account, date func(time.Time) string) {
	switch {
	case what == account.ViewANumber && m.ANumber != "":
		m.ANumber, m.Shown = of.ANumber, what
	case what == account.ViewDateOfBirth && of.DateOfBirth != nil:
		m.DateOfBirth, m.Shown = date(*of.DateOfBirth), what
	}
}
