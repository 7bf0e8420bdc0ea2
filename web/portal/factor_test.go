package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/pquerna/otp/totp"

	"github.com/askwell/askwell/web/webtest"
)

// clock is the time that a desk goes by.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time           { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) advance(by time.Duration) { c.ahead.Add(int64(by)) }
func (c *clock) code(t *testing.T, secret string) string {
	t.Helper()
	code, err := totp.GenerateCode(strings.ReplaceAll(secret, " ", ""), c.now())
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func clocked(t *testing.T) (*webtest.Desk, *clock) {
	t.Helper()
	c := &clock{}
	return webtest.New(t, webtest.Options{Now: c.now}), c
}

// enter gives the password and says where that leads.
func enter(t *testing.T, v *webtest.Visitor, email string) string {
	t.Helper()
	answer := v.Post("/account/sign-in", url.Values{"email": {email}, "password": {webtest.Password}, "next": {"/account/details"}})
	if answer.Status != http.StatusSeeOther {
		t.Fatalf("the password is answered with %d: %s", answer.Status, answer.Text("main"))
	}
	return answer.Location()
}

func answered(t *testing.T, what string, p webtest.Page, status int, location string) {
	t.Helper()
	if p.Status != status || location != "" && p.Location() != location {
		t.Fatalf("%s: status %d to %q, want %d to %q: %s", what, p.Status, p.Location(), status, location, p.Text("main"))
	}
}

func recoveryIn(p webtest.Page) []string {
	return p.Doc.Find(".factor-codes code").Map(func(_ int, code *goquery.Selection) string { return code.Text() })
}

// addApp sets codes from an app up and gives the secret and the recovery codes.
func addApp(t *testing.T, c *clock, v *webtest.Visitor) (secret string, recovery []string) {
	t.Helper()
	answered(t, "begin", v.Post("/account/security/app", nil), http.StatusSeeOther, "/account/security/app")
	setup := v.Get("/account/security/app")
	answered(t, "setup", setup, http.StatusOK, "")
	secret = setup.Text(".factor-secret")
	if setup.Doc.Find("svg.factor-qr path").AttrOr("d", "") == "" {
		t.Error("no picture to scan")
	}
	wrong := v.Post("/account/security/app/confirm", url.Values{"code": {"12345"}})
	answered(t, "a wrong code", wrong, http.StatusUnprocessableEntity, "")
	if wrong.Text(".factor-secret") != secret || wrong.Value("code") != "12345" {
		t.Error("after a wrong code the page no longer holds what it held")
	}
	shown := v.Post("/account/security/app/confirm", url.Values{"code": {c.code(t, secret)}})
	answered(t, "confirm", shown, http.StatusOK, "")
	recovery = recoveryIn(shown)
	if len(recovery) != 10 || shown.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d recovery codes, cached by %q", len(recovery), shown.Header.Get("Cache-Control"))
	}
	c.advance(30 * time.Second)
	return secret, recovery
}

func TestSecondStep(t *testing.T) {
	t.Parallel()
	desk, c := clocked(t)
	desk.Applicant(t, "ada@mail.example")
	home := desk.NewVisitor(t)
	if got := enter(t, home, "ada@mail.example"); got != "/account/details" {
		t.Fatalf("without a second step the password leads to %q", got)
	}
	secret, recovery := addApp(t, c, home)

	v := desk.NewVisitor(t)
	const step = "/account/sign-in/second?next=%2Faccount%2Fdetails"
	if got := enter(t, v, "ada@mail.example"); got != step {
		t.Fatalf("the password leads to %q", got)
	}
	for _, path := range []string{"/account", "/account/details", "/account/security", "/account/security/second-step", "/account/security/app"} {
		if p := v.Get(path); p.Status != http.StatusSeeOther || !strings.HasPrefix(p.Location(), "/account/sign-in?") {
			t.Errorf("halfway in, %s is answered with %d to %q", path, p.Status, p.Location())
		}
	}
	for _, path := range []string{"/account/security/app/remove", "/account/security/recovery-codes", "/account/security/end-sessions"} {
		if p := v.Post(path, nil); p.Location() != "/account/sign-in" {
			t.Errorf("halfway in, POST %s is answered with %d to %q", path, p.Status, p.Location())
		}
	}
	page := v.Get(step)
	answered(t, "the second step", page, http.StatusOK, "")
	form := page.Form(`form[action="/account/sign-in/second"]`)
	form.Set("code", "000")
	wrong := v.Post("/account/sign-in/second", form)
	answered(t, "no code", wrong, http.StatusUnprocessableEntity, "")
	if wrong.Value("next") != "/account/details" {
		t.Errorf("where to go is forgotten: %q", wrong.Value("next"))
	}
	code := c.code(t, secret)
	form.Set("code", code)
	answered(t, "the code", v.Post("/account/sign-in/second", form), http.StatusSeeOther, "/account/details")
	answered(t, "then", v.Get("/account/details"), http.StatusOK, "")

	again := desk.NewVisitor(t)
	enter(t, again, "ada@mail.example")
	answered(t, "the code a second time", again.Post("/account/sign-in/second", form), http.StatusUnprocessableEntity, "")
	form.Set("code", recovery[0])
	answered(t, "a recovery code", again.Post("/account/sign-in/second", form), http.StatusSeeOther, "/account/details")
	if got := again.Get("/account/details").Text(".flash"); !strings.Contains(got, "9") {
		t.Errorf("nothing says that nine are left: %q", got)
	}

	late := desk.NewVisitor(t)
	enter(t, late, "ada@mail.example")
	c.advance(10*time.Minute + time.Second)
	form.Set("code", c.code(t, secret))
	answered(t, "after ten minutes", late.Post("/account/sign-in/second", form), http.StatusSeeOther, "/account/sign-in")
	answered(t, "without a password", desk.NewVisitor(t).Post("/account/sign-in/second", form), http.StatusSeeOther, "/account/sign-in")
}

// TestFactorsAskForThePasswordAgain: ten minutes after signing in nothing can be changed before the password is given again.
func TestFactorsAskForThePasswordAgain(t *testing.T) {
	t.Parallel()
	desk, c := clocked(t)
	desk.Applicant(t, "ada@mail.example")
	v := desk.NewVisitor(t)
	enter(t, v, "ada@mail.example")
	addApp(t, c, v)
	c.advance(11 * time.Minute)
	const list = "/account/security/second-step"
	for _, path := range []string{"/account/security/app", "/account/security/app/remove", "/account/security/passkeys", "/account/security/recovery-codes"} {
		answered(t, path, v.Post(path, nil), http.StatusSeeOther, list)
	}
	if page := v.Get(list); page.Doc.Find(`form[action$="/remove"]`).Length() != 0 || page.Doc.Find("#old_password").Length() != 1 {
		t.Errorf("the page does not ask for the password: %s", page.Text("main"))
	}
	answered(t, "a wrong password", v.Post(list, url.Values{"old_password": {"not the password"}}), http.StatusUnprocessableEntity, "")
	answered(t, "the password", v.Post(list, url.Values{"old_password": {webtest.Password}}), http.StatusSeeOther, list)
	if codes := v.Post("/account/security/recovery-codes", nil); len(recoveryIn(codes)) != 10 {
		t.Errorf("new recovery codes: status %d", codes.Status)
	}
	answered(t, "remove", v.Post("/account/security/app/remove", nil), http.StatusSeeOther, list)
	answered(t, "remove twice", v.Post("/account/security/app/remove", nil), http.StatusNotFound, "")
	if got := enter(t, desk.NewVisitor(t), "ada@mail.example"); got != "/account/details" {
		t.Errorf("after it was removed the password leads to %q", got)
	}
}

func TestFactorsOfNobodyAndOfOthers(t *testing.T) {
	t.Parallel()
	desk, _ := clocked(t)
	ada := desk.Applicant(t, "ada@mail.example")
	desk.Applicant(t, "ben@mail.example")
	var passkey string
	err := desk.DB.QueryRow(t.Context(), `
		INSERT INTO account_passkey (account_id, credential_id, credential, name, created_at) VALUES ($1, 'id', '{}', 'Blue', now())
		RETURNING id::text`, ada).Scan(&passkey)
	if err != nil {
		t.Fatal(err)
	}
	ben := desk.NewVisitor(t)
	enter(t, ben, "ben@mail.example")
	answered(t, "another's passkey", ben.Post("/account/security/passkeys/"+passkey+"/remove", nil), http.StatusNotFound, "")
	answered(t, "no passkey", ben.Post("/account/security/passkeys/one/remove", nil), http.StatusNotFound, "")

	for _, path := range []string{"/account/security/second-step", "/account/security/app", "/account/security/passkeys/new"} {
		answered(t, path, desk.NewVisitor(t).Get(path), http.StatusSeeOther, "/account/sign-in?next="+url.QueryEscape(path))
	}
	for _, path := range []string{"/account/security/second-step", "/account/security/app", "/account/security/app/confirm", "/account/security/app/remove",
		"/account/security/passkeys", "/account/security/passkeys/" + passkey + "/remove", "/account/security/recovery-codes"} {
		answered(t, path, desk.NewVisitor(t).Post(path, nil), http.StatusSeeOther, "/account/sign-in")
	}
}
