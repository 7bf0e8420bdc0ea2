package devstack_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/askwell/askwell/internal/devstack"
)

// get asks for a page as the desk serves it: under /dev/mail.
func get(t *testing.T, m *devstack.Mailbox, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/dev/mail"+path, nil)
	http.StripPrefix("/dev/mail", m.Handler()).ServeHTTP(w, r)
	return w
}

func page(t *testing.T, m *devstack.Mailbox, path string) *goquery.Document {
	t.Helper()
	w := get(t, m, path)
	if w.Code != http.StatusOK {
		t.Fatalf("GET %s: status %d, want 200", path, w.Code)
	}
	doc, err := goquery.NewDocumentFromReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if doc.Find("script, style, [style], [onclick]").Length() > 0 {
		t.Errorf("GET %s: has inline script or style, which its policy forbids", path)
	}
	return doc
}

func TestMailboxPages(t *testing.T) {
	t.Parallel()
	m := startMailbox(t, devstack.MailboxConfig{Dir: folder(t)})
	if got := page(t, m, "/").Find(".empty").Text(); !strings.Contains(got, "No mail yet") {
		t.Errorf("the empty list says %q", got)
	}
	send(t, m, []string{"keld@dkuug.dk"}, multipartMail)
	id := onlyMessage(t, m).ID
	for n := range 51 {
		sendNumbered(t, m, n)
	}

	list := page(t, m, "/")
	if got := list.Find("tbody tr").Length(); got != 50 {
		t.Errorf("the first page has %d messages, want 50", got)
	}
	if got := list.Find("tbody tr a").First().Text(); got != "Number 50" {
		t.Errorf("the first message is %q, want the newest", got)
	}
	older, _ := list.Find("a[rel=next]").Attr("href")
	second := page(t, m, strings.TrimPrefix(older, "."))
	link, _ := second.Find("tbody tr a").Last().Attr("href")
	if link != "./"+id || second.Find("tbody tr").Length() != 2 {
		t.Errorf("the second page ends with %q of %d, want the oldest of 2", link, second.Find("tbody tr").Length())
	}
	if got := page(t, m, "/?q=PIRARD+example").Find("tbody tr").Length(); got != 1 {
		t.Errorf("the search found %d messages, want 1", got)
	}
	if got := page(t, m, "/?q=%3Cb%3E").Find(".empty").Text(); !strings.Contains(got, "“<b>”") {
		t.Errorf("the search without a result says %q", got)
	}

	doc := page(t, m, "/"+id)
	if got, _ := doc.Find(".text a").Attr("href"); got != "https://desk.example/i/1?a=1&b=2" {
		t.Errorf("the link in the text leads to %q", got)
	}
	frame := doc.Find("iframe[title]")
	if sandbox, ok := frame.Attr("sandbox"); !ok || strings.Contains(sandbox, "allow-scripts") ||
		strings.Contains(sandbox, "allow-same-origin") {
		t.Errorf("the frame's sandbox is %q", sandbox)
	}
	if got, want := frame.AttrOr("src", ""), "./"+id+"/html"; got != want {
		t.Errorf("the frame shows %q, want %q", got, want)
	}
	for path, wantType := range map[string]string{
		"/style.css": "text/css; charset=utf-8", "/" + id + "/html": "text/html; charset=utf-8",
		"/" + id + "/parts/1": "image/png", "/" + id + "/parts/2": "application/pdf",
	} {
		if w := get(t, m, path); w.Code != http.StatusOK || w.Header().Get("Content-Type") != wantType {
			t.Errorf("GET %s: %d, %q, want 200, %q", path, w.Code, w.Header().Get("Content-Type"), wantType)
		}
	}
}

func TestMailboxHTMLPartRunsNothing(t *testing.T) {
	t.Parallel()
	m := startMailbox(t, devstack.MailboxConfig{Dir: folder(t)})
	send(t, m, []string{"keld@dkuug.dk"}, multipartMail)
	w := get(t, m, "/"+onlyMessage(t, m).ID+"/html")
	policy := w.Header().Get("Content-Security-Policy")
	if !strings.HasPrefix(policy, "sandbox ") || strings.Contains(policy, "allow-scripts") ||
		!strings.Contains(policy, "default-src 'none'") {
		t.Errorf("the policy is %q", policy)
	}
	doc, err := goquery.NewDocumentFromReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got := doc.Find("head base").AttrOr("target", ""); got != "_blank" {
		t.Errorf("links open in %q, want a window of their own", got)
	}
	if got := doc.Find("img").AttrOr("src", ""); got != "parts/1" {
		t.Errorf("the picture sent along is %q, want parts/1", got)
	}
}

func TestMailboxUnknownMessages(t *testing.T) {
	t.Parallel()
	m := startMailbox(t, devstack.MailboxConfig{Dir: folder(t)})
	send(t, m, []string{"keld@dkuug.dk"}, multipartMail)
	id := onlyMessage(t, m).ID
	for _, path := range []string{"/none", "/none/html", "/..%2f..%2fredis.password", "/" + id + "/parts/0", "/" + id + "/parts/3",
		"/" + id + "/parts/x"} {
		if status := get(t, m, path).Code; status != http.StatusNotFound {
			t.Errorf("GET %s: status %d, want 404", path, status)
		}
	}
	if _, err := m.Get("../lock"); !errors.Is(err, devstack.ErrNoMessage) {
		t.Errorf("Get of a path: %v, want ErrNoMessage", err)
	}
	w := get(t, m, "")
	if got := w.Header().Get("Location"); w.Code != http.StatusSeeOther || got != "/dev/mail/" {
		t.Errorf("without the slash: %d to %q, want 303 to /dev/mail/", w.Code, got)
	}
}
