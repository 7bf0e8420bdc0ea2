package ticket

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/failure"
)

// MaxReply is the length of a reply or note in characters.
const MaxReply = 50_000

// Draft is a reply or note that an agent wrote.
type Draft struct {
	Body string
	// Seen is the ID of the last message that the writer had on screen; a public reply is stopped when a later one of the
	// applicant has arrived. 0 skips the check: the writer has seen them and sends all the same.
	Seen int64
	// Status is what the ticket becomes; empty leaves it (a reply to a new ticket opens it).
	Status Status
	// ToAccount sends the reply to the linked account's own address instead of the one on the inquiry.
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
// conflict when messages arrived since Seen, forbidden when it would go to the owner of an account in conflict.
func (s *Service) Reply(ctx context.Context, by Actor, reference string, d Draft) (Message, error) {
	if err := d.validate("reply"); err != nil {
		return Message{}, err
	}
	var m Message
	_, err := s.changeTicket(ctx, "reply to", reference, by, func(c *change) error {
		if err := c.checkSeen(ctx, d.Seen); err != nil {
			return err
		}
		recipient, err := c.recipient(ctx, d.ToAccount)
		if err != nil {
			return err
		}
		deliverAt := c.now.Add(s.undo)
		m = Message{
			TicketID: c.ID, Kind: KindReply, StaffID: by.staffID(), Body: d.Body, CreatedAt: c.now,
			Delivery: DeliveryWaiting, Recipient: recipient, DeliverAt: &deliverAt,
		}
		if err := c.addMessage(ctx, &m); err != nil {
			return err
		}
		before := Data{
			From: string(c.Status), Message: m.ID, AwaitingSince: c.AwaitingSince,
			FirstRespondedAt: c.FirstRespondedAt, SolvedAt: c.SolvedAt,
		}
		if c.FirstRespondedAt == nil {
			c.FirstRespondedAt = &c.now
		}
		c.AwaitingSince = nil
		if c.AssigneeID == nil {
			c.assign(by.staffID())
		}
		c.setStatus(replyStatus(c.Status, d.Status))
		before.To = string(c.Status)
		c.event(EventReplied, before)
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

// checkSeen stops a reply whose writer has not seen all that the applicant wrote.
func (c *change) checkSeen(ctx context.Context, seen int64) error {
	if seen == 0 {
		return nil
	}
	var missed int
	err := c.tx.QueryRow(ctx, `
		SELECT count(*) FROM message
		WHERE ticket_id = $1 AND id > $2 AND delivery NOT IN ('withdrawn', 'failed') AND kind <> 'note'`, c.ID, seen).Scan(&missed)
	if err != nil {
		return err
	}
	switch missed {
	case 0:
		return nil
	case 1:
		return failure.Conflict("A message arrived since you began. Read it, then send again.")
	}
	return failure.Conflict(strconv.Itoa(missed) + " messages arrived since you began. Read them, then send again.")
}

func (c *change) recipient(ctx context.Context, toAccount bool) (string, error) {
	switch {
	case !toAccount && c.ApplicantEmail == "":
		return "", failure.Invalid("body", "no_address", "This ticket came from another desk without an address to answer to.")
	case !toAccount:
		return c.ApplicantEmail, nil
	}
	if !c.Link().ShowsFacts() {
		return "", failure.Forbidden("Confirm whose account this is before you write to its owner.")
	}
	var email string
	err := c.tx.QueryRow(ctx, `SELECT email FROM account WHERE id = $1`, *c.AccountID).Scan(&email)
	return email, err
}

func (c *change) addMessage(ctx context.Context, m *Message) error {
	return c.tx.QueryRow(ctx, `
		INSERT INTO message (ticket_id, kind, staff_id, body, created_at, delivery, recipient, deliver_at)
		VALUES ($1, $2, $3, $4, $5, $6, NULLIF($7, ''), $8)
		RETURNING id`, m.TicketID, m.Kind, m.StaffID, m.Body, m.CreatedAt, m.Delivery, m.Recipient, m.DeliverAt).Scan(&m.ID)
}

// Note adds an internal note. For staff who may answer tickets. Errors: invalid (body), not_found.
func (s *Service) Note(ctx context.Context, by Actor, reference string, d Draft) (Message, error) {
	if err := d.validate("note"); err != nil {
		return Message{}, err
	}
	var m Message
	_, err := s.changeTicket(ctx, "add a note to", reference, by, func(c *change) error {
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

// WithdrawReply takes a reply back before its mail goes out: the ticket's times become what they are without it, and so does its
// status, unless somebody has set it since. For staff who may answer tickets. Errors: not_found, conflict when the mail is on its
// way.
func (s *Service) WithdrawReply(ctx context.Context, by Actor, reference string, messageID int64) error {
	_, err := s.changeTicket(ctx, "withdraw a reply of", reference, by, func(c *change) error {
		var written time.Time
		err := c.tx.QueryRow(ctx, `
			UPDATE message SET delivery = 'withdrawn'
			WHERE id = $1 AND ticket_id = $2 AND delivery = 'waiting' AND deliver_at > $3
			RETURNING created_at`, messageID, c.ID, c.now).Scan(&written)
		if errors.Is(err, pgx.ErrNoRows) {
			return failure.Conflict("The reply has been sent and can no longer be taken back.")
		}
		if err != nil {
			return err
		}
		var before Data
		var settled bool
		err = c.tx.QueryRow(ctx, `
			SELECT e.data, EXISTS (
				SELECT FROM ticket_event later
				WHERE later.ticket_id = e.ticket_id AND later.id > e.id AND later.kind IN ('replied', 'status_changed'))
			FROM ticket_event e
			WHERE e.ticket_id = $1 AND e.kind = $2 AND (e.data->>'message')::bigint = $3`, c.ID, EventReplied, messageID).Scan(&before, &settled)
		if err != nil {
			return err
		}
		if err := c.recountWithout(ctx, written); err != nil {
			return err
		}
		c.AwaitingSince = earlier(c.AwaitingSince, before.AwaitingSince)
		if !settled {
			c.Status = Status(before.From)
		}
		if !c.Status.InHand() {
			c.AwaitingSince = nil
		}
		c.event(EventReplyWithdrawn, Data{Message: messageID, From: before.To, To: string(c.Status)})
		return nil
	})
	return err
}

// recountWithout looks up the ticket's times again where they were those of a reply that counts no more. A time from anywhere else
// is not touched.
func (c *change) recountWithout(ctx context.Context, written time.Time) (err error) {
	if c.FirstRespondedAt != nil && c.FirstRespondedAt.Equal(written) {
		if c.FirstRespondedAt, err = c.earliestReply(ctx); err != nil {
			return err
		}
	}
	if c.SolvedAt != nil && c.SolvedAt.Equal(written) {
		c.SolvedAt, err = c.earliestSolution(ctx)
	}
	return err
}

// earliestReply is the time of the first reply that still counts.
func (c *change) earliestReply(ctx context.Context) (at *time.Time, err error) {
	err = c.tx.QueryRow(ctx, `
		SELECT min(created_at) FROM message
		WHERE ticket_id = $1 AND kind = 'reply' AND delivery NOT IN ('withdrawn', 'failed')`, c.ID).Scan(&at)
	return at, err
}

// earliestSolution is the first time that the ticket was solved, by a reply that was not withdrawn or by itself.
func (c *change) earliestSolution(ctx context.Context) (at *time.Time, err error) {
	err = c.tx.QueryRow(ctx, `
		SELECT min(e.at)
		FROM ticket_event e
		LEFT JOIN message m ON m.id = (e.data->>'message')::bigint
		WHERE e.ticket_id = $1 AND e.kind IN ('replied', 'status_changed') AND e.data->>'to' = 'solved'
			AND m.delivery IS DISTINCT FROM 'withdrawn'`, c.ID).Scan(&at)
	return at, err
}

func earlier(a, b *time.Time) *time.Time {
	if a == nil || b != nil && b.Before(*a) {
		return b
	}
	return a
}
