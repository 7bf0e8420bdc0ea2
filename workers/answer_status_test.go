package workers_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/ticket"
)

var statusLink = regexp.MustCompile(`https://desk\.example/status/([a-z2-7]{32})\b`)

// Whoever asks with a reference and the address on it gets a link there, which works once. Everybody else gets nothing at all, and
// neither does the address.
func TestStatusIsAnsweredByMail(t *testing.T) {
	t.Parallel()
	d := newDesk(t, testkit.RedisURL(t))
	mine := d.open("", func(in *ticket.Inquiry) { in.Email, in.Language = "Jean@Bücher.example", "es" })
	theirs := d.open("", func(in *ticket.Inquiry) { in.Email = "bo@mail.example" })
	held := d.open("", func(in *ticket.Inquiry) {
		in.Email, in.Suspicions = "held@mail.example", []ticket.Suspicion{ticket.SuspectTooFast}
	})
	gone := map[string]ticket.Ticket{}
	by := ticket.Staff(d.agent())
	for _, reason := range ticket.ExcludedReasons() {
		gone[reason] = d.open("", func(in *ticket.Inquiry) { in.Email = reason + "@mail.example" })
		if _, err := d.tickets.Exclude(t.Context(), by, gone[reason].Reference, reason); err != nil {
			t.Fatal(err)
		}
	}
	d.work()
	d.awaitIdle() // with the acknowledgements
	before := d.mailbox.Count()
	bare := strings.ToLower(strings.ReplaceAll(mine.Reference, "-", " "))
	for _, asked := range []struct{ reference, email string }{
		{bare, "jean@xn--bcher-kva.example"},
		{held.Reference, "HELD@mail.example"},
		{gone["merged"].Reference, "merged@mail.example"},
		{gone["duplicate"].Reference, "duplicate@mail.example"},
		{gone["spam"].Reference, "spam@mail.example"},
		{gone["deleted"].Reference, "deleted@mail.example"},
		{mine.Reference, "bo@mail.example"},
		{theirs.Reference, "jean@bücher.example"},
		{identifier.ReferenceOf(7), "bo@mail.example"},
		{"nonsense", "bo@mail.example"},
		{"", "bo@mail.example"},
	} {
		err := d.accounts.Ask(t.Context(), account.Request{Kind: account.RequestStatus, Email: asked.email, Language: "en", Reference: asked.reference})
		if err != nil {
			t.Fatal(err)
		}
	}
	d.awaitIdle()
	if n := d.mailbox.Count() - before; n != 4 {
		t.Errorf("%d mails, want 4", n)
	}
	if n := d.count(`SELECT count(*) FROM mail_request WHERE answered_at IS NULL`); n != 0 {
		t.Errorf("%d requests are not dealt with", n)
	}
	var links []string
	for _, m := range d.mails("Jean@") {
		if found := statusLink.FindStringSubmatch(m.Text); found != nil {
			links = append(links, found[1])
		}
	}
	if len(links) != 1 {
		t.Fatalf("%d links were mailed to the address on the ticket, want 1", len(links))
	}
	peeked, err := d.accounts.Peek(t.Context(), account.RequestStatus, links[0])
	if err != nil || peeked.TicketID == nil || *peeked.TicketID != mine.ID {
		t.Errorf("the link is for %v: %v", peeked.TicketID, err)
	}
	for attempt, want := range []bool{true, false} {
		err := postgres.InTx(t.Context(), d.db, func(tx pgx.Tx) error {
			_, err := d.accounts.Use(t.Context(), tx, account.RequestStatus, links[0])
			return err
		})
		if (err == nil) != want || err != nil && !failure.Is(err, failure.KindNotFound) {
			t.Errorf("use %d: %v", attempt+1, err)
		}
	}
}
