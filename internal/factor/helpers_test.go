package factor_test

import (
	"crypto/rand"
	"strings"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/askwell/askwell/internal/factor"
)

type random struct{}

func (random) Read(p []byte) (int, error) { return rand.Read(p) }

// app is an authenticator app.
type app struct{ secret string }

func (d *desk) code(a app, at time.Time) string {
	d.Helper()
	code, err := totp.GenerateCode(a.secret, at)
	d.must(err)
	return code
}

// beginApp types the secret that the page shows into an app.
func (d *desk) beginApp(by factor.By) app {
	d.Helper()
	d.must(d.factors.BeginApp(d.Context(), by.AccountID))
	setup, err := d.factors.AppSetup(d.Context(), by.AccountID)
	d.must(err)
	return app{strings.ReplaceAll(setup.Secret, " ", "")}
}

// addApp sets an app up; its next code counts.
func (d *desk) addApp(by factor.By) (app, []string) {
	d.Helper()
	a := d.beginApp(by)
	recovery, err := d.factors.ConfirmApp(d.Context(), by, d.code(a, d.now()))
	d.must(err)
	d.nextStep()
	return a, recovery
}

func (d *desk) enter(by factor.By, code string) error {
	_, err := d.factors.Enter(d.Context(), by, code)
	return err
}
