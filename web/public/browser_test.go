package public_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/web/webtest"
)

// shoot keeps a picture of the page at a phone's and at a desk's width, where SCREENSHOTS names a folder.
func shoot(t *testing.T, tab *testkit.Tab, name string) {
	t.Helper()
	folder := os.Getenv("SCREENSHOTS")
	if folder == "" {
		return
	}
	tab.Screenshot(filepath.Join(folder, name+"-1440.png"), 1440, 900, false)
	tab.Screenshot(filepath.Join(folder, name+"-390.png"), 390, 844, false)
}

// reader is what somebody reads and types on the way, in one language.
type reader struct{ lang, category, check, looks, sent string }

var (
	english = reader{"en", "Card not", "Check your answers", "This looks like an A-Number, not an account number.", "Your question is sent"}
	spanish = reader{"es", "No recibí mi", "Revise sus respuestas", "Esto parece un Número A (A-Number), no un número de cuenta.", "Su pregunta se envió"}
)

// looked runs axe-core on each page of a walk and keeps a picture.
func looked(t *testing.T, tab *testkit.Tab, r reader) func(page string) {
	return func(page string) {
		t.Helper()
		tab.Axe()
		shoot(t, tab, page+"-"+r.lang)
	}
}

// unlooked is for walks without JavaScript, which axe-core needs.
func unlooked(string) {}

// walk is an applicant with a keyboard alone, from the start page to the confirmation.
func walk(t *testing.T, desk *webtest.Desk, tab *testkit.Tab, r reader, look func(page string)) {
	t.Helper()
	tab.Goto(desk.URL + "/")
	if r != english {
		tab.TabTo(`.site-header__language[lang="` + r.lang + `"]`)
		tab.PressAndLoad("Enter")
	}
	look("start")
	tab.TabTo(`main a[href="/inquiries/new"]`)
	tab.PressAndLoad("Enter")
	look("form")
	tab.TabTo("#category")
	tab.Type(r.category)
	tab.TabTo("#account_number")
	tab.Type("A-123 456 789")
	tab.TabTo("#name")
	tab.Type("Zoë O")
	tab.Press("Tab")
	if !tab.HasFocus("#email") {
		t.Error("Tab does not lead from the name to the email address")
	}
	tab.Type("zoe@mail.example")
	tab.Press("Tab")
	if !tab.HasFocus("#subject") {
		t.Error("Tab does not lead from the email address to the subject: is the trap in the way?")
	}
	tab.Type("Where is my card?")
	tab.Press("Tab")
	tab.Type("It was mailed in May.")
	tab.TabTo(`main button[type="submit"]`)
	tab.PressAndLoad("Enter")
	if got := tab.Text("h1"); got != r.check {
		t.Fatalf("after the form comes %q: %s", got, tab.Text("main"))
	}
	if !strings.Contains(tab.Text(".summary-list"), r.looks) {
		t.Error("nothing says what the number looks like")
	}
	look("check")
	tab.TabTo(`button[name="change"][value="name"]`)
	tab.PressAndLoad("Enter")
	if got := tab.Value("#name") + "|" + tab.Value("#question") + "|" + tab.Value("#category"); got != "Zoë O|It was mailed in May.|card-not-received" {
		t.Errorf("after Change the form holds %q", got)
	}
	tab.TabTo("#subject")
	tab.TabTo(`main button[type="submit"]`)
	tab.PressAndLoad("Enter")
	tab.TabTo(`form[action="/inquiries"] .actions button`)
	tab.PressAndLoad("Enter")
	if got := tab.Text("h1"); got != r.sent {
		t.Fatalf("in the end comes %q", got)
	}
	look("sent")
	if reference := tab.Text(".reference"); !confirmation.MatchString("/inquiries/" + reference) {
		t.Errorf("the reference is %q", reference)
	}
	if n := count(t, desk, `SELECT count(*) FROM ticket WHERE applicant_name = 'Zoë O' AND number_kind = 'a_number' AND language = $1`, r.lang); n != 1 {
		t.Errorf("%d tickets, want 1", n)
	}
}

func TestBrowserKeyboardAlone(t *testing.T) {
	t.Parallel()
	tab := testkit.Browser(t)
	walk(t, webtest.New(t), tab, english, looked(t, tab, english))
}

func TestBrowserInSpanish(t *testing.T) {
	t.Parallel()
	tab := testkit.Browser(t)
	tab.Resize(390, 844)
	walk(t, webtest.New(t), tab, spanish, looked(t, tab, spanish))
}

func TestBrowserWithoutJavaScript(t *testing.T) {
	t.Parallel()
	tab := testkit.Browser(t)
	tab.NoScript()
	walk(t, webtest.New(t), tab, english, unlooked)
}

func TestBrowserWithoutJavaScriptInSpanish(t *testing.T) {
	t.Parallel()
	tab := testkit.Browser(t)
	tab.NoScript()
	walk(t, webtest.New(t), tab, spanish, unlooked)
}

func TestBrowserErrors(t *testing.T) {
	t.Parallel()
	desk, tab := webtest.New(t), testkit.Browser(t)
	tab.Goto(desk.URL + "/inquiries/new")
	tab.TabTo("#name")
	tab.Type("Ana")
	tab.TabTo(`main button[type="submit"]`)
	tab.PressAndLoad("Enter")
	tab.WaitFor(`document.activeElement.matches(".error-summary")`)
	if got := tab.Title(); !strings.HasPrefix(got, "Error: ") {
		t.Errorf("the title is %q", got)
	}
	tab.Axe()
	shoot(t, tab, "form-errors")
	tab.TabTo(`.error-summary a[href="#email"]`)
	tab.Press("Enter")
	tab.WaitFor(`document.activeElement.id === "email"`)
	if got := tab.Value("#name"); got != "Ana" {
		t.Errorf("the name is %q, want what was typed", got)
	}
}

// TestBrowserPages opens every page that an applicant can meet: no violation of WCAG, nothing wider than a phone.
func TestBrowserPages(t *testing.T) {
	t.Parallel()
	desk, tab := webtest.New(t), testkit.Browser(t)
	look := func(name string) {
		t.Helper()
		tab.Resize(390, 844)
		if width := testkit.Eval[int](tab, "document.documentElement.scrollWidth"); width > 390 {
			t.Errorf("%s is %d pixels wide on a phone of 390", name, width)
		}
		tab.Axe()
		tab.Resize(1280, 900)
		tab.Axe()
		shoot(t, tab, name)
		tab.Resize(1280, 900)
	}
	for name, path := range map[string]string{
		"start": "/", "account-number": "/help/account-number", "form": "/inquiries/new", "unknown-reference": "/inquiries/ASK-2222-2222",
		"not-found": "/nowhere",
	} {
		tab.Goto(desk.URL + path)
		look(name)
	}
	sample := filepath.Join(t.TempDir(), "a letter that has a rather long name.pdf")
	if err := os.WriteFile(sample, []byte("%PDF-1.7\n%%EOF"), 0o600); err != nil {
		t.Fatal(err)
	}
	tab.Goto(desk.URL + "/inquiries/new")
	form := map[string]string{
		"#category": "card-not-received", "#account_number": "078-05-1120", "#name": "Ana María Núñez", "#email": "ana.maria.nunez@mail.example",
		"#subject": "My card has not come", "#question": strings.Repeat("It was mailed in May, and I have not had it since. ", 20),
	}
	for selector, value := range form {
		testkit.Eval[string](tab, `document.querySelector("`+selector+`").value = "`+value+`"`)
	}
	tab.Upload("#attachments", sample)
	tab.ClickAndLoad(`main button[type="submit"]`)
	look("check")
	tab.ClickAndLoad(`button[name="change"][value="attachments"]`)
	look("form-again")
	tab.ClickAndLoad(`main button[type="submit"]`)
	tab.ClickAndLoad(`form[action="/inquiries"] .actions button`)
	look("sent")
	address := tab.URL()
	stranger := testkit.Browser(t)
	stranger.Goto(address)
	stranger.Axe()
	shoot(t, stranger, "sent-bookmark")
	if page := desk.Get(strings.TrimPrefix(address, desk.URL)); page.Status != http.StatusOK {
		t.Errorf("the bookmark: status %d", page.Status)
	}
}

// TestBrowserTrouble looks at the pages that a worried person meets when things go wrong.
func TestBrowserTrouble(t *testing.T) {
	t.Parallel()
	desk, tab := webtest.New(t, webtest.Options{Env: map[string]string{"FORM_RATE": "email:1/1h"}}), testkit.Browser(t)
	for range 10 {
		desk.Post("/inquiries", filled(t, desk.Visitor))
	}
	check := func(name string) {
		t.Helper()
		tab.Axe()
		shoot(t, tab, name)
		tab.Resize(1280, 900)
	}
	tab.Goto(desk.URL + "/inquiries/new")
	for selector, value := range map[string]string{
		"#category": "card-not-received", "#name": "Ana", "#email": "ana@mail.example", "#subject": "My card", "#question": "My number is 078-05-1120.",
	} {
		testkit.Eval[string](tab, `document.querySelector("`+selector+`").value = "`+value+`"`)
	}
	tab.ClickAndLoad(`main button[type="submit"]`)
	check("check-masked")
	tab.ClickAndLoad(`form[action="/inquiries"] .actions button`)
	tab.WaitFor(`document.activeElement.matches("[data-error-summary]")`)
	if got := tab.Text(".note--error"); !strings.Contains(got, "Everything you typed is still on this page") {
		t.Errorf("the page says %q", got)
	}
	check("too-many")
	pool, err := postgres.Open(t.Context(), "postgres://nobody@127.0.0.1:1/none", 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	away := webtest.New(t, webtest.Options{DB: pool})
	for name, path := range map[string]string{"away": "/inquiries/new", "console-not-found": "/console/nowhere"} {
		tab.Goto(away.URL + path)
		check(name)
	}
}
