package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/askwell/askwell/web/webtest"
)

// Whose session has ended while they wrote a question is told so. Nothing is sent as anybody's, all that was typed is kept, and signing in
// leads back to it.
func TestSessionEndedWhileAsking(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/inquiries/check", "/inquiries"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			desk := webtest.New(t)
			v := registered(t, desk, mailed(t, desk), "ana@mail.example")
			form := v.Get("/inquiries/new").Form("#inquiry")
			for name, value := range map[string]string{"category": "case-question", "subject": "My interview", "question": "When is it?"} {
				form.Set(name, value)
			}
			if _, err := desk.DB.Exec(t.Context(), `DELETE FROM sessions`); err != nil {
				t.Fatal(err)
			}
			p := v.PostFiles(path, form, webtest.Upload{Field: "attachments", Name: "letter.pdf", Content: []byte("%PDF-1.7\n%%EOF")})
			if p.Status != http.StatusUnauthorized || !strings.Contains(p.Text("main"), "You are no longer signed in") || !strings.Contains(p.Text("main"), "When is it?") {
				t.Fatalf("status %d: %s", p.Status, p.Text("main"))
			}
			if strings.Contains(p.Text("main"), "Enter your name") || strings.Contains(p.Body, "ana@mail.example") {
				t.Errorf("the page asks for the name, or tells the address: %s", p.Text("main"))
			}
			alone := p.Form("#inquiry")
			alone.Set("change", "alone")
			if q := v.Post("/inquiries/check", alone); q.Status != http.StatusOK || q.Value("question") != "\nWhen is it?" && q.Value("question") != "When is it?" || q.Value("asking_as") != "" || q.Doc.Find("#name").Length() != 1 {
				t.Errorf("without the account: status %d, question %q, asking as %q", q.Status, q.Value("question"), q.Value("asking_as"))
			}
			p = v.Post(path, p.Form("#inquiry")) // pressed again: still nothing goes out
			link, err := url.Parse(p.Doc.Find(`main a[href^="/account/sign-in?next="]`).AttrOr("href", ""))
			if err != nil || p.Status != http.StatusUnauthorized {
				t.Fatalf("status %d, link %v, %v", p.Status, link, err)
			}
			var tickets int
			if err := desk.DB.QueryRow(t.Context(), `SELECT count(*) FROM ticket`).Scan(&tickets); err != nil || tickets != 0 {
				t.Fatalf("%d tickets, %v", tickets, err)
			}
			signIn := v.Get(link.String()).Form("#form")
			signIn.Set("email", "ana@mail.example")
			signIn.Set("password", password)
			back := v.Send(http.MethodPost, "/account/sign-in", "application/x-www-form-urlencoded", strings.NewReader(signIn.Encode()))
			check := v.Get(back.Location())
			if back.Status != http.StatusSeeOther || check.Text("h1") != "Check your answers" || !strings.Contains(check.Text("main"), "letter.pdf") {
				t.Fatalf("signed in: status %d to %q: %s", back.Status, back.Location(), check.Text("main"))
			}
			sent := v.Post("/inquiries", check.Form("#inquiry"))
			got, err := desk.Tickets.ByReference(t.Context(), strings.TrimPrefix(sent.Location(), "/inquiries/"))
			if err != nil || got.LinkState != "verified" {
				t.Errorf("status %d to %q: the ticket is %q (%v)", sent.Status, sent.Location(), got.LinkState, err)
			}
		})
	}
}

// Signing out leaves nothing to read of what was typed and not sent: the next reader sits at the same browser.
func TestSignOutLeavesNoDraft(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	v := registered(t, desk, mailed(t, desk), "ana@mail.example")
	form := v.Get("/inquiries/new").Form("#inquiry")
	form.Set("question", "My secret is blue.")
	answer := v.Send(http.MethodPost, "/inquiries/check", "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
	if p := v.Get(answer.Location()); !strings.Contains(p.Body, "blue") {
		t.Fatalf("status %d to %q, then %d", answer.Status, answer.Location(), p.Status)
	}
	v.Post("/account/sign-out", nil)
	if p := v.Get(answer.Location()); p.Status != http.StatusGone || strings.Contains(p.Body, "blue") {
		t.Errorf("after signing out: status %d", p.Status)
	}
}

// Another language keeps what is typed on every page that takes something, passwords aside.
func TestLanguageKeepsWhatIsTyped(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	for path, typed := range map[string]url.Values{
		"/register": {"name": {"Ana"}, "address": {"1 Main St"}, "email": {"ana@mail.example"}, "birth_day": {"3"}, "birth_month": {"4"}, "birth_year": {"1990"}},
		"/status":   {"reference": {"ASK-2"}, "email": {"ana@mail.example"}}, "/help/account-number": {"email": {"ana@mail"}},
		"/account/password": {"email": {"ana@mail.example"}}, "/account/sign-in": {"email": {"ana@mail.example"}, "next": {"/account/details"}},
	} {
		v := desk.NewVisitor(t)
		button := v.Get(path).Doc.Find(`button.site-header__language[lang="es"]`)
		form := url.Values{button.AttrOr("name", ""): {button.AttrOr("value", "")}, "password": {"never sent back, never"}}
		for name, values := range typed {
			form[name] = values
		}
		p := v.Post(button.AttrOr("formaction", ""), form)
		if p.Status != http.StatusOK || p.Doc.Find("html").AttrOr("lang", "") != "es" || p.Doc.Find(".error-summary").Length() != 0 || strings.Contains(p.Body, "never sent back") {
			t.Errorf("%s: status %d, lang %q: %s", path, p.Status, p.Doc.Find("html").AttrOr("lang", ""), p.Text(".error-summary"))
		}
		for name, values := range typed {
			if got := strings.TrimPrefix(p.Value(name), "\n"); got != values[0] {
				t.Errorf("%s: %s is %q, want %q", path, name, got, values[0])
			}
		}
		if path == "/register" && !strings.Contains(p.Text("#password-hint"), "otra vez") && !strings.Contains(p.Text("#password-hint"), "de nuevo") {
			t.Errorf("nothing says that the password has to be typed again: %q", p.Text("#password-hint"))
		}
	}
}
