package public_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/draft"
	"github.com/askwell/askwell/web/webtest"
)

// posted sends a form and follows nothing. Headers come as name, value.
func posted(v *webtest.Visitor, path string, form url.Values, headers ...string) webtest.Page {
	return v.Send(http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()), headers...)
}

// Every page of the form can be asked for: reload and Back lead to it, files included, with nothing personal in its address. Only the
// browser that typed it sees it, the database cannot read it, and it is gone once it is sent.
func TestDraftIsAPageOfItsOwn(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	v := desk.NewVisitor(t)
	form := filled(t, v, "question", "My secret is blue.", "account_number", "A123456789")
	withFile := v.PostFiles("/inquiries/check", form, upload("notice.pdf", pdf))
	form["staged"] = withFile.Form("#inquiry")["staged"]
	answer := posted(v, "/inquiries/check", form)
	address := answer.Location()
	if answer.Status != http.StatusSeeOther || !strings.HasPrefix(address, "/inquiries/check?draft=") {
		t.Fatalf("status %d to %q", answer.Status, address)
	}
	for _, personal := range []string{"blue", "ana", "secret", form.Get("form_token")} {
		if strings.Contains(strings.ToLower(address), personal) {
			t.Errorf("the address holds %q", personal)
		}
	}
	for _, what := range []string{"the check page", "reloaded"} {
		p := v.Get(address)
		if p.Status != http.StatusOK || p.Text("h1") != "Check your answers" || len(stagedNames(p)) != 1 {
			t.Errorf("%s: status %d, %q, files %v", what, p.Status, p.Text("h1"), stagedNames(p))
		}
		holds(t, p, "My secret is blue.", "This looks like an A-Number")
	}
	change := v.Get(address).Form("#inquiry")
	change.Set("change", "subject")
	changed := posted(v, "/inquiries/check", change)
	if !strings.HasPrefix(changed.Location(), "/inquiries/new?draft=") || !strings.HasSuffix(changed.Location(), "#subject") {
		t.Errorf("Change leads to %q", changed.Location())
	}
	again := v.Get(changed.Location())
	keeps(t, again, form)
	if len(stagedNames(again)) != 1 || again.Value("form_token") != form.Get("form_token") {
		t.Errorf("after Change: files %v", stagedNames(again))
	}
	stranger := desk.NewVisitor(t)
	stranger.Get("/inquiries/new")
	for _, path := range []string{address, changed.Location()} {
		p := stranger.Get(path)
		if p.Status != http.StatusGone || strings.Contains(p.Body, "blue") || p.Value("name") != "" {
			t.Errorf("another browser at %s: status %d: %s", path, p.Status, p.Text("main"))
		}
	}
	if n := count(t, desk, `SELECT count(*) FROM form_draft WHERE position('blue'::bytea IN sealed) > 0 OR position('Ana' IN encode(sealed, 'escape')) > 0`); n != 0 {
		t.Error("the database can read the draft")
	}
	sent := v.Post("/inquiries", v.Get(address).Form("#inquiry"))
	for _, path := range []string{address, changed.Location()} {
		if p := v.Get(path); p.Status != http.StatusSeeOther || p.Location() != sent.Location() {
			t.Errorf("Back to %s after sending: status %d to %q, want 303 to %q", path, p.Status, p.Location(), sent.Location())
		}
	}
	if n := count(t, desk, `SELECT count(*) FROM form_draft`); n != 0 {
		t.Errorf("%d drafts are left", n)
	}
}

// A form page from before its files were chosen, as Back shows it, sends them all the same; the same file chosen again is one file.
func TestDraftKeepsFilesThatThePageForgot(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	v := desk.NewVisitor(t)
	form := filled(t, v)
	v.PostFiles("/inquiries/check", form, upload("notice.pdf", pdf))
	form.Set("subject", "Another subject")
	p := v.Post("/inquiries/check", form)
	if got := stagedNames(p); len(got) != 1 || got[0] != "notice.pdf" {
		t.Errorf("after Back: files %v", got)
	}
	p = v.PostFiles("/inquiries/check", form, upload("notice.pdf", pdf))
	if got := stagedNames(p); len(got) != 1 {
		t.Errorf("chosen again: files %v", got)
	}
	remove := p.Form("#inquiry")
	remove.Set("remove", p.Doc.Find(`button[name="remove"]`).AttrOr("value", ""))
	if got := stagedNames(v.Post("/inquiries/check", remove)); len(got) != 0 {
		t.Errorf("removed: files %v", got)
	}
	if got := stagedNames(v.Post("/inquiries/check", form)); len(got) != 0 {
		t.Errorf("after Back once more: files %v", got)
	}
}

// What is wrong is said on a page of its own, too.
func TestDraftSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	v := desk.NewVisitor(t)
	form := filled(t, v, "email", "nobody")
	for _, path := range []string{"/inquiries/check", "/inquiries"} {
		answer := posted(v, path, form)
		for range 2 {
			p := v.Get(answer.Location())
			if answer.Status != http.StatusSeeOther || p.Status != http.StatusUnprocessableEntity || problems(p)["email"] == "" {
				t.Errorf("%s: status %d, then %d: %v", path, answer.Status, p.Status, problems(p))
			}
			keeps(t, p, form)
		}
	}
}

// A browser without cookies gets each page as the answer to its form, and the language travels in the form.
func TestFormWithoutCookies(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	anew := func() *webtest.Visitor { return desk.NewVisitor(t) } // each request is one of a browser that keeps nothing
	page := anew().Get("/inquiries/new?lang=es")
	form := page.Form("#inquiry")
	for name, value := range map[string]string{"category": "card-not-received", "name": "Ana", "email": "ana@mail.example", "subject": "Mi tarjeta", "question": "¿Dónde está?"} {
		form.Set(name, value)
	}
	action := page.Doc.Find("#inquiry").AttrOr("action", "")
	check := posted(anew(), action, form)
	if check.Status != http.StatusOK || check.Text("h1") != "Revise sus respuestas" {
		t.Fatalf("%s: status %d, %q", action, check.Status, check.Text("h1"))
	}
	english := posted(anew(), check.Doc.Find(`.site-header__language[lang="en"]`).AttrOr("formaction", ""), check.Form("#inquiry"))
	if english.Status != http.StatusOK || english.Text("h1") != "Check your answers" {
		t.Errorf("in English: status %d, %q", english.Status, english.Text("h1"))
	}
	sent := posted(anew(), check.Doc.Find("#inquiry").AttrOr("action", ""), check.Form("#inquiry"))
	if sent.Status != http.StatusSeeOther || !strings.HasSuffix(sent.Location(), "?lang=es") {
		t.Fatalf("sent: status %d to %q", sent.Status, sent.Location())
	}
	if p := anew().Get(sent.Location()); p.Text("h1") != "Su pregunta se envió" {
		t.Errorf("the confirmation says %q", p.Text("h1"))
	}
	if n := count(t, desk, `SELECT count(*) FROM ticket WHERE language = 'es'`) - count(t, desk, `SELECT count(*) FROM form_draft`); n != 1 {
		t.Errorf("%d tickets in Spanish less drafts, want 1", n)
	}
}

// The language button shows the same page with every field and file, wherever it is pressed.
func TestLanguageButtonKeepsEverything(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	v := desk.NewVisitor(t)
	form := filled(t, v, "email", "nobody")
	press := func(p webtest.Page, lang string) webtest.Page {
		t.Helper()
		button := p.Doc.Find(`button.site-header__language[lang="` + lang + `"]`)
		fields := p.Form("#" + button.AttrOr("form", ""))
		fields.Set(button.AttrOr("name", ""), button.AttrOr("value", ""))
		got := v.Post(button.AttrOr("formaction", ""), fields)
		if got.Status == http.StatusSeeOther {
			got = v.Get(got.Location())
		}
		if got.Doc.Find("html").AttrOr("lang", "") != lang {
			t.Errorf("the page is in %q, want %q", got.Doc.Find("html").AttrOr("lang", ""), lang)
		}
		return got
	}
	wrong := press(v.PostFiles("/inquiries/check", form, upload("notice.pdf", pdf)), "es")
	if wrong.Status != http.StatusUnprocessableEntity || len(problems(wrong)) != 1 || len(stagedNames(wrong)) != 1 {
		t.Errorf("with a mistake: status %d, problems %v, files %v", wrong.Status, problems(wrong), stagedNames(wrong))
	}
	keeps(t, wrong, form)
	mended := wrong.Form("#inquiry")
	mended.Set("email", "ana@mail.example")
	form.Set("email", "ana@mail.example")
	check := press(v.Post("/inquiries/check", mended), "en")
	if check.Text("h1") != "Check your answers" || len(stagedNames(check)) != 1 {
		t.Errorf("the check page: %q, files %v", check.Text("h1"), stagedNames(check))
	}
	change := check.Form("#inquiry")
	change.Set("change", "subject")
	clean := press(v.Post("/inquiries/check", change), "es")
	if clean.Status != http.StatusOK || len(stagedNames(clean)) != 1 {
		t.Errorf("the form: status %d, files %v", clean.Status, stagedNames(clean))
	}
	keeps(t, clean, form)
}

func TestDraftIsSwept(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	v := desk.NewVisitor(t)
	old := posted(v, "/inquiries/check", filled(t, v)).Location()
	posted(v, "/inquiries/check", filled(t, v))
	if _, err := desk.DB.Exec(t.Context(), `UPDATE form_draft SET saved_at = now() - interval '24 hours 1 second' WHERE ctid = (SELECT min(ctid) FROM form_draft)`); err != nil {
		t.Fatal(err)
	}
	if p := v.Get(old); p.Status != http.StatusGone || p.Text(".note__title") == "" {
		t.Errorf("an old draft: status %d: %s", p.Status, p.Text("main"))
	}
	swept, err := draft.Store{DB: desk.DB}.Sweep(t.Context())
	if n := count(t, desk, `SELECT count(*) FROM form_draft`); err != nil || swept != 1 || n != 1 {
		t.Errorf("%d swept, %d left, %v", swept, n, err)
	}
}

// A question that was sent already can be changed by Back: the check page says what becomes of it.
func TestDraftOfAUsedForm(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	v := desk.NewVisitor(t)
	form := filled(t, v)
	first := v.Post("/inquiries", form)
	form.Set("question", "It was mailed in June.")
	check := v.Post("/inquiries/check", form)
	holds(t, check, "You already sent this form", strings.TrimPrefix(first.Location(), "/inquiries/"))
	if p := v.Post("/inquiries", check.Form("#inquiry")); p.Location() != first.Location() {
		t.Errorf("sent: status %d to %q", p.Status, p.Location())
	}
	if n := count(t, desk, `SELECT count(*) FROM message WHERE body = 'It was mailed in June.'`); n != 1 {
		t.Errorf("%d messages with the new words", n)
	}
}
