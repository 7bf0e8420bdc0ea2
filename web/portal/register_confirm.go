package portal

import (
	"errors"
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/web/page"
	"github.com/askwell/askwell/web/session"
)

// linkPage is a page behind a link from a mail. Opening it changes nothing: mail scanners open links. Its words are portal.<Key>.*.
type linkPage struct {
	form
	Key      string
	Email    string // to whose mailbox the link went
	Password *page.Field
	Action   string
}

// RegisterLink is GET /register/confirm/{token}. Anybody who has the link may call it; 404 for one that is unknown, used or too old.
func (a *Area) RegisterLink(c *gin.Context) error {
	return a.showRegisterLink(c, a.newForm(c, "confirm", c.Request.URL.Path))
}

func (a *Area) showRegisterLink(c *gin.Context, f form) error {
	in, err := a.Accounts.Peek(c.Request.Context(), account.RequestRegistration, c.Param("token"))
	if err != nil {
		return a.deadLink(c, err, "confirm_dead")
	}
	field := f.field("password", "", currentPassword)
	field.Label, field.Hint = f.Printer.T("portal.confirm.password"), f.Printer.T("portal.confirm.password_hint")
	p := linkPage{form: f, Key: "confirm", Email: in.Email, Password: &field, Action: c.Request.URL.Path}
	return a.Pages.HTML(c, status(c, f), "portal/link", p)
}

// RegisterConfirm is POST /register/confirm/{token}: with the password that was chosen it makes the account and signs in.
func (a *Area) RegisterConfirm(c *gin.Context) error {
	f := a.newForm(c, "confirm", c.Request.URL.Path)
	in, err := a.Accounts.ConfirmRegistration(c.Request.Context(), c.Param("token"), c.PostForm("password"), session.Visit(c))
	switch {
	case errors.Is(err, account.ErrTaken):
		return a.tell(c, http.StatusConflict, "confirm_taken")
	case failure.Is(err, failure.KindNotFound):
		return a.deadLink(c, err, "confirm_dead")
	case failure.Is(err, failure.KindUnsigned):
		f.problem("password", f.Printer.T("portal.confirm.wrong"))
		return a.showRegisterLink(c, f)
	case err != nil:
		if f.locked(c, err, a.Now()) {
			return a.showRegisterLink(c, f)
		}
		return err
	}
	a.Sessions.Know(c, in.Device)
	if err := a.Sessions.SignIn(c, in.Stamped); err != nil {
		return err
	}
	a.Logger.Info("an account was registered", slog.Int64("account", in.ID))
	a.Pages.Flash(c, "success", f.Printer.T("portal.confirm.done"))
	c.Redirect(http.StatusSeeOther, "/account")
	return nil
}
