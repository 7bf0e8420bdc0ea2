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
		tickets, unpacked, err := packedDays(ctx, tx, first, last)
		if err != nil {
			return err
		}
		c = newCohort(q, tickets, clock)
		if err := c.readPacked(ctx, tx, first, last); err != nil {
			return err
		}
		return readDays(ctx, tx, unpacked, c.take)
	})
	if err != nil {
		return nil, fmt.Errorf("read a cohort: %w", postgres.Failure(err))
	}
	return c, nil
}

// utcDay is the midnight in UTC before a moment.
func utcDay(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// packedDays is how many tickets the packed days from first to last hold, and the days that are not packed.
func packedDays(ctx context.Context, tx pgx.Tx, first, last time.Time) (tickets int, unpacked []time.Time, err error) {
	rows, err := tx.Query(ctx, `SELECT day, tickets FROM report_day WHERE day BETWEEN $1 AND $2 ORDER BY day`, first, last)
	if err != nil {
		return 0, nil, err
	}
	next := first
	var day time.Time
	var n int
	_, err = pgx.ForEachRow(rows, []any{&day, &n}, func() error {
		for ; next.Before(day); next = next.AddDate(0, 0, 1) {
			unpacked = append(unpacked, next)
		}
		next, tickets = day.AddDate(0, 0, 1), tickets+n
		return nil
	})
	for ; !next.After(last); next = next.AddDate(0, 0, 1) {
		unpacked = append(unpacked, next)
	}
	return tickets, unpacked, err
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

// readDays reads the facts of days, which are in order, and hands them on day by day. Days in a row are one query, so that it can
// only be answered by walking along the index.
func readDays(ctx context.Context, tx pgx.Tx, days []time.Time, take func(*packed) error) error {
	for len(days) > 0 {
		n := 1
		for n < len(days) && days[n].Equal(days[n-1].AddDate(0, 0, 1)) {
			n++
		}
		if err := readRange(ctx, tx, days[0], days[n-1].AddDate(0, 0, 1), take); err != nil {
			return err
		}
		days = days[n:]
	}
	return nil
}

// readRange reads the facts of the tickets opened from a midnight on and before another.
func readRange(ctx context.Context, tx pgx.Tx, from, before time.Time, take func(*packed) error) error {
	rows, err := tx.Query(ctx, `
		SELECT t.opened_at, t.first_responded_at, t.solved_at, t.excluded_at, COALESCE(t.excluded_reason, ''), t.number_group,
			t.category, q.code, t.language, t.channel
		FROM ticket t
		JOIN queue q ON q.id = t.queue_id
		WHERE t.opened_at >= $1 AND t.opened_at < $2
		ORDER BY t.opened_at`, from, before)
	if err != nil {
		return err
	}
	var f fact
	var midnight, opened time.Time
	var responded, solved, excluded *time.Time
	var facts []fact
	flush := func() error {
		if len(facts) == 0 {
			return nil
		}
		p := pack(midnight, facts)
		facts = facts[:0]
		return take(&p)
	}
	_, err = pgx.ForEachRow(rows, []any{
		&opened, &responded, &solved, &excluded, &f.Reason, &f.Group, &f.Category, &f.Queue, &f.Language, &f.Channel,
	}, func() error {
		if day := utcDay(opened); !day.Equal(midnight) {
			if err := flush(); err != nil {
				return err
			}
			midnight = day
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
