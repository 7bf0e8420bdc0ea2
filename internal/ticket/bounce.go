package ticket

import (
	"context"

	"github.com/askwell/askwell/internal/failure"
)

// Bounce says why a mail came back.
type Bounce string

// The reasons for a bounce, told apart as far as mail servers tell them.
const (
	BounceNoMailbox Bounce = "no_mailbox" // there is no such address
	BounceFull      Bounce = "full"       // the mailbox takes no more
	BounceRefused   Bounce = "refused"    // the server does not want the mail
	BounceExpired   Bounce = "expired"    // nobody took it for days
	BounceOther     Bounce = "other"
	BounceRelinked  Bounce = "relinked" // it was not sent: written for the owner of an account that the ticket is tied to no longer
)

// Bounced records that a mail server sent a public reply back: it reached nobody, so it does not count as an answer. The first
// response time is that of the first reply that still counts, or none; the applicant waits as before the reply; a ticket that waited
// for the applicant, or was put away, is open again, as somebody has to do something about it. A reply that is known to have failed, or
// was withdrawn, changes nothing more. The report says why: Data's Reason, Code and Mail. Called by the worker that reads mails. Errors: not_found when
// the ticket has no such reply.
func (s *Service) Bounced(ctx context.Context, reference string, messageID int64, report Data) (Ticket, error) {
	return s.changeTicket(ctx, "record a bounce of", reference, Worker(), func(c *change) error {
		m := c.history.message(messageID)
		switch {
		case m == nil || m.Kind != KindReply:
			return failure.NotFound("The ticket has no such reply.")
		case !m.counts():
			return nil
		}
		return c.reachedNobody(ctx, m, EventReplyBounced, report)
	})
}

// reachedNobody marks a reply failed; the ticket is as it would be without an answer in it, and open.
func (c *change) reachedNobody(ctx context.Context, m *Message, kind EventKind, data Data) error {
	if _, err := c.tx.Exec(ctx, `UPDATE message SET delivery = 'failed' WHERE id = $1`, m.ID); err != nil {
		return err
	}
	from, to := c.Status, reopened(c.Status)
	if c.ExcludedReason != "" {
		to = from
	}
	m.Delivery = DeliveryFailed
	data.Message, data.From, data.To = m.ID, string(from), string(to)
	c.event(kind, data)
	return nil
}
