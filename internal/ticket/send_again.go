package ticket

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/outbox"
)

// Unsent gives the mails about a ticket that have not left, or of which nobody knows.
func (s *Service) Unsent(ctx context.Context, ticketID int64) ([]outbox.Unsent, error) {
	return outbox.UnsentOf(ctx, s.db, ticketID)
}

// ReplyOf reads which reply an unsent mail is; 0 for another mail.
func ReplyOf(u outbox.Unsent) int64 {
	if !strings.HasPrefix(u.Key, "reply/") {
		return 0
	}
	return u.Subject
}

// SendAgain has a reply sent again. One that reached nobody is written anew, as its words were: it is an answer from now on, goes where the
// ticket's mail goes now, and can be withdrawn. One that is unconfirmed goes out as the same mail, with the same Message-ID, by which mail programs
// know a double. For staff who may answer tickets. Errors: not_found, conflict when it is not over or when something came in
// between.
func (s *Service) SendAgain(ctx context.Context, by Actor, reference string, messageID int64) error {
	var body string
	var toAccount bool
	var owner *int64 // of the account for whom it was written
	_, err := s.changeTicket(ctx, "send again a reply of", reference, by, func(c *change) error {
		var delivery Delivery
		err := c.tx.QueryRow(ctx, `
			SELECT body, delivery, to_account_id FROM message
			WHERE id = $1 AND ticket_id = $2 AND kind = 'reply'
			FOR UPDATE`, messageID, c.ID).Scan(&body, &delivery, &owner)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return failure.NotFound("There is no such reply.")
		case err != nil:
			return err
		case owner != nil && (c.AccountID == nil || *c.AccountID != *owner):
			return failure.Conflict("This reply was written for the owner of another account. Write a new one.")
		case delivery == DeliveryFailed:
			toAccount = owner != nil
			return nil // below
		case delivery != DeliveryUnconfirmed:
			return failure.Conflict("This reply is not waiting to be sent again.")
		}
		body = ""
		c.event(EventSentAgain, Data{Message: messageID})
		c.outbox(OutboxReplied, messageID, c.now)
		_, err = c.tx.Exec(ctx, `UPDATE message SET delivery = 'waiting', deliver_at = $2 WHERE id = $1`, messageID, c.now)
		return err
	})
	if err == nil && body != "" {
		_, err = s.Reply(ctx, by, reference, Draft{Body: body, ToAccount: toAccount})
	}
	return err
}

// SendAcknowledgementAgain has an acknowledgement sent again that was refused, not taken for days, or is unconfirmed. For staff who may answer
// tickets. Errors: not_found, conflict when it is not over.
func (s *Service) SendAcknowledgementAgain(ctx context.Context, by Actor, reference string) error {
	_, err := s.changeTicket(ctx, "acknowledge again", reference, by, func(c *change) error {
		tag, err := c.tx.Exec(ctx, `
			DELETE FROM outgoing_mail WHERE key = $1 AND state IN ('refused', 'expired', 'unconfirmed')`, acknowledgementKey(c.ID))
		if err != nil {
			return fmt.Errorf("forget a mail: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return failure.Conflict("The acknowledgement is not waiting to be sent again.")
		}
		c.quiet = true
		c.event(EventSentAgain, Data{})
		c.outbox(OutboxOpened, c.ID, c.now)
		return nil
	})
	return err
}
