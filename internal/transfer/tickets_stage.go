package transfer

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/ticket"
)

// database is a pool or a connection.
type database interface {
	postgres.Beginner
	postgres.Querier
}

// stageRows is how many tickets are held before they are sent.
const stageRows = 2000

// ticketStage collects tickets in a temporary table, in one transaction, and turns them into tickets at the end.
type ticketStage struct {
	db   database
	tx   pgx.Tx
	rows [][]any
}

func newTicketStage(db database) *ticketStage { return &ticketStage{db: db} }

func (s *ticketStage) open(ctx context.Context) (err error) {
	if s.tx, err = s.db.Begin(ctx); err != nil {
		return postgres.Failure(err)
	}
	_, err = s.tx.Exec(ctx, `
		CREATE TEMPORARY TABLE stage (
			line integer, reference text, import_key bytea, alike bytea, known text, status text, category text, name text, email text, subject text,
			question text, number_given text, number_read text, number_kind text, number_in_text boolean, number_group text,
			link_state text, opened_at timestamptz, first_responded_at timestamptz, solved_at timestamptz, excluded_reason text,
			channel text, language text, queue_id bigint, assignee_id bigint
		) ON COMMIT DROP`)
	return postgres.Failure(err)
}

var stageColumns = []string{
	"line", "reference", "import_key", "alike", "known", "status", "category", "name", "email", "subject", "question", "number_given",
	"number_read", "number_kind", "number_in_text", "number_group", "link_state", "opened_at", "first_responded_at",
	"solved_at", "excluded_reason", "channel", "language", "queue_id", "assignee_id",
}

func (s *ticketStage) add(ctx context.Context, t imported) error {
	reference, err := identifier.NewReference(rand.Reader)
	if err != nil {
		return fatalError{err}
	}
	linkState := ticket.LinkNone
	if t.number.Kind != identifier.KindNone {
		linkState = ticket.LinkWaiting
	}
	s.rows = append(s.rows, []any{
		t.line, reference, t.key[:], t.alike, t.reference, t.status, t.category, t.name, t.email, t.subject, t.question, t.number.Given,
		t.number.Normal, t.number.Kind, t.number.InText, t.number.Group, linkState, t.openedAt, t.respondedAt, t.solved, t.excluded,
		t.channel, t.language, t.queue, t.agent,
	})
	if len(s.rows) < stageRows {
		return nil
	}
	return s.send(ctx)
}

func (s *ticketStage) send(ctx context.Context) error {
	_, err := s.tx.CopyFrom(ctx, pgx.Identifier{"stage"}, stageColumns, pgx.CopyFromRows(s.rows))
	s.rows = s.rows[:0]
	if err != nil {
		return fatalError{postgres.Failure(err)}
	}
	return nil
}

// close rolls back what merge has not committed.
func (s *ticketStage) close(ctx context.Context) {
	if s.tx != nil {
		_ = s.tx.Rollback(context.WithoutCancel(ctx)) // after a commit there is nothing to do; a lost connection rolls back by itself
	}
}

// merge makes and changes the tickets and counts them.
func (s *ticketStage) merge(ctx context.Context, added map[string]string, result *Result) error {
	if err := s.send(ctx); err != nil {
		return err
	}
	if len(added) > 0 {
		if err := addCategories(ctx, s.tx, added); err != nil {
			return err
		}
	}
	if _, err := s.tx.Exec(ctx, `ANALYZE stage`); err != nil {
		return postgres.Failure(err)
	}
	if err := s.change(ctx, result); err != nil {
		return postgres.Failure(err)
	}
	if err := s.freeReferences(ctx); err != nil {
		return err
	}
	if err := s.tx.QueryRow(ctx, mergeTicketsSQL).Scan(&result.Added); err != nil {
		return postgres.Failure(err)
	}
	return postgres.Failure(s.tx.Commit(ctx))
}

// mergeTicketsSQL writes each ticket with its history, so that its times can be told from its events like any other's.
const mergeTicketsSQL = `
	WITH made AS (
		INSERT INTO ticket (reference, import_key, channel, language, status, category, category_submitted, queue_id, assignee_id,
			applicant_name, applicant_email, subject, number_given, number_read, number_kind, number_in_text, number_group,
			link_state, opened_at, updated_at, awaiting_since, first_responded_at, solved_at, excluded_reason, excluded_at)
		SELECT s.reference, s.import_key, s.channel, s.language, s.status, s.category, s.category, COALESCE(s.queue_id, c.queue_id), s.assignee_id,
			s.name, s.email, s.subject, s.number_given, s.number_read, s.number_kind, s.number_in_text, s.number_group,
			s.link_state, s.opened_at, GREATEST(s.opened_at, s.first_responded_at, s.solved_at),
			CASE WHEN s.first_responded_at IS NULL AND s.status NOT IN ('solved', 'closed') AND s.excluded_reason = '' THEN s.opened_at END,
			s.first_responded_at, s.solved_at, NULLIF(s.excluded_reason, ''),
			CASE WHEN s.excluded_reason <> '' THEN GREATEST(s.opened_at, s.first_responded_at, s.solved_at) END
		FROM stage s
		JOIN category c ON c.code = s.category
		ORDER BY s.opened_at, s.line
		ON CONFLICT (import_key) DO NOTHING
		RETURNING id, import_key, opened_at, link_state, first_responded_at, solved_at, excluded_at, excluded_reason
	), messages AS (
		INSERT INTO message (ticket_id, kind, body, created_at)
		SELECT m.id, 'inquiry', s.question, s.opened_at
		FROM made m
		JOIN stage s USING (import_key)
		WHERE s.question <> ''
	), events AS (
		INSERT INTO ticket_event (ticket_id, kind, actor, at, data)
		SELECT m.id, e.kind, 'import', e.at, e.data
		FROM made m
		CROSS JOIN LATERAL (VALUES
			(1, 'opened', m.opened_at, '{}'::jsonb),
			(2, 'replied', m.first_responded_at, '{}'),
			(3, 'status_changed', m.solved_at, '{"to": "solved"}'),
			(4, 'excluded', m.excluded_at, jsonb_build_object('to', m.excluded_reason))) AS e (place, kind, at, data)
		WHERE e.at IS NOT NULL
		ORDER BY m.id, e.at, e.place
	), to_do AS (
		INSERT INTO outbox (event, subject_id)
		SELECT 'ticket.changed', id FROM made
		UNION ALL
		SELECT 'ticket.number_given', id FROM made WHERE link_state = 'waiting'
	)
	SELECT count(*) FROM made`

// freeReferences draws again the references that stand here already, or twice in the stage.
func (s *ticketStage) freeReferences(ctx context.Context) error {
	for range 20 {
		rows, err := s.tx.Query(ctx, `
			SELECT s.line FROM stage s
			WHERE EXISTS (SELECT FROM ticket t WHERE t.reference = s.reference)
			UNION
			SELECT max(line) FROM stage GROUP BY reference HAVING count(*) > 1`)
		if err != nil {
			return postgres.Failure(err)
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[int32])
		if err != nil || len(lines) == 0 {
			return postgres.Failure(err)
		}
		for _, line := range lines {
			reference, err := identifier.NewReference(rand.Reader)
			if err != nil {
				return err
			}
			if _, err := s.tx.Exec(ctx, `UPDATE stage SET reference = $2 WHERE line = $1`, line, reference); err != nil {
				return postgres.Failure(err)
			}
		}
	}
	return errors.New("no free references in twenty tries")
}

func categories(ctx context.Context, db postgres.Querier) (map[string]bool, error) {
	rows, err := db.Query(ctx, `SELECT code FROM category`)
	if err != nil {
		return nil, fmt.Errorf("list categories: %w", postgres.Failure(err))
	}
	codes, err := pgx.CollectRows(rows, pgx.RowTo[string])
	known := make(map[string]bool, len(codes))
	for _, c := range codes {
		known[c] = true
	}
	return known, postgres.Failure(err)
}

// addCategories makes categories, by code with their labels, that the form does not offer; their tickets wait in the general
// queue.
func addCategories(ctx context.Context, tx pgx.Tx, labels map[string]string) error {
	var codes, names []string
	for _, code := range slices.Sorted(maps.Keys(labels)) {
		codes, names = append(codes, code), append(names, labels[code])
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO category (code, group_code, label, queue_id, position, public)
		SELECT c.code, 'other', c.label, (SELECT queue_id FROM category WHERE code = 'something-else'), 1000, false
		FROM unnest($1::text[], $2::text[]) AS c (code, label)
		ON CONFLICT (code) DO NOTHING`, codes, names)
	return postgres.Failure(err)
}
