package workers

import (
	"context"

	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/ticket"
)

// acknowledge sends the applicant the reference.
func (w *Workers) acknowledge(ctx context.Context, task outbox.Task) error {
	return w.Tickets.Acknowledge(ctx, task.ID, task.Subject, w.lastTry(task, func(ctx context.Context, t ticket.Ticket, _ ticket.Message) error {
		return w.Mail.Acknowledge(ctx, letter(t, t.ApplicantEmail))
	}))
}

// letter is what both kinds of mail say of a ticket: nothing of the account behind it.
func letter(t ticket.Ticket, to string) mail.Letter {
	return mail.Letter{
		To: to, Name: t.ApplicantName, Language: t.Language, Reference: t.Reference, Subject: t.Subject, Category: t.Category,
	}
}
