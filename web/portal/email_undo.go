package portal

import (
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/web/remote"
	"github.com/askwell/askwell/web/session"
)

// EmailUndoLink is GET /account/not-me/{token}, from the mail to an address that is, or was, to be replaced. Anybody who has the link may
// call it; 404 for one that is unknown, used, void or too old.
func (a *Area) EmailUndoLink(c *gin.Context) error {
	f := a.newForm(c, "email_undo", c.Request.URL.Path)
	in, err := a.Accounts.Peek(c.Request.Context(), account.RequestEmailUndo, c.Param("token"))
	if err != nil {
		return a.deadLink(c, err, "email_undo_dead")
	}
	return a.Pages.HTML(c, http.StatusOK, "portal/link", linkPage{form: f, Key: "email_undo", Email: in.Email, Action: c.Request.URL.Path})
}

// EmailUndo is POST /account/not-me/{token}: the account has its former address, nobody is signed in to it, and a link that sets a new
// password goes to that address. 409 where another account has the address by now.
func (a *Area) EmailUndo(c *gin.Context) error {
	if wait := a.Limits.Request(c.Request.Context(), "email_undo", remote.Address(c.Request), ""); wait > 0 {
		f := a.newForm(c, "email_undo", c.Request.URL.Path)
		f.wait(c, wait)
		return a.Pages.HTML(c, status(c, f), "portal/link", linkPage{form: f, Key: "email_undo", Action: c.Request.URL.Path})
	}
	out, err := a.Accounts.UndoEmail(c.Request.Context(), c.Param("token"), session.Visit(c), a.Factor.ForgetSince)
	if err != nil {
		return a.deadLink(c, err, "email_undo_dead")
	}
	a.Logger.Warn("a change of address was denied", slog.Int64("account", out.AccountID), slog.Bool("held", out.Held))
	if out.Held {
		return a.tell(c, http.StatusConflict, "email_undo_taken")
	}
	return a.tell(c, http.StatusOK, "email_undone")
}
