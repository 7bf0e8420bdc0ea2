package inbound_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/ticket"
)

func (d *desk) eventsOf(kind ticket.EventKind) (found []ticket.Data) {
	d.Helper()
	events, err := d.tickets.Events(d.Context(), d.ana.ID)
	d.must(err)
	for _, e := range events {
		if e.Kind == kind {
			found = append(found, e.Data)
		}
	}
	return found
}

// What comes back of a link or a notice is told where it belongs, and is no bounce of a reply.
func TestBouncesOfLinksAndNotices(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var owner int64
	d.must(d.db.QueryRow(t.Context(), `
		INSERT INTO account (number, name, name_words, email) VALUES ('163920702842', 'Jean', '{jean}', 'jean@mail.example') RETURNING id`).Scan(&owner))

	bounce := withoutOurID(t, d)
	d.reportRaw(bounce, d.replies.Bounces(mail.About{Ticket: d.ana.Reference}))
	if got := d.eventsOf(ticket.EventLinkBounced); len(got) != 1 || got[0].Reason != string(ticket.BounceNoMailbox) || got[0].Code != "5.1.1" || got[0].Mail == 0 {
		t.Errorf("the ticket's events are %+v", got)
	}
	if got := d.eventsOf(ticket.EventReplyBounced); len(got) != 0 {
		t.Errorf("a reply is thought to have come back: %+v", got)
	}

	d.reportRaw(bounce+"\n", d.replies.Bounces(mail.About{Account: owner}))
	happened, err := account.Store{DB: d.db}.LastBounce(t.Context(), owner)
	d.must(err)
	if happened.Data.Reason != string(ticket.BounceNoMailbox) || happened.Data.Mail == 0 {
		t.Errorf("the account's event is %+v", happened)
	}
	d.must(account.RecordBounce(t.Context(), d.db, owner, happened.Data.Mail, happened.Data.Reason)) // filed once more
	events, err := account.Store{DB: d.db}.History(t.Context(), owner, 10)
	d.must(err)
	if len(events) != 1 {
		t.Errorf("one report is %d events", len(events))
	}

	forged := strings.Replace(d.replies.Bounces(mail.About{Account: owner}), "b-a-", "b-a-1", 1)
	if _, ok := d.replies.BounceAbout(forged); ok {
		t.Error("an address that nobody made is understood")
	}
	for _, about := range []mail.About{{Ticket: d.ana.Reference}, {Account: 1}, {Account: 1 << 40}} {
		address := d.replies.Bounces(about)
		if got, ok := d.replies.BounceAbout(strings.ToUpper(address)); !ok || got != about {
			t.Errorf("%s reads %+v, %t; want %+v", address, got, ok, about)
		}
		if local, _, _ := strings.Cut(address, "@"); len(local) > 64 {
			t.Errorf("%s has more than 64 characters before the @ (RFC 5321, 4.5.3.1.1)", address)
		}
		if _, ok := d.replies.Reference(address); ok {
			t.Errorf("%s counts as a ticket's address to answer to", address)
		}
	}
}

// withoutOurID is a bounce that brings nothing of ours back.
func withoutOurID(t *testing.T, d *desk) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", "bounce-postfix.eml"))
	d.must(err)
	_, raw, _ := strings.Cut(string(content), "----\n")
	return strings.ReplaceAll(raw, "{{replyid}}", "notice.0123456789abcdef@arrivals.example")
}

func (d *desk) reportRaw(raw, to string) {
	d.Helper()
	s := d.sample("bounce-postfix.eml")
	s.Recipients = []string{to}
	s.Raw = []byte(strings.ReplaceAll(strings.ReplaceAll(raw, "{{token}}", to), "\n", "\r\n"))
	d.must(d.inbound.Receive(d.Context(), s.Arrived))
	d.file()
}

// A delayed report changes nothing of the ticket, and is told at its reply; what the server said stands in the report.
func TestADelayIsToldAtItsReply(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.must(d.inbound.Receive(t.Context(), d.sample("bounce-delayed.eml").Arrived))
	d.file()
	got := d.eventsOf(ticket.EventReplyInTransit)
	if len(got) != 1 || got[0].Message != d.reply || got[0].Code != "4.4.1" || got[0].Mail == 0 {
		t.Fatalf("the events are %+v", got)
	}
	now, err := d.tickets.ByID(t.Context(), d.ana.ID)
	d.must(err)
	if now.Status != d.ana.Status || now.AwaitingSince != nil {
		t.Errorf("the ticket is %s, waiting since %v", now.Status, now.AwaitingSince)
	}
}
