package report

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/sla"
)

// ended is the column that ends each measure's clock.
func (m Measure) ended() string {
	if m == Resolution {
		return "t.solved_at"
	}
	return "t.first_responded_at"
}

// read counts the cohort from one snapshot of the database: the days that are packed, and the tickets themselves of those that
// are not yet.
func (s *Service) read(ctx context.Context, q Query, clock *sla.Clock) (*cohort, error) {
	var c *cohort
	err := pgx.BeginTxFunc(ctx, s.db, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		first, last := utcDay(q.From), utcDay(earliest(q.Before().Add(-time.Second), q.AsOf))
		tickets, err := countTickets(ctx, tx, first, last)
		if err != nil {
			return err
		}
		c = newCohort(q, tickets, clock)
		if err := c.readPacked(ctx, tx, first, last); err != nil {
			return err
		}
		return readDays(ctx, tx, unpackedDays, []any{first, last}, c.take)
	})
	if err != nil {
		return nil, fmt.Errorf("read a cohort: %w", postgres.Failure(err))
	}
	return c, nil
}

// utcDay is the midnight in UTC before a moment.
func utcDay(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// countTickets is how many tickets those days may hold.
func countTickets(ctx context.Context, tx pgx.Tx, first, last time.Time) (n int, err error) {
	err = tx.QueryRow(ctx, `
		SELECT COALESCE((SELECT sum(tickets) FROM report_day WHERE day BETWEEN $1 AND $2), 0)`, first, last).Scan(&n)
	return n, err
}

// columns are those that a query reads beside what every query does; the others come as empty.
func (q Query) columns() string {
	measured := "responded, ''::bytea AS solved"
	if q.Measure == Resolution {
		measured = "''::bytea AS responded, solved"
	}
	list := measured
	for _, c := range []struct {
		name   string
		needed bool
	}{
		{"queues", q.Filter.Queue != "" || q.By == ByQueue}, {"languages", q.Filter.Language != "" || q.By == ByLanguage},
		{"channels", q.Filter.Channel != ""},
	} {
		if c.needed {
			list += ", " + c.name
		} else {
			list += ", ''::bytea AS " + c.name
		}
	}
	return list
}

// readPacked takes the packed days. The bytes are not copied: they are counted before the next row is read.
func (c *cohort) readPacked(ctx context.Context, tx pgx.Tx, first, last time.Time) error {
	rows, err := tx.Query(ctx, `
		SELECT day, tickets, category_names, queue_names, language_names, channel_names, opened, responded, solved, groups, categories,
			queues, languages, channels, excluded
		FROM (
			SELECT day, tickets, category_names, queue_names, language_names, channel_names, opened, groups, categories, excluded, `+
		c.q.columns()+`
			FROM report_day
			WHERE day BETWEEN $1 AND $2
		) AS needed
		ORDER BY day`, first, last)
	if err != nil {
		return err
	}
	var p packed
	raw := make([]pgtype.DriverBytes, 9)
	_, err = pgx.ForEachRow(rows, []any{
		&p.Day, &p.Tickets, &p.CategoryNames, &p.QueueNames, &p.LanguageNames, &p.ChannelNames, &raw[0], &raw[1], &raw[2], &raw[3],
		&raw[4], &raw[5], &raw[6], &raw[7], &raw[8],
	}, func() error {
		p.Opened, p.Responded, p.Solved, p.Groups, p.Categories = raw[0], raw[1], raw[2], raw[3], raw[4]
		p.Queues, p.Languages, p.Channels, p.Excluded = raw[5], raw[6], raw[7], raw[8]
		return c.take(&p)
	})
	return err
}

// factColumns are a ticket's facts; its day is the first column.
const factColumns = `
	(t.opened_at AT TIME ZONE 'UTC')::date, t.opened_at, t.first_responded_at, t.solved_at, t.excluded_at, COALESCE(t.excluded_reason, ''),
	t.number_group, t.category, q.code, t.language, t.channel`

// unpackedDays reads the facts of the days from $1 to $2 that are not packed.
const unpackedDays = `
	SELECT ` + factColumns + `
	FROM generate_series($1::date, $2::date, interval '1 day') AS d (day)
	JOIN ticket t ON t.opened_at >= d.day AT TIME ZONE 'UTC' AND t.opened_at < (d.day + interval '1 day') AT TIME ZONE 'UTC'
	JOIN queue q ON q.id = t.queue_id
	WHERE NOT EXISTS (SELECT FROM report_day r WHERE r.day = d.day::date)
	ORDER BY t.opened_at`

// readDays reads facts in the order of their opening and hands them on day by day.
func readDays(ctx context.Context, tx pgx.Tx, sql string, args []any, take func(*packed) error) error {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	var f fact
	var day, last, opened time.Time
	var responded, solved, excluded *time.Time
	var facts []fact
	flush := func() error {
		if len(facts) == 0 {
			return nil
		}
		p := pack(last, facts)
		facts = facts[:0]
		return take(&p)
	}
	_, err = pgx.ForEachRow(rows, []any{
		&day, &opened, &responded, &solved, &excluded, &f.Reason, &f.Group, &f.Category, &f.Queue, &f.Language, &f.Channel,
	}, func() error {
		if !day.Equal(last) {
			if err := flush(); err != nil {
				return err
			}
			last = day
		}
		f.Opened, f.Responded, f.Solved, f.Excluded = opened.Unix(), second(responded), second(solved), second(excluded)
		facts = append(facts, f)
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}

func second(t *time.Time) int64 {
	if t == nil {
		return unknown
	}
	return t.Unix()
}
