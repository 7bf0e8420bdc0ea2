package ticket

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/postgres"
)

// MaxPage is the most tickets that one page of a list holds.
const MaxPage = 100

// Row is one ticket in a list.
type Row struct {
	Ticket
	AssigneeName  string
	AccountNumber string // of the linked account
	QueueName     string
	LastMessage   int64 // the last message's ID: what a reader of the list has seen
	LockedFile    bool  // a file of it is locked: the scanner found a virus in it, or could not look
	Undelivered   bool  // the newest mail about it reached nobody, or nobody knows
}

// undelivered looks at the newest reply of a ticket t that was not withdrawn; without one at whether its acknowledgement or a link came back.
const undelivered = `COALESCE(
	(SELECT m.delivery IN ('failed', 'unconfirmed') FROM message m
		WHERE m.ticket_id = t.id AND m.kind = 'reply' AND m.delivery <> 'withdrawn' ORDER BY m.id DESC LIMIT 1),
	EXISTS (SELECT FROM ticket_event e
		WHERE e.ticket_id = t.id AND (e.kind IN ('acknowledgement_bounced', 'link_bounced') OR e.kind = 'acknowledged' AND e.data ? 'reason')))`

// Page is a part of a list. Next is the zero Cursor on the last page.
type Page struct {
	Rows []Row
	Next Cursor
}

// List gives one page of the tickets that the filter holds. The page is chosen by key first and dressed afterwards, so that
// the cost follows the size of the page and not of the list.
func (s *Service) List(ctx context.Context, f Filter) (Page, error) {
	if f.Limit < 1 || f.Limit > MaxPage {
		f.Limit = 50
	}
	w := f.where()
	key, direction, beyond := f.order()
	if f.After.ID != 0 {
		w.args = append(w.args, f.After.At, f.After.ID)
		n := len(w.args)
		w.say(fmt.Sprintf(`(%s, t.id) %s ($%d, $%d)`, key, beyond, n-1, n))
	}
	w.args = append(w.args, f.Limit+1)
	sql := `
		WITH page AS MATERIALIZED (
			SELECT ` + columns + `
			FROM ticket t
			WHERE ` + w.sql() + `
			ORDER BY ` + key + ` ` + direction + `, t.id ` + direction + `
			LIMIT $` + strconv.Itoa(len(w.args)) + `
		)
		SELECT t.*, COALESCE(s.name, '') AS assignee_name, COALESCE(a.number, '') AS account_number, q.name AS queue_name,
			COALESCE((SELECT max(m.id) FROM message m WHERE m.ticket_id = t.id), 0) AS last_message,
			` + undelivered + ` AS undelivered,
			EXISTS (SELECT FROM message m JOIN attachment a ON a.message_id = m.id
				WHERE m.ticket_id = t.id AND a.scan IN ('infected', 'unscannable')) AS locked_file
		FROM page t
		JOIN queue q ON q.id = t.queue_id
		LEFT JOIN staff s ON s.id = t.assignee_id
		LEFT JOIN account a ON a.id = t.account_id
		ORDER BY ` + key + ` ` + direction + `, t.id ` + direction
	rows, err := s.db.Query(ctx, sql, w.args...)
	if err != nil {
		return Page{}, fmt.Errorf("list tickets: %w", postgres.Failure(err))
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[Row])
	if err != nil {
		return Page{}, fmt.Errorf("list tickets: %w", postgres.Failure(err))
	}
	return f.page(found), nil
}

// page cuts off the one row too many that tells whether there is a next page.
func (f Filter) page(found []Row) Page {
	if len(found) <= f.Limit {
		return Page{Rows: found}
	}
	found = found[:f.Limit]
	last := found[len(found)-1]
	next := Cursor{At: last.OpenedAt, ID: last.ID}
	if f.Sort == SortWaiting {
		next.At = *last.AwaitingSince
	}
	return Page{Rows: found, Next: next}
}

// MaxCount is where counting stops: a longer list is "MaxCount or more". It keeps a count cheap at a million tickets.
const MaxCount = 1000

// Count counts the tickets that the filter holds, up to MaxCount.
func (s *Service) Count(ctx context.Context, f Filter) (int, error) {
	counts, err := s.Counts(ctx, []Filter{f})
	if err != nil {
		return 0, err
	}
	return counts[0], nil
}

// Counts is Count for several filters in one round trip.
func (s *Service) Counts(ctx context.Context, filters []Filter) ([]int, error) {
	counts := make([]int, len(filters))
	batch := &pgx.Batch{}
	for i, f := range filters {
		w := f.where()
		sql := `SELECT count(*) FROM (SELECT FROM ticket t WHERE ` + w.sql() + ` LIMIT ` + strconv.Itoa(MaxCount) + `) AS counted`
		batch.Queue(sql, w.args...).QueryRow(func(row pgx.Row) error { return row.Scan(&counts[i]) })
	}
	if err := s.db.SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("count tickets: %w", postgres.Failure(err))
	}
	return counts, nil
}
