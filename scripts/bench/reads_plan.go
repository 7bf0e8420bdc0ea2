package main

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/ticket"
)

// sample is what the reads ask for on one desk.
type sample struct {
	references []string
	queue      string
	queueID    string
	deepAt     time.Time // nine tenths down the list of all
	deepID     int64
}

func (d *desk) sample(ctx context.Context) (s sample, err error) {
	rows, err := d.db.Query(ctx, `SELECT reference FROM ticket WHERE excluded_reason IS NULL ORDER BY md5(reference) LIMIT 40`)
	if err != nil {
		return s, err
	}
	if s.references, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
		return s, err
	}
	err = d.db.QueryRow(ctx, `
		SELECT opened_at, id FROM ticket
		ORDER BY opened_at DESC, id DESC
		OFFSET (SELECT count(*) * 9 / 10 FROM ticket) LIMIT 1`).Scan(&s.deepAt, &s.deepID)
	if err != nil {
		return s, err
	}
	// The queue with the most work.
	err = d.db.QueryRow(ctx, `
		SELECT q.code, q.id::text FROM ticket t JOIN queue q ON q.id = t.queue_id
		WHERE t.status = 'open' GROUP BY q.id ORDER BY count(*) DESC LIMIT 1`).Scan(&s.queue, &s.queueID)
	return s, err
}

const listColumns = `SELECT id, reference, subject, status, applicant_name, opened_at FROM ticket t `

// plan lists what is read on this desk.
func (d *desk) plan(ctx context.Context) ([]read, error) {
	s, err := d.sample(ctx)
	if err != nil {
		return nil, err
	}
	return s.lists(), nil
}

func (s sample) lists() []read {
	var pages []string
	for _, reference := range s.references {
		pages = append(pages, "/console/tickets/"+reference)
	}
	deep := ticket.Cursor{At: s.deepAt, ID: s.deepID}
	const shown = `excluded_reason IS NULL AND suspected_of = '{}'`
	return []read{
		{
			name: rowList, who: agentEmail, paths: []string{"/console/tickets"}, floor: "its 50 rows by pgbench",
			sql: listColumns + `WHERE awaiting_since IS NOT NULL AND ` + shown + ` ORDER BY awaiting_since, id LIMIT 50`,
		},
		{
			name: "ticket list, all, newest first", who: agentEmail, paths: []string{"/console/tickets?view=all"}, floor: "its 50 rows by pgbench",
			sql: listColumns + `WHERE ` + shown + ` ORDER BY opened_at DESC, id DESC LIMIT 50`,
		},
		{
			name: "ticket list, nine tenths down", who: agentEmail, paths: []string{"/console/tickets?view=all&after=" + deep.String()},
			floor: "its 50 rows by pgbench",
			sql: listColumns + `WHERE ` + shown + ` AND (opened_at, id) < (:at::timestamptz, :id)
				ORDER BY opened_at DESC, id DESC LIMIT 50`,
			variables: map[string]string{"at": s.deepAt.UTC().Format(time.RFC3339Nano), "id": id(s.deepID)},
		},
		{
			name: "ticket list, one queue's open ones", who: agentEmail,
			paths: []string{"/console/tickets?view=in-hand&status=open&queue=" + s.queue}, floor: "its 50 rows by pgbench",
			sql:       listColumns + `WHERE ` + shown + ` AND status = 'open' AND queue_id = :queue ORDER BY opened_at DESC, id DESC LIMIT 50`,
			variables: map[string]string{"queue": s.queueID},
		},
		{
			name: "ticket page", who: agentEmail, paths: pages, floor: "ticket and messages by pgbench",
			sql:       `SELECT t.*, m.* FROM ticket t JOIN message m ON m.ticket_id = t.id WHERE t.reference = :reference ORDER BY m.id`,
			variables: map[string]string{"reference": s.references[0]},
		},
	}
}

func id(n int64) string { return strconv.FormatInt(n, 10) }
