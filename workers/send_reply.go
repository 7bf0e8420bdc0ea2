package workers

import (
	"context"
	"log/slog"
	"time"

	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/ticket"
)

// sendReply sends a public reply whose time to be withdrawn has passed, after the acknowledgement of its ticket.
func (w *Workers) sendReply(ctx context.Context, task outbox.Task) error {
	if wait, err := w.acknowledgeFirst(ctx, task.Subject); err != nil {
		return err
	} else if wait {
		return outbox.Release(ctx, w.db, ackUnderWay, task.ID)
	}
	return w.Tickets.DeliverReply(ctx, task.ID, task.Subject, func(ctx context.Context, t ticket.Ticket, m ticket.Message) error {
		l, err := w.answering(ctx, t, m.Recipient)
		if err != nil {
			return err
		}
		return w.Mail.Reply(ctx, l, m.ID, m.Body)
	})
}

// ackUnderWay is when to look again at an acknowledgement that another worker is sending.
const ackUnderWay = 2 * time.Second

// acknowledgeFirst sends the acknowledgement of a reply's ticket if it still waits, so that the two arrive in order. One that fails holds up
// no reply; while another worker is sending it, the reply waits.
func (w *Workers) acknowledgeFirst(ctx context.Context, messageID int64) (wait bool, err error) {
	ack, underWay, found, err := w.Tickets.AcknowledgementBefore(ctx, messageID)
	if err != nil || !found || underWay {
		return underWay, err
	}
	if err := w.acknowledge(ctx, []outbox.Task{ack}); err != nil {
		w.log.Debug("acknowledgement not sent before a reply", slog.Int64("task", ack.ID), slog.Any("error", err))
	}
	return false, nil
}

// answering is a letter that follows the newest mail of the applicant's.
func (w *Workers) answering(ctx context.Context, t ticket.Ticket, to string) (mail.Letter, error) {
	l := letter(t, to)
	ids, err := w.Tickets.NewestMails(ctx, t.ID)
	l.InReplyTo = ids[t.ID]
	return l, err
}
