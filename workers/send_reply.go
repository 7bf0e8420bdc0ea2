package workers

import (
	"context"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/ticket"
)

// sendReply sends a public reply whose time to be withdrawn has passed.
func (w *Workers) sendReply(ctx context.Context, task outbox.Task) error {
	return w.Tickets.DeliverReply(ctx, task.ID, task.Subject, w.lastTry(task, func(ctx context.Context, t ticket.Ticket, m ticket.Message) error {
		return w.Mail.Reply(ctx, letter(t, m.Recipient), m.ID, m.Body)
	}))
}

// lastTry makes the last attempt's failure final, so that the ticket records that the mail reached nobody: a reply that waits
// for ever would count as an answer.
func (w *Workers) lastTry(task outbox.Task, send ticket.Send) ticket.Send {
	k, _ := kindOf(task.Kind)
	return func(ctx context.Context, t ticket.Ticket, m ticket.Message) error {
		err := send(ctx, t, m)
		if err != nil && ctx.Err() == nil && k.exhausted(err, task.Attempts) {
			return failure.New(failure.KindInvalid, "No mail server took it.", err)
		}
		return err
	}
}
