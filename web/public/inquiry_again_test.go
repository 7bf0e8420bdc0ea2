package public_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/askwell/askwell/web/webtest"
)

// A form that was sent, and is sent again with other words (after a 503 whose commit had succeeded, by Back, from a second tab): the words
// become a message of the ticket. The same form again is received, and nothing happens.
func TestUsedTokenWithOtherWordsBecomesAMessage(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	v := desk.NewVisitor(t)
	form := filled(t, v)
	first := v.Post("/inquiries", form)
	form.Set("question", "It was mailed in June.")
	edited := v.PostFiles("/inquiries", form, upload("notice.pdf", pdf))
	if edited.Status != http.StatusSeeOther || edited.Location() != first.Location() {
		t.Fatalf("status %d to %q, want 303 to %q: %s", edited.Status, edited.Location(), first.Location(), edited.Text("main"))
	}
	holds(t, v.Get(edited.Location()), "We added what you changed to it, as a message.")
	if n := count(t, desk, `SELECT count(*) FROM message WHERE kind = 'applicant' AND body = 'It was mailed in June.'`); n != 1 {
		t.Errorf("%d messages with the new words, want 1", n)
	}
	if n := count(t, desk, `SELECT count(*) FROM attachment a JOIN message m ON m.id = a.message_id WHERE m.kind = 'applicant'`); n != 1 {
		t.Errorf("%d files on it, want 1", n)
	}
	again := v.Post("/inquiries", form)
	if again.Location() != first.Location() {
		t.Errorf("once more: status %d to %q", again.Status, again.Location())
	}
	if p := v.Get(again.Location()); strings.Contains(p.Body, "We added") {
		t.Error("the page says that something was added, when nothing was")
	}
	if n := count(t, desk, `SELECT count(*) FROM ticket`) + count(t, desk, `SELECT count(*) FROM message`); n != 3 {
		t.Errorf("%d tickets and messages, want 1 and 2", n)
	}
}

// What the ticket does not take comes back whole, said to be not sent, and can be sent as a question of its own.
func TestUsedTokenFromSomebodyElseIsNotGreen(t *testing.T) {
	t.Parallel()
	for field, value := range map[string]string{"name": "Bo Strand", "email": "bo@mail.example", "category": "something-else"} {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			desk := webtest.New(t)
			v := desk.NewVisitor(t)
			form := filled(t, v)
			first := v.Post("/inquiries", form)
			other := desk.NewVisitor(t)
			form.Set(field, value)
			p := other.PostFiles("/inquiries", form, upload("notice.pdf", pdf))
			if p.Status != http.StatusConflict || !strings.HasPrefix(p.Text("title"), "Error: ") {
				t.Fatalf("status %d, title %q: %s", p.Status, p.Text("title"), p.Text("main"))
			}
			reference := strings.TrimPrefix(first.Location(), "/inquiries/")
			holds(t, p, "You already sent this form as "+reference, "was not added")
			keeps(t, p, form)
			if len(stagedNames(p)) != 1 || p.Doc.Find(".flash--success, .confirmation").Length() != 0 {
				t.Error("the file is lost, or the page says that something was received")
			}
			sent := other.Post("/inquiries", p.Form("form.form"))
			if sent.Status != http.StatusSeeOther || sent.Location() == first.Location() {
				t.Errorf("sent as a new question: status %d to %q", sent.Status, sent.Location())
			}
			if n := count(t, desk, `SELECT count(*) FROM ticket WHERE suspected_of = '{}'`); n != 2 {
				t.Errorf("%d tickets, want 2", n)
			}
			if n := count(t, desk, `SELECT count(*) FROM attachment`); n != 1 {
				t.Errorf("%d attachments, want 1", n)
			}
		})
	}
}

// A token that reached another browser opens no copy there: neither with other words nor with another address.
func TestUsedTokenShowsNoCopyToAnotherBrowser(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	v, other := desk.NewVisitor(t), desk.NewVisitor(t)
	form := filled(t, v, "question", "My secret is blue.")
	first := v.Post("/inquiries", form)
	for _, change := range [][2]string{{"question", "Another question"}, {"email", "eve@mail.example"}} {
		form.Set(change[0], change[1])
		other.Post("/inquiries", form)
		p := other.Get(first.Location())
		if strings.Contains(p.Body, "blue") || strings.Contains(p.Body, "ana@mail.example") || p.Doc.Find(".copy").Length() != 0 {
			t.Errorf("with another %s, the copy is shown: %s", change[0], p.Text("main"))
		}
	}
	if p := v.Get(first.Location()); !strings.Contains(p.Body, "blue") {
		t.Error("its sender does not see the copy")
	}
}

func TestUsedTokenTwentyAtOnceWithOtherWords(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	form := filled(t, desk.Visitor)
	var wg sync.WaitGroup
	places := make([]string, 20)
	for i := range places {
		mine := filled(t, desk.Visitor, "form_token", form.Get("form_token"), "question", fmt.Sprintf("Question %d", i))
		wg.Go(func() { places[i] = desk.Post("/inquiries", mine).Location() })
	}
	wg.Wait()
	for _, place := range places {
		if place != places[0] || !confirmation.MatchString(place) {
			t.Fatalf("the answers lead to %v", places)
		}
	}
	if n := count(t, desk, `SELECT count(DISTINCT body) FROM message`); n != 20 {
		t.Errorf("%d of 20 texts are kept", n)
	}
}
