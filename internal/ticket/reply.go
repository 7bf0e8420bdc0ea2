package ticket

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/askwell/askwell/internal/failure"
)

// MaxReply is the length of a reply or note in characters.
const MaxReply = 50_000

// Draft is a reply or note that an agent wrote.
type Draft struct {
	Body string
	// Status is what the ticket becomes; empty leaves it (a reply to a new ticket opens it).
	Status Status
	// ToAccount sends the reply to the linked account's own address instead of the one on the inquiry. A ticket that follows its account
	// is answered there in any case.
	ToAccount bool
}

func (d Draft) validate(what string) error {
	switch n := utf8.RuneCountInString(d.Body); {
	case strings.TrimSpace(d.Body) == "":
		return failure.Invalid("body", "missing", "Write the "+what+" first.")
	case n > MaxReply:
		return failure.Invalid("body", "too_long", fmt.Sprintf("A %s can have up to %d characters; this one has %d.", what, MaxReply, n))
	case !utf8.ValidString(d.Body) || strings.ContainsRune(d.Body, 0):
		return failure.Invalid("body", "unreadable", "Some characters of the "+what+" cannot be read.")
	case d.Status != "" && !d.Status.Valid():
		return failure.Invalid("status", "unknown", "Choose a status from the list.")
	}
	return nil
}

// Reply answers the applicant: the message, the first response time and the outbox row in one transaction. A worker sends the
// mail once the time to withdraw it has passed. For staff who may answer tickets. Errors: invalid (body, status), not_found,
// conflict when messages arrived that the actor has not seen (ErrArrived) or the ticket is excluded (ErrExcluded), forbidden when it would go to the owner of an account in conflict.
func (s *Service) Reply(ctx context.Context, by Actor, reference string, d Draft) (Message, error) {
	if err := d.validate("reply"); err != nil {
		return Message{}, err
	}
	var m Message
	_, err := s.changeTicket(ctx, "reply to", reference, by, func(c *change) error {
		if err := c.sawMessages(); err != nil {
			return err
		}
		if err := c.sawExclusion(); err != nil {
			return err
		}
		recipient, account, err := c.recipient(ctx, d.ToAccount)
		if err != nil {
			return err
		}
		deliverAt := c.now.Add(s.undo)
		m = Message{
			TicketID: c.ID, Kind: KindReply, StaffID: by.staffID(), Body: d.Body, CreatedAt: c.now,
			Delivery: DeliveryWaiting, Recipient: recipient, ToAccountID: account, DeliverAt: &deliverAt,
		}
		if err := c.addMessage(ctx, &m); err != nil {
			return err
		}
		if c.AssigneeID == nil {
			c.assign(by.staffID())
		}
		from, to := c.Status, replyStatus(c.Status, d.Status)
		c.event(EventReplied, Data{From: string(from), To: string(to), Message: m.ID, AwaitingSince: c.AwaitingSince})
		c.outbox(OutboxReplied, m.ID, deliverAt)
		return nil
	})
	return m, err
}

// replyStatus is what a reply makes of a ticket: what was asked for, else a new or solved ticket becomes open.
func replyStatus(now, asked Status) Status {
	switch {
	case asked != "":
		return asked
	case now == StatusNew:
		return StatusOpen
	}
	return now
}

// recipient is where a reply goes if nothing changes before it is sent (address decides then), and the account for whose owner it is
// written, if it is.
func (c *change) recipient(ctx context.Context, toAccount bool) (string, *int64, error) {
	switch {
	case c.Link().FollowsAccount(): // below
	case !toAccount && c.ApplicantEmail == "":
		return "", nil, failure.Invalid("body", "no_address", "This ticket came from another desk without an address to answer to.")
	case !toAccount:
		return c.ApplicantEmail, nil, nil
	case !c.Link().ShowsFacts():
		return "", nil, failure.Forbidden("Confirm whose account this is before you write to its owner.")
	}
	var email string
	err := c.tx.QueryRow(ctx, `SELECT email FROM account WHERE id = $1`, *c.AccountID).Scan(&email)
	return email, c.AccountID, err
}

func (c *change) addMessage(ctx context.Context, m *Message) error {
	err := c.tx.QueryRow(ctx, `
		INSERT INTO message (ticket_id, kind, staff_id, body, created_at, delivery, recipient, to_account_id, deliver_at)
		VALUES ($1, $2, $3, $4, $5, $6, NULLIF($7, ''), $8, $9)
		RETURNING id`, m.TicketID, m.Kind, m.StaffID, m.Body, m.CreatedAt, m.Delivery, m.Recipient, m.ToAccountID, m.DeliverAt).Scan(&m.ID)
	if m.Kind == KindReply {
		c.history.messages = append(c.history.messages, *m)
	}
	return err
}

// Note adds an internal note, and sets a status as SetStatus does. For staff who may answer tickets. Errors: invalid (body), not_found,
// and with a status those of SetStatus.
func (s *Service) Note(ctx context.Context, by Actor, reference string, d Draft) (Message, error) {
	if err := d.validate("note"); err != nil {
		return Message{}, err
	}
	var m Message
	_, err := s.changeTicket(ctx, "add a note to", reference, by, func(c *change) error {
		if d.Status != "" {
			if err := c.maySetStatus(d.Status); err != nil {
				return err
			}
		}
		m = Message{TicketID: c.ID, Kind: KindNote, StaffID: by.staffID(), Body: d.Body, CreatedAt: c.now, Delivery: DeliveryNone}
		if err := c.addMessage(ctx, &m); err != nil {
			return err
		}
		c.event(EventNoted, Data{Message: m.ID})
		if d.Status != "" {
			c.changeStatus(d.Status)
		}
		return nil
	})
	return m, err
}

// WithdrawReply takes a reply back before its mail goes out: the ticket is as it would be without it. For staff who may answer
// tickets; a colleague's reply is taken back only by who was asked about it. Errors: not_found, conflict when the mail is on its way, or
// when the reply is a colleague's (ErrOfOther).
func (s *Service) WithdrawReply(ctx context.Context, by Actor, reference string, messageID int64) error {
	_, err := s.changeTicket(ctx, "withdraw a reply of", reference, by, func(c *change) error {
		m := c.history.message(messageID)
		gone := failure.Conflict("The reply has been sent and can no longer be taken back.")
		if m == nil || !m.Withdrawable(c.now) {
			return gone
		}
		if m.StaffID != nil && *m.StaffID != by.StaffID && by.seen.OfOther != m.ID {
			return failure.New(failure.KindConflict, "A colleague wrote this reply.", ErrOfOther)
		}
		tag, err := c.tx.Exec(ctx, `
			UPDATE message SET delivery = 'withdrawn' WHERE id = $1 AND delivery = 'waiting' AND deliver_at > $2`, messageID, c.now)
		if err == nil && tag.RowsAffected() == 0 {
			err = gone
		}
		if err != nil {
			return err
		}
		from := c.Status
		m.Delivery = DeliveryWithdrawn
		c.tell()
		c.event(EventReplyWithdrawn, Data{Message: messageID, From: string(from), To: string(c.Status)})
		return nil
	})
	return err
}
