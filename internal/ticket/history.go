package ticket

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/postgres"
)

// lock reads a ticket and its history in one round trip and keeps others from changing it: each statement of the batch sees what had
// been committed when the lock was taken. Errors: not_found.
func lock(ctx context.Context, tx pgx.Tx, where string, key any) (t Ticket, h *History, err error) {
	var found []Ticket
	var messages []Message
	var events []Event
	of := `ticket_id = (SELECT t.id FROM ticket t WHERE ` + where + `)`
	batch := &pgx.Batch{}
	batch.Queue(`SELECT `+columns+` FROM ticket t WHERE `+where+` FOR UPDATE`, key).Query(func(rows pgx.Rows) (err error) {
		found, err = pgx.CollectRows(rows, pgx.RowToStructByName[Ticket])
		return err
	})
	batch.Queue(historyMessages+of+` AND kind IN ('applicant', 'reply') ORDER BY id`, key).Query(func(rows pgx.Rows) (err error) {
		messages, err = pgx.CollectRows(rows, pgx.RowToStructByNameLax[Message])
		return err
	})
	batch.Queue(historyEvents+of+` AND kind = ANY ($2) ORDER BY id`, key, timelineEvents).Query(func(rows pgx.Rows) (err error) {
		events, err = pgx.CollectRows(rows, pgx.RowToStructByNameLax[Event])
		return err
	})
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return t, nil, err
	}
	if len(found) != 1 {
		return t, nil, notFound(pgx.ErrNoRows)
	}
	return found[0], newHistory(found[0], messages, events), nil
}

const (
	historyMessages = `SELECT id, ticket_id, kind, staff_id, created_at, delivery, deliver_at FROM message WHERE `
	historyEvents   = `SELECT id, ticket_id, kind, actor, at, data FROM ticket_event WHERE `
)

// Told is a ticket and what its messages and events tell of it.
type Told struct {
	Ticket
	Timeline Timeline
}

// Differs reports which of a ticket's facts are not what its history tells.
func (t Told) Differs() (waiting, response, solution, exclusion bool) {
	same := func(a, b *time.Time) bool { return a == b || a != nil && b != nil && a.Equal(*b) }
	return !same(t.AwaitingSince, t.Timeline.AwaitingSince), !same(t.FirstRespondedAt, t.Timeline.FirstRespondedAt),
		!same(t.SolvedAt, t.Timeline.SolvedAt), t.ExcludedReason != t.Timeline.ExcludedReason || !same(t.ExcludedAt, t.Timeline.ExcludedAt)
}

// Histories works out the timelines of the tickets between two IDs that have a history: one that `askwell seed --lean` made has not a
// single event. For `askwell report rebuild`.
func Histories(ctx context.Context, db postgres.Querier, first, last int64) ([]Told, error) {
	const between = ` BETWEEN $1 AND $2`
	rows, err := db.Query(ctx, `SELECT `+columns+` FROM ticket t WHERE t.id`+between+` ORDER BY t.id`, first, last)
	if err != nil {
		return nil, err
	}
	tickets, err := pgx.CollectRows(rows, pgx.RowToStructByName[Ticket])
	if err != nil {
		return nil, err
	}
	if rows, err = db.Query(ctx, historyMessages+`ticket_id`+between+` AND kind IN ('applicant', 'reply') ORDER BY ticket_id, id`, first, last); err != nil {
		return nil, err
	}
	messages, err := pgx.CollectRows(rows, pgx.RowToStructByNameLax[Message])
	if err != nil {
		return nil, err
	}
	if rows, err = db.Query(ctx, historyEvents+`ticket_id`+between+` AND kind = ANY ($3) ORDER BY ticket_id, id`, first, last, timelineEvents); err != nil {
		return nil, err
	}
	events, err := pgx.CollectRows(rows, pgx.RowToStructByNameLax[Event])
	if err != nil {
		return nil, err
	}
	var told []Told
	for _, t := range tickets {
		var of []Event
		var said []Message
		of, events = firstOf(events, func(e Event) bool { return e.TicketID <= t.ID })
		said, messages = firstOf(messages, func(m Message) bool { return m.TicketID <= t.ID })
		if len(of) > 0 {
			told = append(told, Told{t, newHistory(t, said, of).Timeline()})
		}
	}
	return told, nil
}

// firstOf cuts off the first ones for which in holds.
func firstOf[T any](all []T, in func(T) bool) (first, rest []T) {
	n := 0
	for n < len(all) && in(all[n]) {
		n++
	}
	return slices.Clip(all[:n]), all[n:]
}
