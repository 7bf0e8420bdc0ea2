package portal

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/factor"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/web/page"
)

const (
	appPath    = "/account/security/app"
	newKeyPath = "/account/security/passkeys/new"
)

// What a passkey has to answer is kept in the session: bound to it, and good for one answer.
const (
	keyPasskeyNew = "passkey.new"
	keyPasskeyUse = "passkey.use"
)

type appPage struct {
	form
	Setup factor.AppSetup
	Code  page.Field
}

// AppBegin is POST /account/security/app.
func (a *Area) AppBegin(c *gin.Context) error {
	if err := a.Factor.BeginApp(c.Request.Context(), owner(c).ID); err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, appPath)
	return nil
}

// App is GET /account/security/app: the secret for the app. It leads back when none was begun.
func (a *Area) App(c *gin.Context) error { return a.showApp(c, a.factorForm(c, "app", appPath)) }

func (a *Area) showApp(c *gin.Context, f form) error {
	setup, err := a.Factor.AppSetup(c.Request.Context(), owner(c).ID)
	if failure.Is(err, failure.KindNotFound) {
		c.Redirect(http.StatusSeeOther, factorsPath)
		return nil
	}
	if err != nil {
		return err
	}
	code := f.factorField("code", "app_code", typed(c, "code"), oneTimeCode, func(p *page.Field) { p.InputMode = "numeric" })
	return a.Pages.HTML(c, status(c, f), "portal/factor_app", appPage{form: f, Setup: setup, Code: code})
}

// AppConfirm is POST /account/security/app/confirm: the first code, after which codes count.
func (a *Area) AppConfirm(c *gin.Context) error {
	codes, err := a.Factor.ConfirmApp(c.Request.Context(), a.by(c), c.PostForm("code"))
	if failure.Is(err, failure.KindInvalid) {
		f := a.factorForm(c, "app", appPath)
		f.factorProblem(err)
		return a.showApp(c, f)
	}
	return a.added(c, codes, err, "app_added")
}

// added shows the recovery codes that came with an account's first factor, else the list.
func (a *Area) added(c *gin.Context, codes []string, err error, done string) error {
	switch {
	case err != nil:
		return err
	case len(codes) > 0:
		return a.showRecovery(c, codes)
	}
	return a.changed(c, done)
}

type passkeyPage struct {
	form
	Options string // JSON, for the browser
	Name    page.Field
}

// PasskeyNew is GET /account/security/passkeys/new.
func (a *Area) PasskeyNew(c *gin.Context) error {
	return a.showPasskeyNew(c, a.factorForm(c, "passkey", newKeyPath))
}

func (a *Area) showPasskeyNew(c *gin.Context, f form) error {
	asked, err := a.Factor.BeginPasskey(c.Request.Context(), owner(c).ID)
	if err != nil {
		return err
	}
	if err := a.Sessions.Put(c, keyPasskeyNew, asked.State); err != nil {
		return err
	}
	name := f.factorField("name", "passkey_name", typed(c, "name"))
	return a.Pages.HTML(c, status(c, f), "portal/factor_passkey", passkeyPage{form: f, Options: string(asked.Options), Name: name})
}

// PasskeyAdd is POST /account/security/passkeys: what the browser's authenticator made.
func (a *Area) PasskeyAdd(c *gin.Context) error {
	state, err := a.Sessions.Take(c, keyPasskeyNew)
	if err != nil {
		return err
	}
	codes, err := a.Factor.AddPasskey(c.Request.Context(), a.by(c), state, c.PostForm("passkey"), c.PostForm("name"))
	if failure.Is(err, failure.KindInvalid) {
		f := a.factorForm(c, "passkey", newKeyPath)
		f.factorProblem(err)
		return a.showPasskeyNew(c, f)
	}
	return a.added(c, codes, err, "passkey_added")
}
