package ticket

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/postgres"
)

// Send hands a mail to the mail server; an error that is failure.KindInvalid means that no other try will succeed.
type Send func(ctx context.Context, t Ticket, m Message) error

// DeliverReply sends a public reply once the time to withdraw it has passed. The same care as in Acknowledge. A mail that no
// other try will deliver marks the reply failed: it does not count as an answer, and the applicant waits again.
func (s *Service) DeliverReply(ctx context.Context, task, messageID int64, send Send) error {
	return s.deliver(ctx, "deliver a reply", task, func(tx pgx.Tx) error {
		m, err := s.waitingReply(ctx, tx, messageID)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil // withdrawn, or sent before
		}
		if err != nil {
			return err
		}
		goes, err := address(ctx, tx, &m)
		if err != nil {
			return err
		}
		if !goes {
			_, err := s.changeIn(ctx, tx, `t.id = $1`, m.TicketID, Worker(), func(c *change) error {
				return c.reachedNobody(ctx, c.history.message(m.ID), EventReplyBounced, string(BounceRelinked))
			})
			return err
		}
		t, err := s.lockless(ctx, tx, m.TicketID)
		if err != nil {
			return err
		}
		sent := send(ctx, t, m)
		if sent != nil && !failure.Is(sent, failure.KindInvalid) {
			return sent
		}
		_, err = s.changeIn(ctx, tx, `t.id = $1`, t.ID, Worker(), func(c *change) error {
			if sent != nil {
				return c.reachedNobody(ctx, c.history.message(m.ID), EventReplyFailed, "")
			}
			c.event(EventReplySent, Data{Message: m.ID})
			_, err := tx.Exec(ctx, `UPDATE message SET delivery = 'sent', delivered_at = $2 WHERE id = $1`, m.ID, c.now)
			return err
		})
		return err
	})
}

// waitingReply reads and locks a reply that is due; nobody can withdraw it any more.
func (s *Service) waitingReply(ctx context.Context, tx pgx.Tx, id int64) (Message, error) {
	rows, err := tx.Query(ctx, `
		SELECT `+messageColumns+`
		FROM `+messageTables+`
		WHERE m.id = $1 AND m.delivery = 'waiting'
		FOR UPDATE OF m`, id)
	if err != nil {
		return Message{}, err
	}
	m, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Message])
	if err == nil && m.DeliverAt.After(s.now()) {
		return m, failure.New(failure.KindConflict, "The reply is not due yet.", nil)
	}
	return m, err
}

// deliver runs fn with the task's row locked, and finishes the task with it.
func (s *Service) deliver(ctx context.Context, what string, task int64, fn func(tx pgx.Tx) error) error {
	err := postgres.InTx(ctx, s.db, func(tx pgx.Tx) error {
		pending, err := outbox.Pending(ctx, tx, task)
		if err != nil || !pending {
			return err
		}
		if err := fn(tx); err != nil {
			return err
		}
		return outbox.Done(ctx, tx, task)
	})
	if err != nil {
		return fmt.Errorf("%s (task %d): %w", what, task, err)
	}
	return nil
}

// lockless reads a ticket without a lock, so that nobody waits for a slow mail server.
func (s *Service) lockless(ctx context.Context, tx pgx.Tx, id int64) (Ticket, error) {
	rows, err := tx.Query(ctx, `SELECT `+columns+` FROM ticket t WHERE t.id = $1`, id)
	if err != nil {
		return Ticket{}, err
	}
	t, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Ticket])
	if err != nil {
		return Ticket{}, notFound(err)
	}
	return t, nil
}

// RecordScan notes what a virus scan found. Called by the worker with its task.
func (s *Service) RecordScan(ctx context.Context, task, attachmentID int64, found Scan) error {
	return s.deliver(ctx, "record a scan", task, func(tx pgx.Tx) error {
		var ticketID int64
		err := tx.QueryRow(ctx, `
			UPDATE attachment a
			SET scan = $2, scanned_at = $3
			FROM message m
			WHERE a.id = $1 AND m.id = a.message_id
			RETURNING m.ticket_id`, attachmentID, found, s.now()).Scan(&ticketID)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		_, err = s.changeIn(ctx, tx, `t.id = $1`, ticketID, Worker(), func(c *change) error {
			c.quiet = true
			c.event(EventFileScanned, Data{To: string(found)})
			return nil
		})
		return err
	})
}

// AttachmentByID finds a file for the scanner; not_found when it is gone.
func (s *Service) AttachmentByID(ctx context.Context, id int64) (Attachment, error) {
	rows, err := s.db.Query(ctx, `SELECT `+attachmentColumns+` FROM attachment a WHERE a.id = $1`, id)
	if err != nil {
		return Attachment{}, fmt.Errorf("find file %d: %w", id, postgres.Failure(err))
	}
	a, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Attachment])
	if err != nil {
		return Attachment{}, fmt.Errorf("find file %d: %w", id, postgres.Failure(err))
	}
	return a, nil
}
