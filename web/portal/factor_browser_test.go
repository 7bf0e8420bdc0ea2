package portal_test

import (
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/web/webtest"
)

// named starts a desk that browsers reach as http://localhost:..., for passkeys are made for a name and never for a number.
func named(t *testing.T) (*webtest.Desk, *clock, string) {
	t.Helper()
	door := httptest.NewServer(nil)
	t.Cleanup(door.Close)
	base := strings.Replace(door.URL, "127.0.0.1", "localhost", 1)
	c := &clock{}
	desk := webtest.New(t, webtest.Options{Now: c.now, Env: map[string]string{"BASE_URL": base}})
	behind, err := url.Parse(desk.URL)
	if err != nil {
		t.Fatal(err)
	}
	door.Config.Handler = httputil.NewSingleHostReverseProxy(behind)
	return desk, c, base
}

// secondStep is an applicant on a phone with a keyboard alone: an app, its code, a recovery code, and a passkey.
func secondStep(t *testing.T, lang, listTitle, shown, left string) {
	t.Helper()
	desk, c, base := named(t)
	desk.Applicant(t, "ada@mail.example")
	tab := testkit.Browser(t)
	tab.Authenticator()
	tab.Resize(390, 844)
	look := func(name string) { t.Helper(); tab.Axe(); shoot(t, tab, "second-"+name+"-"+lang) }
	press := func(selector string) { t.Helper(); tab.TabTo(selector); tab.PressAndLoad("Enter") }
	fill := func(selector, text string) { t.Helper(); tab.TabTo(selector); tab.Type(text) }
	is := func(want string) {
		t.Helper()
		if got := tab.Text("h1"); got != want {
			t.Fatalf("the page is %q, want %q: %s", got, want, tab.Text("main"))
		}
	}
	signIn := func() {
		t.Helper()
		tab.Goto(base + "/account/sign-in?next=/account/security/second-step")
		fill("#email", "ada@mail.example")
		fill("#password", webtest.Password)
		press(`main form button[type="submit"]`)
	}
	leave := func() { t.Helper(); press(`form[action="/account/sign-out"] button`) }

	tab.Goto(base + "/account/sign-in?lang=" + lang)
	signIn()
	is(listTitle)
	look("list")
	press(`form[action="/account/security/app"] button`)
	look("app")
	secret := tab.Text(".factor-secret")
	fill("#code", "123")
	press(`form[action="/account/security/app/confirm"] button`)
	look("app-wrong")
	tab.TabTo("#code")
	tab.Press("Control+a")
	tab.Type(c.code(t, secret))
	press(`form[action="/account/security/app/confirm"] button`)
	is(shown)
	look("codes")
	recovery := tab.Text(".factor-codes code")
	press(`main a.usa-button[href="/account/security/second-step"]`)
	leave()
	c.advance(30 * time.Second)

	signIn()
	look("step")
	fill("#code", c.code(t, secret))
	press(`form[action="/account/sign-in/second"] button`)
	is(listTitle)
	leave()
	signIn()
	fill("#code", strings.ToLower(recovery))
	press(`form[action="/account/sign-in/second"] button`)
	is(listTitle)
	if got := tab.Text(".flash"); got != left {
		t.Errorf("after a recovery code: %q, want %q", got, left)
	}

	press(`a[href="/account/security/passkeys/new"]`)
	look("passkey")
	fill("#name", "Blue key")
	press(`form[data-passkey] button`)
	is(listTitle)
	if got := tab.Text(".factors"); !strings.Contains(got, "Blue key") {
		t.Fatalf("the passkey is not on the list: %q", got)
	}
	look("list-full")
	leave()
	signIn()
	look("step-passkey")
	press(`form[data-passkey="get"] button`)
	is(listTitle)
}

func TestBrowserSecondStep(t *testing.T) {
	t.Parallel()
	secondStep(t, "en", "Second step when you sign in", "Keep your recovery codes", "You used a recovery code. You have 9 left.")
}

func TestBrowserSecondStepInSpanish(t *testing.T) {
	t.Parallel()
	secondStep(t, "es", "Segundo paso al iniciar sesión", "Guarde sus códigos de recuperación", "Usó un código de recuperación. Le quedan 9.")
}
