package portal

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/web/page"
	"github.com/askwell/askwell/web/remote"
	"github.com/askwell/askwell/web/session"
)

type passwordAskPage struct {
	form
	Email page.Field
}

// PasswordAskForm is GET /account/password: for who does not know the password. Anybody may call it.
func (a *Area) PasswordAskForm(c *gin.Context) error {
	return a.showPasswordAsk(c, a.typedForm(c, "password_ask", "/account/password"))
}

func (a *Area) showPasswordAsk(c *gin.Context, f form) error {
	return a.Pages.HTML(c, status(c, f), "portal/password_ask", passwordAskPage{form: f, Email: f.field("email", typed(c, "email"), f.accountName)})
}

// PasswordAsk is POST /account/password: the same page for known and unknown addresses and numbers. Anybody may call it.
func (a *Area) PasswordAsk(c *gin.Context) error {
	f := a.typedForm(c, "password_ask", "/account/password")
	if page.ShownAgain(c) {
		return a.showPasswordAsk(c, f)
	}
	if wait := a.Limits.Request(c.Request.Context(), "password", remote.Address(c.Request), typed(c, "email")); wait > 0 {
		f.wait(c, wait)
		return a.showPasswordAsk(c, f)
	}
	err := a.Accounts.AskPassword(c.Request.Context(), typed(c, "email"), a.Pages.Language(c))
	switch {
	case failure.Is(err, failure.KindInvalid):
		for _, w := range failure.FieldsOf(err) {
			f.problem("email", f.Printer.Find("portal.problem.account_name."+w.Code, f.Printer.T("portal.problem.account_name.invalid")))
		}
		return a.showPasswordAsk(c, f)
	case err != nil:
		return a.away(c, f, err, a.showPasswordAsk)
	}
	c.Redirect(http.StatusSeeOther, "/account/password/sent")
	return nil
}

// PasswordLink is GET /account/password/{token}. Anybody who has the link may call it; 404 for one that is unknown, used or too old.
func (a *Area) PasswordLink(c *gin.Context) error {
	return a.showPasswordLink(c, a.newForm(c, "password_set", c.Request.URL.Path))
}

func (a *Area) showPasswordLink(c *gin.Context, f form) error {
	in, err := a.Accounts.Peek(c.Request.Context(), account.RequestPassword, c.Param("token"))
	if err != nil {
		return a.deadLink(c, err, "password_dead")
	}
	field := f.field("password", "", newPassword)
	p := linkPage{form: f, Key: "password_set", Email: in.Email, Password: &field, Action: c.Request.URL.Path}
	return a.Pages.HTML(c, status(c, f), "portal/link", p)
}

// PasswordSet is POST /account/password/{token}: it sets the password, ends every session and signs in.
func (a *Area) PasswordSet(c *gin.Context) error {
	f := a.newForm(c, "password_set", c.Request.URL.Path)
	in, err := a.Accounts.ResetPassword(c.Request.Context(), c.Param("token"), c.PostForm("password"), session.Visit(c))
	switch {
	case failure.Is(err, failure.KindInvalid):
		f.refuse(failure.FieldsOf(err)...)
		return a.showPasswordLink(c, f)
	case err != nil:
		return a.deadLink(c, err, "password_dead")
	}
	a.Pages.Flash(c, "success", f.Printer.T("portal.password_set.done"))
	return a.enter(c, in, "/account")
}

type passwordChangePage struct {
	form
	Old, Password page.Field
}

// PasswordChangeForm is GET /account/security/password, for who is signed in.
func (a *Area) PasswordChangeForm(c *gin.Context) error {
	return a.showPasswordChange(c, a.typedForm(c, "password_change", "/account/security/password"))
}

func (a *Area) showPasswordChange(c *gin.Context, f form) error {
	return a.Pages.HTML(c, status(c, f), "portal/password_change", passwordChangePage{
		form: f, Old: f.field("old_password", "", currentPassword), Password: f.field("password", "", newPassword),
	})
}

// PasswordChange is POST /account/security/password: every other session ends.
func (a *Area) PasswordChange(c *gin.Context) error {
	f := a.typedForm(c, "password_change", "/account/security/password")
	if page.ShownAgain(c) {
		return a.showPasswordChange(c, f)
	}
	in, err := a.Accounts.ChangePassword(c.Request.Context(), owner(c), c.PostForm("old_password"), c.PostForm("password"), session.Visit(c))
	switch {
	case failure.Is(err, failure.KindInvalid):
		f.refuse(failure.FieldsOf(err)...)
		return a.showPasswordChange(c, f)
	case err != nil:
		if f.locked(c, err, a.Now()) {
			return a.showPasswordChange(c, f)
		}
		return a.away(c, f, err, a.showPasswordChange)
	}
	a.Sessions.Know(c, in.Device)
	if err := a.Sessions.SignIn(c, in.Stamped); err != nil {
		return err
	}
	a.Pages.Flash(c, "success", f.Printer.T("portal.password_change.done"))
	c.Redirect(http.StatusSeeOther, "/account/security")
	return nil
}
