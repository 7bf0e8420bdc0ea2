package mail_test

import (
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/testkit"
)

var oldKey, newKey = []byte(strings.Repeat("old", 11)), []byte(strings.Repeat("new", 11))

func addresses(t *testing.T, keys ...[]byte) *mail.ReplyAddresses {
	t.Helper()
	r, err := mail.NewReplyAddresses("Reply@Help.Example", keys, "questions@help.example")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestReplyAddress(t *testing.T) {
	t.Parallel()
	before, after := addresses(t, oldKey), addresses(t, newKey, oldKey)
	address := before.For("ASK-7F3K-92QD")
	local, _, _ := strings.Cut(address, "@")
	if len(local) > 64 || address != strings.ToLower(address) {
		t.Errorf("%s: a local part has up to 64 letters (RFC 5321, 4.5.3.1.1), and some servers change their case", address)
	}
	for name, c := range map[string]struct {
		by      *mail.ReplyAddresses
		address string
		want    bool
	}{
		"its own":                 {before, address, true},
		"in capitals":             {before, strings.ToUpper(address), true},
		"after the key changed":   {after, address, true},
		"of the new key":          {before, after.For("ASK-7F3K-92QD"), false},
		"of another ticket":       {before, strings.Replace(address, "7f3k", "7f3m", 1), false},
		"a letter changed":        {before, strings.Replace(address, "@", "a@", 1), false},
		"of another domain":       {before, strings.Replace(address, "help.example", "evil.example", 1), false},
		"without a token":         {before, "reply+7f3k92qd@help.example", false},
		"the mailbox itself":      {before, "reply@help.example", false},
		"nothing":                 {before, "", false},
		"a token that is no text": {before, "reply+7f3k92qd.!!!@help.example", false},
	} {
		got, ok := c.by.Reference(c.address)
		if ok != c.want || ok && got != "ASK-7F3K-92QD" {
			t.Errorf("%s: %q, %v; want %v", name, got, ok, c.want)
		}
	}
	for ours, want := range map[string]bool{
		"reply@help.example": true, address: true, "REPLY+anything@HELP.example": true, "questions@help.example": true,
		"help@help.example": false, "reply@help.example.evil.example": false, "@help.example": false, "reply": false,
	} {
		if got := before.Ours(ours); got != want {
			t.Errorf("%s is ours: %v, want %v", ours, got, want)
		}
	}
}

func TestMailsCarryTheReplyAddress(t *testing.T) {
	t.Parallel()
	for name, send := range map[string]func(*mail.Mailer) error{
		"acknowledgement": func(m *mail.Mailer) error { return m.Acknowledge(t.Context(), letter)[0] },
		"reply":           func(m *mail.Mailer) error { return m.Reply(t.Context(), letter, 42, "Your card was mailed.") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			box := testkit.Mailbox(t)
			replies := addresses(t, oldKey)
			m := mailer(t, box.URL(), func(cfg *mail.Config) { cfg.Replies = replies })
			if err := send(m); err != nil {
				t.Fatal(err)
			}
			got := one(t, box)
			want := `"Bureau of Arrivals" <` + replies.For(letter.Reference) + `>`
			if got.Header.Get("Reply-To") != want {
				t.Errorf("Reply-To %s, want %s", got.Header.Get("Reply-To"), want)
			}
			if sender, _, _ := strings.Cut(string(got.Raw), "\n"); !strings.Contains(sender, replies.For(letter.Reference)) {
				t.Errorf("bounces would go to %s", sender)
			}
			found := mail.FindSent(got.Header.Get("Message-Id"))
			marks := map[string]mail.Mark{"acknowledgement": replies.Marks().Acknowledgement(letter.Reference), "reply": replies.Marks().Reply(letter.Reference, 42)}
			if len(found) != 1 || found[0] != (mail.Sent{Reference: letter.Reference, Mark: marks[name]}) {
				t.Errorf("the Message-ID tells %v", found)
			}
		})
	}
}
