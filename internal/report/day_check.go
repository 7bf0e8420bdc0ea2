package report

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/ticket"
)

// checkDays compares packed days with what packing them now would make.
func (r Recorder) checkDays(ctx context.Context, c *Comparison, progress func(float64)) error {
	return r.everyDay(ctx, func(days []time.Time, done, total int) error {
		options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
		err := pgx.BeginTxFunc(ctx, r.DB, options, func(tx pgx.Tx) error { return c.compareDays(ctx, tx, days) })
		progress(float64(done) / float64(total))
		return postgres.Failure(err)
	})
}

// compareDays compares some days in one snapshot. A day with a change that a worker has still to count differs for good reason; of
// one that is not packed a report reads the tickets.
func (c *Comparison) compareDays(ctx context.Context, tx pgx.Tx, days []time.Time) error {
	waiting, err := waitingDays(ctx, tx, days[0], days[len(days)-1].AddDate(0, 0, 1))
	if err != nil {
		return err
	}
	stored := map[time.Time]packed{}
	rows, err := tx.Query(ctx, `
		SELECT day, tickets, category_names, queue_names, language_names, channel_names, opened, responded, solved, groups, categories,
			queues, languages, channels, excluded
		FROM report_day
		WHERE day = ANY ($1)`, days)
	if err != nil {
		return err
	}
	var p packed
	_, err = pgx.ForEachRow(rows, []any{
		&p.Day, &p.Tickets, &p.CategoryNames, &p.QueueNames, &p.LanguageNames, &p.ChannelNames, &p.Opened, &p.Responded, &p.Solved, &p.Groups,
		&p.Categories, &p.Queues, &p.Languages, &p.Channels, &p.Excluded,
	}, func() error {
		stored[p.Day] = p
		p = packed{}
		return nil
	})
	if err != nil {
		return err
	}
	made := map[time.Time]packed{}
	if err := readDays(ctx, tx, days, func(p *packed) error { made[p.Day] = *p; return nil }); err != nil {
		return err
	}
	for _, day := range days {
		if was, isPacked := stored[day]; isPacked && !slices.ContainsFunc(waiting, day.Equal) {
			c.Days++
			c.DaysOff += one(!was.same(made[day]))
		}
	}
	return nil
}

// waitingDays are the days, from one and before another, of tickets whose changes are still to be counted.
func waitingDays(ctx context.Context, tx pgx.Tx, from, before time.Time) ([]time.Time, error) {
	rows, err := tx.Query(ctx, `
		SELECT DISTINCT (opened_at AT TIME ZONE 'UTC')::date
		FROM ticket
		WHERE opened_at >= $3 AND opened_at < $4 AND id IN (
			SELECT subject_id FROM outbox_task WHERE task = $1
			UNION ALL
			SELECT subject_id FROM outbox WHERE event = ANY ($2))`,
		TaskCountTicket, []string{ticket.OutboxOpened, ticket.OutboxSuspected, ticket.OutboxChanged}, from, before)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[time.Time])
}

func (p packed) same(q packed) bool {
	names := func(p packed) [][]string {
		return [][]string{p.CategoryNames, p.QueueNames, p.LanguageNames, p.ChannelNames}
	}
	columns := func(p packed) [][]byte {
		return [][]byte{p.Opened, p.Responded, p.Solved, p.Groups, p.Categories, p.Queues, p.Languages, p.Channels, p.Excluded}
	}
	return p.Tickets == q.Tickets && slices.EqualFunc(names(p), names(q), slices.Equal) && slices.EqualFunc(columns(p), columns(q), bytes.Equal)
}
