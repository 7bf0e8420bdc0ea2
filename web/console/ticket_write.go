package console

import (
	"errors"
	"net/http"
	"path"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/page"
)

// TicketReply sends a public reply: its mail goes out once the time to withdraw it has passed.
func (a *Area) TicketReply(c *gin.Context) error {
	member, reference, err := a.writer(c)
	if err != nil {
		return err
	}
	seen, err := strconv.ParseInt(c.PostForm("seen"), 10, 64)
	if err != nil || seen < 1 {
		return failure.Invalid("seen", "missing", "Open the ticket again before you answer it.")
	}
	d := ticket.Draft{
		Body: c.PostForm("body"), Status: ticket.Status(c.PostForm("status")), ToAccount: c.PostForm("to") == "account",
	}
	if _, err := a.Tickets.Reply(c.Request.Context(), actor(c, member), reference, d); err != nil {
		return a.again(c, err, func(p *ticketPage) {
			p.Draft = draft{
				Kind: "reply", Reply: d.Body, Status: string(d.Status), ToAccount: d.ToAccount,
				Problem: p.Alert, Stale: failure.Is(err, failure.KindConflict),
			}
			p.unsent(c, err)
		})
	}
	return a.back(c, reference, "")
}

// unsent says beside the text why it was not sent; sending it once more is the answer to a question.
func (d *ticketPage) unsent(c *gin.Context, err error) {
	d.stopped(c, err)
	if d.Question != nil {
		d.Draft.Excluded, d.Question = d.ExcludedReason, nil
	}
	d.Alert = ""
}

// markFresh points out what came after the message that the writer saw last.
func (d *ticketPage) markFresh(seen int64) {
	for i, e := range d.Thread {
		d.Thread[i].Fresh = e.Message != nil && e.Message.ID > seen
	}
}

// TicketNote adds an internal note.
func (a *Area) TicketNote(c *gin.Context) error {
	member, reference, err := a.writer(c)
	if err != nil {
		return err
	}
	d := ticket.Draft{Body: c.PostForm("body"), Status: ticket.Status(c.PostForm("status"))}
	if _, err := a.Tickets.Note(c.Request.Context(), actor(c, member), reference, d); err != nil {
		return a.again(c, err, func(p *ticketPage) {
			p.Draft = draft{
				Kind: "note", Note: d.Body, Status: p.Draft.Status, NoteStatus: string(d.Status),
				Problem: p.Alert, Stale: failure.Is(err, failure.KindConflict),
			}
			p.unsent(c, err)
		})
	}
	return a.back(c, reference, "")
}

// TicketWithdraw takes a reply back before its mail goes out, and puts its text into the form again. A colleague's is taken back after a
// question, or by a supervisor.
func (a *Area) TicketWithdraw(c *gin.Context) error {
	member, err := me(c)
	if err != nil {
		return err
	}
	reference, err := referenceOf(c)
	if err != nil {
		return err
	}
	message, err := strconv.ParseInt(c.Param("message"), 10, 64)
	if err != nil {
		return failure.NotFound("There is no such reply.")
	}
	by := actor(c, member.ID)
	if member.Role.Can(staff.WithdrawOthers) {
		by = by.Saw(ticket.Seen{OfOther: message})
	}
	if err := a.Tickets.WithdrawReply(c.Request.Context(), by, reference, message); err != nil {
		return a.again(c, err, func(p *ticketPage) {
			if errors.Is(err, ticket.ErrOfOther) {
				p.Question = ask(c, p.Printer.T("console.ticket.withdraw_ask", "name", p.writer(message)), p.Printer.T("console.ticket.withdraw_yes"),
					"of_other", strconv.FormatInt(message, 10))
				p.Alert = ""
			}
		})
	}
	c.Redirect(http.StatusSeeOther, originOf(c).ticket(reference, "draft", strconv.FormatInt(message, 10))+"#composer")
	return nil
}

// writer names who wrote a message.
func (d *ticketPage) writer(message int64) string {
	for _, e := range d.Thread {
		if e.Message != nil && e.Message.ID == message {
			return e.Message.StaffName
		}
	}
	return ""
}

// TicketSendAgain has a reply sent again that was not taken, or of which nobody knows.
func (a *Area) TicketSendAgain(c *gin.Context) error {
	member, reference, err := a.writer(c)
	if err != nil {
		return err
	}
	message, err := strconv.ParseInt(c.Param("message"), 10, 64)
	if err != nil {
		return failure.NotFound("There is no such reply.")
	}
	if err := a.Tickets.SendAgain(c.Request.Context(), actor(c, member), reference, message); err != nil {
		return a.again(c, err, nil)
	}
	return a.back(c, reference, "")
}

// TicketAcknowledgeAgain is TicketSendAgain for the acknowledgement.
func (a *Area) TicketAcknowledgeAgain(c *gin.Context) error {
	member, reference, err := a.writer(c)
	if err != nil {
		return err
	}
	if err := a.Tickets.SendAcknowledgementAgain(c.Request.Context(), actor(c, member), reference); err != nil {
		return a.again(c, err, nil)
	}
	return a.back(c, reference, "")
}

// takeUp puts the text of a withdrawn reply into the form again.
func (d *ticketPage) takeUp(message string) {
	for _, e := range d.Thread {
		if e.Message != nil && e.Message.Delivery == ticket.DeliveryWithdrawn && strconv.FormatInt(e.Message.ID, 10) == message {
			d.Draft.Reply = e.Message.Body
			d.Draft.ToAccount = d.Panel.Own != "" && e.Message.Recipient == d.Panel.Own
		}
	}
}

// takeBack puts what was typed and not sent, because a session had ended, into its form again.
func (d *ticketPage) takeBack(c *gin.Context) {
	switch path.Base(page.GivenBack(c)) {
	case "replies":
		d.Draft = draft{Kind: "reply", Reply: c.PostForm("body"), Status: c.PostForm("status"), ToAccount: c.PostForm("to") == "account"}
	case "notes":
		d.Draft = draft{Kind: "note", Note: c.PostForm("body"), Status: d.Draft.Status, NoteStatus: c.PostForm("status")}
	default:
		return
	}
	if seen, err := strconv.ParseInt(c.PostForm("seen"), 10, 64); err == nil {
		d.markFresh(seen)
	}
}

// TicketAssign gives the ticket to somebody.
func (a *Area) TicketAssign(c *gin.Context) error {
	return a.act(c, "", func(by ticket.Actor, reference string) error {
		id, err := assigneeID(c.PostForm("assignee"), by.StaffID)
		if err != nil {
			return err
		}
		_, err = a.Tickets.Assign(c.Request.Context(), by, reference, id)
		return err
	})
}

// TicketStatus moves the ticket on. With next=1 it solves it and leads to the next one of the list.
func (a *Area) TicketStatus(c *gin.Context) error {
	if c.PostForm("next") == "1" {
		return a.solveAndNext(c)
	}
	return a.act(c, "", func(by ticket.Actor, reference string) error {
		_, err := a.Tickets.SetStatus(c.Request.Context(), by, reference, ticket.Status(c.PostForm("status")))
		return err
	})
}

// TicketRelease says that a quarantined inquiry is no spam.
func (a *Area) TicketRelease(c *gin.Context) error {
	return a.act(c, "console.ticket.released", func(by ticket.Actor, reference string) error {
		_, err := a.Tickets.Release(c.Request.Context(), by, reference)
		return err
	})
}

// TicketExclude takes the ticket out of every figure, or with reason "" takes that back.
func (a *Area) TicketExclude(c *gin.Context) error {
	return a.act(c, "", func(by ticket.Actor, reference string) error {
		reason := c.PostForm("reason")
		if reason != "" && reason != "duplicate" && reason != "spam" {
			return failure.Invalid("reason", "unknown", "Choose a reason from the list.")
		}
		_, err := a.Tickets.Exclude(c.Request.Context(), by, reference, reason)
		return err
	})
}

// act runs a change and goes back to the ticket; what could not be done is said there.
func (a *Area) act(c *gin.Context, done string, change func(by ticket.Actor, reference string) error) error {
	member, reference, err := a.writer(c)
	if err != nil {
		return err
	}
	if err := change(actor(c, member), reference); err != nil {
		return a.again(c, err, func(p *ticketPage) { p.stopped(c, err) })
	}
	return a.back(c, reference, done)
}

func (a *Area) writer(c *gin.Context) (member int64, reference string, err error) {
	m, err := me(c)
	if err != nil {
		return 0, "", err
	}
	reference, err = referenceOf(c)
	return m.ID, reference, err
}

func (a *Area) back(c *gin.Context, reference, say string) error {
	if say != "" {
		a.Pages.Flash(c, "success", a.Pages.Printer(c).T(say))
	}
	c.Redirect(http.StatusSeeOther, originOf(c).ticket(reference))
	return nil
}
