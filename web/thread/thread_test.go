package thread_test

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/webtest"
)

var pdf = []byte("%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n")

// Another's question is answered as one that there is not, whoever asks for it and whatever is done to it.
func TestAnothersQuestionIsNone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	mine, theirs := d.open(), d.open(func(in *ticket.Inquiry) { in.Subject = "A secret" })
	for who, v := range map[string]*webtest.Visitor{"a follower": d.follower(mine), "nobody": d.NewVisitor(t)} {
		v.Get("/inquiries/new") // has the browser's cookie, which the first form to be kept would bring
		for _, do := range []struct {
			method, action string
			form           url.Values
		}{
			{http.MethodGet, "", nil}, {http.MethodGet, "/files/1", nil}, {http.MethodPost, "/solve", nil}, {http.MethodPost, "/rating", url.Values{"helpful": {"yes"}}},
			{http.MethodPost, "/messages", url.Values{"message": {"Let me in."}}},
		} {
			ask := func(reference string) webtest.Page {
				return v.Send(do.method, questionPath(reference)+do.action, "application/x-www-form-urlencoded", strings.NewReader(do.form.Encode()))
			}
			got, none := ask(theirs.Reference), ask(identifier.ReferenceOf(99))
			if got.Status != http.StatusNotFound || sameAnswer(got) != sameAnswer(none) || strings.Contains(got.Body, "A secret") {
				t.Errorf("%s: %s %s: status %d, and %d for one that there is not", who, do.method, do.action, got.Status, none.Status)
			}
		}
	}
	if n := d.count(`SELECT count(*) FROM message`) + d.count(`SELECT count(*) FROM ticket_event`); n != 4 {
		t.Errorf("%d messages and events, want those of two inquiries", n)
	}
	for _, path := range []string{"/account/questions/" + mine.Reference, "/account/questions/" + identifier.ReferenceOf(99)} {
		if p := d.follower(mine).Get(path); p.Status != http.StatusSeeOther || p.Location() != "/account/sign-in?next="+url.QueryEscape(path) {
			t.Errorf("%s: status %d to %q", path, p.Status, p.Location())
		}
	}
}

func TestThreadShowsTheAnswer(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	mine := d.open()
	v := d.follower(mine)
	if _, err := d.Tickets.Note(t.Context(), d.agent, mine.Reference, ticket.Draft{Body: "He asks every week."}); err != nil {
		t.Fatal(err)
	}
	first := v.Get(questionPath(mine.Reference))
	holds(t, first, "We have your question", "Most people get an answer by")
	if first.Doc.Find("#rating").Length() != 0 {
		t.Error("there is something to rate before an answer")
	}
	_, err := d.Tickets.Reply(t.Context(), d.agent, mine.Reference, ticket.Draft{Body: "It was <b>mailed</b> on Monday.", Status: ticket.StatusPending})
	d.must(err)
	if p := v.Get(questionPath(mine.Reference)); strings.Contains(p.Body, "on Monday.") || p.Text("#progress") != first.Text("#progress") {
		t.Error("a reply shows that can still be withdrawn")
	}
	d.wait(d.Settings.UndoSend)
	p := v.Get(questionPath(mine.Reference))
	holds(t, p, "We wait for you", "Read the new answer", "Bureau of Arrivals", "It was <b>mailed</b> on Monday.")
	if strings.Contains(p.Body, "He asks") || strings.Contains(p.Body, "Test agent") {
		t.Error("the page shows a note, or names a member of staff")
	}
	if again := v.Get(questionPath(mine.Reference)); strings.Contains(again.Body, "Read the new answer") {
		t.Error("what was read is still new")
	}
}

func TestLatePromiseIsSaid(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	mine := d.open()
	d.wait(40 * 24 * time.Hour)
	holds(t, d.follower(mine).Get(questionPath(mine.Reference)), "Your answer takes longer than usual")
}

// One form makes one message, however often and however fast it is sent.
func TestOneFormOneMessage(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	mine := d.open()
	v := d.follower(mine)
	form := typed(v.Get(questionPath(mine.Reference)), "My number is 078-05-1120.\r\nThank you.")
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			p := v.PostFiles(questionPath(mine.Reference)+"/messages", form, webtest.Upload{Field: "attachments", Name: "a letter.pdf", Content: pdf})
			if p.Status != http.StatusSeeOther || p.Location() != questionPath(mine.Reference) {
				t.Errorf("status %d to %q: %s", p.Status, p.Location(), p.Text("main"))
			}
		})
	}
	all.Wait()
	if n := d.count(`SELECT count(*) FROM message WHERE kind = 'applicant'`); n != 1 {
		t.Errorf("%d messages, want 1", n)
	}
	if n := d.count(`SELECT count(*) FROM message WHERE body LIKE '%078%'`); n != 0 {
		t.Error("a Social Security number is kept")
	}
	p := v.Get(questionPath(mine.Reference))
	holds(t, p, "Your message is sent.", "Thank you.", "a letter.pdf")
	file := p.Doc.Find(".thread__files a").AttrOr("href", "")
	got := v.Get(file)
	want := map[string]string{
		"Content-Disposition": `attachment; filename="a letter.pdf"`, "Content-Type": "application/pdf", "X-Content-Type-Options": "nosniff",
		"Content-Security-Policy": "default-src 'none'; sandbox", "Cache-Control": "private, no-store",
	}
	for name, value := range want {
		if got.Header.Get(name) != value {
			t.Errorf("%s is %q, want %q", name, got.Header.Get(name), value)
		}
	}
	if got.Status != http.StatusOK || got.Body != string(pdf) {
		t.Errorf("the file: status %d, %d bytes", got.Status, len(got.Body))
	}
	other := d.open(func(in *ticket.Inquiry) { in.Email = "bo@mail.example" })
	id := file[strings.LastIndex(file, "/"):]
	if p := d.follower(other).Get(questionPath(other.Reference) + "/files" + id); p.Status != http.StatusNotFound {
		t.Errorf("another's file, by one's own question: status %d", p.Status)
	}
}

func TestHeldFilesAreNotHandedOut(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	file := func(name string, scan ticket.Scan) ticket.Attachment {
		return ticket.Attachment{Name: name, MediaType: "image/png", Size: 5, SHA256: make([]byte, 32), StorageKey: rand.Text(), Scan: scan}
	}
	mine := d.open(func(in *ticket.Inquiry) {
		in.Attachments = []ticket.Attachment{file("waits.png", ticket.ScanWaiting), file("bad.png", ticket.ScanInfected)}
	})
	v := d.follower(mine)
	p := v.Get(questionPath(mine.Reference))
	holds(t, p, "waits.png", "We are checking this file", "bad.png", "We found a virus")
	if p.Doc.Find(".thread__files a").Length() != 0 {
		t.Error("a file that is held has a link")
	}
	for name, status := range map[string]int{"waits.png": http.StatusConflict, "bad.png": http.StatusForbidden} {
		id := d.count(`SELECT id FROM attachment WHERE name = $1`, name)
		if p := v.Get(fmt.Sprintf("%s/files/%d", questionPath(mine.Reference), id)); p.Status != status {
			t.Errorf("%s: status %d, want %d", name, p.Status, status)
		}
	}
	for _, id := range []string{"0", "-1", "x", "99999999999999999999"} {
		if p := v.Get(questionPath(mine.Reference) + "/files/" + id); p.Status != http.StatusNotFound {
			t.Errorf("file %s: status %d", id, p.Status)
		}
	}
}

func TestMessageKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	mine := d.open()
	v := d.follower(mine)
	page := v.Get(questionPath(mine.Reference))
	send := func(form url.Values, uploads ...webtest.Upload) webtest.Page {
		return v.PostFiles(questionPath(mine.Reference)+"/messages", form, uploads...)
	}
	old := typed(page, "Is it lost?")
	old.Set("form_token", "nonsense")
	long := strings.Repeat("é", ticket.MaxQuestion+1)
	for name, tc := range map[string]struct {
		form   url.Values
		status int
		says   string
		keeps  string
	}{
		"nothing":      {typed(page, " \r\n "), 422, "Write your message", ""},
		"too long":     {typed(page, long), 422, "It has 1 too many", long},
		"broken bytes": {typed(page, "Is\xff it?"), 422, "could not be read", "Is� it?"},
		"no token":     {old, 422, "This page was open for a long time", "Is it lost?"},
	} {
		p := send(tc.form, webtest.Upload{Field: "attachments", Name: "letter.pdf", Content: pdf})
		if p.Status != tc.status || strings.TrimPrefix(p.Value("message"), "\n") != tc.keeps || !strings.Contains(p.Text(".error-summary"), tc.says) {
			t.Errorf("%s: status %d, keeps %.40q: %s", name, p.Status, p.Value("message"), p.Text(".error-summary"))
		}
		if p.Doc.Find(`.staged input[name="staged"]`).Length() != 1 {
			t.Errorf("%s: the file is lost", name)
		}
	}
	if p := send(typed(page, "See here."), webtest.Upload{Field: "attachments", Name: "a.exe", Content: []byte("MZ\x90\x00")}); p.Status != 422 {
		t.Errorf("a program: status %d", p.Status)
	}
	huge := send(typed(page, "See here."), webtest.Upload{Field: "attachments", Name: "big.pdf", Content: append(pdf, make([]byte, 53<<20)...)})
	if huge.Status != http.StatusRequestEntityTooLarge || strings.TrimSpace(huge.Value("message")) != "See here." {
		t.Errorf("53 MB: status %d, keeps %q", huge.Status, huge.Value("message"))
	}
	if n := d.count(`SELECT count(*) FROM message`); n != 1 {
		t.Errorf("%d messages, want the inquiry alone", n)
	}
}

// What was typed survives a database that is unavailable, and a link that has ended; the same form then makes one message.
func TestMessageIsNeverLost(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	mine := d.open()
	v := d.follower(mine)
	form := typed(v.Get(questionPath(mine.Reference)), "Line one\nLine <two> & é")
	send := func(form url.Values) webtest.Page { return v.Post(questionPath(mine.Reference)+"/messages", form) }
	d.away.Store(true)
	d.DB.Reset()
	away := send(form)
	if away.Status != http.StatusServiceUnavailable || away.Header.Get("Retry-After") == "" || !strings.HasPrefix(away.Text("title"), "Error: ") {
		t.Fatalf("without a database: status %d: %s", away.Status, away.Text("main"))
	}
	holds(t, away, "Nothing was lost")
	retry := away.Form(`form[action$="/messages"]`)
	d.away.Store(false)
	d.wait(3 * time.Hour)
	ended := send(retry)
	if ended.Status != http.StatusNotFound {
		t.Fatalf("after the link has ended: status %d", ended.Status)
	}
	retry = ended.Form(`form[action$="/messages"]`)
	if p := v.Post(d.link(mine), nil); p.Status != http.StatusSeeOther {
		t.Fatalf("another link: status %d", p.Status)
	}
	for range 2 {
		if p := send(retry); p.Status != http.StatusSeeOther {
			t.Fatalf("in the end: status %d: %s", p.Status, p.Text("main"))
		}
	}
	if n := d.count(`SELECT count(*) FROM message WHERE body = $1`, "Line one\nLine <two> & é"); n != 1 {
		t.Errorf("%d messages, want 1", n)
	}
}

// A message whose link had ended waits on its question's page, in this browser alone, for whoever is let in there by another link.
func TestAMessageWaitsForTheNextLink(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	mine, second := d.open(), d.open()
	v := d.follower(mine)
	path := questionPath(mine.Reference)
	form := typed(v.Get(path), "Is my interview still on Friday?")
	d.wait(3 * time.Hour)
	ended := v.PostFiles(path+"/messages", form, webtest.Upload{Field: "attachments", Name: "letter.pdf", Content: pdf})
	if ended.Status != http.StatusNotFound {
		t.Fatalf("after the link has ended: status %d", ended.Status)
	}
	holds(t, ended, "open it in this browser")
	if p := v.Get(path); p.Status != http.StatusNotFound || strings.Contains(p.Body, "on Friday") {
		t.Errorf("without another link: status %d: %s", p.Status, p.Text("main"))
	}
	for _, asked := range []ticket.Ticket{second, mine} {
		if p := v.Post(d.link(asked), nil); p.Status != http.StatusSeeOther {
			t.Fatalf("another link: status %d", p.Status)
		}
	}
	for who, p := range map[string]webtest.Page{
		"another browser": d.follower(mine).Get(path), "another question": v.Get(questionPath(second.Reference)), "once it is sent": func() webtest.Page {
			back := v.Get(path)
			holds(t, back, "Your message is not sent yet", "letter.pdf")
			if got := strings.TrimPrefix(back.Value("message"), "\n"); got != form.Get("message") {
				t.Errorf("its page holds %q", got)
			}
			for _, again := range []url.Values{typed(back, form.Get("message")), typed(ended, form.Get("message"))} { // the page that was left open, too
				if p := v.Post(path+"/messages", again); p.Status != http.StatusSeeOther {
					t.Errorf("sent: status %d: %s", p.Status, p.Text("main"))
				}
			}
			return v.Get(path)
		}(),
	} {
		if p.Status != http.StatusOK || strings.TrimPrefix(p.Value("message"), "\n") != "" || strings.Contains(p.Text("main"), "not sent yet") {
			t.Errorf("%s: status %d: %s", who, p.Status, p.Text("main"))
		}
	}
	if m, f := d.count(`SELECT count(*) FROM message WHERE kind = 'applicant'`), d.count(`SELECT count(*) FROM attachment`); m != 1 || f != 1 {
		t.Errorf("%d messages with %d files, want one with one", m, f)
	}
}

func TestRateSolveAndReopen(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	mine := d.open()
	v := d.follower(mine)
	path := questionPath(mine.Reference)
	if p := v.Post(path+"/rating", url.Values{"helpful": {"yes"}}); p.Status != http.StatusConflict {
		t.Errorf("a rating before an answer: status %d", p.Status)
	}
	d.answer(mine, "It was mailed on Monday.")
	if p := v.Post(path+"/rating", url.Values{"helpful": {"maybe"}}); p.Status != http.StatusUnprocessableEntity {
		t.Errorf("neither yes nor no: status %d", p.Status)
	}
	if p := v.Post(path+"/rating", url.Values{"helpful": {"no"}}); p.Status != http.StatusSeeOther || p.Location() != path+"#rating" {
		t.Errorf("a click: status %d to %q", p.Status, p.Location())
	}
	p := v.Get(path)
	holds(t, p, "You said that it did not help")
	words := p.Form(`#rating form:has(textarea)`)
	words.Set("words", strings.Repeat("é", ticket.MaxRatingWords+1))
	if p := v.Post(path+"/rating", words); p.Status != http.StatusUnprocessableEntity || strings.TrimPrefix(p.Value("words"), "\n") != words.Get("words") {
		t.Errorf("too many words: status %d", p.Status)
	}
	words.Set("words", "It is not here. My number is 078-05-1120.")
	if p := v.Post(path+"/rating", words); p.Status != http.StatusSeeOther {
		t.Errorf("words: status %d", p.Status)
	}
	rated, err := d.Tickets.Rating(t.Context(), mine.ID)
	d.must(err)
	if rated.Helpful || !strings.HasPrefix(rated.Words, "It is not here.") || strings.Contains(rated.Words, "1120") {
		t.Errorf("rated %+v", rated)
	}
	for range 2 {
		if p := v.Post(path+"/solve", nil); p.Status != http.StatusSeeOther {
			t.Errorf("solve: status %d", p.Status)
		}
	}
	solved := v.Get(path)
	holds(t, solved, "Answered", "Your question is closed", "Then your question is open again")
	if solved.Doc.Find(`form[action$="/solve"]`).Length() != 0 {
		t.Error("it can be solved again")
	}
	if p := v.Post(path+"/messages", typed(solved, "Still nothing.")); p.Status != http.StatusSeeOther {
		t.Errorf("a message: status %d", p.Status)
	}
	holds(t, v.Get(path), "We are working on it")
}

func TestExcludedQuestions(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for reason, status := range map[string]int{"duplicate": http.StatusOK, "merged": http.StatusOK, "spam": http.StatusNotFound, "deleted": http.StatusNotFound} {
		mine := d.open()
		v := d.follower(mine)
		form := typed(v.Get(questionPath(mine.Reference)), "And now?")
		_, err := d.Tickets.Exclude(t.Context(), d.agent, mine.Reference, reason)
		d.must(err)
		p := v.Get(questionPath(mine.Reference))
		if p.Status != status || p.Doc.Find(`form[action$="/messages"]`).Length() != 0 {
			t.Errorf("%s: status %d: %s", reason, p.Status, p.Text("main"))
		}
		sent := v.Post(questionPath(mine.Reference)+"/messages", form)
		if status == http.StatusOK && (sent.Status != http.StatusConflict || !strings.Contains(sent.Body, "And now?")) || status != http.StatusOK && sent.Status != http.StatusNotFound {
			t.Errorf("%s: a message: status %d: %s", reason, sent.Status, sent.Text("main"))
		}
	}
}

// A message's form that is sent again with other words, by Back or from a second tab, makes another message: nothing typed is dropped
// behind a green "sent". Its staged file goes with the first.
func TestOneFormWithOtherWordsIsAnotherMessage(t *testing.T) {
	t.Parallel()
	now := time.Now()
	d := newDesk(t)
	mine := d.open()
	v := d.follower(mine)
	send := func(form url.Values) {
		t.Helper()
		if p := v.Post(questionPath(mine.Reference)+"/messages", form); p.Status != http.StatusSeeOther {
			t.Fatalf("status %d: %s", p.Status, p.Text("main"))
		}
	}
	staged := v.PostFiles(questionPath(mine.Reference)+"/messages", typed(v.Get(questionPath(mine.Reference)), ""),
		webtest.Upload{Field: "attachments", Name: "letter.pdf", Content: pdf})
	for _, words := range []string{"First words", "Other words", "First words"} {
		send(typed(staged, words))
	}
	if n := d.count(`SELECT count(*) FROM message WHERE kind = 'applicant'`); n != 2 {
		t.Errorf("%d messages, want 2", n)
	}
	if n := d.count(`SELECT count(*) FROM attachment`); n != 1 {
		t.Errorf("%d files, want 1", n)
	}
	d.wait(25*time.Hour - time.Since(now))
	v = d.follower(mine)
	send(typed(staged, "First words")) // an old page, as it was sent
	if p := v.Post(questionPath(mine.Reference)+"/messages", typed(staged, "New words")); p.Status != http.StatusUnprocessableEntity {
		t.Errorf("an old page with new words: status %d", p.Status)
	}
	if n := d.count(`SELECT count(*) FROM message WHERE kind = 'applicant'`); n != 2 {
		t.Errorf("%d messages, want 2", n)
	}
}
