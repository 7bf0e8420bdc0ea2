package portal

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/web/page"
	"github.com/askwell/askwell/web/session"
)

type signInPage struct {
	form
	Email, Password page.Field
	Next            string
}

// SignInForm is GET /account/sign-in; who is signed in already goes on. Anybody may call it.
func (a *Area) SignInForm(c *gin.Context) error {
	if _, ok := session.Account(c); ok {
		c.Redirect(http.StatusSeeOther, a.Sessions.Next(c.Query("next")))
		return nil
	}
	return a.showSignIn(c, a.typedForm(c, "sign_in", session.ApplicantSignInPath))
}

func (a *Area) showSignIn(c *gin.Context, f form) error {
	next := c.Query("next")
	if c.Request.Method == http.MethodPost {
		next = c.PostForm("next")
	}
	return a.Pages.HTML(c, status(c, f), "portal/sign_in", signInPage{
		form: f, Next: a.Sessions.Next(next), Email: f.field("email", typed(c, "email"), f.accountName),
		Password: f.field("password", "", currentPassword, func(p *page.Field) {
			p.Label, p.Hint = f.Printer.T("portal.confirm.password"), ""
		}),
	})
}

// SignIn is POST /account/sign-in: the field email holds an address or an account number. A wrong one and a wrong password get the same
// answer in the same time. Anybody may call it.
func (a *Area) SignIn(c *gin.Context) error {
	f := a.typedForm(c, "sign_in", session.ApplicantSignInPath)
	if page.ShownAgain(c) {
		return a.showSignIn(c, f)
	}
	in, err := a.Accounts.SignIn(c.Request.Context(), c.PostForm("email"), c.PostForm("password"), session.Visit(c))
	switch {
	case failure.Is(err, failure.KindUnsigned):
		f.problem("email", f.Printer.T("portal.sign_in.wrong"))
		return a.showSignIn(c, f)
	case err != nil:
		if f.locked(c, err, a.Now()) {
			return a.showSignIn(c, f)
		}
		return a.away(c, f, err, a.showSignIn)
	}
	return a.enter(c, in, a.Sessions.Next(c.PostForm("next")))
}

// enter leads somebody whose password was right on: to the second step where there is one, else in.
func (a *Area) enter(c *gin.Context, in account.SignedIn, next string) error {
	if needed, err := a.halfway(c, in, next); err != nil || needed {
		return err
	}
	return a.arrive(c, in, next)
}

// SignOut is POST /account/sign-out. next is where signing in leads afterwards: what is kept there is another person's.
func (a *Area) SignOut(c *gin.Context) error {
	if mine, ok := session.Account(c); ok {
		if err := account.Record(c.Request.Context(), a.Accounts.DB, mine.ID, account.EventSignedOut, a.Now().UTC(), session.Visit(c), account.EventData{}); err != nil {
			return err
		}
	}
	if err := a.Sessions.SignOut(c); err != nil {
		return err
	}
	to := url.URL{Path: session.ApplicantSignInPath}
	var kept url.Values
	if c.PostForm("next") != "" {
		next := a.Sessions.Next(c.PostForm("next"))
		to.RawQuery = url.Values{"next": {next}}.Encode()
		if u, err := url.Parse(next); err == nil {
			kept = u.Query()
		}
	}
	a.Forms.Drafts.Forget(c, kept)
	a.Pages.Flash(c, "success", a.Pages.Printer(c).T("portal.sign_in.signed_out"))
	c.Redirect(http.StatusSeeOther, to.String())
	return nil
}
