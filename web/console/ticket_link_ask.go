package console

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/page"
)

// besideTicket is a page about whose a ticket is, which leads back to it.
type besideTicket struct {
	page.Frame
	ticket.Ticket
	URL  string // of the ticket
	From origin
}

// Do is where a form of the page goes, as on the ticket's.
func (d *besideTicket) Do(action string) string { return d.URL + action + d.From.suffix() }

// Ask is the page that asks before it links.
func (d *besideTicket) Ask(number string) string { return askPath(d.URL, d.From, number) }

func askPath(ticketURL string, from origin, number string) string {
	return ticketURL + "/link" + from.suffix("number", number)
}

// beside begins such a page. title is its message, which tells the reference.
func (a *Area) beside(c *gin.Context, title string) (d besideTicket, who staff.Member, err error) {
	if who, err = me(c); err != nil {
		return d, who, err
	}
	reference, err := referenceOf(c)
	if err != nil {
		return d, who, err
	}
	d.URL, d.From = ticketsPath+"/"+reference, originOf(c)
	if d.Ticket, err = a.Tickets.ByReference(c.Request.Context(), reference); err != nil {
		return d, who, err
	}
	if d.Frame, err = a.Frame(c, ""); err != nil {
		return d, who, err
	}
	d.Title = d.Printer.T(title, "reference", reference)
	return d, who, nil
}

// linkQuestion asks whether a ticket is of an account, where something contradicts it or others are alike.
type linkQuestion struct {
	besideTicket
	doubts
	Traits  traits
	Account account.Account
	Confirm bool   // the ticket is linked to the account already, and that is to be confirmed
	Goes    string // where answers go afterwards, masked
}

// TicketLinkAsk is GET /console/tickets/{reference}/link?number=: names an account that the ticket may be of, what contradicts that and what
// tells it from others, and asks. That somebody looked is recorded, as on the account's own page. For staff who may answer tickets.
func (a *Area) TicketLinkAsk(c *gin.Context) error {
	ctx := c.Request.Context()
	base, who, err := a.beside(c, "console.link.ask.title")
	if err != nil {
		return err
	}
	d := &linkQuestion{besideTicket: base}
	if d.Account, err = a.accountOf(ctx, c.Query("number")); err != nil {
		return failure.NotFound("There is no account with this number.")
	}
	d.Confirm = d.AccountID != nil && *d.AccountID == d.Account.ID
	d.Goes = maskedEmail(d.Account.Email)
	all, err := a.traits(ctx, d.Ticket, []account.Account{d.Account}, d.Printer)
	if err != nil {
		return err
	}
	d.Traits = all[d.Account.ID]
	if d.doubts, err = a.doubt(ctx, d.Ticket, d.Account); err != nil {
		return err
	}
	if err := a.accounts.RecordVisit(ctx, d.Account.ID, who.ID, d.ID); err != nil {
		return err
	}
	return a.Pages.HTML(c, http.StatusOK, "console/ticket_link_ask", d)
}
