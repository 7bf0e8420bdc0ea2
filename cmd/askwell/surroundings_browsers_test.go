//go:build surroundings

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/web/webtest"
)

// walker is a browser that somebody walks through pages with.
type walker interface {
	Goto(url string)
	Eval(expression string) string
	WaitFor(condition string)
	Press(selector string)
	Upload(selector, path string)
	Back()
	Reload()
	Resize(width, height int64)
	Look(name string)
}

// chromium is testkit's tab as a walker.
type chromium struct {
	*testkit.Tab
	t *testing.T
}

func (c chromium) Eval(expression string) string {
	c.t.Helper()
	return testkit.Eval[string](c.Tab, `String(`+expression+`)`)
}

func (c chromium) Press(selector string) {
	c.t.Helper()
	c.WaitFor(`document.querySelector('` + selector + `')`)
	c.Eval(`document.querySelector('` + selector + `').focus()`)
	c.PressAndLoad("Enter")
}

func (c chromium) Upload(selector, path string) {
	c.t.Helper()
	c.Tab.Upload(selector, path)
}

func (c chromium) Look(name string) {
	c.t.Helper()
	if dir := os.Getenv("SCREENSHOTS"); dir != "" {
		c.Screenshot(filepath.Join(dir, "chromium-"+name+".png"), 390, 844, false)
	}
}

var walkers = map[string]func(t *testing.T) walker{
	"firefox":  func(t *testing.T) walker { return startFirefox(t) },
	"chromium": func(t *testing.T) walker { return chromium{testkit.Browser(t), t} },
}

// walk is somebody with a browser, a phone's screen and a language.
type walk struct {
	walker
	t           *testing.T
	lang, other string
	name        string
	steps       int
}

func (w *walk) text(selector string) string {
	w.t.Helper()
	return w.Eval(`document.querySelector('` + selector + `')?.innerText ?? ""`)
}

// says holds what the page says, and that it is neither wider than the screen nor anything that the browser itself made.
func (w *walk) says(step, selector, want string) {
	w.t.Helper()
	if got := w.text(selector); !strings.Contains(got, want) {
		w.t.Fatalf("%s: %s says %q, want %q (%s)", step, selector, got, want, w.Eval("location.href"))
	}
	if wide := w.Eval("document.documentElement.scrollWidth - document.documentElement.clientWidth"); wide != "0" {
		w.t.Errorf("%s: the page is %s pixels wider than the screen", step, wide)
	}
	w.steps++
	w.Look(w.name + "-" + strings.ReplaceAll(step, " ", "-"))
}

func (w *walk) fill(fields map[string]string) {
	w.t.Helper()
	for selector, text := range fields {
		w.Eval(`document.querySelector("` + selector + `").value = "` + text + `"`)
	}
}

func (w *walk) value(selector string) string {
	w.t.Helper()
	return w.Eval(`document.querySelector('` + selector + `').value`)
}

func (w *walk) switchTo(lang string) {
	w.t.Helper()
	w.Press(`.site-header__language[lang="` + lang + `"]`)
	if got := w.Eval("document.documentElement.lang"); got != lang {
		w.t.Fatalf("the page is in %q, not in %q", got, lang)
	}
}

// TestSurroundingsBrowsers walks through the public form and a question's page as people do who go Back, reload and change the language.
func TestSurroundingsBrowsers(t *testing.T) {
	t.Parallel()
	for name, open := range walkers {
		for lang, other := range map[string]string{"en": "es", "es": "en"} {
			t.Run(name+" "+lang, func(t *testing.T) {
				t.Parallel()
				desk := webtest.New(t)
				w := &walk{walker: open(t), t: t, lang: lang, other: other, name: lang}
				w.Resize(390, 844)
				reference := w.form(desk)
				w.thread(desk, reference)
				held(t, "%s in %s: Back, reload, files and change of language at %d steps", name, lang, w.steps)
			})
		}
	}
}

// heads are what the pages are called.
var heads = map[string]map[string]string{
	"en": {"form": "Ask a question", "check": "Check your answers", "sent": "ASK-"},
	"es": {"form": "Hacer una pregunta", "check": "Revise sus respuestas", "sent": "ASK-"},
}

// form sends one question, as an applicant who signed in, and gives its reference.
func (w *walk) form(desk *webtest.Desk) string {
	t := w.t
	t.Helper()
	letter := filepath.Join(t.TempDir(), "letter.pdf")
	if err := os.WriteFile(letter, []byte("%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	email := "walker-" + w.lang + "@mail.example"
	desk.Applicant(t, email)
	w.Goto(desk.URL + "/account/sign-in?lang=" + w.lang)
	w.fill(map[string]string{`[name=email]`: email, `[name=password]`: webtest.Password})
	w.Press("main form button[type=submit]")
	w.Goto(desk.URL + "/inquiries/new?lang=" + w.lang)
	w.says("form", "h1", heads[w.lang]["form"])
	w.Upload("#attachments", letter)
	w.WaitFor(`document.querySelector('.upload__file[data-state="done"]')`)
	w.fill(map[string]string{"#category": "card-not-received", "#subject": "My card", "#question": "It was mailed in May."})
	kept := func(step string) {
		t.Helper()
		if got := w.value("#subject") + "|" + w.value("#question") + "|" + w.value("#category"); !strings.HasPrefix(got, "My card|It was mailed in May.|card-not-received") {
			t.Errorf("%s: the form holds %q", step, got)
		}
		if text := w.text("main"); !strings.Contains(text, "letter.pdf") {
			t.Errorf("%s: the file is not named", step)
		}
	}
	w.switchTo(w.other)
	w.says("form in the other language", "h1", heads[w.other]["form"])
	kept("the form in the other language")
	w.Reload()
	kept("the form, reloaded")
	w.switchTo(w.lang)
	kept("the form in the first language")
	w.Press("#inquiry .actions button")
	w.says("check", "h1", heads[w.lang]["check"])
	w.says("check", ".summary-list", "letter.pdf")
	w.Back()
	kept("Back to the form")
	w.says("back", "h1", heads[w.lang]["form"])
	w.Press("#inquiry .actions button")
	w.switchTo(w.other)
	w.says("check in the other language", "h1", heads[w.other]["check"])
	w.Reload()
	w.says("check reloaded", ".summary-list", "letter.pdf")
	w.switchTo(w.lang)
	w.Press(`button[name="change"][value="subject"]`)
	kept("Change")
	w.says("change", "h1", heads[w.lang]["form"])
	w.Press("#inquiry .actions button")
	w.Press("#inquiry .actions button")
	w.says("sent", "main", heads[w.lang]["sent"])
	sent := w.Eval("location.pathname")
	w.Reload()
	w.says("sent reloaded", "main", heads[w.lang]["sent"])
	w.switchTo(w.other)
	w.says("sent in the other language", "main", heads[w.other]["sent"])
	w.switchTo(w.lang)
	w.Back()
	w.Reload()
	var n int
	if err := desk.DB.QueryRow(t.Context(), `SELECT count(*) FROM ticket`).Scan(&n); err != nil || n != 1 {
		t.Fatalf("%d tickets: %v", n, err)
	}
	return strings.TrimPrefix(sent, "/inquiries/")
}

// thread writes one message with a file on the question's page.
func (w *walk) thread(desk *webtest.Desk, reference string) {
	t := w.t
	t.Helper()
	photo := filepath.Join(t.TempDir(), "second.pdf")
	if err := os.WriteFile(photo, []byte("%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.Goto(desk.URL + "/account/questions/" + reference + "?lang=" + w.lang)
	w.says("thread", "main", "It was mailed in May.")
	w.fill(map[string]string{"#message": "It has come meanwhile."})
	w.switchTo(w.other)
	if got := w.value("#message"); got != "It has come meanwhile." {
		t.Errorf("in the other language the message is %q", got)
	}
	w.says("thread in the other language", "main", "It was mailed in May.")
	w.switchTo(w.lang)
	w.Upload("main input[type=file]", photo)
	w.Press("#message-form button[type=submit]")
	w.says("thread with the message", "main", "It has come meanwhile.")
	w.says("thread with the file", "main", "second.pdf")
	w.Reload()
	w.says("thread reloaded", "main", "It has come meanwhile.")
	w.Back()
	w.says("thread after back", "main", "It was mailed in May.")
	var n int
	if err := desk.DB.QueryRow(t.Context(), `SELECT count(*) FROM message WHERE body LIKE '%come meanwhile%'`).Scan(&n); err != nil || n != 1 {
		t.Errorf("%d messages: %v", n, err)
	}
}
