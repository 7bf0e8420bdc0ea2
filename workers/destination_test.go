package workers_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/devstack"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/ticket"
)

// When the account's address has changed, what waits goes to the new address, the status link too, and the old one gets nothing.
func TestMailsFollowTheAccount(t *testing.T) {
	t.Parallel()
	d := newDesk(t, testkit.RedisURL(t))
	d.account("163920702842", "Ana Reyes", "old@mail.example")
	var owner int64
	if err := d.db.QueryRow(t.Context(), `SELECT id FROM account`).Scan(&owner); err != nil {
		t.Fatal(err)
	}
	mine := d.open("", func(in *ticket.Inquiry) { in.AccountID, in.Name, in.Email = &owner, "Ana Reyes", "old@mail.example" })
	strangers := d.open("", func(in *ticket.Inquiry) { in.Email = "old@mail.example" })
	d.work()
	d.awaitIdle()
	before := len(d.mails("old@mail.example"))
	by := ticket.Staff(d.agent())
	if _, err := d.tickets.Reply(t.Context(), by, mine.Reference, ticket.Draft{Body: "Your card was mailed."}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.db.Exec(t.Context(), `UPDATE account SET email = 'new@mail.example'`); err != nil {
		t.Fatal(err)
	}
	for _, asks := range []struct{ reference, email string }{
		{mine.Reference, "old@mail.example"}, {mine.Reference, "new@mail.example"}, {strangers.Reference, "new@mail.example"},
	} {
		err := d.accounts.Ask(t.Context(), account.Request{Kind: account.RequestStatus, Email: asks.email, Language: "en", Reference: asks.reference})
		if err != nil {
			t.Fatal(err)
		}
	}
	d.await("the reply and the link are there", func() bool { return len(d.mails("new@mail.example")) == 2 })
	d.awaitIdle()
	if n := len(d.mails("old@mail.example")); n != before {
		t.Errorf("%d mails went to the former address", n-before)
	}
	if n := len(d.mails("new@mail.example")); n != 2 {
		t.Errorf("%d mails went to the new address, want the reply and one link", n)
	}
}

// Anybody can type anybody's address. What they type beside it comes back to nobody: in no header and no body of any mail that goes to an
// address that they did not prove to have.
func TestNoMailCarriesAStrangersWords(t *testing.T) {
	t.Parallel()
	d := newDesk(t, testkit.RedisURL(t))
	const name, subject, words = "Win-a-Prize Nguyen", "Click-here for the prize", "Free-money for all"
	d.account("163920702842", "Ana Reyes", "corroborated@mail.example")
	stranger := func(email string, change ...func(*ticket.Inquiry)) ticket.Ticket {
		return d.open("", append([]func(*ticket.Inquiry){func(in *ticket.Inquiry) {
			in.Name, in.Email, in.Subject, in.Question = name, email, subject, words
		}}, change...)...)
	}
	typed := stranger("typed@mail.example")
	spanish := stranger("spanish@mail.example", func(in *ticket.Inquiry) { in.Language = "es" })
	mailed := stranger("mailed@mail.example", func(in *ticket.Inquiry) { in.Channel = ticket.ChannelEmail })
	// The number and the address of an account prove that somebody knows them, not that its owner wrote.
	matched := d.open("163920702842", func(in *ticket.Inquiry) {
		in.Name, in.Email, in.Subject, in.Question = name, "corroborated@mail.example", subject, words
	})
	born := time.Date(1990, 3, 27, 0, 0, 0, 0, time.UTC)
	if err := d.accounts.Register(t.Context(), account.Registration{
		Name: name, Address: words, Email: "registered@mail.example", Password: "a long sentence of mine", Language: "en", DateOfBirth: born,
	}); err != nil {
		t.Fatal(err)
	}
	var owner int64
	if err := d.db.QueryRow(t.Context(), `SELECT id FROM account`).Scan(&owner); err != nil {
		t.Fatal(err)
	}
	for _, in := range []account.Request{
		{Kind: account.RequestEmail, Email: "changed@mail.example", Language: "en", AccountID: &owner},
		{Kind: account.RequestStatus, Email: "typed@mail.example", Language: "en", Reference: typed.Reference},
		{Kind: account.RequestStatus, Email: "spanish@mail.example", Language: "es", Reference: spanish.Reference},
		{Kind: account.RequestStatus, Email: "mailed@mail.example", Language: "en", Reference: mailed.Reference},
		{Kind: account.RequestStatus, Email: "corroborated@mail.example", Language: "en", Reference: matched.Reference},
		{Kind: account.RequestNumber, Email: "corroborated@mail.example", Language: "en"},
		{Kind: account.RequestPassword, Email: "corroborated@mail.example", Language: "en"},
	} {
		if err := d.accounts.Ask(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	d.work()
	d.awaitIdle()
	by := ticket.Staff(d.agent())
	for _, asked := range []ticket.Ticket{typed, spanish, mailed, matched} {
		if _, err := d.tickets.Reply(t.Context(), by, asked.Reference, ticket.Draft{Body: "The agency's own words."}); err != nil {
			t.Fatal(err)
		}
	}
	d.awaitIdle()
	all, err := d.mailbox.Messages()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 4+1+1+4+2+4 {
		t.Errorf("%d mails, want 16", len(all))
	}
	answered := 0
	for _, m := range all {
		whole := fmt.Sprint(m.Subject, m.Header, m.Text, m.HTML)
		for _, of := range []string{"Win-a-Prize", "Click-here", "Free-money"} {
			if strings.Contains(whole, of) {
				t.Errorf("a mail to %s says %q:\n%s", m.Recipients, of, whole)
			}
		}
		if strings.Contains(m.Text, "The agency's own words.") {
			answered++
		}
		if reference := m.Header.Get("X-Askwell-Reference"); reference != "" {
			if want := "[" + reference + "] Card not received"; m.Subject != want && !strings.Contains(m.Subject, "category.") {
				t.Errorf("subject %q, want %q", m.Subject, want)
			}
		}
	}
	if answered != 4 {
		t.Errorf("%d mails hold the agent's answer, want 4", answered)
	}
}

// Who asks signed in has proved to have the address, and is called by name.
func TestASignedInQuestionIsAcknowledgedByName(t *testing.T) {
	t.Parallel()
	d := newDesk(t, testkit.RedisURL(t))
	d.account("163920702842", "Ana Reyes", "ana@mail.example")
	var owner int64
	if err := d.db.QueryRow(t.Context(), `SELECT id FROM account`).Scan(&owner); err != nil {
		t.Fatal(err)
	}
	asked := d.open("", func(in *ticket.Inquiry) { in.AccountID, in.Name, in.Email = &owner, "Ana Reyes", "ana@mail.example" })
	d.work()
	var got []devstack.Message
	d.await("the acknowledgement is there", func() bool { got = d.mails("ana@mail.example"); return len(got) == 1 })
	if want := "[" + asked.Reference + "] My card has not come"; got[0].Subject != want || !strings.Contains(got[0].Header.Get("To"), "Ana Reyes") {
		t.Errorf("subject %q to %s", got[0].Subject, got[0].Header.Get("To"))
	}
}
