package ticket_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/ticket"
)

// sendReply writes a reply, has it sent with this answer of the mail server, and gives its state.
func (d *desk) sendReply(reference string, status ticket.Status, answer error) (ticket.Message, ticket.Delivery) {
	d.Helper()
	m, err := d.tickets.Reply(d.Context(), ticket.Staff(d.ana), reference, ticket.Draft{Body: "Hello", Status: status})
	d.must(err)
	task := d.task(ticket.OutboxReplied, "send_reply", m.ID)
	d.now = d.now.Add(undo)
	err = d.tickets.DeliverReply(d.Context(), task, m.ID, func(context.Context, ticket.Ticket, ticket.Message) error { return answer })
	if err != nil && !errors.Is(err, answer) {
		d.Fatal(err)
	}
	return m, d.delivery(m.ID)
}

func (d *desk) delivery(message int64) (state ticket.Delivery) {
	d.Helper()
	d.must(d.db.QueryRow(d.Context(), `SELECT delivery FROM message WHERE id = $1`, message).Scan(&state))
	return state
}

func (d *desk) events(t ticket.Ticket, kinds ...ticket.EventKind) (data []ticket.Data) {
	d.Helper()
	all, err := d.tickets.Events(d.Context(), t.ID)
	d.must(err)
	for _, e := range all {
		for _, k := range kinds {
			if e.Kind == k {
				data = append(data, e.Data)
			}
		}
	}
	return data
}

// answer is an error with what a mail server said.
type answer struct {
	error
	said outbox.Answer
}

func (a answer) Unwrap() error         { return a.error }
func (a answer) Answer() outbox.Answer { return a.said }

// A reply that the recipient's server refuses is as a bounce: the ticket is open again and its applicant waits.
func TestAReplyThatIsRefusedOpensTheTicketAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	opened := d.open("")
	refused := answer{failure.New(failure.KindInvalid, "No such mailbox.", nil), outbox.Answer{Fault: "recipient", Code: 550, Status: "5.1.1", Words: "No such user"}}
	m, state := d.sendReply(opened.Reference, ticket.StatusSolved, refused)
	got := d.read(opened.Reference)
	if state != ticket.DeliveryFailed || got.Status != ticket.StatusOpen || got.AwaitingSince == nil || got.FirstRespondedAt != nil || got.SolvedAt == nil {
		t.Errorf("the reply is %s, the ticket %+v", state, got)
	}
	if diff := cmp.Diff([]ticket.Data{{Message: m.ID, Reason: "recipient", Code: "550 5.1.1", From: "solved", To: "open"}}, d.events(opened, ticket.EventReplyFailed)); diff != "" {
		t.Errorf("events (-want +got)\n%s", diff)
	}

	// An agent has it sent again: it is an answer from now on.
	d.now = d.now.Add(time.Hour)
	d.must(d.tickets.SendAgain(t.Context(), ticket.Staff(d.ben).Saw(ticket.Seen{Message: m.ID}), opened.Reference, m.ID))
	if err := d.tickets.SendAgain(t.Context(), ticket.Staff(d.ben).Saw(ticket.Seen{Message: m.ID}), opened.Reference, m.ID); !failure.Is(err, failure.KindConflict) {
		t.Errorf("pressed twice: %v, want conflict", err)
	}
	got = d.read(opened.Reference)
	if got.AwaitingSince != nil || got.FirstRespondedAt == nil || !got.FirstRespondedAt.Equal(d.now) {
		t.Errorf("the ticket is %+v, want answered at %v", got, d.now)
	}
}

// Whatever is not said of the recipient waits, and is told once for each answer.
func TestAFaultOfConfigurationWaits(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	opened := d.open("")
	fault := answer{failure.Unavailable("The mail server refused us.", nil), outbox.Answer{Fault: "configuration", Code: 504, Status: "5.5.2", Words: "<desk>: Helo command rejected"}}
	m, state := d.sendReply(opened.Reference, "", fault)
	if state != ticket.DeliveryWaiting {
		t.Errorf("the reply is %s, want waiting", state)
	}
	var task int64
	d.must(d.db.QueryRow(t.Context(), `SELECT id FROM outbox_task WHERE task = 'send_reply'`).Scan(&task))
	for range 3 {
		err := d.tickets.DeliverReply(t.Context(), task, m.ID, func(context.Context, ticket.Ticket, ticket.Message) error { return fault })
		if !failure.Is(err, failure.KindUnavailable) {
			t.Errorf("it ended with %v", err)
		}
	}
	if diff := cmp.Diff([]ticket.Data{{Message: m.ID, Reason: "configuration", Code: "504 5.5.2"}}, d.events(opened, ticket.EventReplyDelayed)); diff != "" {
		t.Errorf("events (-want +got)\n%s", diff)
	}
	unsent, err := d.tickets.Unsent(t.Context(), opened.ID)
	d.must(err)
	if len(unsent) != 1 || unsent[0].Words != fault.said.Words || unsent[0].Attempts != 4 || ticket.ReplyOf(unsent[0]) != m.ID {
		t.Errorf("unsent: %+v", unsent)
	}
	d.must(d.tickets.DeliverReply(t.Context(), task, m.ID, func(context.Context, ticket.Ticket, ticket.Message) error { return nil }))
	if state := d.delivery(m.ID); state != ticket.DeliverySent {
		t.Errorf("the reply is %s in the end", state)
	}
}

func TestAReplyThatNobodyKnowsOf(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	opened := d.open("")
	m, state := d.sendReply(opened.Reference, "", failure.Unavailable("No answer.", outbox.ErrUnconfirmed))
	if state != ticket.DeliveryUnconfirmed || len(d.events(opened, ticket.EventReplyUnconfirmed)) != 1 {
		t.Errorf("the reply is %s", state)
	}
	if got := d.read(opened.Reference); got.AwaitingSince != nil {
		t.Error("the applicant waits, who may have the answer")
	}
	if n := count(t, d.db, `SELECT count(*) FROM outbox_task WHERE task = 'send_reply'`); n != 0 {
		t.Errorf("%d tasks would send it again by themselves", n)
	}
	d.must(d.tickets.SendAgain(t.Context(), ticket.Staff(d.ben).Saw(ticket.Seen{Message: m.ID}), opened.Reference, m.ID))
	task := d.task(ticket.OutboxReplied, "send_reply", m.ID)
	d.must(d.tickets.DeliverReply(t.Context(), task, m.ID, func(_ context.Context, _ ticket.Ticket, again ticket.Message) error {
		if again.ID != m.ID {
			t.Errorf("message %d goes out, want %d: its Message-ID would be another one", again.ID, m.ID)
		}
		return nil
	}))
	if state := d.delivery(m.ID); state != ticket.DeliverySent {
		t.Errorf("the reply is %s in the end", state)
	}
}

// While both versions run, a worker of the version before finishes the task of a reply that this one is sending.
func TestAReplyWhoseTaskIsGoneIsTakenUp(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		during func(d *desk) error // between the handing over and the answer
		sent   int                 // mails in the end
		want   ticket.Delivery
	}{
		"not taken": {func(*desk) error { return failure.Unavailable("Later.", nil) }, 2, ticket.DeliverySent},
		"killed before its content left": {func(d *desk) error {
			return d.died("claimed")
		}, 2, ticket.DeliverySent},
		"killed after its content left": {func(d *desk) error {
			return d.died("leaving")
		}, 1, ticket.DeliveryUnconfirmed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			_, m, task := d.replied()
			d.now = d.now.Add(undo)
			sent := 0
			resumed := func() int64 {
				t.Helper()
				n, err := d.tickets.ResumeReplies(t.Context())
				d.must(err)
				return n
			}
			_ = d.tickets.DeliverReply(t.Context(), task, m.ID, func(context.Context, ticket.Ticket, ticket.Message) error {
				sent++
				_, err := d.db.Exec(t.Context(), `DELETE FROM outbox_task WHERE id = $1`, task)
				d.must(err)
				if n := resumed(); n != 0 {
					t.Errorf("%d replies are taken up while they are on their way", n)
				}
				return c.during(d)
			})
			if n := resumed(); n != 1 {
				t.Fatalf("%d replies are taken up, want 1", n)
			}
			if n := resumed(); n != 0 {
				t.Errorf("%d replies are taken up twice", n)
			}
			task = d.task(ticket.OutboxReplied, "send_reply", m.ID)
			d.must(d.tickets.DeliverReply(t.Context(), task, m.ID, func(context.Context, ticket.Ticket, ticket.Message) error {
				sent++
				return nil
			}))
			if got := d.delivery(m.ID); got != c.want || sent != c.sent {
				t.Errorf("the reply is %s after %d mails, want %s after %d", got, sent, c.want, c.sent)
			}
			if n := resumed(); n != 0 {
				t.Errorf("%d replies are taken up that are over", n)
			}
		})
	}
}

// died leaves what a worker leaves that is killed, once its lease is over.
func (d *desk) died(state string) error {
	d.Helper()
	gone := errors.New("killed")
	_, err := d.db.Exec(d.Context(), `
		UPDATE outgoing_mail SET state = $1, attempts = attempts + 1, claimed_until = clock_timestamp() - interval '1 second'`, state)
	d.must(err)
	return gone
}

// An agent takes a reply back at the very moment at which a worker takes it up.
func TestWithdrawnOrSentAndNeverBoth(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.now = time.Now().UTC().Truncate(time.Microsecond)
	for range 15 {
		opened, m, task := d.replied()
		_, err := d.db.Exec(t.Context(), `UPDATE message SET deliver_at = clock_timestamp() + interval '5 ms' WHERE id = $1`, m.ID)
		d.must(err)
		sent := false
		var withdrawn error
		var both sync.WaitGroup
		both.Go(func() {
			for d.delivery(m.ID) == ticket.DeliveryWaiting {
				d.must(d.tickets.DeliverReply(context.Background(), task, m.ID, func(context.Context, ticket.Ticket, ticket.Message) error {
					sent = true
					return nil
				}))
			}
		})
		both.Go(func() {
			withdrawn = d.tickets.WithdrawReply(context.Background(), ticket.Staff(d.ana), opened.Reference, m.ID)
		})
		both.Wait()
		if sent == (withdrawn == nil) {
			t.Fatalf("sent: %t, withdrawn: %v", sent, withdrawn)
		}
	}
}

// A worker whose own clock is wrong sends what is due by the database's, and loses no reply that is not.
func TestAReplyLeavesByTheDatabasesClock(t *testing.T) {
	t.Parallel()
	for name, skew := range map[string]time.Duration{"slow": -10 * time.Minute, "fast": 10 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.now = time.Now().UTC()
			_, m, task := d.replied()
			d.now = d.now.Add(skew)
			sent := 0
			try := func() {
				for range 12 { // more often than a task was tried
					d.must(d.tickets.DeliverReply(t.Context(), task, m.ID, func(context.Context, ticket.Ticket, ticket.Message) error {
						sent++
						return nil
					}))
				}
			}
			try()
			if sent != 0 || d.delivery(m.ID) != ticket.DeliveryWaiting {
				t.Errorf("%d mails went out before it was due, and it is %s", sent, d.delivery(m.ID))
			}
			if n := count(t, d.db, `SELECT count(*) FROM outbox_task t JOIN message m ON m.id = t.subject_id WHERE t.id = $1 AND t.due_at = m.deliver_at AND t.given_up_at IS NULL`, task); n != 1 {
				t.Error("the task is not put off until the reply is due")
			}
			_, err := d.db.Exec(t.Context(), `UPDATE message SET deliver_at = clock_timestamp() WHERE id = $1`, m.ID)
			d.must(err)
			try()
			if sent != 1 {
				t.Errorf("%d mails went out, want 1", sent)
			}
		})
	}
}

// An acknowledgement that was refused can be sent again, by a person.
func TestAnAcknowledgementIsSentAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	opened := d.open("")
	acknowledge := func(answer error) {
		d.Helper()
		task := d.task(ticket.OutboxOpened, "acknowledge", opened.ID)
		d.must(d.tickets.Acknowledge(t.Context(), []outbox.Task{{ID: task, Subject: opened.ID}}, func(context.Context, []ticket.Ticket) []error { return []error{answer} }))
	}
	acknowledge(failure.New(failure.KindInvalid, "No such mailbox.", nil))
	d.must(d.tickets.SendAcknowledgementAgain(t.Context(), ticket.Staff(d.ana), opened.Reference))
	if err := d.tickets.SendAcknowledgementAgain(t.Context(), ticket.Staff(d.ana), opened.Reference); !failure.Is(err, failure.KindConflict) {
		t.Errorf("pressed twice: %v, want conflict", err)
	}
	acknowledge(nil)
	if diff := cmp.Diff([]ticket.Data{{Reason: "refused"}, {}}, d.events(opened, ticket.EventAcknowledged)); diff != "" {
		t.Errorf("events (-want +got)\n%s", diff)
	}
}
