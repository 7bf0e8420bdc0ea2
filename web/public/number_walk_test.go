package public_test

import (
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/web"
	"github.com/askwell/askwell/web/messages"
	"github.com/askwell/askwell/web/webtest"
	"github.com/askwell/askwell/workers/workertest"
)

// mailed runs the workers of a desk, which write to a mailbox of its own.
func mailed(t *testing.T, desk *webtest.Desk) *workertest.Post {
	t.Helper()
	catalog, err := messages.Load(web.Messages())
	if err != nil {
		t.Fatal(err)
	}
	return workertest.Run(t, workertest.Config{
		DB: desk.DB, Tickets: desk.Tickets, Accounts: desk.Accounts, Files: desk.Files, URL: desk.URL, Keys: desk.Settings.SecretKeys,
		Texts: func(language string) mail.Texts { return catalog.For(language) },
	})
}

// lostNumber is what somebody reads who lost the number and finds it, in one language.
type lostNumber struct{ help, wrong, sent, subject string }

var lost = map[string]lostNumber{
	"en": {"Find your account number", "Enter an email address like name@example.com", "Look in your email", "Your account number"},
	"es": {"Encuentre su número de cuenta", "Escriba un correo electrónico como nombre@ejemplo.com", "Busque en su correo", "Su número de cuenta"},
}

// find is an applicant on a phone with a keyboard alone, from the start page to the number in the mail.
func find(t *testing.T, tab *testkit.Tab, lang string, look func(page string)) {
	t.Helper()
	desk := webtest.New(t)
	addAccount(t, desk.DB, "163920702842", "Ana Reyes", "ana@mail.example")
	box := mailed(t, desk)
	reads := lost[lang]
	tab.Resize(390, 844)
	tab.Goto(desk.URL + "/?lang=" + lang)
	tab.TabTo(`main a[href="/help/account-number"]`)
	tab.PressAndLoad("Enter")
	if got := tab.Text("h1"); got != reads.help {
		t.Fatalf("the start page leads to %q", got)
	}
	look("number-help")
	tab.TabTo("#email")
	tab.Type("ana at mail")
	tab.TabTo(`main form button[type="submit"]`)
	tab.PressAndLoad("Enter")
	if got := tab.Text(".error-summary"); !strings.Contains(got, reads.wrong) {
		t.Errorf("an address that is none is answered with %q", got)
	}
	look("number-help-error")
	if got := tab.Value("#email"); got != "ana at mail" {
		t.Errorf("the field holds %q", got)
	}
	tab.TabTo("#email")
	tab.Press("Control+a")
	tab.Type("ana@mail.example")
	tab.PressAndLoad("Enter")
	if got := tab.Text("h1"); got != reads.sent {
		t.Fatalf("in the end comes %q", got)
	}
	look("number-sent")
	got := box.Next(t, "ana@mail.example")
	if n := box.Box.Count(); n != 1 {
		t.Errorf("%d mails, want one", n)
	}
	if !strings.Contains(got.Subject, reads.subject) || !strings.Contains(got.Text, "1639 2070 2842") {
		t.Errorf("the mail %q does not hold the number:\n%s", got.Subject, got.Text)
	}
}

func TestBrowserFindTheNumber(t *testing.T) {
	t.Parallel()
	for lang := range lost {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			tab := testkit.Browser(t)
			find(t, tab, lang, func(page string) { tab.Axe(); shoot(t, tab, page+"-"+lang) })
		})
		t.Run(lang+" without JavaScript", func(t *testing.T) {
			t.Parallel()
			tab := testkit.Browser(t)
			tab.NoScript()
			find(t, tab, lang, unlooked)
		})
	}
}
