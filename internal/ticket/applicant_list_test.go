package ticket_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/ticket"
)

func (d *desk) questions(account int64, after ticket.Cursor, limit int) ticket.Questions {
	d.Helper()
	found, err := d.tickets.OfAccount(d.Context(), account, after, limit)
	d.must(err)
	return found
}

// Every way in which a ticket can hang on an account, and whether its owner may see it there.
func TestOfAccountShowsWhatIsTheOwners(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	number, owner := d.addAccount("1234567890", "Ana Núñez", "ana@mail.example")
	d.addAccount("2234567890", "Bo Li", "bo@mail.example")
	n := byte(100)
	opened := func(subject, number, name, email string) ticket.Ticket {
		n++
		d.now = d.now.Add(time.Minute)
		t := d.open(number, func(in *ticket.Inquiry) { in.Subject, in.Name, in.Email, in.Token = subject, name, email, [16]byte{n} })
		if number != "" {
			t = d.link(t)
		}
		return t
	}
	confirm := func(t ticket.Ticket) {
		_, err := d.tickets.ConfirmLink(d.Context(), ticket.Staff(d.ana), t.Reference, owner)
		d.must(err)
	}
	exclude := func(t ticket.Ticket, reason string) {
		_, err := d.tickets.Exclude(d.Context(), ticket.Staff(d.ana), t.Reference, reason)
		d.must(err)
	}
	opened("corroborated", number, "Ana Núñez", "Ana@Mail.Example")
	opened("claimed", number, "Ana Núñez", "ana@work.example")
	confirm(opened("claimed, confirmed", number, "Ana Núñez", "ana@work.example"))
	opened("conflict by email", number, "Ana Núñez", "bo@mail.example")
	opened("conflict by name", number, "Eve Ro", "eve@mail.example")
	confirm(opened("conflict, confirmed", number, "A. N.", "bo@mail.example"))
	opened("no number", "", "Ana Núñez", "ana@mail.example")
	chosen := opened("chosen", "", "Ana", "ana2@mail.example")
	_, err := d.tickets.LinkTo(t.Context(), ticket.Staff(d.ana), chosen.Reference, number, chosen.Link())
	d.must(err)
	exclude(opened("duplicate", number, "Ana Núñez", "ana@mail.example"), "duplicate")
	exclude(opened("spam", number, "Ana Núñez", "ana@mail.example"), "spam")
	exclude(opened("deleted", number, "Ana Núñez", "ana@mail.example"), "deleted")

	var got []string
	for _, q := range d.questions(owner, ticket.Cursor{}, 0).List {
		got = append(got, q.Subject)
		if _, err := d.tickets.ApplicantThread(t.Context(), ticket.Owner(owner), q.Reference); err != nil {
			t.Errorf("%q is in the list and cannot be read: %v", q.Subject, err)
		}
	}
	want := []string{"duplicate", "chosen", "conflict, confirmed", "claimed, confirmed", "corroborated"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestOfAccountByActivity(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	number, owner := d.addAccount("1234567890", "Ana Núñez", "ana@mail.example")
	var tickets []ticket.Ticket
	for i := range byte(5) {
		d.now = d.now.Add(time.Minute)
		tickets = append(tickets, d.link(d.open(number, func(in *ticket.Inquiry) {
			in.Subject, in.Email, in.Token = string('A'+rune(i)), "ana@mail.example", [16]byte{i + 1}
		})))
	}
	d.now = d.now.Add(time.Hour)
	d.reply(tickets[1].Reference, "Yes.", ticket.StatusSolved)
	d.now = d.now.Add(time.Hour)
	d.say(tickets[0].Reference, 50)
	d.now = d.now.Add(time.Hour)
	_, err := d.tickets.Note(t.Context(), ticket.Staff(d.ana), tickets[2].Reference, ticket.Draft{Body: "Hm."})
	d.must(err)
	d.replyNow(tickets[3].Reference, ticket.Draft{Body: "No.", Status: ticket.StatusSolved}) // can still be withdrawn

	type line struct {
		Subject  string
		Progress ticket.Progress
		Fresh    bool
	}
	lines := func(limit int) (got []line) {
		for after, more := (ticket.Cursor{}), true; more; {
			page := d.questions(owner, after, limit)
			for _, q := range page.List {
				got = append(got, line{q.Subject, q.Progress, q.Fresh})
			}
			after, more = page.Next, page.Next != ticket.Cursor{}
		}
		return got
	}
	want := []line{
		{"A", ticket.ProgressReceived, false}, {"B", ticket.ProgressAnswered, true}, {"E", ticket.ProgressReceived, false},
		{"D", ticket.ProgressReceived, false}, {"C", ticket.ProgressReceived, false},
	}
	for limit := 1; limit <= 6; limit++ {
		if diff := cmp.Diff(want, lines(limit)); diff != "" {
			t.Errorf("pages of %d (-want +got)\n%s", limit, diff)
		}
	}
	d.now = d.now.Add(undo)
	v, err := d.tickets.ApplicantThread(t.Context(), ticket.Owner(owner), tickets[1].Reference)
	d.must(err)
	d.must(d.tickets.RecordRead(t.Context(), v))
	want = slices.Concat([]line{{"D", ticket.ProgressAnswered, true}}, want[:3], want[4:])
	want[2].Fresh = false
	if diff := cmp.Diff(want, lines(2)); diff != "" {
		t.Errorf("after the answer to D, with that to B read (-want +got)\n%s", diff)
	}
}
