package public_test

import (
	"html"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/web/messages"
	"github.com/askwell/askwell/web/webtest"
)

// noticed are the pages that anybody may read, with what stands in their footers.
var noticed = []string{"/", "/inquiries/new", "/help/account-number", "/privacy", "/inquiries/ASK-0000-0000"}

func TestNoEnglishSentenceOnASpanishPage(t *testing.T) {
	t.Parallel()
	catalog, err := messages.Load(os.DirFS("../messages"))
	if err != nil {
		t.Fatal(err)
	}
	desk := webtest.New(t)
	for _, path := range noticed {
		page := html.UnescapeString(desk.Get(path + "?lang=es").Body)
		for _, key := range catalog.Keys(messages.Fallback) {
			forms, err := catalog.For(messages.Fallback).Forms(key)
			if err != nil {
				t.Fatal(err)
			}
			if text := forms["other"]; strings.Count(text, " ") > 2 && !strings.Contains(text, "{") && strings.Contains(page, text) {
				t.Errorf("%s in Spanish says %q", path, text)
			}
		}
		if !strings.Contains(page, "De lunes a viernes") || !strings.Contains(page, "Aviso de privacidad") {
			t.Errorf("%s in Spanish does not say when the phone is answered, or leads to no privacy notice", path)
		}
	}
}

func TestTheAgencysOwnTexts(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t, webtest.Options{Env: map[string]string{
		"AGENCY_HOURS": "Mornings", "AGENCY_EMERGENCY_TEXT": "Closed on Friday", "AGENCY_EMERGENCY_TEXT_ES": "Cerrado el viernes",
		"AGENCY_BURDEN_TEXT":  "OMB 0000: {minutes} minutes.",
		"AGENCY_PRIVACY_TEXT": `We keep it <safe>.\n# Your rights\nAsk us.`,
	}})
	for path, want := range map[string][]string{
		"/":                      {"Mornings", "<p>Closed on Friday</p>"},
		"/?lang=es":              {`<span lang="en">Mornings</span>`, "<p>Cerrado el viernes</p>"},
		"/inquiries/new":         {"OMB 0000: 5 minutes.", `href="/privacy"`},
		"/inquiries/new?lang=es": {`<span lang="en">OMB 0000: 5 minutes.</span>`},
		"/privacy":               {"<div>", "<p>We keep it &lt;safe&gt;.</p>", "<h2>Your rights</h2>", "<p>Ask us.</p>"},
		"/privacy?lang=es":       {`<div lang="en">`, "Aviso de privacidad"},
	} {
		page := desk.NewVisitor(t).Get(path)
		for _, text := range want {
			if page.Status != http.StatusOK || !strings.Contains(page.Body, text) {
				t.Errorf("%s: status %d, want the page to hold %q", path, page.Status, text)
			}
		}
	}
}

func TestPrivacyNotice(t *testing.T) {
	t.Parallel()
	desk, tab := webtest.New(t), testkit.Browser(t)
	tab.Resize(390, 844)
	for lang, title := range map[string]string{"en": "Privacy notice", "es": "Aviso de privacidad"} {
		tab.Goto(desk.URL + "/?lang=" + lang)
		tab.TabTo(`.site-footer a[href="/privacy"]`)
		tab.PressAndLoad("Enter")
		if got := tab.Text("h1"); got != title {
			t.Errorf("the footer leads to %q, want %q", got, title)
		}
		tab.Axe()
		shoot(t, tab, "privacy-"+lang)
	}
}
