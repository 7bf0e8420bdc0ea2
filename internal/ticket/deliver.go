package ticket

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/postgres"
)

// Send hands a mail to the mail server; an error that is failure.KindInvalid means that no other try will succeed.
type Send func(ctx context.Context, t Ticket, m Message) error

// sending is a reply on its way, and its ticket.
type sending struct {
	ticket  Ticket
	message Message
}

// DeliverReply sends a public reply once the time to withdraw it has passed, once: outbox.Mailing says how. A reply that is not due is put
// off. One that the mail server refuses for its recipient's sake, or that it has not taken for days, reached nobody: it does not count as an
// answer, and the ticket is as after a bounce. One of which nobody knows whether it was taken is unconfirmed, until somebody has it sent
// again. Called by the worker with its task. Errors: that of send for a reply that is tried again.
func (s *Service) DeliverReply(ctx context.Context, task, messageID int64, send Send) error {
	err := outbox.Mailing[sending]{
		DB: s.db,
		Claim: func(ctx context.Context, tx pgx.Tx, tasks []outbox.Task) ([]outbox.Letter[sending], error) {
			return s.claimReply(ctx, tx, tasks[0].ID, messageID)
		},
		Send: func(ctx context.Context, letters []sending) []error {
			failures := make([]error, len(letters))
			for i, l := range letters {
				failures[i] = send(outbox.LeavingAs(ctx, i), l.ticket, l.message)
			}
			return failures
		},
		Record: func(ctx context.Context, tx pgx.Tx, outcomes []outbox.Outcome[sending]) error {
			for _, o := range outcomes {
				if err := s.recordReply(ctx, tx, o); err != nil {
					return err
				}
			}
			return nil
		},
	}.Run(ctx, outbox.Task{ID: task})
	if err != nil {
		return fmt.Errorf("deliver a reply (task %d): %w", task, err)
	}
	return nil
}

// replyKey names the mail of a reply.
func replyKey(messageID int64) string { return "reply/" + strconv.FormatInt(messageID, 10) }

// claimReply takes a reply to be sent, under the lock of its ticket as every change: from here on nobody can withdraw it. Where it goes is decided
// here, too, and nowhere earlier. No letter comes back for one that was withdrawn or sent before.
func (s *Service) claimReply(ctx context.Context, tx pgx.Tx, task, id int64) (letters []outbox.Letter[sending], err error) {
	var ticketID int64
	err = tx.QueryRow(ctx, `SELECT ticket_id FROM message WHERE id = $1`, id).Scan(&ticketID)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	_, err = s.changeIn(ctx, tx, `t.id = $1`, ticketID, Worker(), func(c *change) error {
		m, err := replyToSend(ctx, tx, id)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		l := outbox.Letter[sending]{Task: task, Key: replyKey(id), Ticket: c.ID, Content: sending{ticket: *c.Ticket}}
		if !m.Due {
			l.NotBefore = *m.DeliverAt
			letters = append(letters, l)
			return nil
		}
		if !m.Left {
			goes, err := address(ctx, tx, &m.Message)
			if err != nil {
				return err
			}
			if !goes {
				return c.reachedNobody(ctx, c.history.message(id), EventReplyBounced, Data{Reason: string(BounceRelinked)})
			}
		}
		l.Content.message = m.Message
		letters = append(letters, l)
		_, err = tx.Exec(ctx, `UPDATE message SET delivery = 'sending' WHERE id = $1`, id)
		return err
	})
	return letters, err
}

// replyInHand is a reply that waits, or that an attempt was at before: Due by the database's clock, Left when that attempt handed it over.
type replyInHand struct {
	Message
	Due, Left bool
}

// replyToSend reads a reply that has not been sent or withdrawn.
func replyToSend(ctx context.Context, tx pgx.Tx, id int64) (replyInHand, error) {
	rows, err := tx.Query(ctx, `
		SELECT `+messageColumns+`, m.deliver_at <= clock_timestamp() AS due,
			EXISTS (SELECT FROM outgoing_mail WHERE key = $2 AND state = 'leaving') AS left
		FROM `+messageTables+`
		WHERE m.id = $1 AND m.delivery IN ('waiting', 'sending')`, id, replyKey(id))
	if err != nil {
		return replyInHand{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[replyInHand])
}

// ResumeReplies gives a task again to replies whose task is gone, and says to how many. A worker of the version before finishes the task of
// a reply that it finds on its way out, while both versions run. Called by the clock.
func (s *Service) ResumeReplies(ctx context.Context) (int64, error) {
	tag, err := s.db.Exec(ctx, `
		INSERT INTO outbox (event, subject_id)
		SELECT $1, m.id
		FROM outgoing_mail o
		JOIN message m ON o.key = 'reply/' || m.id AND m.id = o.subject_id
		WHERE o.state IN ('claimed', 'leaving', 'waiting') AND o.claimed_until < clock_timestamp() AND m.delivery IN ('waiting', 'sending')
			AND NOT EXISTS (SELECT FROM outbox_task t WHERE t.task = o.kind AND t.subject_id = m.id)
			AND NOT EXISTS (SELECT FROM outbox e WHERE e.event = $1 AND e.subject_id = m.id)`, OutboxReplied)
	if err != nil {
		return 0, fmt.Errorf("look for replies without a task: %w", postgres.Failure(err))
	}
	return tag.RowsAffected(), nil
}

// recordReply writes down what became of a reply's mail.
func (s *Service) recordReply(ctx context.Context, tx pgx.Tx, o outbox.Outcome[sending]) error {
	m := o.Content.message
	_, err := s.changeIn(ctx, tx, `t.id = $1`, m.TicketID, Worker(), func(c *change) (err error) {
		data := Data{Message: m.ID, Reason: o.Answer.Fault, Code: code(o.Answer)}
		switch o.State {
		case outbox.MailSent:
			c.event(EventReplySent, Data{Message: m.ID})
			_, err = tx.Exec(ctx, `UPDATE message SET delivery = 'sent', delivered_at = $2 WHERE id = $1`, m.ID, c.now)
		case outbox.MailUnconfirmed:
			c.event(EventReplyUnconfirmed, data)
			_, err = tx.Exec(ctx, `UPDATE message SET delivery = 'unconfirmed' WHERE id = $1`, m.ID)
		case outbox.MailWaiting:
			if _, err = tx.Exec(ctx, `UPDATE message SET delivery = 'waiting' WHERE id = $1`, m.ID); err == nil {
				err = c.delayed(ctx, EventReplyDelayed, data)
			}
		case outbox.MailExpired:
			data.Reason = string(BounceExpired)
			err = c.reachedNobody(ctx, c.history.message(m.ID), EventReplyFailed, data)
		case outbox.MailRefused:
			err = c.reachedNobody(ctx, c.history.message(m.ID), EventReplyFailed, data)
		}
		return err
	})
	return err
}

// code is a mail server's answer in figures.
func code(a outbox.Answer) string {
	if a.Code == 0 {
		return ""
	}
	return strings.TrimSpace(strconv.Itoa(a.Code) + " " + a.Status)
}

// delayed tells, once for each answer, that a mail is not taken for a reason that somebody has to mend.
func (c *change) delayed(ctx context.Context, kind EventKind, data Data) error {
	if !mendable(data.Reason) {
		return nil
	}
	var told bool
	err := c.tx.QueryRow(ctx, `
		SELECT EXISTS (
			SELECT FROM ticket_event
			WHERE ticket_id = $1 AND kind = $2 AND COALESCE((data->>'message')::bigint, 0) = $3 AND data->>'reason' = $4 AND COALESCE(data->>'code', '') = $5)`,
		c.ID, kind, data.Message, data.Reason, data.Code).Scan(&told)
	if err == nil && !told {
		c.quiet = true
		c.event(kind, data)
	}
	return err
}

// mendable reports whether a fault waits for a person to mend it, and not for time to pass.
func mendable(fault string) bool {
	switch mail.Fault(fault) {
	case mail.FaultSender, mail.FaultSize, mail.FaultPolicy, mail.FaultConfiguration:
		return true
	case mail.FaultRecipient, mail.FaultTemporary, mail.FaultUnreachable, mail.FaultUnanswered:
	}
	return false
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
