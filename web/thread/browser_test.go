package thread_test

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/devstack"
	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web"
	"github.com/askwell/askwell/web/messages"
)

// reader is what somebody reads on the way, in one language.
type reader struct{ lang, sent, button, received, waiting, rated, added, closed string }

var (
	english = reader{
		"en", "Look in your email", "See my question", "We have your question", "We wait for you", "You said that it helped.", "Your message is sent.", "Answered",
	}
	spanish = reader{
		"es", "Mire su correo electrónico", "Ver mi pregunta", "Tenemos su pregunta", "Esperamos su respuesta", "Usted dijo que le ayudó.", "Su mensaje se envió.",
		"Respondida",
	}
)

// post is a mail server with what the desk writes.
type post struct {
	t      *testing.T
	box    *devstack.Mailbox
	mailer *mail.Mailer
}

func newPost(t *testing.T, d *desk) *post {
	t.Helper()
	catalog, err := messages.Load(web.Messages())
	d.must(err)
	base, err := url.Parse(d.URL)
	d.must(err)
	p := &post{t: t, box: testkit.Mailbox(t)}
	p.mailer, err = mail.New(mail.Config{
		URL: p.box.URL(), BaseURL: base, Agency: mail.Agency{Name: "Bureau of Arrivals", Email: "help@arrivals.example", AnswerWithin: 5, Color: "#1a4480"},
		Texts: func(language string) mail.Texts { return catalog.For(language) },
	})
	d.must(err)
	return p
}

var address = regexp.MustCompile(`http://\S+/status\S*`)

// link is the one in the last mail.
func (p *post) link() string {
	p.t.Helper()
	all, err := p.box.Messages()
	if err != nil || len(all) == 0 {
		p.t.Fatalf("%d mails: %v", len(all), err)
	}
	newest := all[0]
	for _, m := range all {
		if m.Header.Get("Auto-Submitted") == "auto-generated" {
			newest = m
		}
	}
	found := address.FindString(newest.Text)
	if found == "" {
		p.t.Fatalf("the mail has no link: %s", newest.Text)
	}
	return found
}

// walk is somebody without an account and with a keyboard alone, on a phone: from the mail that says that the question has arrived to its
// answer, and on to the end of it.
func walk(t *testing.T, tab *testkit.Tab, r reader, look func(page string)) {
	t.Helper()
	d := newDesk(t)
	inbox := newPost(t, d)
	tab.Resize(390, 844)
	mine := d.open(func(in *ticket.Inquiry) { in.Language = r.lang })
	if err := inbox.mailer.Acknowledge(t.Context(), mail.Letter{
		To: mine.ApplicantEmail, Name: mine.ApplicantName, Language: r.lang, Reference: mine.Reference, Subject: mine.Subject, Category: mine.Category,
	})[0]; err != nil {
		t.Fatal(err)
	}
	tab.Goto(inbox.link())
	look("status")
	if got := tab.Value("#reference"); got != mine.Reference {
		t.Errorf("the mail's link leads to a form with the reference %q", got)
	}
	tab.TabTo("#email")
	tab.Type("Ana@Mail.Example")
	tab.TabTo(`main form button[type="submit"]`)
	tab.PressAndLoad("Enter")
	if got := tab.Text("h1"); got != r.sent {
		t.Fatalf("after asking comes %q: %s", got, tab.Text("main"))
	}
	look("status-sent")
	d.mailed(func(n mail.Notice) { d.must(inbox.mailer.Notify(t.Context(), n)) })
	tab.Goto(inbox.link())
	look("status-link")
	if got := tab.Text(`main button`); got != r.button {
		t.Errorf("the button says %q", got)
	}
	tab.TabTo(`main form button`)
	tab.PressAndLoad("Enter")
	if got := tab.Text("#progress"); got != r.received {
		t.Fatalf("behind the link: %q", got)
	}
	look("thread-received")
	d.answer(mine, "It was mailed on Monday, March 2.\n\nPlease look in your mailbox. If it is not there by Friday, write to us again and tell us your address.")
	tab.Goto(d.URL + questionPath(mine.Reference))
	if got := tab.Text("#progress"); got != r.waiting {
		t.Errorf("with an answer: %q", got)
	}
	look("thread-answered")
	tab.TabTo(`.progress a[href^="#m"]`)
	tab.Press("Enter")
	tab.WaitFor(`document.activeElement.matches(".thread__message--agency") || document.querySelector(":target.thread__message--agency")`)
	tab.TabTo(`#rating button[value="yes"]`)
	tab.PressAndLoad("Enter")
	if got := tab.Text(`#rating [role="status"]`); !strings.HasSuffix(got, r.rated) {
		t.Errorf("after the click: %q", got)
	}
	look("thread-rated")
	tab.TabTo("#words")
	tab.Type("Quick and clear.")
	tab.TabTo(`#rating form:has(#words) button`)
	tab.PressAndLoad("Enter")
	tab.TabTo("#message")
	tab.Type("It is not there.\nMy new address is in the letter.")
	letter := filepath.Join(t.TempDir(), "my-letter-with-the-new-address-and-a-long-name.pdf")
	d.must(os.WriteFile(letter, pdf, 0o600))
	tab.Upload("#attachments", letter)
	tab.TabTo(`form[action$="/messages"] button[type="submit"]`)
	tab.PressAndLoad("Enter")
	if got := tab.Text(".flash"); got != r.added {
		t.Fatalf("after the message: %q: %s", got, tab.Text("main"))
	}
	look("thread-added")
	tab.TabTo(`form[action$="/solve"] button`)
	tab.PressAndLoad("Enter")
	if got := tab.Text("#progress"); got != r.closed {
		t.Errorf("in the end: %q", got)
	}
	look("thread-solved")
	if n := d.count(`
		SELECT count(*) FROM ticket t JOIN ticket_rating r ON r.ticket_id = t.id JOIN message m ON m.ticket_id = t.id AND m.kind = 'applicant'
		JOIN attachment a ON a.message_id = m.id
		WHERE t.status = 'solved' AND r.helpful AND r.words = 'Quick and clear.' AND m.body = E'It is not there.\nMy new address is in the letter.'`); n != 1 {
		t.Errorf("%d such questions on file, want 1", n)
	}
}

// looked runs axe-core on each page of a walk, sees that it is no wider than a phone, and keeps pictures where SCREENSHOTS names a folder.
func looked(t *testing.T, tab *testkit.Tab, r reader) func(page string) {
	return func(page string) {
		t.Helper()
		if width := testkit.Eval[int](tab, "document.documentElement.scrollWidth"); width > 390 {
			t.Errorf("%s is %d pixels wide on a phone of 390", page, width)
		}
		small := testkit.Eval[string](tab, `[...document.querySelectorAll("main button, main .usa-button, main input:not([type=hidden]), main textarea, main .thread__file")]
			.filter(e => e.getBoundingClientRect().height < 44).map(e => e.outerHTML.slice(0, 80)).join("; ")`)
		if small != "" {
			t.Errorf("%s has targets less than 44 pixels high: %s", page, small)
		}
		tab.Axe()
		if folder := os.Getenv("SCREENSHOTS"); folder != "" {
			tab.Screenshot(filepath.Join(folder, page+"-"+r.lang+"-1440.png"), 1440, 900, false)
			tab.Screenshot(filepath.Join(folder, page+"-"+r.lang+"-390.png"), 390, 844, false)
		}
		tab.Resize(390, 844)
	}
}

// unlooked is for walks without JavaScript, which axe-core needs.
func unlooked(string) {}

func TestBrowserFollow(t *testing.T) {
	t.Parallel()
	tab := testkit.Browser(t)
	walk(t, tab, english, looked(t, tab, english))
}

func TestBrowserFollowInSpanish(t *testing.T) {
	t.Parallel()
	tab := testkit.Browser(t)
	walk(t, tab, spanish, looked(t, tab, spanish))
}

func TestBrowserFollowWithoutJavaScript(t *testing.T) {
	t.Parallel()
	tab := testkit.Browser(t)
	tab.NoScript()
	walk(t, tab, english, unlooked)
}

func TestBrowserFollowWithoutJavaScriptInSpanish(t *testing.T) {
	t.Parallel()
	tab := testkit.Browser(t)
	tab.NoScript()
	walk(t, tab, spanish, unlooked)
}

// What a worried person meets when things go wrong, in both languages.
func TestBrowserTrouble(t *testing.T) {
	t.Parallel()
	for _, r := range []reader{english, spanish} {
		d, tab := newDesk(t), testkit.Browser(t)
		tab.Resize(390, 844)
		look := looked(t, tab, r)
		lang := "?lang=" + r.lang
		tab.Goto(d.URL + "/status/nonsense" + lang)
		look("link-dead")
		tab.Goto(d.URL + questionPath("ASK-2222-2222") + lang)
		look("question-none")
		tab.Goto(d.URL + "/status" + lang)
		tab.TabTo(`main form button[type="submit"]`)
		tab.PressAndLoad("Enter")
		tab.WaitFor(`document.activeElement.matches(".error-summary")`)
		look("status-errors")
		mine := d.open()
		tab.Goto(d.URL + d.link(mine))
		tab.ClickAndLoad(`main form button`)
		tab.TabTo(`form[action$="/messages"] button[type="submit"]`)
		tab.PressAndLoad("Enter")
		tab.WaitFor(`document.activeElement.matches(".error-summary")`)
		look("thread-errors")
		tab.TabTo("#message")
		tab.Type("My number is 078-05-1120.")
		d.away.Store(true)
		d.DB.Reset()
		tab.TabTo(`form[action$="/messages"] button[type="submit"]`)
		tab.PressAndLoad("Enter")
		look("not-sent")
		d.away.Store(false)
		if _, err := d.Tickets.Exclude(t.Context(), d.agent, mine.Reference, "duplicate"); err != nil {
			t.Fatal(err)
		}
		tab.TabTo(`form[action$="/messages"] button[type="submit"]`)
		tab.PressAndLoad("Enter")
		look("closed")
		if p := d.Get("/status"); p.Status != http.StatusOK {
			t.Errorf("status %d", p.Status)
		}
	}
}
