package report

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

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
func (s *Service) read(ctx context.Context, q Query, calendar int, day time.Duration, clock *sla.Clock) (*cohort, error) {
	var c *cohort
	var blocks []*block
	err := pgx.BeginTxFunc(ctx, s.db, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		days, err := readVersions(ctx, tx, utcDay(q.From), utcDay(earliest(q.Before().Add(-time.Second), q.AsOf)))
		if err != nil {
			return err
		}
		b := &blockReader{service: s, tx: tx, days: days, shape: shapeOf(q, calendar, day), clock: clock}
		tickets := days.tickets
		if err := readDays(ctx, tx, days.unpacked, func(p *packed) error {
			tickets += p.Tickets
			b.unpacked = append(b.unpacked, p)
			return nil
		}); err != nil {
			return err
		}
		c = newCohort(q, tickets > s.exact, int64(day.Seconds()), clock)
		blocks, err = b.read(ctx, c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read a cohort: %w", postgres.Failure(err))
	}
	for _, b := range blocks {
		c.add(b)
	}
	return c, nil
}

// utcDay is the midnight in UTC before a moment.
func utcDay(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// readVersions looks which days from first to last are packed.
func readVersions(ctx context.Context, tx pgx.Tx, first, last time.Time) (*packedDays, error) {
	rows, err := tx.Query(ctx, `
		SELECT day, tickets, xmin::text::bigint, (EXTRACT(EPOCH FROM made_at) * 1000000)::bigint
		FROM report_day
		WHERE day BETWEEN $1 AND $2
		ORDER BY day`, first, last)
	if err != nil {
		return nil, err
	}
	d := &packedDays{first: first, last: last, versions: map[time.Time]version{}}
	next := first
	var day time.Time
	var n int
	var v version
	_, err = pgx.ForEachRow(rows, []any{&day, &n, &v.transaction, &v.made}, func() error {
		for ; next.Before(day); next = next.AddDate(0, 0, 1) {
			d.unpacked = append(d.unpacked, next)
		}
		next, d.tickets, d.versions[day] = day.AddDate(0, 0, 1), d.tickets+n, v
		return nil
	})
	for ; !next.After(last); next = next.AddDate(0, 0, 1) {
		d.unpacked = append(d.unpacked, next)
	}
	return d, err
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
		ORDER BY t.opened_at, t.id`, from, before)
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
