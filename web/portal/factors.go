package portal

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/factor"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/web/page"
	"github.com/askwell/askwell/web/session"
)

const factorsPath = "/account/security/second-step"

// factorsPage shows the second step of an account. Fresh: the owner has just signed in, or given the password again, and may change it.
type factorsPage struct {
	form
	Kinds    factor.Kinds
	Passkeys []factor.Passkey
	Works    bool // passkeys do, at this address
	Fresh    bool
	Password page.Field
}

// Factors is GET /account/security/second-step, for who is signed in.
func (a *Area) Factors(c *gin.Context) error {
	return a.showFactors(c, a.factorForm(c, "list", factorsPath))
}

// factorForm begins a page whose words are security.<key>.*.
func (a *Area) factorForm(c *gin.Context, key, path string) form {
	f := a.newForm(c, "security", path)
	f.Title = f.Printer.T("security." + key + ".title")
	return f
}

// factorProblem takes over what a factor was refused for: the messages security.problem.<field>.<code>.
func (f *form) factorProblem(err error) {
	for _, w := range failure.FieldsOf(err) {
		field := w.Name
		if field == "passkey" {
			field = "" // which is no field that one could type in
		}
		f.problem(field, f.Printer.T("security.problem."+w.Name+"."+w.Code))
	}
}

// factorField is a text field whose words are security.field.<key>.label and .hint.
func (f *form) factorField(name, key, value string, change ...func(*page.Field)) page.Field {
	p := page.Field{
		Name: name, Value: value, Error: f.wrong[name], Required: true,
		Label: f.Printer.T("security.field." + key + ".label"), Hint: f.Printer.Find("security.field."+key+".hint", ""),
	}
	for _, fn := range change {
		fn(&p)
	}
	return p
}

func oneTimeCode(p *page.Field) { p.Autocomplete, p.Width = "one-time-code", "xl" }

func (a *Area) showFactors(c *gin.Context, f form) error {
	id := owner(c).ID
	p := factorsPage{form: f, Works: a.Factor.PasskeysWork(), Fresh: a.Sessions.Fresh(c)}
	var err error
	if p.Kinds, err = a.Factor.Needed(c.Request.Context(), id); err != nil {
		return err
	}
	if p.Passkeys, err = a.Factor.Passkeys(c.Request.Context(), id); err != nil {
		return err
	}
	p.Password = f.factorField("old_password", "password", "", currentPassword)
	return a.Pages.HTML(c, status(c, f), "portal/factors", p)
}

// FactorsUnlock is POST /account/security/second-step: the password again, after which the second step can be changed for ten minutes.
func (a *Area) FactorsUnlock(c *gin.Context) error {
	f := a.factorForm(c, "list", factorsPath)
	device, err := a.Accounts.CheckPassword(c.Request.Context(), owner(c), c.PostForm("old_password"), session.Visit(c))
	switch {
	case failure.Is(err, failure.KindInvalid):
		f.factorProblem(err)
		return a.showFactors(c, f)
	case err != nil:
		if f.locked(c, err, a.Now()) {
			return a.showFactors(c, f)
		}
		return err
	}
	a.Sessions.Know(c, device)
	if err := a.Sessions.Refresh(c); err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, factorsPath)
	return nil
}

// RequireFresh lets only those pass who signed in, or gave their password again, within ten minutes: whoever finds a phone unlocked must
// not change how one signs in. Others are asked for the password. It stands behind Require.
func (a *Area) RequireFresh(c *gin.Context) error {
	if a.Sessions.Fresh(c) {
		return nil
	}
	c.Redirect(http.StatusSeeOther, factorsPath)
	c.Abort()
	return nil
}

func (a *Area) by(c *gin.Context) factor.By {
	mine := owner(c)
	return factor.By{AccountID: mine.ID, Epoch: mine.Epoch, Visit: session.Visit(c)}
}

// goOn has this browser stay signed in after it changed how one signs in: every other session has ended. Where somebody else made
// another change since, this one has ended as well.
func (a *Area) goOn(c *gin.Context) error {
	mine := owner(c)
	again, err := a.Accounts.ForSession(c.Request.Context(), mine.ID)
	if err != nil && !failure.Is(err, failure.KindNotFound) {
		return err
	}
	if err != nil || again.Epoch > mine.Epoch+1 {
		return a.Sessions.SignOut(c)
	}
	if again.Epoch == mine.Epoch {
		return nil
	}
	device, err := a.Accounts.Know(again.Account, session.Visit(c).Device)
	if err != nil {
		return err
	}
	a.Sessions.Know(c, device)
	return a.Sessions.GoOn(c, again)
}

// changed leads back to the list, which says what was done.
func (a *Area) changed(c *gin.Context, done string) error {
	if err := a.goOn(c); err != nil {
		return err
	}
	a.Pages.Flash(c, "success", a.Pages.Printer(c).T("security.done."+done))
	c.Redirect(http.StatusSeeOther, factorsPath)
	return nil
}

type recoveryPage struct {
	page.Frame
	Codes []string
}

// showRecovery answers the POST that made recovery codes with the codes themselves. They are kept nowhere, not even for a redirect, so
// the page cannot be asked for again.
func (a *Area) showRecovery(c *gin.Context, codes []string) error {
	if err := a.goOn(c); err != nil {
		return err
	}
	p := recoveryPage{Frame: a.Pages.Frame(c), Codes: codes}
	p.Title, p.Path = p.Printer.T("security.recovery.title"), factorsPath
	return a.Pages.HTML(c, http.StatusOK, "portal/recovery_codes", p)
}

// RecoveryNew is POST /account/security/recovery-codes.
func (a *Area) RecoveryNew(c *gin.Context) error {
	codes, err := a.Factor.NewRecoveryCodes(c.Request.Context(), a.by(c))
	if err != nil {
		return err
	}
	return a.showRecovery(c, codes)
}

// AppRemove is POST /account/security/app/remove.
func (a *Area) AppRemove(c *gin.Context) error {
	if err := a.Factor.RemoveApp(c.Request.Context(), a.by(c)); err != nil {
		return err
	}
	return a.changed(c, "app_removed")
}

// PasskeyRemove is POST /account/security/passkeys/{passkey}/remove; 404 for another account's.
func (a *Area) PasskeyRemove(c *gin.Context) error {
	id, err := strconv.ParseInt(c.Param("passkey"), 10, 64)
	if err != nil {
		return failure.NotFound("There is no such passkey.")
	}
	if err := a.Factor.RemovePasskey(c.Request.Context(), a.by(c), id); err != nil {
		return err
	}
	return a.changed(c, "passkey_removed")
}
