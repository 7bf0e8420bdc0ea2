package ticket

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/postgres"
)

// SendAll hands mails about tickets to the mail server and says for each what became of it; an error that is
// failure.KindInvalid means that no other try will succeed.
type SendAll func(ctx context.Context, tickets []Ticket) []error

// Acknowledge sends applicants their references, once each: outbox.Mailing says how. Called by the worker with its tasks. What was sent is
// finished even when another mail failed; the first failure comes back. Errors: not_found, before any mail is sent, when one of the
// tickets is not there.
func (s *Service) Acknowledge(ctx context.Context, tasks []outbox.Task, send SendAll) error {
	err := outbox.Mailing[Ticket]{
		DB: s.db, Claim: acknowledgements, Send: send, Record: s.recordAcknowledged,
	}.Run(ctx, tasks...)
	if err != nil {
		return fmt.Errorf("acknowledge %d tickets: %w", len(tasks), err)
	}
	return nil
}

// acknowledgements gives what is to be sent.
func acknowledgements(ctx context.Context, tx pgx.Tx, tasks []outbox.Task) (letters []outbox.Letter[Ticket], err error) {
	subjects := make([]int64, len(tasks))
	for i, t := range tasks {
		subjects[i] = t.Subject
	}
	tickets, err := ticketsByID(ctx, tx, subjects)
	if err != nil {
		return nil, err
	}
	for _, task := range tasks {
		t := tickets[task.Subject]
		if t.ExcludedReason != "" || t.Channel == ChannelImport || t.Channel == ChannelSeed {
			continue
		}
		letters = append(letters, outbox.Letter[Ticket]{Task: task.ID, Key: acknowledgementKey(t.ID), Ticket: t.ID, Content: t})
	}
	return letters, nil
}

// acknowledgementKey names the mail that acknowledges a ticket.
func acknowledgementKey(ticketID int64) string {
	return "acknowledge/" + strconv.FormatInt(ticketID, 10)
}

// ticketsByID reads tickets without a lock, so that nobody waits for a slow mail server.
func ticketsByID(ctx context.Context, tx pgx.Tx, ids []int64) (map[int64]Ticket, error) {
	rows, err := tx.Query(ctx, `SELECT `+columns+` FROM ticket t WHERE t.id = ANY ($1)`, ids)
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[Ticket])
	if err != nil {
		return nil, err
	}
	tickets := make(map[int64]Ticket, len(found))
	for _, t := range found {
		tickets[t.ID] = t
	}
	for _, id := range ids {
		if _, there := tickets[id]; !there {
			return nil, failure.NotFound("There is no such ticket.")
		}
	}
	return tickets, nil
}

// recordAcknowledged adds events that change nothing of the tickets themselves, whose rows stay as they are: rewriting them, with an
// entry in each of their indexes, would cost a flood of inquiries more than taking them in. That a mail is not taken is told once for each answer.
func (s *Service) recordAcknowledged(ctx context.Context, tx pgx.Tx, outcomes []outbox.Outcome[Ticket]) error {
	var tickets []int64
	var kinds []string
	var data [][]byte
	for _, o := range outcomes {
		kind, d := EventAcknowledged, Data{Code: code(o.Answer)}
		switch o.State {
		case outbox.MailSent:
			d = Data{}
		case outbox.MailRefused:
			d.Reason = "refused"
		case outbox.MailUnconfirmed, outbox.MailExpired:
			d.Reason = string(o.State)
		case outbox.MailWaiting:
			if kind, d.Reason = EventAcknowledgementDelayed, o.Answer.Fault; !mendable(d.Reason) {
				continue
			}
		}
		tickets, kinds, data = append(tickets, o.Content.ID), append(kinds, string(kind)), append(data, d.marshal())
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO ticket_event (ticket_id, kind, actor, at, data)
		SELECT e.ticket_id, e.kind, $4, $5, e.data
		FROM unnest($1::bigint[], $2::text[], $3::jsonb[]) AS e (ticket_id, kind, data)
		WHERE e.kind <> $6 OR NOT EXISTS (
			SELECT FROM ticket_event told WHERE told.ticket_id = e.ticket_id AND told.kind = e.kind AND told.data = e.data)`,
		tickets, kinds, data, ActorWorker, s.now().UTC(), EventAcknowledgementDelayed)
	return err
}

// AcknowledgementBefore finds the task of an acknowledgement that has not been sent, by a reply of its ticket. underWay says that a worker is
// sending it: its last word is less than a minute old. Called by the worker.
func (s *Service) AcknowledgementBefore(ctx context.Context, messageID int64) (task outbox.Task, underWay, found bool, err error) {
	err = s.db.QueryRow(ctx, `
		SELECT k.id, k.task, k.subject_id, k.attempts,
			COALESCE(o.state IN ('claimed', 'leaving') AND o.claimed_until > clock_timestamp() AND o.changed_at > clock_timestamp() - interval '1 minute', false)
		FROM message m
		JOIN outbox_task k ON k.task = 'acknowledge' AND k.subject_id = m.ticket_id AND k.given_up_at IS NULL
		LEFT JOIN outgoing_mail o ON o.key = 'acknowledge/' || m.ticket_id
		WHERE m.id = $1
		ORDER BY k.id
		LIMIT 1`, messageID).Scan(&task.ID, &task.Kind, &task.Subject, &task.Attempts, &underWay)
	if errors.Is(err, pgx.ErrNoRows) {
		return task, false, false, nil
	}
	if err != nil {
		return task, false, false, fmt.Errorf("look for an acknowledgement: %w", postgres.Failure(err))
	}
	return task, underWay, true, nil
}

// NewestMails gives the Message-ID of the newest mail that each applicant wrote to a ticket, by the ticket's ID; tickets without one are left
// out. Called by the worker.
func (s *Service) NewestMails(ctx context.Context, tickets ...int64) (map[int64]string, error) {
	rows, err := s.db.Query(ctx, `
		SELECT DISTINCT ON (i.ticket_id) i.ticket_id, i.mail_id
		FROM inbound_mail i
		JOIN message m ON m.id = i.message_id
		WHERE i.ticket_id = ANY ($1) AND i.mail_id <> '' AND m.author_email IS NULL
		ORDER BY i.ticket_id, i.received_at DESC, i.id DESC`, tickets)
	if err != nil {
		return nil, fmt.Errorf("look for applicants' mails: %w", postgres.Failure(err))
	}
	found := map[int64]string{}
	var ticketID int64
	var id string
	_, err = pgx.ForEachRow(rows, []any{&ticketID, &id}, func() error {
		found[ticketID] = id
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for applicants' mails: %w", postgres.Failure(err))
	}
	return found, nil
}
