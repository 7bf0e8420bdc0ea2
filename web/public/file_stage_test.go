package public_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/askwell/askwell/web/webtest"
)

type stagedAnswer struct {
	Files    []struct{ Key, Name, Size, Staged string }
	Problems []string
	Draft    string
}

func stage(t *testing.T, v *webtest.Visitor, form url.Values, uploads ...webtest.Upload) (a stagedAnswer, status int) {
	t.Helper()
	p := v.PostFiles("/inquiries/files.json", form, uploads...)
	if err := json.Unmarshal([]byte(p.Body), &a); err != nil {
		t.Fatalf("status %d: %v: %.200s", p.Status, err, p.Body)
	}
	return a, p.Status
}

// A file that goes up ahead of its form waits with it: its page shows it after a reload, the form sends it, and it can be removed. What is
// wrong with it is said at once. Nobody else can name it.
func TestFilesGoUpAheadOfTheForm(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	v, other := desk.NewVisitor(t), desk.NewVisitor(t)
	form := filled(t, v)
	token := url.Values{"form_token": form["form_token"]}
	one, status := stage(t, v, token, upload("notice.pdf", pdf))
	if status != http.StatusOK || len(one.Files) != 1 || one.Draft == "" {
		t.Fatalf("status %d, %+v", status, one)
	}
	two, _ := stage(t, v, token, upload("card.png", png))
	if got := stagedNames(v.Get("/inquiries/new?" + two.Draft)); len(got) != 2 {
		t.Errorf("reloaded: files %v", got)
	}
	if p := other.Get("/inquiries/new?" + two.Draft); p.Status != http.StatusGone || strings.Contains(p.Body, "notice.pdf") {
		t.Errorf("another browser: status %d", p.Status)
	}
	bad, status := stage(t, v, token, upload("setup.pdf", []byte("MZ\x90\x00")))
	if status != http.StatusUnprocessableEntity || len(bad.Problems) != 1 || !strings.Contains(bad.Problems[0], "is not a PDF") {
		t.Errorf("a program: status %d, %v", status, bad.Problems)
	}
	gone := url.Values{"form_token": form["form_token"], "remove": {one.Files[0].Key}}
	if left, _ := stage(t, v, gone); len(left.Files) != 1 || left.Files[0].Name != "card.png" {
		t.Errorf("after the first was removed: %+v", left.Files)
	}
	if _, err := desk.Files.Open(t.Context(), one.Files[0].Key); err == nil {
		t.Error("the removed file is still in the store")
	}
	theirs := filled(t, other)
	theirs["staged"] = []string{two.Files[0].Staged}
	if p := other.Post("/inquiries", theirs); p.Status != http.StatusUnprocessableEntity {
		t.Errorf("another form with this file: status %d", p.Status)
	}
	if p := v.Post("/inquiries", form); p.Status != http.StatusSeeOther { // without script, the page does not name it
		t.Errorf("sent: status %d: %v", p.Status, problems(p))
	}
	if n := count(t, desk, `SELECT count(*) FROM attachment WHERE name = 'card.png'`); n != 1 || count(t, desk, `SELECT count(*) FROM attachment`) != 1 {
		t.Errorf("%d attachments named card.png", n)
	}
	if _, status := stage(t, v, url.Values{"form_token": {"nonsense"}}, upload("notice.pdf", pdf)); status != http.StatusUnprocessableEntity {
		t.Errorf("without a token: status %d", status)
	}
}

// A browser without cookies keeps its staged files in the form.
func TestFilesGoUpWithoutCookies(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	form := filled(t, desk.NewVisitor(t))
	one, status := stage(t, desk.NewVisitor(t), url.Values{"form_token": form["form_token"]}, upload("notice.pdf", pdf))
	if status != http.StatusOK || one.Draft != "" || len(one.Files) != 1 {
		t.Fatalf("status %d, %+v", status, one)
	}
	form["staged"] = []string{one.Files[0].Staged}
	if p := desk.NewVisitor(t).Post("/inquiries", form); p.Status != http.StatusSeeOther || count(t, desk, `SELECT count(*) FROM attachment`) != 1 {
		t.Errorf("status %d: %v", p.Status, problems(p))
	}
}

// When the files that wait with drafts have filled their room, no more of them are taken ahead of their forms; a question without goes through.
func TestFilesThatWaitHaveTheirRoom(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	v := desk.NewVisitor(t)
	form := filled(t, v)
	token := url.Values{"form_token": form["form_token"]}
	if _, err := desk.DB.Exec(t.Context(), `INSERT INTO form_draft (id, browser, sealed, staged) VALUES (decode(repeat('01', 16), 'hex'), decode(repeat('02', 16), 'hex'), '', 9::bigint << 30)`); err != nil {
		t.Fatal(err)
	}
	if _, status := stage(t, v, token, upload("notice.pdf", pdf)); status != http.StatusOK {
		t.Fatalf("the first, which finds out: status %d", status)
	}
	full, status := stage(t, v, token, upload("card.png", png))
	if status != http.StatusUnprocessableEntity || len(full.Problems) != 1 || !strings.Contains(full.Problems[0], "card.png") || len(full.Files) != 1 {
		t.Errorf("status %d: %+v", status, full)
	}
	if p := v.Post("/inquiries", form); p.Status != http.StatusSeeOther || count(t, desk, `SELECT count(*) FROM attachment`) != 1 {
		t.Errorf("the question: status %d: %v", p.Status, problems(p))
	}
}
