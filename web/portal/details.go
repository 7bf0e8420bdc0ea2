package portal

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/web/page"
	"github.com/askwell/askwell/web/remote"
	"github.com/askwell/askwell/web/session"
)

type detailsPage struct {
	form
	Account       account.Account
	Name, Address page.Field
	Language      page.Field
	Born          dateFields
}

// DetailsForm is GET /account/details, for who is signed in.
func (a *Area) DetailsForm(c *gin.Context) error {
	mine := owner(c)
	var year, month, day string
	if b := mine.DateOfBirth; b != nil {
		year, month, day = strconv.Itoa(b.Year()), strconv.Itoa(int(b.Month())), strconv.Itoa(b.Day())
	}
	f := a.typedForm(c, "details", "/account/details")
	if page.GivenBack(c) != "" {
		return a.showTypedDetails(c, f)
	}
	return a.showDetails(c, f, mine.Name, mine.Address, mine.Language, f.date(day, month, year))
}

// DetailsChange is POST /account/details: what differs is written down with what stood there before, and the owner is told by mail.
func (a *Area) DetailsChange(c *gin.Context) error {
	f := a.typedForm(c, "details", "/account/details")
	in := account.Details{Name: typed(c, "name"), Address: typed(c, "address"), DateOfBirth: born(c), Language: a.offered(c.PostForm("language"))}
	if page.ShownAgain(c) {
		return a.showTypedDetails(c, f)
	}
	changed, err := a.Accounts.ChangeDetails(c.Request.Context(), owner(c).ID, in, session.Visit(c))
	switch {
	case failure.Is(err, failure.KindInvalid):
		f.refuse(failure.FieldsOf(err)...)
		return a.showTypedDetails(c, f)
	case err != nil:
		return a.away(c, f, err, a.showTypedDetails)
	case changed:
		a.Pages.Flash(c, "success", f.Printer.T("portal.details.done"))
	default:
		a.Pages.Flash(c, "info", f.Printer.T("portal.details.same"))
	}
	c.Redirect(http.StatusSeeOther, "/account/details")
	return nil
}

// showTypedDetails is the form with what was typed into it.
func (a *Area) showTypedDetails(c *gin.Context, f form) error {
	return a.showDetails(c, f, typed(c, "name"), typed(c, "address"), a.offered(c.PostForm("language")), f.date(typed(c, "birth_day"), typed(c, "birth_month"), typed(c, "birth_year")))
}

func (a *Area) showDetails(c *gin.Context, f form, name, address, language string, date dateFields) error {
	p := detailsPage{
		form: f, Account: owner(c), Born: date,
		Name:     f.field("name", name, func(p *page.Field) { p.Autocomplete = "name" }),
		Address:  f.field("address", address, func(p *page.Field) { p.Autocomplete, p.Rows = "street-address", 3 }),
		Language: f.field("language", language),
	}
	var choice page.OptionGroup
	for _, l := range a.Pages.Messages.Languages() {
		choice.Options = append(choice.Options, page.Option{Value: l.Code, Label: l.OwnName})
	}
	p.Language.Options = []page.OptionGroup{choice}
	return a.Pages.HTML(c, status(c, f), "portal/details", p)
}

// offered is a language that there is, or the agency's.
func (a *Area) offered(code string) string {
	if a.Pages.Messages.Has(code) {
		return code
	}
	return a.Settings.Agency.Language
}

type emailPage struct {
	form
	Account      account.Account
	Email, Again page.Field
}

// EmailForm is GET /account/email, for who is signed in.
func (a *Area) EmailForm(c *gin.Context) error {
	return a.showEmail(c, a.typedForm(c, "email", "/account/email"))
}

func (a *Area) showEmail(c *gin.Context, f form) error {
	return a.Pages.HTML(c, status(c, f), "portal/email", emailPage{
		form: f, Account: owner(c), Email: f.field("email", typed(c, "email"), email, func(p *page.Field) { p.Label = f.Printer.T("portal.email.new") }),
		Again: f.field("old_password", "", currentPassword),
	})
}

// EmailAsk is POST /account/email: a link goes to the new address, and the old one is told. Nothing changes until the link is used.
func (a *Area) EmailAsk(c *gin.Context) error {
	f := a.typedForm(c, "email", "/account/email")
	if page.ShownAgain(c) {
		return a.showEmail(c, f)
	}
	if wait := a.Limits.Request(c.Request.Context(), "email", remote.Address(c.Request), owner(c).Email); wait > 0 {
		f.wait(c, wait)
		return a.showEmail(c, f)
	}
	device, err := a.Accounts.AskEmail(c.Request.Context(), owner(c), typed(c, "email"), c.PostForm("old_password"), session.Visit(c))
	switch {
	case failure.Is(err, failure.KindInvalid):
		f.refuse(failure.FieldsOf(err)...)
		return a.showEmail(c, f)
	case err != nil:
		if f.locked(c, err, a.Now()) {
			return a.showEmail(c, f)
		}
		return a.away(c, f, err, a.showEmail)
	}
	a.Sessions.Know(c, device)
	a.Pages.Flash(c, "success", f.Printer.T("portal.email.sent"))
	c.Redirect(http.StatusSeeOther, "/account/details")
	return nil
}

// EmailLink is GET /account/email/{token}. Anybody who has the link may call it; 404 for one that is unknown, used or too old.
func (a *Area) EmailLink(c *gin.Context) error {
	f := a.newForm(c, "email_confirm", c.Request.URL.Path)
	in, err := a.Accounts.Peek(c.Request.Context(), account.RequestEmail, c.Param("token"))
	if err != nil {
		return a.deadLink(c, err, "email_dead")
	}
	return a.Pages.HTML(c, http.StatusOK, "portal/link", linkPage{form: f, Key: "email_confirm", Email: in.Email, Action: c.Request.URL.Path})
}

// EmailConfirm is POST /account/email/{token}: the account has the new address, and both are told. Every session of it ends, but for the
// one of this browser.
func (a *Area) EmailConfirm(c *gin.Context) error {
	id, err := a.Accounts.ConfirmEmail(c.Request.Context(), c.Param("token"), session.Visit(c))
	switch {
	case errors.Is(err, account.ErrTaken):
		return a.tell(c, http.StatusConflict, "email_taken")
	case err != nil:
		return a.deadLink(c, err, "email_dead")
	}
	if mine, ok := session.Account(c); ok && mine.ID == id {
		if err := a.goOn(c); err != nil {
			return err
		}
	}
	return a.tell(c, http.StatusOK, "email_done")
}
