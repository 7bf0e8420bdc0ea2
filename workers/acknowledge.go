package workers

import (
	"context"
	"slices"

	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/ticket"
)

// acknowledge sends applicants their references.
func (w *Workers) acknowledge(ctx context.Context, tasks []outbox.Task) error {
	return w.Tickets.Acknowledge(ctx, tasks, func(ctx context.Context, tickets []ticket.Ticket) []error {
		letters := make([]mail.Letter, len(tickets))
		numbers := make([]int64, len(tickets))
		for i, t := range tickets {
			numbers[i] = t.ID
		}
		ids, err := w.Tickets.NewestMails(ctx, numbers...)
		if err != nil {
			return slices.Repeat([]error{err}, len(tickets))
		}
		for i, t := range tickets {
			letters[i] = letter(t, t.Email)
			letters[i].InReplyTo = ids[t.ID]
		}
		return w.Mail.Acknowledge(ctx, letters...)
	})
}

// letter is what both kinds of mail say of a ticket: nothing of the account behind it, and nothing that a stranger may have typed.
func letter(t ticket.Ticket, to string) mail.Letter {
	l := mail.Letter{To: to, Language: t.Language, Reference: t.Reference, Category: t.Category, Label: t.CategoryName}
	if t.SpeaksForItself() {
		l.Name, l.Subject = t.ApplicantName, t.Subject
	}
	return l
}
