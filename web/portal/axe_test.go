package portal_test

import (
	"net/url"
	"testing"

	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/web/webtest"
)

// The pages that no walk passes, by axe-core in both languages: links from mails, fresh and dead, and what follows them.
func TestBrowserOtherPagesByAxe(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	box := mailed(t, desk)
	v := registered(t, desk, box, "ana@mail.example")
	desk.NewVisitor(t).Post("/account/password", url.Values{"email": {"ana@mail.example"}})
	setPassword := linkIn(t, box.Next(t, "ana@mail.example"))
	v.Post("/account/email", url.Values{"email": {"new@mail.example"}, "old_password": {password}})
	newEmail := linkIn(t, box.Next(t, "new@mail.example"))
	tab := testkit.Browser(t)
	tab.Resize(390, 844)
	for _, lang := range []string{"en", "es"} {
		headings := map[string]bool{}
		pages := []struct{ name, address string }{
			{"password-ask", desk.URL + "/account/password"}, {"password-sent", desk.URL + "/account/password/sent"},
			{"email-link", newEmail}, {"password-dead", desk.URL + "/account/password/none"},
		}
		for _, p := range pages {
			tab.Goto(p.address + "?lang=" + lang)
			tab.Axe()
			shoot(t, tab, p.name+"-"+lang)
			headings[tab.Text("h1")] = true
		}
		if len(headings) != len(pages) {
			t.Errorf("%s: %d pages have the headings %v", lang, len(pages), headings)
		}
		for _, address := range []string{setPassword, desk.URL + "/register/confirm/none", desk.URL + "/account/email/none"} {
			tab.Goto(address + "?lang=" + lang)
			tab.Axe()
		}
	}
	tab.Goto(newEmail)
	tab.TabTo("main form button")
	tab.PressAndLoad("Enter")
	tab.Axe()
	shoot(t, tab, "email-done")
}
