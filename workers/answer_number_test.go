package workers_test

import (
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/testkit"
)

// The number goes to the address on file, however it was typed, and to nobody else: an unknown address gets no mail at all.
func TestNumberIsAnsweredByMail(t *testing.T) {
	t.Parallel()
	d := newDesk(t, testkit.RedisURL(t))
	d.account("163920702842", "Ana Reyes", "ana@bücher.example")
	d.account("123456789092", "Bo Lind", "bo@mail.example")
	for _, email := range []string{"Ana@xn--bcher-kva.example", "stranger@mail.example", "ana@bücher.example.evil.example"} {
		if err := d.accounts.Ask(t.Context(), account.Request{Kind: account.RequestNumber, Email: email, Language: "es"}); err != nil {
			t.Fatal(err)
		}
	}
	d.work()
	d.awaitIdle()
	if n := d.mailbox.Count(); n != 1 {
		t.Fatalf("%d mails, want one", n)
	}
	got := d.mails("ana@")
	if len(got) != 1 {
		t.Fatalf("%d mails to the address on file", len(got))
	}
	const grouped = "1639 2070 2842"
	if !strings.Contains(got[0].Text, grouped) || !strings.Contains(got[0].HTML, "<strong>"+grouped+"</strong>") {
		t.Errorf("the mail does not hold the number %s:\n%s", grouped, got[0].Text)
	}
	if !strings.Contains(got[0].Text, "https://desk.example/account/sign-in") {
		t.Error("the mail does not lead to the account")
	}
	if n := d.count(`SELECT count(*) FROM mail_request WHERE answered_at IS NOT NULL AND used_at IS NULL`); n != 3 {
		t.Errorf("%d requests are dealt with, want 3", n)
	}
	if n := d.count(`SELECT count(*) FROM mail_request WHERE account_id IS NOT NULL`); n != 1 {
		t.Errorf("%d requests name an account, want one", n)
	}
}

// A reminder that lay for longer than it is of use is dropped, and nobody is written to.
func TestNumberAskedLongAgo(t *testing.T) {
	t.Parallel()
	d := newDesk(t, testkit.RedisURL(t))
	d.account("163920702842", "Ana Reyes", "ana@mail.example")
	if err := d.accounts.Ask(t.Context(), account.Request{Kind: account.RequestNumber, Email: "ana@mail.example", Language: "en"}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.db.Exec(t.Context(), `UPDATE mail_request SET expires_at = now() - interval '1 second'`); err != nil {
		t.Fatal(err)
	}
	d.work()
	d.awaitIdle()
	if n := d.mailbox.Count(); n != 0 {
		t.Errorf("%d mails, want none", n)
	}
}
