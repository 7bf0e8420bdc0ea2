package ticket

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/postgres"
)

// ByReference finds a ticket; not_found when there is none.
func (s *Service) ByReference(ctx context.Context, reference string) (Ticket, error) {
	return s.one(ctx, `t.reference = $1`, reference)
}

// ByID finds a ticket by its row; not_found when there is none.
func (s *Service) ByID(ctx context.Context, id int64) (Ticket, error) {
	return s.one(ctx, `t.id = $1`, id)
}

func (s *Service) one(ctx context.Context, where string, key any) (Ticket, error) {
	rows, err := s.db.Query(ctx, `SELECT `+columns+` FROM ticket t WHERE `+where, key)
	if err != nil {
		return Ticket{}, fmt.Errorf("find ticket %v: %w", key, postgres.Failure(err))
	}
	t, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Ticket])
	if err != nil {
		return Ticket{}, fmt.Errorf("find ticket %v: %w", key, postgres.Failure(notFound(err)))
	}
	return t, nil
}

// Exists reports whether a ticket has this reference. It tells nothing else, so that anybody may ask.
func (s *Service) Exists(ctx context.Context, reference string) (bool, error) {
	var found bool
	err := s.db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM ticket WHERE reference = $1)`, reference).Scan(&found)
	if err != nil {
		return false, fmt.Errorf("look for ticket %s: %w", reference, postgres.Failure(err))
	}
	return found, nil
}

// Thread lists a ticket's messages with their files, the oldest first.
func (s *Service) Thread(ctx context.Context, ticketID int64) ([]Message, error) {
	messages, files, mailed, err := s.thread(ctx, ticketID)
	if err != nil {
		return nil, fmt.Errorf("read the thread of ticket %d: %w", ticketID, postgres.Failure(err))
	}
	of := make(map[int64]*Message, len(messages))
	for i := range messages {
		of[messages[i].ID] = &messages[i]
	}
	for _, f := range s.held(files) {
		m := of[f.MessageID]
		m.Attachments = append(m.Attachments, f)
	}
	for _, mail := range mailed {
		if m := of[mail.ID]; m != nil {
			m.Mailed, m.Flagged, m.LeftOut, m.Damaged, m.SentBy, m.Proof = true, mail.Flagged, mail.LeftOut, mail.Damaged, mail.SentBy, mail.Proof
		}
	}
	return messages, nil
}

// mailedMessage is a message that came as a mail.
type mailedMessage struct {
	ID      int64
	Flagged bool
	LeftOut []string
	Damaged []string
	SentBy  string
	Proof   string
}

// thread reads messages, files and which messages came as mails in one round trip.
func (s *Service) thread(ctx context.Context, ticketID int64) (messages []Message, files []Attachment, mailed []mailedMessage, err error) {
	batch := &pgx.Batch{}
	batch.Queue(`
		SELECT `+messageColumns+`
		FROM `+messageTables+`
		WHERE m.ticket_id = $1
		ORDER BY m.created_at, m.id`, ticketID).Query(func(rows pgx.Rows) (err error) {
		messages, err = pgx.CollectRows(rows, pgx.RowToStructByName[Message])
		return err
	})
	batch.Queue(`
		SELECT `+attachmentColumns+`
		FROM attachment a
		JOIN message m ON m.id = a.message_id
		WHERE m.ticket_id = $1
		ORDER BY a.id`, ticketID).Query(func(rows pgx.Rows) (err error) {
		files, err = pgx.CollectRows(rows, pgx.RowToStructByName[Attachment])
		return err
	})
	batch.Queue(`
		SELECT message_id, signs <> '{}' AND looked_at IS NULL AS flagged, left_out, damaged,
			CASE WHEN reply_to <> '' THEN from_address ELSE '' END, proof
		FROM inbound_mail WHERE ticket_id = $1 AND message_id IS NOT NULL`, ticketID).Query(func(rows pgx.Rows) (err error) {
		mailed, err = pgx.CollectRows(rows, pgx.RowToStructByPos[mailedMessage])
		return err
	})
	return messages, files, mailed, s.db.SendBatch(ctx, batch).Close()
}

// Categories lists every category in the agency's order.
func (s *Service) Categories(ctx context.Context) ([]Category, error) {
	rows, err := s.db.Query(ctx, `SELECT code, group_code, label, queue_id, public FROM category ORDER BY position, code`)
	if err != nil {
		return nil, fmt.Errorf("list categories: %w", postgres.Failure(err))
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[Category])
	if err != nil {
		return nil, fmt.Errorf("list categories: %w", postgres.Failure(err))
	}
	return found, nil
}

// Queues lists every queue in the agency's order.
func (s *Service) Queues(ctx context.Context) ([]Queue, error) {
	rows, err := s.db.Query(ctx, `SELECT id, code, name FROM queue ORDER BY position, code`)
	if err != nil {
		return nil, fmt.Errorf("list queues: %w", postgres.Failure(err))
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[Queue])
	if err != nil {
		return nil, fmt.Errorf("list queues: %w", postgres.Failure(err))
	}
	return found, nil
}
