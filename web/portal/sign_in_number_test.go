package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/askwell/askwell/web/webtest"
)

// numbered is a desk with an applicant, whose number comes as it is on file.
func numbered(t *testing.T) (desk *webtest.Desk, c *clock, number string) {
	t.Helper()
	desk, c = clocked(t)
	id := desk.Applicant(t, "ada@mail.example")
	if err := desk.DB.QueryRow(t.Context(), `SELECT number FROM account WHERE id = $1`, id).Scan(&number); err != nil {
		t.Fatal(err)
	}
	return desk, c, number
}

func TestTheNumberSignsIn(t *testing.T) {
	t.Parallel()
	desk, _, n := numbered(t)
	fullWidth := strings.Map(func(r rune) rune { return r - '0' + '０' }, n)
	for _, typed := range []string{
		n, n[:4] + " " + n[4:8] + " " + n[8:], n[:4] + "-" + n[4:8] + "–" + n[8:], n[:4] + "." + n[4:8] + "." + n[8:], "#" + n, " " + n + "\t",
		fullWidth, n[:6] + "\u200b" + n[6:], "ada@mail.example", " Ada@Mail.example ",
	} {
		v := desk.NewVisitor(t)
		if p := signIn(v, typed, webtest.Password); p.Status != http.StatusSeeOther || p.Location() != "/account" {
			t.Errorf("%q: status %d to %q: %s", typed, p.Status, p.Location(), p.Text(".error-summary"))
		}
		if p := v.Get("/account"); p.Status != http.StatusOK {
			t.Errorf("%q: the account: status %d", typed, p.Status)
		}
	}
	form := desk.Get("/account/sign-in").Doc.Find("#email")
	for name, want := range map[string]string{"type": "text", "autocomplete": "username", "inputmode": "email", "autocapitalize": "none", "spellcheck": "false"} {
		if got := form.AttrOr(name, ""); got != want {
			t.Errorf("the field's %s is %q, want %q", name, got, want)
		}
	}
}

// What is typed is answered alike, be it an address or a number, on file or not, and whoever's it is.
func TestSigningInTellsNothing(t *testing.T) {
	t.Parallel()
	desk, _, n := numbered(t)
	said := map[string]bool{}
	for _, typed := range []string{n, "ada@mail.example", "eve@mail.example", "163920702842", "123456789012", "ada", ""} {
		p := signIn(desk.NewVisitor(t), typed, "not the password of anybody")
		if p.Status != http.StatusUnprocessableEntity || p.Value("email") != typed {
			t.Errorf("%q: status %d, the field holds %q", typed, p.Status, p.Value("email"))
		}
		said[p.Text("main")] = true
	}
	if len(said) != 1 {
		t.Errorf("the page says %v", said)
	}
}

// The names of one account share an allowance, and nothing tells that they do: where the other name was locked, a right password is
// answered as a wrong one.
func TestBothNamesShareOneAllowance(t *testing.T) {
	t.Parallel()
	desk, c, n := numbered(t)
	home := desk.NewVisitor(t)
	signIn(home, "ada@mail.example", webtest.Password)
	home.Post("/account/sign-out", url.Values{})
	const wrong = "not the password of anybody"
	for range 5 {
		if p := signIn(desk.NewVisitor(t), n, wrong); p.Status != http.StatusUnprocessableEntity {
			t.Fatalf("status %d", p.Status)
		}
	}
	if p := signIn(desk.NewVisitor(t), n, webtest.Password); p.Status != http.StatusTooManyRequests {
		t.Errorf("the sixth try of the number: status %d", p.Status)
	}
	strangers := signIn(desk.NewVisitor(t), "eve@mail.example", wrong)
	for _, secret := range []string{wrong, webtest.Password} {
		p := signIn(desk.NewVisitor(t), "ada@mail.example", secret)
		if p.Status != strangers.Status || p.Text("main") != strangers.Text("main") {
			t.Errorf("the address, after its number was locked: status %d: %s", p.Status, p.Text("main"))
		}
	}
	if p := signIn(home, n, webtest.Password); p.Status != http.StatusSeeOther {
		t.Errorf("the owner's own browser: status %d", p.Status)
	}
	c.advance(15*time.Minute + time.Second)
	if p := signIn(desk.NewVisitor(t), "ada@mail.example", webtest.Password); p.Status != http.StatusSeeOther {
		t.Errorf("after a quarter of an hour: status %d", p.Status)
	}
}

func TestANewPasswordByTheNumber(t *testing.T) {
	t.Parallel()
	desk, _, n := numbered(t)
	box := mailed(t, desk)
	ask := func(typed string) webtest.Page {
		return desk.NewVisitor(t).Post("/account/password", url.Values{"email": {typed}})
	}
	known, unknown := ask(n[:4]+" "+n[4:8]+" "+n[8:]), ask("163920702842")
	if known.Status != http.StatusSeeOther || known.Status != unknown.Status || known.Location() != unknown.Location() || known.Body != unknown.Body {
		t.Errorf("known: %d %q; unknown: %d %q", known.Status, known.Location(), unknown.Status, unknown.Location())
	}
	for typed, want := range map[string]string{
		"123456789012": "An account number of ours has 12 digits", "12345": "An account number of ours has 12 digits", "ada": "Enter an email address like", "": "Enter your email address or",
	} {
		if p := ask(typed); p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Text(".error-summary"), want) {
			t.Errorf("%q: status %d: %s", typed, p.Status, p.Text(".error-summary"))
		}
	}
	path := pathOf(t, desk, linkIn(t, box.Next(t, "ada@mail.example")))
	if p := desk.Get(path); p.Status != http.StatusOK || p.Text(".typed") != "ada@mail.example" {
		t.Errorf("the link: status %d: %s", p.Status, p.Text("main"))
	}
	answered(t, "set it", desk.NewVisitor(t).Post(path, url.Values{"password": {fresh}}), http.StatusSeeOther, "/account")
}

// A hundred wrong codes in a row: nothing opens the account but a link from the mailbox, whose owner is told.
func TestTooManyCodesShutTheSecondStep(t *testing.T) {
	t.Parallel()
	desk, c, n := numbered(t)
	box := mailed(t, desk)
	owner := desk.NewVisitor(t)
	enter(t, owner, "ada@mail.example")
	secret, recovery := addApp(t, c, owner)
	box.Next(t, "ada@mail.example") // a second step was added
	box.Next(t, "ada@mail.example") // new recovery codes
	thief := desk.NewVisitor(t)
	enter(t, thief, "ada@mail.example")
	code := func(v *webtest.Visitor, typed string) webtest.Page {
		return v.Post("/account/sign-in/second", url.Values{"code": {typed}, "next": {"/account"}})
	}
	wrong := "000000"
	if wrong == c.code(t, secret) {
		wrong = "000001"
	}
	answered(t, "a wrong code", code(thief, wrong), http.StatusUnprocessableEntity, "")
	if m := box.Next(t, "ada@mail.example"); !strings.Contains(m.Subject, "Somebody knows your password") || !strings.Contains(m.Text, "/account/password") {
		t.Errorf("the owner hears %q:\n%s", m.Subject, m.Text)
	}
	if _, err := desk.DB.Exec(t.Context(), `UPDATE account SET code_failures = 99`); err != nil {
		t.Fatal(err)
	}
	code(thief, wrong)
	if m := box.Next(t, "ada@mail.example"); !strings.Contains(m.Subject, "We closed the second step") {
		t.Errorf("the owner hears %q", m.Subject)
	}
	for what, typed := range map[string]string{"a right code": c.code(t, secret), "a recovery code": recovery[0]} {
		v := desk.NewVisitor(t)
		enter(t, v, "ada@mail.example")
		p := code(v, typed)
		if p.Status == http.StatusSeeOther || p.Doc.Find(`main a[href="/account/password"]`).Length() != 1 || p.Doc.Find("main form").Length() != 0 {
			t.Errorf("%s: status %d to %q: %s", what, p.Status, p.Location(), p.Text("main"))
		}
	}
	answered(t, "ask", desk.NewVisitor(t).Post("/account/password", url.Values{"email": {n}}), http.StatusSeeOther, "")
	v := desk.NewVisitor(t)
	set := v.Post(pathOf(t, desk, linkIn(t, box.Next(t, "ada@mail.example"))), url.Values{"password": {fresh}})
	answered(t, "the link", set, http.StatusSeeOther, "/account/sign-in/second?next=%2Faccount")
	c.advance(time.Hour) // the thief's tries from this network are over
	v = desk.NewVisitor(t)
	if p := signIn(v, n, fresh); p.Status != http.StatusSeeOther {
		t.Fatalf("the new password: status %d", p.Status)
	}
	answered(t, "the owner's code", code(v, c.code(t, secret)), http.StatusSeeOther, "/account")
	if p := v.Get("/account/security"); !strings.Contains(p.Text("main"), "Second step closed after 100 wrong codes") {
		t.Errorf("the history lacks it: %s", p.Text("main"))
	}
}
