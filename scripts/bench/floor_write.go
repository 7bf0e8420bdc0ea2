package main

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/migrations"
)

// floorDatabase is beside the desk's own on the same server, with the same schema: no worker takes up what pgbench writes, so
// the floor has the machine to itself.
const floorDatabase = "floor"

// floor writes the rows of an inquiry without Askwell.
type floor struct {
	*pgbench
	d    *desk
	url  string
	runs int64
}

func (b *bench) newFloor(ctx context.Context, d *desk) (*floor, error) {
	if _, err := d.db.Exec(ctx, `CREATE DATABASE `+floorDatabase); err != nil {
		return nil, err
	}
	u, err := url.Parse(d.running.DatabaseURL)
	if err != nil {
		return nil, err
	}
	u.Path = "/" + floorDatabase
	if _, err := migrations.Up(ctx, u.String()); err != nil {
		return nil, err
	}
	program, err := d.newPgbench(b.dir, u.String())
	if err != nil {
		return nil, err
	}
	return &floor{pgbench: program, d: d, url: u.String()}, nil
}

// A reference that comes once and follows no order: a permutation of a count, written in sixteen of the alphabet's letters.
const (
	floorNext = `
\set n :n + 1
\set r permute(:n * 64 + :client_id, 4294967296, 1)
\set hi :r / 65536
\set lo :r % 65536
`
	floorReference = `'ASK-' || translate(lpad(to_hex(:hi::int), 4, '0') || '-' || lpad(to_hex(:lo::int), 4, '0'),
		'0123456789abcdef', '23456789ABCDEFGH')`

	floorTicket = `
	INSERT INTO ticket (reference, channel, language, category, category_submitted, queue_id,
		applicant_name, applicant_email, subject, number_given, number_read, number_kind, number_group,
		link_state, opened_at, updated_at, awaiting_since, form_token)
	VALUES (` + floorReference + `, 'form', 'en', 'processing-time', 'processing-time', :queue,
		:name::text, 'applicant' || :r::text || '@example.org', :subject::text, %s,
		now(), now(), now(), uuid_send(gen_random_uuid()))
	RETURNING id`

	numberGiven = `:number::text, :number::text, 'account', 'with', 'waiting'`
	numberNone  = `'', '', 'none', 'without', 'none'`
)

// inTransaction are the statements of an inquiry between BEGIN and COMMIT; one script with a number and one without.
func inTransaction() []string {
	script := func(number, todo string) string {
		return floorNext + "BEGIN;" + fmt.Sprintf(floorTicket, number) + ` \gset
INSERT INTO message (ticket_id, kind, body, created_at) VALUES (:id, 'inquiry', :question::text, now());
INSERT INTO ticket_event (ticket_id, kind, actor, at) VALUES (:id, 'opened', 'applicant', now());
INSERT INTO outbox (event, subject_id) VALUES ` + todo + `;
COMMIT;
`
	}
	return []string{
		script(numberGiven, `('ticket.opened', :id), ('ticket.number_given', :id)`),
		script(numberNone, `('ticket.opened', :id)`),
	}
}

// inOneStatement writes the same rows in one round trip.
func inOneStatement() []string {
	script := func(number, todo string) string {
		return floorNext + "WITH opened AS (" + fmt.Sprintf(floorTicket, number) + `
), first_message AS (
	INSERT INTO message (ticket_id, kind, body, created_at) SELECT id, 'inquiry', :question::text, now() FROM opened
), happened AS (
	INSERT INTO ticket_event (ticket_id, kind, actor, at) SELECT id, 'opened', 'applicant', now() FROM opened
)
INSERT INTO outbox (event, subject_id) SELECT unnest(ARRAY[` + todo + `]), id FROM opened;
`
	}
	return []string{script(numberGiven, `'ticket.opened', 'ticket.number_given'`), script(numberNone, `'ticket.opened'`)}
}

// write runs one of the two for a time and sees that all rows are there.
func (f *floor) write(ctx context.Context, clients int, length time.Duration, scripts []string) (load, error) {
	f.runs++
	before, err := f.rows(ctx)
	if err != nil {
		return load{}, err
	}
	used := f.d.cpuUsed()
	l, err := f.run(ctx, clients, length, scripts, map[string]string{
		"n": strconv.FormatInt(f.runs*500_000, 10), "queue": strconv.FormatInt(before.queue, 10), "name": "Ana Sofia Hernandez",
		"subject": "My card has not come after four months", "number": "100000000097", "question": question,
	})
	if err != nil {
		return load{}, err
	}
	l.cpu = f.d.cpuUsed().since(used)
	after, err := f.rows(ctx)
	if err != nil {
		return load{}, err
	}
	made := after.tickets - before.tickets
	if made < int64(l.count) || after.messages-before.messages != made || after.events-before.events != made ||
		after.outbox-before.outbox < made {
		return load{}, fmt.Errorf("the floor wrote %+v after %+v in %d transactions", after, before, l.count)
	}
	return l, nil
}

type rowCounts struct{ tickets, messages, events, outbox, queue int64 }

func (f *floor) rows(ctx context.Context) (n rowCounts, err error) {
	conn, err := pgx.Connect(ctx, f.url)
	if err != nil {
		return n, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	err = conn.QueryRow(ctx, `
		SELECT (SELECT count(*) FROM ticket), (SELECT count(*) FROM message), (SELECT count(*) FROM ticket_event),
			(SELECT count(*) FROM outbox), (SELECT queue_id FROM category WHERE code = 'processing-time')`).
		Scan(&n.tickets, &n.messages, &n.events, &n.outbox, &n.queue)
	return n, err
}
