package console

import (
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/page"
)

// accountPage is an applicant's account as staff see it.
type accountPage struct {
	page.Frame
	Account account.Account
	Masked  masked
	Cases   []caseLine
	Tickets []ticket.Row
	More    string // link to all tickets, when there are more
	Looks   []account.View
	Bounce  *account.Event // the last mail to the owner came back; nil when none did
	URL     string
}

const (
	accountsPath       = "/console/accounts/"
	shownAccountTicket = 20
	shownViews         = 20
)

// AccountShow shows an account with its cases and tickets; that somebody looked is recorded.
func (a *Area) AccountShow(c *gin.Context) error {
	data, member, err := a.accountPage(c)
	if err != nil {
		return err
	}
	if err := a.accounts.RecordVisit(c.Request.Context(), data.Account.ID, member.ID, 0); err != nil {
		return err
	}
	return a.Pages.HTML(c, http.StatusOK, "console/account_show", data)
}

// AccountReveal shows a masked fact once, and records who saw it.
func (a *Area) AccountReveal(c *gin.Context) error {
	what := c.PostForm("what")
	if what != account.ViewDateOfBirth && what != account.ViewANumber {
		return failure.Invalid("what", "unknown", "Choose what to show.")
	}
	data, member, err := a.accountPage(c)
	if err != nil {
		return err
	}
	if err := a.accounts.RecordView(c.Request.Context(), data.Account.ID, member.ID, what, 0); err != nil {
		return err
	}
	data.Masked.reveal(what, data.Account, data.Printer.ShortDate)
	return a.Pages.HTML(c, http.StatusOK, "console/account_show", data)
}

func (a *Area) accountPage(c *gin.Context) (*accountPage, staff.Member, error) {
	ctx := c.Request.Context()
	member, err := me(c)
	if err != nil {
		return nil, member, err
	}
	number := identifier.Normalize(c.Param("number"))
	d := &accountPage{URL: accountsPath + number}
	if d.Account, err = a.accounts.ByNumber(ctx, number); err != nil {
		if failure.Is(err, failure.KindNotFound) {
			err = failure.New(failure.KindNotFound, "There is no account with this number.", err)
		}
		return nil, member, err
	}
	if d.Frame, err = a.Frame(c, ""); err != nil {
		return nil, member, err
	}
	d.Title, d.Path = d.Account.Name, d.URL
	d.Masked = maskedFacts(d.Account)
	if d.Cases, err = a.cases(ctx, d.Account.ID); err != nil {
		return nil, member, err
	}
	found, err := a.Tickets.List(ctx, ticket.Filter{AccountID: d.Account.ID, WithExcluded: true, Limit: shownAccountTicket})
	if err != nil {
		return nil, member, fmt.Errorf("show an account: %w", err)
	}
	d.Tickets = found.Rows
	if found.Next.ID != 0 {
		d.More = ticketsPath + "?view=all&account=" + d.Account.Number
	}
	bounce, err := a.accounts.LastBounce(ctx, d.Account.ID)
	switch {
	case err == nil:
		d.Bounce = &bounce
	case !failure.Is(err, failure.KindNotFound):
		return nil, member, err
	}
	d.Looks, err = a.accounts.Views(ctx, d.Account.ID, shownViews)
	return d, member, err
}
