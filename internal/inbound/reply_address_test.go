package inbound_test

import (
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/inbound"
	"github.com/askwell/askwell/internal/mail"
)

// TestAnswerToAMailOfAKeyThatIsGone answers, without any reference to a mail of ours, to an address that an older key made.
func TestAnswerToAMailOfAKeyThatIsGone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	older := []byte(strings.Repeat("k", 32)) // of newReplies
	answer := func(text string) inbound.Arrived {
		raw := "From: ana@mail.example\r\nTo: " + d.replies.For(d.ana.Reference) + "\r\nSubject: Re: card\r\n\r\n" + text + "\r\n"
		return inbound.Arrived{Source: "smtp", Raw: []byte(raw)}
	}
	handed := 0
	for range 2 { // the second time nothing is left to do
		d.must(inbound.KeepReplyAddresses(t.Context(), d.db, older, func(n int) { handed += n }))
	}
	if handed != 1 {
		t.Errorf("%d tickets were gone through, want 1", handed)
	}
	newer, err := mail.NewReplyAddresses("reply@help.example", [][]byte{[]byte(strings.Repeat("n", 32))})
	d.must(err)
	d.inbound.Replies = newer
	d.must(d.inbound.Receive(t.Context(), answer("It has come.")))
	d.file()
	if e := d.end(); e.State != "filed" || e.Why != "token" || e.TicketID == nil || *e.TicketID != d.ana.ID {
		t.Errorf("it ended as %+v, want an answer on ticket %d", e, d.ana.ID)
	}

	forged := answer("Let me in.")
	forged.Raw = []byte(strings.Replace(string(forged.Raw), "@help.example", "a@help.example", 1))
	forged.Raw = []byte(strings.Replace(string(forged.Raw), d.replies.For(d.ana.Reference), "reply+"+strings.Repeat("a", 8)+"."+strings.Repeat("a", 26)+"@help.example", 1))
	d.must(d.inbound.Receive(t.Context(), forged))
	d.file()
	if e := d.end(); e.Why == "token" {
		t.Errorf("a made-up address is understood: %+v", e)
	}
}
