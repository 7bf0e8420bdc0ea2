package report

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/postgres"
)

// TaskCountTicket is the kind of task that brings the days of changed tickets up to date.
const TaskCountTicket = "count_ticket"

// Recorder packs days. Safe for concurrent use: recorders take turns, so that a day made of older rows never replaces one that
// was made of newer ones.
type Recorder struct {
	DB *pgxpool.Pool
}

// Record packs the days of these tickets again and finishes the tasks in the same transaction: a worker that dies half-way has
// changed nothing and is followed by another. For the workers. Errors: unavailable.
func (r Recorder) Record(ctx context.Context, tickets, tasks []int64) error {
	err := r.inTurn(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT DISTINCT (opened_at AT TIME ZONE 'UTC')::date AS day FROM ticket WHERE id = ANY ($1) ORDER BY day`, tickets)
		if err != nil {
			return err
		}
		days, err := pgx.CollectRows(rows, pgx.RowTo[time.Time])
		if err != nil {
			return err
		}
		if err := packDays(ctx, tx, days); err != nil {
			return err
		}
		return outbox.Done(ctx, tx, tasks...)
	})
	if err != nil {
		return fmt.Errorf("record %d tickets for reports: %w", len(tickets), err)
	}
	return nil
}

func (r Recorder) inTurn(ctx context.Context, fn func(pgx.Tx) error) error {
	return postgres.InTx(ctx, r.DB, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('askwell report days', 0))`); err != nil {
			return err
		}
		return fn(tx)
	})
}

var packedColumns = []string{
	"day", "tickets", "category_names", "queue_names", "language_names", "channel_names", "opened", "responded", "solved", "groups",
	"categories", "queues", "languages", "channels", "excluded",
}

func (p packed) row() []any {
	return []any{
		p.Day, p.Tickets, p.CategoryNames, p.QueueNames, p.LanguageNames, p.ChannelNames, p.Opened, p.Responded, p.Solved, p.Groups,
		p.Categories, p.Queues, p.Languages, p.Channels, append([]byte{}, p.Excluded...),
	}
}

// packDays makes the rows of days, which are in order, again.
func packDays(ctx context.Context, tx pgx.Tx, days []time.Time) error {
	var made [][]any
	err := readDays(ctx, tx, days, func(p *packed) error {
		made = append(made, p.row())
		return nil
	})
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM report_day WHERE day = ANY ($1)`, days); err != nil {
		return err
	}
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"report_day"}, packedColumns, pgx.CopyFromRows(made))
	return err
}

// rebuildDays is how many days one transaction of Rebuild packs.
const rebuildDays = 32

// Rebuild packs every day again; reports can be read all the while. progress, when not nil, hears how many days are done of how
// many. For `askwell report rebuild`. Errors: unavailable.
func (r Recorder) Rebuild(ctx context.Context, progress func(done, total int)) error {
	err := r.everyDay(ctx, func(days []time.Time, done, total int) error {
		if err := r.inTurn(ctx, func(tx pgx.Tx) error { return packDays(ctx, tx, days) }); err != nil {
			return err
		}
		if progress != nil {
			progress(done, total)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("rebuild the reports: %w", err)
	}
	return nil
}

// everyDay hands on all days from the first to the last that has tickets or is packed, some at a time; done counts them in.
func (r Recorder) everyDay(ctx context.Context, take func(days []time.Time, done, total int) error) error {
	var first, last *time.Time
	err := r.DB.QueryRow(ctx, `
		SELECT (min(day) AT TIME ZONE 'UTC')::date, (max(day) AT TIME ZONE 'UTC')::date
		FROM (
			SELECT min(opened_at) AS day FROM ticket UNION ALL SELECT max(opened_at) FROM ticket
			UNION ALL SELECT min(day)::timestamp AT TIME ZONE 'UTC' FROM report_day UNION ALL SELECT max(day)::timestamp AT TIME ZONE 'UTC' FROM report_day
		) AS ends`).Scan(&first, &last)
	if err != nil {
		return postgres.Failure(err)
	}
	if first == nil {
		return nil
	}
	total := int(last.Sub(*first).Hours()/24) + 1
	for done := 0; done < total; {
		var days []time.Time
		for ; len(days) < rebuildDays && done < total; done++ {
			days = append(days, first.AddDate(0, 0, done))
		}
		if err := take(days, done, total); err != nil {
			return err
		}
	}
	return nil
}
