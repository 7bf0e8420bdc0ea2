package ticket_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/ticket"
)

// deliverTo does the worker's work for a reply whose time to be withdrawn has passed, and gives where its mail went; "" for nowhere.
func (d *desk) deliverTo(m ticket.Message) (to string) {
	d.Helper()
	d.now = d.now.Add(undo)
	err := d.tickets.DeliverReply(d.Context(), d.task(ticket.OutboxReplied, "send_reply", m.ID), m.ID, func(_ context.Context, _ ticket.Ticket, m ticket.Message) error {
		to = m.Recipient
		return nil
	})
	d.must(err)
	return to
}

// opens reports whether a link that somebody asks for with this address opens the ticket.
func (d *desk) opens(reference, email string) bool {
	d.Helper()
	err := postgres.InTx(d.Context(), d.db, func(tx pgx.Tx) error {
		_, err := d.tickets.ToFollow(d.Context(), tx, reference, email)
		return err
	})
	if err != nil && !failure.Is(err, failure.KindNotFound) {
		d.Fatal(err)
	}
	return err == nil
}

func (d *desk) changeEmail(account int64, email string) {
	d.Helper()
	_, err := d.db.Exec(d.Context(), `UPDATE account SET email = $2 WHERE id = $1`, account, email)
	d.must(err)
}

// tied is a ticket and where its mail should go, kept beside it by the test.
type tied struct {
	ticket.Ticket
	state     ticket.LinkState
	account   int64
	confirmed bool
}

// Whatever is done to a ticket's link and to the accounts' addresses, in any order: a ticket that is verified, corroborated or confirmed is
// answered, followed, written to and found at its account's present address and at no other; each else at the address written on it.
func TestMailGoesWhereTheTicketBelongs(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	number, ana := d.addAccount("1234567890", "Ana Núñez", "ana0@mail.example")
	other, bo := d.addAccount("2345678901", "Bo Núñez", "bo0@mail.example")
	emails := map[int64]string{ana: "ana0@mail.example", bo: "bo0@mail.example"}
	numbers := map[int64]string{ana: number, bo: other}
	token := byte(0)
	start := func(number string, change func(*ticket.Inquiry)) ticket.Ticket {
		opened := d.open(number, func(in *ticket.Inquiry) { token++; in.Token = [16]byte{token} }, change)
		if opened.LinkState != ticket.LinkWaiting {
			return opened
		}
		return d.link(opened)
	}
	tickets := []*tied{
		{Ticket: start("", func(in *ticket.Inquiry) { in.AccountID, in.Email = &ana, "ana0@mail.example" }), state: ticket.LinkVerified, account: ana},
		{Ticket: start(number, func(in *ticket.Inquiry) { in.Email = "ANA0@mail.example" }), state: ticket.LinkCorroborated, account: ana},
		{Ticket: start(number, func(in *ticket.Inquiry) { in.Name, in.Email = "Ana Núñez", "claims@mail.example" }), state: ticket.LinkClaimed, account: ana},
		{Ticket: start(number, func(in *ticket.Inquiry) { in.Name, in.Email = "Wei Li", "conflict@mail.example" }), state: ticket.LinkConflict, account: ana},
		{Ticket: start("", func(in *ticket.Inquiry) { in.Email = "none@mail.example" }), state: ticket.LinkNone},
		{Ticket: start("", func(in *ticket.Inquiry) { in.Email = "ana0@mail.example" }), state: ticket.LinkNone},
	}
	former := []string{"ana0@mail.example", "bo0@mail.example"}
	random := rand.New(rand.NewPCG(11, 1))
	by := ticket.Staff(d.ana)
	for step := range 150 {
		tt := tickets[random.IntN(len(tickets))]
		waiting := d.replyNow(tt.Reference, ticket.Draft{Body: "An answer."})
		written := tt.account // for whose owner
		if !tt.follows() {
			written = 0
		}
		done := ""
		switch action := random.IntN(5); {
		case action == 0:
			who := []int64{ana, bo}[random.IntN(2)]
			emails[who] = fmt.Sprintf("step%d@mail.example", step)
			d.changeEmail(who, emails[who])
			former, done = append(former, emails[who]), "another address"
		case action == 1 && tt.account != 0 && !tt.confirmed && (tt.state == ticket.LinkClaimed || tt.state == ticket.LinkConflict):
			_, err := d.tickets.ConfirmLink(t.Context(), by, tt.Reference, tt.account)
			d.must(err)
			tt.confirmed, done = true, "confirmed"
		case action == 2 && tt.account != 0:
			_, err := d.tickets.Unlink(t.Context(), by, tt.Reference, tt.account)
			d.must(err)
			tt.state, tt.account, tt.confirmed, done = ticket.LinkNone, 0, false, "unlinked"
		case action == 3:
			to := []int64{ana, bo}[random.IntN(2)]
			_, err := d.tickets.LinkTo(t.Context(), by, tt.Reference, numbers[to], d.read(tt.Reference).Link())
			if err == nil {
				tt.state, tt.account, tt.confirmed, done = ticket.LinkClaimed, to, true, "linked"
			} else if !failure.Is(err, failure.KindConflict) {
				t.Fatal(err)
			}
		case action == 4:
			done = d.undoLink(tt)
		}
		want, at := tt.ApplicantEmail, int64(0)
		if tt.follows() {
			want, at = emails[tt.account], tt.account
		}
		got := d.read(tt.Reference)
		what := fmt.Sprintf("step %d, %s of %+v", step, done, got.Link())
		if got.Email != want {
			t.Fatalf("%s: mail goes to %s, want %s", what, got.Email, want)
		}
		if in := ticket.DestinationOf(got.Link(), got.ApplicantEmail, emails[got.Link().Account]); in != got.Email {
			t.Fatalf("%s: Go says %s, SQL %s", what, in, got.Email)
		}
		// What was written for an account's owner goes to that owner, or to nobody.
		goes := want
		if written != 0 && written != at && !strings.EqualFold(emails[written], want) {
			goes = ""
		}
		if sent := d.deliverTo(waiting); !strings.EqualFold(sent, goes) {
			t.Fatalf("%s: a reply written for account %d goes to %q, want %q", what, written, sent, goes)
		}
		for _, email := range append(slices.Clone(former), tt.ApplicantEmail) {
			now := strings.EqualFold(email, want)
			writes, err := d.tickets.WritesTo(t.Context(), got, email)
			d.must(err)
			_, err = d.tickets.ApplicantThread(t.Context(), ticket.Follower(tt.ID, email), tt.Reference)
			_, followed := d.tickets.Followed(t.Context(), tt.ID, email)
			// The owner of an account whom a reply went to may answer it, too, while the link stands.
			answers := writes && (now || got.Link().ShowsFacts() && strings.EqualFold(email, emails[got.Link().Account]))
			if d.opens(tt.Reference, email) != now || (err == nil) != now || (followed == nil) != now || writes != now && !answers {
				t.Fatalf("%s: %s opens it or writes to it, and its mail goes to %s", what, email, want)
			}
		}
		found, err := d.tickets.List(t.Context(), ticket.Filter{Emails: []string{want}})
		d.must(err)
		if !slices.ContainsFunc(found.Rows, func(r ticket.Row) bool { return r.ID == tt.ID && r.Email == want }) {
			t.Fatalf("%s: not among those of %s", what, want)
		}
	}
}

func (t *tied) follows() bool {
	return t.account != 0 && (t.state == ticket.LinkVerified || t.state == ticket.LinkCorroborated || t.confirmed)
}

// undoLink takes the last change of the link back, in the ticket and in what the test knows of it.
func (d *desk) undoLink(tt *tied) string {
	d.Helper()
	events, err := d.tickets.Events(d.Context(), tt.ID)
	d.must(err)
	for _, e := range slices.Backward(events) {
		if e.Data.LinkFrom == nil {
			continue
		}
		_, err := d.tickets.UndoLink(d.Context(), ticket.Staff(d.ana), tt.Reference, e.ID)
		d.must(err)
		tt.state, tt.account, tt.confirmed = e.Data.LinkFrom.State, e.Data.LinkFrom.Account, e.Data.LinkFrom.Confirmed
		if tt.state == ticket.LinkWaiting {
			tt.state = ticket.LinkNone
		}
		return "undone"
	}
	return ""
}

// A try that failed decides afresh: the mail of the next one goes to the address that the account has by then.
func TestARetryGoesToThePresentAddress(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, owner := d.addAccount("1234567890", "Ana Núñez", "old@mail.example")
	asked := d.open("", func(in *ticket.Inquiry) { in.AccountID, in.Email = &owner, "old@mail.example" })
	m := d.replyNow(asked.Reference, ticket.Draft{Body: "It was mailed."})
	d.now = d.now.Add(undo)
	task := d.task(ticket.OutboxReplied, "send_reply", m.ID)
	var to []string
	for _, answer := range []error{failure.Unavailable("no mail server", errors.New("refused")), nil} {
		_ = d.tickets.DeliverReply(t.Context(), task, m.ID, func(_ context.Context, _ ticket.Ticket, m ticket.Message) error {
			to = append(to, m.Recipient)
			return answer
		})
		d.changeEmail(owner, "new@mail.example")
	}
	if diff := cmp.Diff([]string{"old@mail.example", "new@mail.example"}, to); diff != "" {
		t.Errorf("mails went to (-want +got)\n%s", diff)
	}
	thread, err := d.tickets.Thread(t.Context(), asked.ID)
	d.must(err)
	if last := thread[len(thread)-1]; last.Recipient != "new@mail.example" || last.Delivery != ticket.DeliverySent {
		t.Errorf("the thread says %s to %s", last.Delivery, last.Recipient)
	}
	if got := bodies(d.follow(d.read(asked.Reference))); len(got) != 2 {
		t.Errorf("at the new address one reads %q, want the answer that was sent before, too", got)
	}
}

// A reply with one applicant's facts, written before the ticket was found to be another's, reaches neither: the ticket is open again, and
// says why.
func TestAReplyNeverFollowsToAnotherAccount(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	number, _ := d.addAccount("1234567890", "Ana Núñez", "ana@mail.example")
	other, _ := d.addAccount("2345678901", "Ana Li", "li@mail.example")
	asked := d.link(d.open(number, func(in *ticket.Inquiry) { in.Email = "ana@mail.example" }))
	m := d.replyNow(asked.Reference, ticket.Draft{Body: "Your I-485 was approved.", Status: ticket.StatusSolved})
	_, err := d.tickets.LinkTo(t.Context(), ticket.Staff(d.ben), asked.Reference, other, asked.Link())
	d.must(err)
	if to := d.deliverTo(m); to != "" {
		t.Errorf("it went to %s", to)
	}
	got := d.read(asked.Reference)
	if got.Status != ticket.StatusOpen || got.AwaitingSince == nil || got.FirstRespondedAt != nil {
		t.Errorf("the ticket is %s, waiting since %v, answered %v", got.Status, got.AwaitingSince, got.FirstRespondedAt)
	}
	events, err := d.tickets.Events(t.Context(), asked.ID)
	d.must(err)
	if last := events[len(events)-1]; last.Kind != ticket.EventReplyBounced || last.Data.Reason != string(ticket.BounceRelinked) {
		t.Errorf("the history says %s, %s", last.Kind, last.Data.Reason)
	}
}

// An address that changes while replies go out: what is sent after the change goes to the new one.
func TestAddressChangesWhileRepliesAreSent(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, owner := d.addAccount("1234567890", "Ana Núñez", "old@mail.example")
	const replies = 12
	tasks, messages := make([]int64, replies), make([]ticket.Message, replies)
	for i := range replies {
		asked := d.open("", func(in *ticket.Inquiry) {
			in.AccountID, in.Email, in.Token = &owner, "old@mail.example", [16]byte{byte(i + 1)}
		})
		messages[i] = d.replyNow(asked.Reference, ticket.Draft{Body: "An answer."})
		tasks[i] = d.task(ticket.OutboxReplied, "send_reply", messages[i].ID)
	}
	d.now = d.now.Add(time.Minute)
	var mu sync.Mutex
	var late []string // those that went to the old address after the change
	changed := false
	var wg sync.WaitGroup
	for i := range replies {
		wg.Go(func() {
			mu.Lock()
			after := changed
			mu.Unlock()
			err := d.tickets.DeliverReply(t.Context(), tasks[i], messages[i].ID, func(_ context.Context, _ ticket.Ticket, m ticket.Message) error {
				if after && m.Recipient != "new@mail.example" {
					mu.Lock()
					late = append(late, m.Recipient)
					mu.Unlock()
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
		if i == replies/2 {
			d.changeEmail(owner, "new@mail.example")
			mu.Lock()
			changed = true
			mu.Unlock()
		}
	}
	wg.Wait()
	if len(late) > 0 {
		t.Errorf("%d mails went to the former address after it had changed", len(late))
	}
}
