package mail_test

import (
	"testing"

	"github.com/askwell/askwell/internal/mail"
)

func TestMarksAreProvenByTheKeyAlone(t *testing.T) {
	t.Parallel()
	older, newer := []byte("the key of last year, 32 bytes or more"), []byte("the key of this year, 32 bytes or more")
	sent := func(mark mail.Mark) mail.Sent { return mail.Sent{Reference: "ASK-7F3K-92QD", Mark: mark} }
	both := mail.NewMarks([][]byte{newer, older})
	old := mail.NewMarks([][]byte{older})
	// Made by printf 'ASK-7F3K-92QD/acknowledge/' | sha256sum, and the same with /reply/42.
	const unkeyedAcknowledgement, unkeyedReply = "633481cfa1ba0b63", "149f6866343e4187"
	for name, c := range map[string]struct{ got, want mail.Proof }{
		"acknowledgement":                {both.IsAcknowledgement(sent(both.Acknowledgement("ASK-7F3K-92QD"))), mail.Proven},
		"with an older key":              {both.IsAcknowledgement(sent(old.Acknowledgement("ASK-7F3K-92QD"))), mail.Proven},
		"with a key that is gone":        {mail.NewMarks([][]byte{newer}).IsAcknowledgement(sent(old.Acknowledgement("ASK-7F3K-92QD"))), mail.Unproven},
		"from before there was a key":    {both.IsAcknowledgement(sent(unkeyedAcknowledgement)), mail.Unkeyed},
		"made up":                        {both.IsAcknowledgement(sent("0123456789abcdef")), mail.Unproven},
		"reply":                          {both.IsReply(sent(both.Reply("ASK-7F3K-92QD", 42)), 42), mail.Proven},
		"another reply":                  {both.IsReply(sent(both.Reply("ASK-7F3K-92QD", 43)), 42), mail.Unproven},
		"another ticket's reply":         {both.IsReply(sent(both.Reply("ASK-7F3K-92QE", 42)), 42), mail.Unproven},
		"reply before there was a key":   {both.IsReply(sent(unkeyedReply), 42), mail.Unkeyed},
		"an acknowledgement is no reply": {both.IsReply(sent(both.Acknowledgement("ASK-7F3K-92QD")), 42), mail.Unproven},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
}
