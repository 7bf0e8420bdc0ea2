package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/devstack"
)

// mailsAbout lists the mails that the mail server took about a ticket.
func (s *split) mailsAbout(reference, text string) (found []devstack.Message) {
	s.t.Helper()
	all, err := s.mail.Messages()
	s.must(err)
	for _, m := range all {
		if m.Header.Get("X-Askwell-Reference") == reference && strings.Contains(m.Text, text) {
			found = append(found, m)
		}
	}
	return found
}

// endLeases lets the time pass for which what a killed process had in hand stays its own. No worker may run.
func (s *split) endLeases() {
	s.t.Helper()
	for _, sql := range []string{
		`UPDATE outbox_task SET due_at = LEAST(due_at, now()) WHERE given_up_at IS NULL`,
		`UPDATE outgoing_mail SET claimed_until = now() - interval '1 second'`,
		`UPDATE job_hold SET held_until = now()`,
	} {
		_, err := s.db.Exec(context.Background(), sql)
		s.must(err)
	}
}

func (s *split) idle() error {
	var n int
	err := s.db.QueryRow(context.Background(), `SELECT (SELECT count(*) FROM outbox_task) + (SELECT count(*) FROM outbox)`).Scan(&n)
	if err == nil && n > 0 {
		err = fmt.Errorf("%d tasks are left", n)
	}
	return err
}

var (
	seenField = regexp.MustCompile(`name="seen" value="(\d+)"`)
	againForm = regexp.MustCompile(`action="(/console/tickets/[^"]+/replies/\d+/again[^"]*)"`)
)

// A worker is killed after the mail server has taken a reply and before the worker hears of it. Nobody knows then whether it arrived: it is
// told, not sent again by itself, and when a person has it sent again, it is the same mail.
func TestAMailOfAKilledWorkerIsUnconfirmed(t *testing.T) {
	t.Parallel()
	s := startSplit(t)
	road, address := newMailRoad(t, s.mail.URL())
	s.env = append(s.env, "SMTP_URL="+address)
	s.serve()
	worker := start(t, s.env, "work")
	got := newAcknowledged()
	s.send("killed", 1, "", unknownNumber, got)
	var reference string
	for _, reference = range got.subjects {
	}
	eventually(t, 30*time.Second, s.idle)

	road.once(func(net.Conn, func()) {
		worker.signal(syscall.SIGKILL)
		worker.ended(10 * time.Second)
	})
	agent := newBrowser(t, s.url)
	agent.signInAsAgent()
	const body = "Your card was mailed on May 2."
	path := "/console/tickets/" + reference
	_, page := agent.get(path)
	seen := seenField.FindStringSubmatch(page)
	if seen == nil {
		t.Fatalf("the ticket has no form:\n%s", tail(page, 800))
	}
	if status, page, _, err := agent.post(path+"/replies", url.Values{"body": {body}, "seen": {seen[1]}}); err != nil || status != http.StatusSeeOther {
		t.Fatalf("reply: %d %v\n%s", status, err, tail(page, 800))
	}
	if !worker.ended(30 * time.Second) {
		t.Fatal("the mail did not go out")
	}
	taken := s.mailsAbout(reference, body)
	if len(taken) != 1 {
		t.Fatalf("%d mails were taken, want 1", len(taken))
	}

	s.endLeases()
	start(t, s.env, "work")
	eventually(t, 30*time.Second, s.idle)
	_, page = agent.get(path)
	again := againForm.FindStringSubmatch(page)
	if again == nil {
		t.Fatalf("the ticket does not tell, or does not offer to send it again:\n%s", tail(page, 4000))
	}
	var delivery string
	var told int
	s.must(s.db.QueryRow(t.Context(), `
		SELECT (SELECT delivery FROM message WHERE kind = 'reply'), (SELECT count(*) FROM ticket_event WHERE kind = 'reply_unconfirmed')`).Scan(&delivery, &told))
	if delivery != "unconfirmed" || told != 1 {
		t.Errorf("the reply is %s, and that is told %d times", delivery, told)
	}
	if n := len(s.mailsAbout(reference, body)); n != 1 {
		t.Errorf("it went out %d times by itself", n)
	}

	_, page = agent.get(path)
	seen = seenField.FindStringSubmatch(page)
	if status, page, _, err := agent.post(again[1], url.Values{"seen": {seen[1]}}); err != nil || status != http.StatusSeeOther {
		t.Fatalf("send again: %d %v\n%s", status, err, tail(page, 800))
	}
	eventually(t, 30*time.Second, s.idle)
	both := s.mailsAbout(reference, body)
	if len(both) != 2 {
		t.Fatalf("%d mails after it was sent again, want 2", len(both))
	}
	if one, other := both[0].Header.Get("Message-Id"), both[1].Header.Get("Message-Id"); one != other || one == "" {
		t.Errorf("the same mail has two Message-IDs, %s and %s", one, other)
	}
}
