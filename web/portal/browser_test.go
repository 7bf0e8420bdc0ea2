package portal_test

import (
	"fmt"
	netmail "net/mail"
	"net/smtp"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/webtest"
)

const password = "seven lamps in the harbour"

// shoot keeps a picture of the page at a phone's and at a desk's width, where SCREENSHOTS names a folder.
func shoot(t *testing.T, tab *testkit.Tab, name string) {
	t.Helper()
	folder := os.Getenv("SCREENSHOTS")
	if folder == "" {
		return
	}
	tab.Screenshot(filepath.Join(folder, name+"-1440.png"), 1440, 900, false)
	tab.Screenshot(filepath.Join(folder, name+"-390.png"), 390, 844, false)
	tab.Resize(390, 844)
}

// reader is what somebody reads on the way, in one language.
type reader struct {
	lang, register, badDate, sent, confirm, wrong, account, signedOut, signIn, refused string
	month                                                                              string // typed into the list of months
}

var readers = []reader{
	{"en", "Open an online account", "Enter a day, a month and a year that exist", "Look in your email", "Confirm your email address",
		"This is not the password that you chose", "Account number", "You are signed out", "Sign in to your account", "The email address, the account number or the password is not right", "April"},
	{"es", "Abra una cuenta en línea", "Escriba un día, un mes y un año que existan", "Revise su correo electrónico", "Confirme su correo electrónico",
		"Esta no es la contraseña que eligió", "Número de cuenta", "Se cerró su sesión", "Entre a su cuenta", "El correo, el número de cuenta o la contraseña no son correctos", "abril"},
}

var twelve = regexp.MustCompile(`\d{4} \d{4} \d{4}`)

// register is an applicant on a phone with a keyboard alone, from the form to the number in hand, out and in again.
func register(t *testing.T, tab *testkit.Tab, r reader, look func(page string)) {
	t.Helper()
	desk := webtest.New(t)
	box := mailed(t, desk)
	heading := func(want string) {
		t.Helper()
		if got := tab.Text("h1"); got != want {
			t.Fatalf("the page is %q, want %q: %s", got, want, tab.Text("main"))
		}
	}
	send := func() { t.Helper(); tab.TabTo(`main form button[type="submit"]`); tab.PressAndLoad("Enter") }
	tab.Resize(390, 844)
	tab.Goto(desk.URL + "/register?lang=" + r.lang)
	heading(r.register)
	look("register")
	tab.TabTo("#name")
	tab.Type("Zoë Ōno-García")
	tab.TabTo("#birth_day")
	tab.Type("31")
	tab.TabTo("#birth_month")
	tab.Type(r.month)
	tab.TabTo("#birth_year")
	tab.Type("1990")
	tab.TabTo("#address")
	tab.Type("12 Harbor Street, Port Example")
	tab.TabTo("#email")
	tab.Type("zoe@mail.example")
	tab.TabTo("#password")
	tab.Type(password)
	send()
	if got := tab.Text(".error-summary"); !strings.Contains(got, r.badDate) {
		t.Fatalf("31 April is answered with %q", got)
	}
	look("register-error")
	for field, want := range map[string]string{"#name": "Zoë Ōno-García", "#birth_day": "31", "#birth_year": "1990", "#email": "zoe@mail.example"} {
		if got := tab.Value(field); got != want {
			t.Errorf("%s holds %q, want %q", field, got, want)
		}
	}
	tab.TabTo("#birth_day")
	tab.Press("Control+a")
	tab.Type("30")
	tab.TabTo("#password")
	tab.Type(password)
	send()
	heading(r.sent)
	look("register-sent")
	tab.Goto(linkIn(t, box.Next(t, "zoe@mail.example")))
	heading(r.confirm)
	look("confirm")
	tab.TabTo("#password")
	tab.Type("not the one I chose")
	send()
	if got := tab.Text(".error-summary"); !strings.Contains(got, r.wrong) {
		t.Fatalf("another password is answered with %q", got)
	}
	tab.TabTo("#password")
	tab.Type(password)
	send()
	if got := tab.Text(".account-head"); !strings.Contains(got, r.account) {
		t.Fatalf("in the end comes %q", got)
	}
	look("account")
	number := twelve.FindString(tab.Text(".account-head"))
	if m := box.Next(t, "zoe@mail.example"); number == "" || !strings.Contains(m.Text, number) {
		t.Errorf("the account's number is %q, and the mail says:\n%s", number, m.Text)
	}
	tab.TabTo(`form[action="/account/sign-out"] button`)
	tab.PressAndLoad("Enter")
	if got := tab.Text(".flash"); !strings.Contains(got, r.signedOut) {
		t.Errorf("after signing out the page says %q", got)
	}
	signInAgain(t, desk, tab, r, send, look)
}

func signInAgain(t *testing.T, desk *webtest.Desk, tab *testkit.Tab, r reader, send func(), look func(page string)) {
	t.Helper()
	look("sign-in")
	for _, try := range []string{"something else entirely", password} {
		tab.TabTo("#email")
		tab.Press("Control+a")
		tab.Type("Zoe@mail.example")
		tab.TabTo("#password")
		tab.Type(try)
		send()
		if try != password {
			if got := tab.Text(".error-summary"); !strings.Contains(got, r.refused) {
				t.Fatalf("a wrong password is answered with %q", got)
			}
			look("sign-in-error")
		}
	}
	if got := tab.Text(".account-head"); !strings.Contains(got, "Zoë Ōno-García") {
		t.Fatalf("signing in leads to %q", got)
	}
	for _, path := range []string{"details", "security", "email", "security/password"} {
		tab.Goto(desk.URL + "/account/" + path)
		look(strings.ReplaceAll(path, "/", "-"))
	}
}

func TestBrowserFromTheFormToTheNumber(t *testing.T) {
	t.Parallel()
	for _, r := range readers {
		t.Run(r.lang, func(t *testing.T) {
			t.Parallel()
			tab := testkit.Browser(t)
			register(t, tab, r, func(page string) { t.Helper(); tab.Axe(); shoot(t, tab, page+"-"+r.lang) })
		})
		t.Run(r.lang+" without JavaScript", func(t *testing.T) {
			t.Parallel()
			tab := testkit.Browser(t)
			tab.NoScript()
			register(t, tab, r, func(string) {})
		})
	}
}

// asks is what somebody reads who asks from their account and reads the answer, in one language.
type asks struct{ lang, from, category, sent, answered string }

// ask is an applicant with a keyboard, from the account to the answer.
func ask(t *testing.T, tab *testkit.Tab, r asks, look func(page string)) {
	t.Helper()
	desk := webtest.New(t)
	box := mailed(t, desk)
	registered(t, desk, box, "ana@mail.example")
	tab.Resize(390, 844)
	tab.Goto(desk.URL + "/account?lang=" + r.lang)
	tab.TabTo("#email")
	tab.Type("ana@mail.example")
	tab.TabTo("#password")
	tab.Type(password)
	tab.PressAndLoad("Enter")
	tab.TabTo(`main a[href="/inquiries/new"]`)
	tab.PressAndLoad("Enter")
	if got := tab.Text("main form .note"); !strings.Contains(got, r.from) || !strings.Contains(got, "Ana María Núñez") {
		t.Errorf("the form does not say who asks: %q", got)
	}
	look("ask")
	tab.TabTo("#category")
	tab.Type(r.category)
	tab.TabTo("#subject")
	tab.Type("My interview")
	tab.TabTo("#question")
	tab.Type("When is it?")
	tab.TabTo(`main form button[type="submit"]`)
	tab.PressAndLoad("Enter")
	look("ask-check")
	tab.TabTo(`main form .actions button[type="submit"]`)
	tab.PressAndLoad("Enter")
	if got := tab.Text("h1"); got != r.sent {
		t.Fatalf("in the end comes %q: %s", got, tab.Text("main"))
	}
	reference := tab.Text(".reference")
	agent := desk.Member(t, staff.RoleAgent, "agent@desk.example")
	if _, err := desk.Tickets.Reply(t.Context(), ticket.Staff(agent), reference, ticket.Draft{Body: "On Monday at nine.", Status: ticket.StatusSolved}); err != nil {
		t.Fatal(err)
	}
	if _, err := desk.DB.Exec(t.Context(), `UPDATE message SET deliver_at = now() - interval '1 second' WHERE kind = 'reply'`); err != nil {
		t.Fatal(err)
	}
	tab.TabTo(`main a[href="/account/questions/` + reference + `"]`)
	tab.PressAndLoad("Enter")
	if got := tab.Text("main"); !strings.Contains(got, "On Monday at nine.") || !strings.Contains(got, r.answered) {
		t.Errorf("the question's page says %q", got)
	}
	look("ask-answer")
	tab.Goto(desk.URL + "/account")
	look("account-questions")
	for _, path := range []string{"questions", "data"} {
		tab.Goto(desk.URL + "/account/" + path)
		look("account-" + path + "-page")
	}
}

func TestBrowserAskAndReadTheAnswer(t *testing.T) {
	t.Parallel()
	for _, r := range []asks{
		{"en", "You ask from your account", "Case status", "Your question is sent", "Answered"},
		{"es", "Usted pregunta desde su cuenta", "Estado", "Su pregunta se envió", "Respondida"},
	} {
		t.Run(r.lang, func(t *testing.T) {
			t.Parallel()
			tab := testkit.Browser(t)
			ask(t, tab, r, func(page string) { t.Helper(); tab.Axe(); shoot(t, tab, page+"-"+r.lang) })
		})
		t.Run(r.lang+" without JavaScript", func(t *testing.T) {
			t.Parallel()
			tab := testkit.Browser(t)
			tab.NoScript()
			ask(t, tab, r, func(string) {})
		})
	}
}

// answerByMail is an applicant who answers the agency's mail from a mail program, and finds the words on the question's page.
func answerByMail(t *testing.T, tab *testkit.Tab, r asks) {
	t.Helper()
	desk := webtest.New(t)
	box := mailed(t, desk)
	owner := registered(t, desk, box, "ana@mail.example")
	port := box.Listen(t)
	form := owner.Get("/inquiries/new?lang=" + r.lang).Form("main form")
	for name, value := range map[string]string{"category": "case-question", "subject": "My interview", "question": "When is it?"} {
		form.Set(name, value)
	}
	reference := strings.TrimPrefix(owner.Post("/inquiries", form).Location(), "/inquiries/")
	box.Next(t, "ana@mail.example") // the acknowledgement
	agent := desk.Member(t, staff.RoleAgent, "agent@desk.example")
	if _, err := desk.Tickets.Reply(t.Context(), ticket.Staff(agent), reference, ticket.Draft{Body: r.sent}); err != nil {
		t.Fatal(err)
	}
	answer := box.Next(t, "ana@mail.example")
	to, err := netmail.ParseAddress(answer.Header.Get("Reply-To"))
	if err != nil {
		t.Fatal(err)
	}
	words := "From: Ana <ana@mail.example>\r\nTo: " + to.Address + "\r\nSubject: Re: " + answer.Subject + "\r\nIn-Reply-To: " +
		answer.Header.Get("Message-ID") + "\r\nMessage-ID: <one@mail.example>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" +
		"¿A qué hora, por favor?\r\n\r\n> " + r.sent + "\r\n"
	if err := smtp.SendMail(port, nil, "ana@mail.example", []string{to.Address}, []byte(words)); err != nil {
		t.Fatal(err)
	}
	tab.Resize(390, 844)
	tab.Goto(desk.URL + "/account/questions/" + reference + "?lang=" + r.lang)
	tab.TabTo("#email")
	tab.Type("ana@mail.example")
	tab.TabTo("#password")
	tab.Type(password)
	tab.PressAndLoad("Enter")
	for deadline := time.Now().Add(30 * time.Second); !strings.Contains(tab.Text("main"), "¿A qué hora, por favor?"); tab.Goto(desk.URL + "/account/questions/" + reference) {
		if time.Now().After(deadline) {
			t.Fatalf("the answer is not on the page: %s", tab.Text("main"))
		}
	}
	if n := strings.Count(tab.Text("main"), r.sent); n != 1 {
		t.Errorf("the agency's words stand %d times on the page, want once, where it wrote them: %s", n, tab.Text("main"))
	}
}

func TestBrowserAnswerByMail(t *testing.T) {
	t.Parallel()
	for _, r := range []asks{{lang: "en", sent: "On Monday at nine, with your papers."}, {lang: "es", sent: "El lunes a las nueve, con sus papeles."}} {
		for _, script := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, JavaScript %t", r.lang, script), func(t *testing.T) {
				t.Parallel()
				tab := testkit.Browser(t)
				if !script {
					tab.NoScript()
				}
				answerByMail(t, tab, r)
			})
		}
	}
}

// What script adds: a password that can be looked at, by keyboard, and a number that one press copies.
func TestBrowserShowsThePasswordAndCopiesTheNumber(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	registered(t, desk, mailed(t, desk), "ana@mail.example")
	tab := testkit.Browser(t)
	tab.Resize(390, 844)
	tab.Goto(desk.URL + "/account/sign-in")
	tab.TabTo("#email")
	tab.Type("ana@mail.example")
	tab.TabTo("#password")
	tab.Type(password)
	for _, kind := range []string{"text", "password"} {
		tab.TabTo("[data-show-password]")
		tab.Press("Enter")
		tab.WaitFor(`document.querySelector("#password").type === "` + kind + `"`)
	}
	tab.TabTo("#password")
	tab.PressAndLoad("Enter")
	tab.TabTo("[data-copy]")
	tab.Press("Enter")
	tab.WaitFor(`document.querySelector("[data-copy-status]").textContent !== ""`)
	if said := tab.Text("[data-copy-status]"); said != "Copied" && !strings.HasPrefix(said, "This did not work") { // a browser may keep its clipboard shut
		t.Errorf("after the press is said %q", said)
	}
}
