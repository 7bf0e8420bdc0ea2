package ticket_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/ticket"
)

func TestReplySetsFirstResponseOnceAndWithdrawPutsBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	by := ticket.Staff(d.ana)
	opened := d.open("")
	d.now = d.now.Add(time.Hour)
	first := d.now
	m, err := d.tickets.Reply(t.Context(), by, opened.Reference, ticket.Draft{Body: "It is on its way.", Status: ticket.StatusSolved})
	d.must(err)
	got := d.read(opened.Reference)
	if got.FirstRespondedAt == nil || !got.FirstRespondedAt.Equal(first) || got.SolvedAt == nil || got.AwaitingSince != nil || *got.AssigneeID != d.ana {
		t.Errorf("after the reply: %+v", got)
	}

	d.must(d.tickets.WithdrawReply(t.Context(), by, opened.Reference, m.ID))
	got = d.read(opened.Reference)
	if got.FirstRespondedAt != nil || got.SolvedAt != nil || got.AwaitingSince == nil || got.Status != ticket.StatusNew {
		t.Errorf("after the withdrawal: %+v", got)
	}

	d.now = d.now.Add(time.Hour)
	again, err := d.tickets.Reply(t.Context(), by, opened.Reference, ticket.Draft{Body: "Second try."})
	d.must(err)
	d.now = d.now.Add(undo)
	if err := d.tickets.WithdrawReply(t.Context(), by, opened.Reference, again.ID); !failure.Is(err, failure.KindConflict) {
		t.Errorf("withdrawing after the time: %v, want conflict", err)
	}
	if got = d.read(opened.Reference); !got.FirstRespondedAt.Equal(first.Add(time.Hour)) {
		t.Errorf("first response at %s, want that of the reply that counts", got.FirstRespondedAt)
	}
}

func TestReopeningKeepsTheFirstSolution(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	by := ticket.Staff(d.ana)
	opened := d.open("")
	first := d.now.Add(time.Hour)
	for _, status := range []ticket.Status{ticket.StatusSolved, ticket.StatusOpen, ticket.StatusSolved} {
		d.now = d.now.Add(time.Hour)
		_, err := d.tickets.SetStatus(t.Context(), by, opened.Reference, status)
		d.must(err)
	}
	if got := d.read(opened.Reference); !got.SolvedAt.Equal(first) {
		t.Errorf("solved at %s, want %s", got.SolvedAt, first)
	}
}

func TestReplyStopsWhenSomethingArrived(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	opened := d.open("")
	thread, err := d.tickets.Thread(t.Context(), opened.ID)
	d.must(err)
	seen := thread[0].ID
	for range 2 {
		_, err := d.db.Exec(t.Context(), `
			INSERT INTO message (ticket_id, kind, body, created_at) VALUES ($1, 'applicant', 'One more thing', now())`, opened.ID)
		d.must(err)
	}
	_, err = d.tickets.Reply(t.Context(), ticket.Staff(d.ana).Saw(ticket.Seen{Message: seen}), opened.Reference, ticket.Draft{Body: "Hello"})
	if !failure.Is(err, failure.KindConflict) || !strings.Contains(failure.Text(err, ""), "2 messages") {
		t.Errorf("got %v, want a conflict that counts two messages", err)
	}
	if n := count(t, d.db, `SELECT count(*) FROM message WHERE kind = 'reply'`); n != 0 {
		t.Errorf("%d replies were written", n)
	}
}

func TestReplyRefuses(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	opened := d.open("")
	for name, draft := range map[string]ticket.Draft{
		"empty": {Body: " \n"}, "huge": {Body: strings.Repeat("x", ticket.MaxReply+1)}, "broken": {Body: "\xc3("}, "status": {Body: "a", Status: "gone"},
	} {
		if _, err := d.tickets.Reply(t.Context(), ticket.Staff(d.ana), opened.Reference, draft); !failure.Is(err, failure.KindInvalid) {
			t.Errorf("%s: %v, want invalid", name, err)
		}
	}
	if _, err := d.tickets.Reply(t.Context(), ticket.Staff(d.ana), "ASK-2222-2222", ticket.Draft{Body: "a"}); !failure.Is(err, failure.KindNotFound) {
		t.Errorf("unknown reference: %v, want not found", err)
	}
}

// sent is what a reply and its ticket look like once delivery has been tried.
func TestDeliverReply(t *testing.T) {
	t.Parallel()
	down := failure.Unavailable("away", nil)
	refused := failure.New(failure.KindInvalid, "no such mailbox", nil)
	for name, c := range map[string]struct {
		answer   error
		want     ticket.Delivery
		answered bool
		again    bool
	}{
		"sent":    {nil, ticket.DeliverySent, true, false},
		"away":    {down, ticket.DeliveryWaiting, true, true},
		"refused": {refused, ticket.DeliveryFailed, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			opened, m, task := d.replied()
			d.now = d.now.Add(undo)
			err := d.tickets.DeliverReply(t.Context(), task, m.ID, func(context.Context, ticket.Ticket, ticket.Message) error { return c.answer })
			if c.again != errors.Is(err, down) || !c.again && err != nil {
				t.Errorf("error is %v", err)
			}
			thread, err := d.tickets.Thread(t.Context(), opened.ID)
			d.must(err)
			if diff := cmp.Diff(c.want, thread[1].Delivery); diff != "" {
				t.Errorf("delivery (-want +got):\n%s", diff)
			}
			if got := d.read(opened.Reference); (got.FirstRespondedAt != nil) != c.answered || (got.AwaitingSince == nil) != c.answered {
				t.Errorf("ticket is %+v, want answered: %v", got, c.answered)
			}
			if n := count(t, d.db, `SELECT count(*) FROM outbox_task WHERE id = $1`, task); (n == 1) != c.again {
				t.Errorf("%d tasks are left", n)
			}
		})
	}
}

func TestDeliverReplySendsOnceAtTheSameTime(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, m, task := d.replied()
	d.now = d.now.Add(undo)
	var mails atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			err := d.tickets.DeliverReply(context.Background(), task, m.ID, func(context.Context, ticket.Ticket, ticket.Message) error {
				mails.Add(1)
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := mails.Load(); n != 1 {
		t.Errorf("%d mails, want 1", n)
	}
}

func TestWithdrawnReplyIsNeverSent(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	opened, m, task := d.replied()
	if err := d.tickets.WithdrawReply(t.Context(), ticket.Staff(d.ben), opened.Reference, m.ID); !errors.Is(err, ticket.ErrOfOther) {
		t.Errorf("a colleague's, without a question: %v", err)
	}
	d.must(d.tickets.WithdrawReply(t.Context(), ticket.Staff(d.ben).Saw(ticket.Seen{OfOther: m.ID}), opened.Reference, m.ID))
	d.now = d.now.Add(time.Hour)
	d.must(d.tickets.DeliverReply(t.Context(), task, m.ID, func(context.Context, ticket.Ticket, ticket.Message) error {
		t.Error("it was sent")
		return nil
	}))
}
