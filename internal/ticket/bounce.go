package ticket

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

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
)

// Bounced records that a mail server sent a public reply back: it reached nobody, so it does not count as an answer. The first
// response time is that of the first reply that still counts, or none; the applicant waits as before the reply; a ticket that waited
// for the applicant, or was solved, is open again, as somebody has to do something about it. A reply that is known to have failed, or
// was withdrawn, changes nothing more. Called by the worker that reads mails. Errors: not_found when the ticket has no such reply.
func (s *Service) Bounced(ctx context.Context, reference string, messageID int64, why Bounce) (Ticket, error) {
	return s.changeTicket(ctx, "record a bounce of", reference, Worker(), func(c *change) error {
		return c.bounced(ctx, messageID, why)
	})
}

func (c *change) bounced(ctx context.Context, messageID int64, why Bounce) error {
	var m Message
	err := c.tx.QueryRow(ctx, `
		SELECT id, created_at, delivery FROM message
		WHERE id = $1 AND ticket_id = $2 AND kind = 'reply'
		FOR UPDATE`, messageID, c.ID).Scan(&m.ID, &m.CreatedAt, &m.Delivery)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return failure.NotFound("The ticket has no such reply.")
	case err != nil:
		return err
	case m.Delivery == DeliveryFailed || m.Delivery == DeliveryWithdrawn:
		return nil
	}
	from := c.Status
	if from == StatusPending || from == StatusSolved {
		c.Status = StatusOpen
	}
	if err := c.reachedNobody(ctx, m); err != nil {
		return err
	}
	c.event(EventReplyBounced, Data{Message: m.ID, Reason: string(why), From: string(from), To: string(c.Status)})
	return nil
}

// reachedNobody marks a reply failed and gives the ticket the times that it has without it.
func (c *change) reachedNobody(ctx context.Context, m Message) error {
	if _, err := c.tx.Exec(ctx, `UPDATE message SET delivery = 'failed' WHERE id = $1`, m.ID); err != nil {
		return err
	}
	if first := c.FirstRespondedAt; first != nil && first.Equal(m.CreatedAt) {
		var err error
		if c.FirstRespondedAt, err = c.earliestReply(ctx); err != nil {
			return err
		}
	}
	if !c.Status.InHand() {
		return nil
	}
	waited, answered, err := c.waitedBefore(ctx, m)
	if err == nil && !answered {
		c.AwaitingSince = earlier(c.AwaitingSince, &waited)
	}
	return err
}

// waitedBefore tells since when the applicant waited when the reply was written, which is when it was written if the applicant did
// not wait, and whether a later reply that counts has answered since.
func (c *change) waitedBefore(ctx context.Context, m Message) (since time.Time, answered bool, err error) {
	var before *time.Time
	err = c.tx.QueryRow(ctx, `
		SELECT (
			SELECT (data->>'awaiting_since')::timestamptz FROM ticket_event
			WHERE ticket_id = $1 AND kind = 'replied' AND (data->>'message')::bigint = $2
			LIMIT 1
		), EXISTS (
			SELECT FROM message
			WHERE ticket_id = $1 AND id > $2 AND kind = 'reply' AND delivery NOT IN ('withdrawn', 'failed'))`, c.ID, m.ID).Scan(&before, &answered)
	if before == nil {
		before = &m.CreatedAt
	}
	return *before, answered, err
}
