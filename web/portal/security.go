package portal

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/guard"
	"github.com/askwell/askwell/web/page"
	"github.com/askwell/askwell/web/session"
)

const (
	historyShown  = 50
	failuresShown = 10
	failuresSince = 30 * 24 * time.Hour
)

type securityPage struct {
	page.Frame
	Account  account.Account
	History  []account.Event
	Failures []guard.Failure // somebody tried a password that was not right
	Codes    []guard.Failure // somebody knew the password, and tried a code that was not right
}

// Security is GET /account/security, for who is signed in: how one signs in, who did and when, and how to sign out everywhere.
func (a *Area) Security(c *gin.Context) error {
	ctx := c.Request.Context()
	p := securityPage{Frame: a.Pages.Frame(c), Account: owner(c)}
	p.Title = p.Printer.T("portal.security.title")
	var err error
	if p.History, err = a.Store.History(ctx, p.Account.ID, historyShown); err != nil {
		return err
	}
	if p.Failures, p.Codes, err = a.Accounts.Failures(ctx, p.Account, a.Now().Add(-failuresSince), failuresShown); err != nil {
		return err
	}
	return a.Pages.HTML(c, http.StatusOK, "portal/security", p)
}

// EndSessions is POST /account/security/end-sessions: this browser is signed out, and so is every other; open links are void.
func (a *Area) EndSessions(c *gin.Context) error {
	if err := a.Accounts.EndSessions(c.Request.Context(), owner(c), session.Visit(c)); err != nil {
		return err
	}
	if err := a.Sessions.SignOut(c); err != nil {
		return err
	}
	a.Pages.Flash(c, "success", a.Pages.Printer(c).T("portal.security.ended"))
	c.Redirect(http.StatusSeeOther, session.ApplicantSignInPath)
	return nil
}
