package portal

import (
	"errors"
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/factor"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/web/page"
	"github.com/askwell/askwell/web/session"
)

const secondStepPath = "/account/sign-in/second"

type secondStepPage struct {
	form
	Kinds   factor.Kinds
	Options string // JSON for the browser's passkeys; "" when none can be used
	Code    page.Field
	Next    string
}

// SecondStepForm is GET /account/sign-in/second, for whoever has given the right password within ten minutes; others begin anew.
func (a *Area) SecondStepForm(c *gin.Context) error {
	in, ok := a.Sessions.HalfwayIn(c)
	if !ok {
		return a.beginAnew(c)
	}
	return a.showSecondStep(c, a.factorForm(c, "step", secondStepPath), in)
}

func (a *Area) beginAnew(c *gin.Context) error {
	c.Redirect(http.StatusSeeOther, session.ApplicantSignInPath)
	return nil
}

func (a *Area) showSecondStep(c *gin.Context, f form, in account.Stamped) error {
	next := c.Query("next")
	if c.Request.Method == http.MethodPost {
		next = c.PostForm("next")
	}
	p := secondStepPage{form: f, Next: a.Sessions.Next(next)}
	var err error
	if p.Kinds, err = a.Factor.Needed(c.Request.Context(), in.ID); err != nil {
		return err
	}
	if p.Kinds.Shut {
		p.problem("", p.Printer.T("security.problem.shut"))
		return a.Pages.HTML(c, status(c, p.form), "portal/second_step", p)
	}
	if p.Kinds.Passkeys > 0 && a.Factor.PasskeysWork() {
		asked, err := a.Factor.AskPasskey(c.Request.Context(), in.ID)
		if err != nil && !failure.Is(err, failure.KindNotFound) {
			return err
		}
		if err := a.Sessions.Put(c, keyPasskeyUse, asked.State); err != nil {
			return err
		}
		p.Options = string(asked.Options)
	}
	key := "code"
	if !p.Kinds.App || p.Kinds.AppUnreadable {
		key = "recovery_code"
	}
	p.Code = f.factorField("code", key, typed(c, "code"), oneTimeCode)
	return a.Pages.HTML(c, status(c, f), "portal/second_step", p)
}

// SecondStep is POST /account/sign-in/second: a code from the app, or a recovery code.
func (a *Area) SecondStep(c *gin.Context) error {
	return a.takeSecondStep(c, func(by factor.By) (factor.Passed, error) {
		return a.Factor.Enter(c.Request.Context(), by, c.PostForm("code"))
	})
}

// SecondStepPasskey is POST /account/sign-in/passkey.
func (a *Area) SecondStepPasskey(c *gin.Context) error {
	state, err := a.Sessions.Take(c, keyPasskeyUse)
	if err != nil {
		return err
	}
	return a.takeSecondStep(c, func(by factor.By) (factor.Passed, error) {
		return a.Factor.EnterPasskey(c.Request.Context(), by, state, c.PostForm("passkey"))
	})
}

func (a *Area) takeSecondStep(c *gin.Context, enter func(factor.By) (factor.Passed, error)) error {
	in, ok := a.Sessions.HalfwayIn(c)
	if !ok {
		return a.beginAnew(c)
	}
	f := a.factorForm(c, "step", secondStepPath)
	passed, err := enter(factor.By{AccountID: in.ID, Epoch: in.Epoch, Visit: session.Visit(c)})
	switch {
	case errors.Is(err, factor.ErrShut):
		return a.showSecondStep(c, f, in) // which says so
	case failure.Is(err, failure.KindInvalid):
		f.factorProblem(err)
		return a.showSecondStep(c, f, in)
	case failure.Is(err, failure.KindForbidden):
		f.problem("", f.Printer.T("security.problem.passkey.stopped"))
		return a.showSecondStep(c, f, in)
	case err != nil:
		if f.locked(c, err, a.Now()) {
			return a.showSecondStep(c, f, in)
		}
		return err
	}
	if passed.Recovery {
		a.Pages.Flash(c, "info", f.Printer.T("security.done.recovery_used", "count", passed.Left))
	}
	return a.arrive(c, account.SignedIn{Stamped: in, Device: passed.Device}, a.Sessions.Next(c.PostForm("next")))
}

// halfway sends somebody whose password was right on to the second step, if the account has one.
func (a *Area) halfway(c *gin.Context, in account.SignedIn, next string) (needed bool, err error) {
	kinds, err := a.Factor.Needed(c.Request.Context(), in.ID)
	if err != nil || !kinds.Any() {
		return false, err
	}
	a.Sessions.Know(c, in.Device)
	if err := a.Sessions.Halfway(c, in.Stamped); err != nil {
		return false, err
	}
	c.Redirect(http.StatusSeeOther, session.WithNext(secondStepPath, next))
	return true, nil
}

// arrive begins the session of somebody who has taken every step, and leads on.
func (a *Area) arrive(c *gin.Context, in account.SignedIn, next string) error {
	a.Sessions.Know(c, in.Device)
	if err := a.Sessions.SignIn(c, in.Stamped); err != nil {
		return err
	}
	if err := a.Accounts.SignedInFully(c.Request.Context(), in.ID, session.Visit(c)); err != nil {
		return err
	}
	a.Logger.Info("an applicant signed in", slog.Int64("account", in.ID))
	c.Redirect(http.StatusSeeOther, next)
	return nil
}
