package ticket_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/ticket"
)

// acknowledgements reads what the history says of them: the reasons, in order.
func (d *desk) acknowledgements(t ticket.Ticket) []string {
	d.Helper()
	reasons := []string{}
	rows, err := d.db.Query(d.Context(), `
		SELECT COALESCE(data->>'reason', '') FROM ticket_event
		WHERE ticket_id = $1 AND kind = 'acknowledged' AND actor = 'worker' AND at = $2 ORDER BY id`, t.ID, d.now)
	d.must(err)
	for rows.Next() {
		var reason string
		d.must(rows.Scan(&reason))
		reasons = append(reasons, reason)
	}
	d.must(rows.Err())
	return reasons
}

func TestAcknowledge(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		sent    error
		want    []string
		mails   int // of two attempts
		pending bool
	}{
		"sent":             {nil, []string{""}, 1, false},
		"refused for good": {failure.New(failure.KindInvalid, "No such mailbox.", nil), []string{"refused"}, 1, false},
		"server away":      {failure.Unavailable("The mail server is unavailable.", errors.New("refused")), []string{}, 2, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			before := d.open("")
			task := d.task(ticket.OutboxOpened, "acknowledge", before.ID)
			d.now = d.now.Add(time.Minute)
			mails := 0
			for range 2 { // the task queue may hand a task on twice
				err := d.tickets.Acknowledge(d.Context(), []outbox.Task{{ID: task, Subject: before.ID}}, func(context.Context, []ticket.Ticket) []error {
					mails++
					return []error{tc.sent}
				})
				if (err != nil) != tc.pending {
					t.Fatalf("acknowledge: %v", err)
				}
			}
			if mails != tc.mails {
				t.Errorf("%d mails, want %d", mails, tc.mails)
			}
			if diff := cmp.Diff(tc.want, d.acknowledgements(before)); diff != "" {
				t.Errorf("history (-want +got)\n%s", diff)
			}
			pending, err := outbox.Pending(d.Context(), d.db, task)
			if err != nil || pending != tc.pending {
				t.Errorf("pending is %v (%v), want %v", pending, err, tc.pending)
			}
			if diff := cmp.Diff(before, d.read(before.Reference)); diff != "" {
				t.Errorf("the ticket itself changed (-before +after)\n%s", diff)
			}
		})
	}
}

// What was sent is finished though another mail of the batch was not.
func TestAcknowledgePart(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	first, second := d.open(""), d.open("")
	tasks := []outbox.Task{
		{ID: d.task(ticket.OutboxOpened, "acknowledge", first.ID), Subject: first.ID},
		{ID: d.task(ticket.OutboxOpened, "acknowledge", second.ID), Subject: second.ID},
	}
	away := failure.Unavailable("The mail server is unavailable.", nil)
	err := d.tickets.Acknowledge(d.Context(), tasks, func(_ context.Context, tickets []ticket.Ticket) []error {
		failures := make([]error, len(tickets))
		for i, t := range tickets {
			if t.ID == second.ID {
				failures[i] = away
			}
		}
		return failures
	})
	if !failure.Is(err, failure.KindUnavailable) {
		t.Errorf("got %v, want the failure of the second", err)
	}
	for i, want := range []bool{false, true} {
		pending, err := outbox.Pending(d.Context(), d.db, tasks[i].ID)
		if err != nil || pending != want {
			t.Errorf("task %d pending is %v (%v), want %v", i+1, pending, err, want)
		}
	}
}
