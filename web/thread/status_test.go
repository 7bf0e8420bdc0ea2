package thread_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/webtest"
)

// Whether a reference and an address belong together shows in nothing: not in the status, the headers, the page, nor in what the
// database is asked.
func TestStatusTellsNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	mine, theirs := d.open(), d.open(func(in *ticket.Inquiry) { in.Email = "bo@mail.example" })
	d.Post("/status", asking(mine.Reference, "warm@mail.example")) // statements are prepared once a connection
	ask := func(reference, email string) (answer string, asked []string) {
		d.traced.take()
		p := d.NewVisitor(t).Post("/status", asking(reference, email))
		return sameAnswer(p), d.traced.take()
	}
	answer, statements := ask(mine.Reference, "ana@mail.example")
	if !strings.HasPrefix(answer, "303 ") || !strings.Contains(answer, "/status/sent") || len(statements) != 1 {
		t.Errorf("a match is answered %q with %q", answer, statements)
	}
	for name, other := range map[string][2]string{
		"another's address":        {mine.Reference, "bo@mail.example"},
		"another's reference":      {theirs.Reference, "ana@mail.example"},
		"no such reference":        {identifier.ReferenceOf(11), "ana@mail.example"},
		"an address nobody has":    {mine.Reference, "nobody@mail.example"},
		"neither":                  {identifier.ReferenceOf(12), "nobody@mail.example"},
		"a match, otherwise typed": {strings.ToLower(strings.ReplaceAll(mine.Reference, "-", " ")), "ANA@mail.example"},
	} {
		got, asked := ask(other[0], other[1])
		if diff := cmp.Diff(answer, got); diff != "" {
			t.Errorf("%s: the answer (-match +this)\n%s", name, diff)
		}
		if diff := cmp.Diff(statements, asked); diff != "" {
			t.Errorf("%s: the statements (-match +this)\n%s", name, diff)
		}
	}
	holds(t, d.Get("/status/sent"), "If the reference number and the email address belong together, we sent a link")
}

func TestStatusKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	good := d.open().Reference
	wrong := good[:len(good)-1] + "3"
	if wrong == good {
		wrong = good[:len(good)-1] + "4"
	}
	for name, tc := range map[string]struct {
		form   url.Values
		status int
		says   string
		keeps  string
	}{
		"nothing":           {asking("", ""), 422, "Enter the reference number", ""},
		"no address":        {asking(good, " "), 422, "Enter your email address", good},
		"a letter wrong":    {asking(wrong, "ana@mail.example"), 422, "A letter or a digit is wrong", wrong},
		"no address's form": {asking(good, "ana at home"), 422, "Enter an email address like", good},
		"broken bytes":      {asking("ASK\xff\xfe", "ana@mail.example"), 422, "could not be read", "ASK�"},
		"too long":          {asking(strings.Repeat("A", 41), "ana@mail.example"), 422, "too long", strings.Repeat("A", 41)},
		"a long address":    {asking(good, strings.Repeat("a", 250)+"@mail.example"), 422, "up to 254 characters", good},
		"markup":            {asking(`"><script>alert(1)</script>`, "a@b.example"), 422, "A letter or a digit is wrong", `"><script>alert(1)</script>`},
		"far too much":      {asking(strings.Repeat("A", 100_000), "ana@mail.example"), 413, "", ""},
	} {
		p := d.Post("/status", tc.form)
		if p.Status != tc.status || p.Value("reference") != tc.keeps || !strings.Contains(p.Text("main"), tc.says) {
			t.Errorf("%s: status %d, keeps %q: %s", name, p.Status, p.Value("reference"), p.Text("main"))
		}
		if strings.Contains(p.Body, "<script>alert") {
			t.Errorf("%s: what was typed is in the page as markup", name)
		}
	}
	if n := d.count(`SELECT count(*) FROM mail_request`); n != 0 {
		t.Errorf("%d requests", n)
	}
	d.away.Store(true)
	d.DB.Reset()
	p := d.Post("/status", asking(good, "ana@mail.example"))
	if p.Status != http.StatusServiceUnavailable || p.Value("reference") != good || p.Value("email") != "ana@mail.example" || p.Header.Get("Retry-After") == "" {
		t.Errorf("without a database: status %d, %q, %q", p.Status, p.Value("reference"), p.Value("email"))
	}
}

func TestStatusIsLimited(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "REQUEST_RATE", "email:2/1h")
	for _, email := range []string{"ana@mail.example", "ANA@mail.example", "bo@mail.example"} {
		if p := d.Post("/status", asking(identifier.ReferenceOf(3), email)); p.Status != http.StatusSeeOther {
			t.Errorf("%s: status %d", email, p.Status)
		}
	}
	p := d.Post("/status", asking(identifier.ReferenceOf(4), "ana@mail.example"))
	if p.Status != http.StatusTooManyRequests || p.Header.Get("Retry-After") == "" || p.Value("email") != "ana@mail.example" {
		t.Errorf("status %d", p.Status)
	}
}

func TestLinkWorksOnceAndByAPress(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	mine := d.open()
	link := d.link(mine)
	for range 3 { // a mail scanner
		scanner := d.NewVisitor(t)
		if p := scanner.Get(link); p.Status != http.StatusOK || p.Doc.Find(`form[action="`+link+`"] button`).Length() != 1 || p.Header.Get("Cache-Control") != "no-store" {
			t.Fatalf("status %d: %s", p.Status, p.Text("main"))
		}
		if p := scanner.Get(questionPath(mine.Reference)); p.Status != http.StatusNotFound {
			t.Errorf("whoever only opened the link: status %d", p.Status)
		}
	}
	v := d.NewVisitor(t)
	if p := v.Post(link, nil); p.Status != http.StatusSeeOther || p.Location() != questionPath(mine.Reference) {
		t.Fatalf("status %d to %q", p.Status, p.Location())
	}
	holds(t, v.Get(questionPath(mine.Reference)), "My card has not come", "Where is it?", "We have your question")
	old := d.link(mine)
	d.wait(account.RequestStatus.Lasts())
	for name, dead := range map[string]string{
		"used": link, "too old": old, "unknown": "/status/" + strings.Repeat("a", 32), "no link at all": "/status/nonsense", "markup": "/status/" + url.PathEscape(`"><b>`),
	} {
		for _, p := range []webtest.Page{d.Get(dead), d.Post(dead, nil)} {
			if p.Status != http.StatusNotFound || p.Doc.Find(`form[action="/status"]`).Length() != 1 {
				t.Errorf("%s: status %d: %s", name, p.Status, p.Text("main"))
			}
			holds(t, p, "This link does not work any more")
		}
	}
	if p := v.Get(questionPath(mine.Reference)); p.Status != http.StatusOK {
		t.Errorf("the follower, ten minutes later: status %d", p.Status)
	}
	d.wait(2 * time.Hour)
	if p := v.Get(questionPath(mine.Reference)); p.Status != http.StatusNotFound {
		t.Errorf("the follower, hours later: status %d", p.Status)
	}
}

// Whoever shares a computer can close the question there, and nobody reads it on by going back.
func TestAFollowerCanStop(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	mine := d.open()
	v := d.follower(mine)
	if p := v.Get(questionPath(mine.Reference)); p.Doc.Find(`form[action="/status/close"] button`).Length() != 1 {
		t.Errorf("the page has no button to stop: %s", p.Text("main"))
	}
	if p := v.Post("/status/close", nil); p.Status != http.StatusSeeOther || p.Location() != "/status" {
		t.Errorf("status %d to %q", p.Status, p.Location())
	}
	holds(t, v.Get("/status"), "Your question is closed on this device.")
	if p := v.Get(questionPath(mine.Reference)); p.Status != http.StatusNotFound {
		t.Errorf("afterwards: status %d, want 404", p.Status)
	}
	if p := d.NewVisitor(t).Post("/status/close", nil); p.Status != http.StatusSeeOther {
		t.Errorf("somebody who follows nothing: status %d", p.Status)
	}
}

func TestTwoPressesAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	mine := d.open()
	for range 5 {
		link := d.link(mine)
		var pages [2]webtest.Page
		var both sync.WaitGroup
		for i := range pages {
			v := d.NewVisitor(t)
			both.Go(func() { pages[i] = v.Post(link, nil) })
		}
		both.Wait()
		if got := pages[0].Status + pages[1].Status; got != http.StatusSeeOther+http.StatusNotFound {
			t.Errorf("status %d and %d, want one to follow and one not", pages[0].Status, pages[1].Status)
		}
	}
}
