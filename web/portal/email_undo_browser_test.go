package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/testkit"
)

// deny is an owner on a phone, with a keyboard alone, who did not ask for another address: in one tab, and in another that was open.
func deny(t *testing.T, lang, button, done, dead string) {
	t.Helper()
	s := newStage(t)
	attacker := s.in(owners, password)
	take, undo := s.askEmail(attacker, owners, evil, password)
	answered(t, "take the account", attacker.Post(take, url.Values{}), http.StatusOK, "")
	first, second := testkit.Browser(t), testkit.Browser(t)
	for _, tab := range []*testkit.Tab{first, second} {
		tab.Resize(390, 844)
		tab.Goto(s.desk.URL + undo + "?lang=" + lang)
		if got := tab.Text("h1"); got != button {
			t.Fatalf("the page is %q, want %q", got, button)
		}
	}
	first.Axe()
	shoot(t, first, "email-undo-"+lang)
	press := func(tab *testkit.Tab, want string) {
		t.Helper()
		tab.TabTo("main form button")
		tab.PressAndLoad("Enter")
		if got := tab.Text("h1"); got != want {
			t.Fatalf("the button leads to %q, want %q", got, want)
		}
		tab.Axe()
	}
	press(first, done)
	shoot(t, first, "email-undone-"+lang)
	press(second, dead)
	shoot(t, second, "email-undo-dead-"+lang)
	first.Goto(s.desk.URL + s.link(owners, "Set a new password"))
	first.TabTo("#password")
	first.Type(fresh)
	first.TabTo(`main form button[type="submit"]`)
	first.PressAndLoad("Enter")
	if got := first.Text(".account-head"); !strings.Contains(got, "Ana María Núñez") {
		t.Errorf("the owner is not in: %q", first.Text("main"))
	}
	s.out("the attacker", attacker)
}

func TestBrowserOwnerDeniesAChange(t *testing.T) {
	t.Parallel()
	deny(t, "en", "This was not me", "Your account is yours again", "This link does not work any more")
}

func TestBrowserOwnerDeniesAChangeInSpanish(t *testing.T) {
	t.Parallel()
	deny(t, "es", "No fui yo", "Su cuenta es suya otra vez", "Este enlace ya no sirve")
}
