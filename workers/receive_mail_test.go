package workers_test

import (
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/inbound"
	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/testkit"
)

// A mailed question becomes a ticket, and its sender gets one acknowledgement to which the answer goes back.
func TestMailedQuestionIsFiledAndAcknowledged(t *testing.T) {
	t.Parallel()
	d := newDesk(t, testkit.Redis(t).URL())
	replies, err := mail.NewReplyAddresses("reply@help.example", [][]byte{[]byte(strings.Repeat("k", 32))})
	if err != nil {
		t.Fatal(err)
	}
	d.inbound = inbound.New(inbound.Config{
		DB: d.db, Tickets: d.tickets, Replies: replies, Language: "en", Texts: func(string) mail.Texts { return keys{} },
	})
	d.work()
	for range 2 {
		err := d.inbound.Receive(t.Context(), inbound.Arrived{
			Source: "smtp", Raw: []byte("From: bo@mail.example\r\nTo: reply@help.example\r\nSubject: Where is my card?\r\n\r\nIt has not come.\r\n"),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	d.await("the acknowledgement", func() bool {
		return d.count(`SELECT count(*) FROM ticket_event WHERE kind = 'acknowledged'`) == 1
	})
	if n := d.count(`SELECT count(*) FROM ticket WHERE channel = 'email'`); n != 1 {
		t.Errorf("%d tickets, want one", n)
	}
	if sent := d.mailbox.Count(); sent != 1 {
		t.Errorf("%d mails went out, want one", sent)
	}
}
