package public_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/askwell/askwell/web/webtest"
)

// TestFloodIsRefusedEarly lets one form be worked on at once, and holds it: the others get what they typed back, at once, while the
// database answers nobody.
func TestFloodIsRefusedEarly(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t, webtest.Options{Env: map[string]string{"INTAKE_LIMIT": "1"}})
	form := filled(t, desk.Visitor, "question", "Line one\nLine <two> & é")
	release := holdTickets(t, desk)
	var first webtest.Page
	var waiting sync.WaitGroup
	held := desk.NewVisitor(t)
	waiting.Go(func() { first = held.Post("/inquiries", filled(t, held)) })
	for blocked := 0; blocked == 0; {
		if err := desk.DB.QueryRow(t.Context(), `SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'ticket'::regclass`).Scan(&blocked); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{"/inquiries", "/inquiries/check"} {
		began := time.Now()
		p := desk.Post(path, form)
		if took := time.Since(began); took > 20*time.Second { // the one that is held goes on until the end of this test
			t.Errorf("%s: refused after %s, which is no early refusal", path, took)
		}
		if p.Status != http.StatusServiceUnavailable || p.Header.Get("Retry-After") != "10" {
			t.Fatalf("%s: status %d, Retry-After %q", path, p.Status, p.Header.Get("Retry-After"))
		}
		holds(t, p, "We have too many questions at this moment", "Try again")
		retry := p.Form("form[action='/inquiries']")
		for name, want := range form {
			if retry.Get(name) != want[0] {
				t.Errorf("%s: %s is %q in the page, want %q", path, name, retry.Get(name), want[0])
			}
		}
		form = retry
	}
	uploaded := desk.PostFiles("/inquiries", form, webtest.Upload{Field: "attachments", Name: "letter.pdf", Content: []byte("%PDF-1.7\nx")})
	if uploaded.Status != http.StatusServiceUnavailable || uploaded.Value("staged") == "" {
		t.Errorf("with a file: status %d, staged %q", uploaded.Status, uploaded.Value("staged"))
	}
	release()
	waiting.Wait()
	if first.Status != http.StatusSeeOther {
		t.Errorf("the form that had a slot: status %d", first.Status)
	}
	if p := desk.Post("/inquiries", uploaded.Form("form[action='/inquiries']")); p.Status != http.StatusSeeOther {
		t.Errorf("the retry: status %d, want 303", p.Status)
	}
	if n := count(t, desk, `SELECT count(*) FROM ticket`); n != 2 {
		t.Errorf("%d tickets, want 2", n)
	}
	if n := count(t, desk, `SELECT count(*) FROM attachment`); n != 1 {
		t.Errorf("%d files, want 1", n)
	}
}

// holdTickets locks the tickets until release is called. It is at work all the while: a transaction that only stays open would be taken for one
// that the site forgot (testkit.WatchCalls).
func holdTickets(t *testing.T, desk *webtest.Desk) (release func()) {
	t.Helper()
	tx, err := desk.DB.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `LOCK TABLE ticket IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = tx.Exec(ctx, `SELECT pg_sleep(600)`)
		_ = tx.Rollback(context.WithoutCancel(ctx))
	}()
	return func() {
		cancel()
		<-ended
	}
}
