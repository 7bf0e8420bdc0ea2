package console

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/messages"
	"github.com/askwell/askwell/web/page"
)

// traits are what tells an account from others with the same name, without what is masked until somebody asks for it.
type traits struct {
	Email       string // masked
	Born        string // the year; "" when it is not on file
	Forms       string // of its cases; "" for none
	LastContact *time.Time
	Against     []string // in plain words: what contradicts that the ticket is of this account
	Ask         bool     // linking asks first
}

// linkQuestion asks whether a ticket is of an account, where something contradicts it or others are alike.
type linkQuestion struct {
	page.Frame
	ticket.Ticket
	Traits  traits
	Account account.Account
	URL     string // of the ticket
	From    origin
	Confirm bool   // the ticket is linked to the account already, and that is to be confirmed
	Alike   int    // other accounts with the same name
	Goes    string // where answers go afterwards, masked
}

// Do is where a form of the page goes, as on the ticket's.
func (d *linkQuestion) Do(action string) string { return d.URL + action + d.From.suffix() }

// TicketLinkAsk is GET /console/tickets/{reference}/link?number=: names an account that the ticket may be of, what contradicts that and what
// tells it from others, and asks. That somebody looked is recorded, as on the account's own page. For staff who may answer tickets.
func (a *Area) TicketLinkAsk(c *gin.Context) error {
	ctx := c.Request.Context()
	who, err := me(c)
	if err != nil {
		return err
	}
	reference, err := referenceOf(c)
	if err != nil {
		return err
	}
	d := &linkQuestion{URL: ticketsPath + "/" + reference, From: originOf(c)}
	if d.Ticket, err = a.Tickets.ByReference(ctx, reference); err != nil {
		return err
	}
	if d.Account, err = a.accountOf(ctx, c.Query("number")); err != nil {
		return failure.NotFound("There is no account with this number.")
	}
	if d.Frame, err = a.Frame(c, ""); err != nil {
		return err
	}
	d.Title = d.Printer.T("console.link.ask.title", "reference", reference)
	d.Confirm = d.AccountID != nil && *d.AccountID == d.Account.ID
	d.Goes = maskedEmail(d.Account.Email)
	all, err := a.traits(ctx, d.Ticket, []account.Account{d.Account}, d.Printer)
	if err != nil {
		return err
	}
	d.Traits = all[d.Account.ID]
	namesakes, err := a.accounts.Candidates(ctx, account.Clues{Name: d.Account.Name}, account.MaxNamesakes)
	if err != nil {
		return err
	}
	d.Alike = len(slices.DeleteFunc(namesakes, func(n account.Candidate) bool { return n.Account.ID == d.Account.ID }))
	if err := a.accounts.RecordVisit(ctx, d.Account.ID, who.ID, d.Ticket.ID); err != nil {
		return err
	}
	return a.Pages.HTML(c, http.StatusOK, "console/ticket_link_ask", d)
}

// traits gathers what tells the accounts apart, by their rows.
func (a *Area) traits(ctx context.Context, t ticket.Ticket, accounts []account.Account, p *messages.Printer) (map[int64]traits, error) {
	ids := make([]int64, len(accounts))
	for i, one := range accounts {
		ids[i] = one.ID
	}
	forms, err := a.accounts.Forms(ctx, ids)
	if err != nil {
		return nil, err
	}
	contacts, err := a.Tickets.LastContacts(ctx, ids)
	if err != nil {
		return nil, err
	}
	sender, err := a.accounts.ByEmail(ctx, t.ApplicantEmail)
	if err != nil && !failure.Is(err, failure.KindNotFound) {
		return nil, err
	}
	found := map[int64]traits{}
	for _, one := range accounts {
		v := traits{Email: maskedEmail(one.Email), Forms: strings.Join(forms[one.ID], ", ")}
		if one.DateOfBirth != nil {
			v.Born = strconv.Itoa(one.DateOfBirth.Year())
		}
		if at, ok := contacts[one.ID]; ok {
			v.LastContact = &at
		}
		for _, code := range against(t, one, sender) {
			v.Against = append(v.Against, p.T("console.link.against."+code))
		}
		v.Ask = len(v.Against) > 0
		found[one.ID] = v
	}
	return found, nil
}

// against lists what contradicts that a ticket is of an account, as codes. sender is the account that has the address on the ticket, the
// zero one for none.
func against(t ticket.Ticket, of, sender account.Account) (codes []string) {
	if sender.ID != 0 && sender.ID != of.ID {
		codes = append(codes, "email_of_other")
	}
	if t.ApplicantName != "" && !identifier.SharesWord(identifier.NameWords(t.ApplicantName), identifier.NameWords(of.Name)) {
		codes = append(codes, "names")
	}
	if t.NumberKind == identifier.KindAccountNumber && identifier.ValidAccountNumber(t.NumberRead) && t.NumberRead != of.Number {
		codes = append(codes, "other_number")
	}
	if l := t.Link(); l.FollowsAccount() && l.Account != of.ID {
		codes = append(codes, "linked_elsewhere")
	}
	return codes
}

// maskedEmail leaves of an address its first letter and its domain.
func maskedEmail(s string) string {
	local, domain, _ := strings.Cut(s, "@")
	for _, first := range local {
		return string(first) + "•••@" + domain
	}
	return ""
}
