package public_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/web/webtest"
)

// TestBrowserBackAndReload asks on a phone, changes the language on the check page, goes Back, changes an answer, reloads each page and sends
// twice: one ticket with everything, and no question whether a form is to be sent again. With and without script.
func TestBrowserBackAndReload(t *testing.T) {
	t.Parallel()
	for _, script := range []bool{true, false} {
		for _, r := range []reader{english, spanish} {
			name := r.lang + " with script"
			if !script {
				name = r.lang + " without script"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				backAndReload(t, r, script)
			})
		}
	}
}

func backAndReload(t *testing.T, r reader, script bool) {
	t.Helper()
	desk, tab := webtest.New(t), testkit.Browser(t)
	tab.Resize(390, 844)
	look := func(string) {}
	if script {
		look = looked(t, tab, r)
	} else {
		tab.NoScript()
	}
	letter := filepath.Join(t.TempDir(), "letter.pdf")
	if err := os.WriteFile(letter, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	other := english
	if r == english {
		other = spanish
	}
	says := func(step, selector, want string) {
		t.Helper()
		if got := tab.Text(selector); !strings.Contains(got, want) {
			t.Fatalf("%s: %s says %q, want %q (%s)", step, selector, got, want, tab.URL())
		}
	}
	// By the keyboard: the debugger finds nothing to click on a page that the browser kept whole for Back.
	press := func(button string) {
		t.Helper()
		tab.WaitFor(`document.querySelector('` + button + `')`)
		testkit.Eval[bool](tab, `document.querySelector('`+button+`').focus() ?? true`)
		tab.PressAndLoad("Enter")
	}
	kept := func(step string) {
		t.Helper()
		if got := tab.Value("#name") + "|" + tab.Value("#question") + "|" + tab.Value("#category"); got != "Zoë O|It was mailed in May.|card-not-received" {
			t.Errorf("%s: the form holds %q", step, got)
		}
	}
	tab.Goto(desk.URL + "/inquiries/new?lang=" + r.lang)
	tab.Upload("#attachments", letter)
	if script {
		tab.WaitFor(`document.querySelector('.upload__file[data-state="done"]')`)
		look("form-file")
	}
	for selector, text := range map[string]string{
		"#category": "card-not-received", "#name": "Zoë O", "#email": "zoe@mail.example", "#subject": "My card", "#question": "It was mailed in May.",
	} {
		testkit.Eval[string](tab, `document.querySelector("`+selector+`").value = "`+text+`"`)
	}
	press("#inquiry .actions button")
	says("the check page", "h1", r.check)
	tab.Back()
	kept("Back to the form")
	press("#inquiry .actions button")
	says("the check page again", ".summary-list", "letter.pdf")
	press(`.site-header__language[lang="` + other.lang + `"]`)
	says("in the other language", "h1", other.check)
	says("in the other language", ".summary-list", "letter.pdf")
	look("check-other")
	tab.Reload()
	says("reloaded", "h1", other.check)
	tab.Back()
	says("Back", "h1", other.check) // the language that was chosen last
	press(`button[name="change"][value="subject"]`)
	kept("Change")
	says("Change", ".staged", "letter.pdf")
	tab.Reload()
	kept("reloaded")
	look("form-changed")
	testkit.Eval[string](tab, `document.querySelector("#subject").value += "2"`)
	press("#inquiry .actions button")
	says("checked again", ".summary-list", "letter.pdf")
	check := tab.URL()
	press("#inquiry .actions button")
	sent := tab.URL()
	if !strings.Contains(sent, "/inquiries/ASK-") {
		t.Fatalf("sending leads to %s: %s", sent, tab.Text("main"))
	}
	look("sent")
	tab.Reload()
	tab.Back() // the check page was sent: it leads to its confirmation
	if got := tab.URL(); path(got) != path(sent) {
		t.Errorf("Back from the confirmation leads to %s, want %s", got, sent)
	}
	tab.Goto(check)
	if got := tab.URL(); path(got) != path(sent) {
		t.Errorf("the check page leads to %s, want %s", got, sent)
	}
	if n, files := count(t, desk, `SELECT count(*) FROM ticket WHERE subject LIKE '%2%'`), count(t, desk, `SELECT count(*) FROM attachment`); n != 1 || files != 1 {
		t.Errorf("%d tickets with %d files, want 1 and 1", n, files)
	}
}

// path is an address without its query.
func path(address string) string {
	before, _, _ := strings.Cut(address, "?")
	return before
}

// TestBrowserUpload sends 10 MB over 150 kB a second, which is more than a minute: the file goes up with a progress bar while the form is
// filled in, nothing begins anew, and it makes one ticket with the file.
func TestBrowserUpload(t *testing.T) {
	t.Parallel()
	desk, tab := webtest.New(t), testkit.Browser(t)
	tab.Resize(390, 844)
	big := filepath.Join(t.TempDir(), "scan.pdf")
	if err := os.WriteFile(big, append([]byte("%PDF-1.7\n"), make([]byte, 10<<20-16)...), 0o600); err != nil {
		t.Fatal(err)
	}
	tab.Goto(desk.URL + "/inquiries/new")
	tab.Slow(150 << 10)
	tab.Upload("#attachments", big)
	tab.WaitFor(`document.querySelector(".upload__file progress").value > 1`)
	for selector, value := range map[string]string{
		"#category": "card-not-received", "#name": "Ana", "#email": "ana@mail.example", "#subject": "My card", "#question": "Where is it?",
	} {
		testkit.Eval[string](tab, `document.querySelector("`+selector+`").value = "`+value+`"`)
	}
	tab.Axe()
	shoot(t, tab, "upload")
	tab.Click("#inquiry .actions button")
	tab.Click("#inquiry .actions button") // an impatient second tap
	if got := tab.Text(".upload__said"); !strings.Contains(got, "still on their way") {
		t.Errorf("the page says %q", got)
	}
	last, step := 0.0, 0
	for range 8 { // about a minute and a quarter, in waits that may each take half a minute
		now := testkit.Eval[float64](tab, `document.querySelector(".upload__file progress")?.value ?? 100`)
		if now < last {
			t.Fatalf("the upload began anew: %.0f %% after %.0f %%", now, last)
		}
		if now >= 100 || testkit.Eval[bool](tab, `location.pathname !== "/inquiries/new"`) {
			break
		}
		last, step = now, step+1
		tab.WaitFor(`location.pathname !== "/inquiries/new" || (document.querySelector(".upload__file progress")?.value ?? 100) > ` + strconv.FormatFloat(min(99, last+14), 'f', 1, 64))
	}
	tab.WaitFor(`location.pathname === "/inquiries/check"`) // by itself, when the file is there
	tab.Slow(0)
	tab.ClickAndLoad("#inquiry .actions button")
	if n := count(t, desk, `SELECT count(*) FROM ticket t JOIN message m ON m.ticket_id = t.id JOIN attachment a ON a.message_id = m.id WHERE a.size > 10000000`); n != 1 {
		t.Errorf("%d tickets with the file, want 1: %s", n, tab.Text("main"))
	}
	if step < 3 {
		t.Errorf("the progress was seen %d times: was the network slow?", step)
	}
}
