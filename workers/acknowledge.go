package workers

import (
	"context"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/ticket"
)

// acknowledge sends applicants their references. The last attempt's failure is final.
func (w *Workers) acknowledge(ctx context.Context, tasks []outbox.Task) error {
	k, _ := kindOf(TaskAcknowledge)
	attempts := make(map[int64]int, len(tasks))
	for _, t := range tasks {
		attempts[t.Subject] = t.Attempts
	}
	return w.Tickets.Acknowledge(ctx, tasks, func(ctx context.Context, tickets []ticket.Ticket) []error {
		letters := make([]mail.Letter, len(tickets))
		for i, t := range tickets {
			letters[i] = letter(t, t.Email)
		}
		failures := w.Mail.Acknowledge(ctx, letters...)
		for i, err := range failures {
			if err != nil && ctx.Err() == nil && k.exhausted(err, attempts[tickets[i].ID]) {
				failures[i] = failure.New(failure.KindInvalid, "No mail server took it.", err)
			}
		}
		return failures
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
