package workers

import (
	"context"

	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/ticket"
)

// sendReply sends a public reply whose time to be withdrawn has passed.
func (w *Workers) sendReply(ctx context.Context, task outbox.Task) error {
	return w.Tickets.DeliverReply(ctx, task.ID, task.Subject, func(ctx context.Context, t ticket.Ticket, m ticket.Message) error {
		return w.Mail.Reply(ctx, letter(t, m.Recipient), m.ID, m.Body)
	})
}
