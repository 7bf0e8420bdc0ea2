package report

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// quarter is the piece of time that arrivals and responses are counted in: the offset of every time zone in use is a whole
// number of quarters of an hour, so that each piece lies within one hour of any desk's.
const quarter = int64(15 * time.Minute / time.Second)

// flowCount counts arrivals and first responses by quarters of an hour.
type flowCount struct {
	zone *time.Location
	at   map[int64]Flow
}

func newFlowCount(zone *time.Location) *flowCount {
	return &flowCount{zone: zone, at: map[int64]Flow{}}
}

// day is the flow of a day of the desk, whatever its length.
func (c *flowCount) day(day time.Time) (sum Flow) {
	for _, f := range c.hours(day) {
		sum.add(f)
	}
	return sum
}

// hours is the flow of a day by the hours on the desk's clock: an hour that comes twice counts twice.
func (c *flowCount) hours(day time.Time) (hours [24]Flow) {
	end := dayOf(day, c.zone, 1).Unix() / quarter
	for q := dayOf(day, c.zone, 0).Unix() / quarter; q < end; q++ {
		if f, some := c.at[q]; some {
			hours[time.Unix(q*quarter, 0).In(c.zone).Hour()].add(f)
		}
	}
	return hours
}

// readArrivals counts the tickets that were opened from a day on and up to now, without those that count in no figure.
func (c *flowCount) readArrivals(ctx context.Context, tx pgx.Tx, f Filter, from, now time.Time) error {
	first, last := utcDay(from), utcDay(now)
	days, err := readVersions(ctx, tx, first, last)
	if err != nil {
		return err
	}
	take := func(p *packed) error { return c.arrived(p, f) }
	if err := readOpenings(ctx, tx, first, last, take); err != nil {
		return err
	}
	return readDays(ctx, tx, days.unpacked, take)
}

// readOpenings takes of the packed days what says when tickets were opened and where they belong.
func readOpenings(ctx context.Context, tx pgx.Tx, first, last time.Time, take func(*packed) error) error {
	rows, err := tx.Query(ctx, `
		SELECT day, tickets, category_names, queue_names, language_names, channel_names, opened, categories, queues, languages, channels, excluded
		FROM report_day
		WHERE day BETWEEN $1 AND $2
		ORDER BY day`, first, last)
	if err != nil {
		return err
	}
	var p packed
	raw := make([]pgtype.DriverBytes, 6)
	_, err = pgx.ForEachRow(rows, []any{
		&p.Day, &p.Tickets, &p.CategoryNames, &p.QueueNames, &p.LanguageNames, &p.ChannelNames, &raw[0], &raw[1], &raw[2], &raw[3], &raw[4], &raw[5],
	}, func() error {
		p.Opened, p.Categories, p.Queues, p.Languages, p.Channels, p.Excluded = raw[0], raw[1], raw[2], raw[3], raw[4], raw[5]
		return take(&p)
	})
	return err
}

// arrived counts a day's tickets that pass the filter. Errors: errDamaged.
func (c *flowCount) arrived(p *packed, f Filter) error {
	opened, whole := expand(nil, p.Opened, p.Tickets)
	var by []dayFilter
	for _, n := range []struct {
		wanted string
		names  []string
		packed []byte
	}{
		{f.Category, p.CategoryNames, p.Categories}, {f.Queue, p.QueueNames, p.Queues}, {f.Language, p.LanguageNames, p.Languages},
		{f.Channel, p.ChannelNames, p.Channels},
	} {
		if n.wanted == "" {
			continue
		}
		filter := dayFilter{wanted: nobody}
		if at := slices.Index(n.names, n.wanted); at >= 0 {
			filter.wanted = uint32(at)
		}
		var ok bool
		filter.column, ok = expand(nil, n.packed, p.Tickets)
		by, whole = append(by, filter), whole && ok
	}
	if !whole {
		return errDamaged
	}
	narrowed := dayColumns{filters: by, used: len(by)}
	at, excluded := p.Day.Unix(), newExclusions(p.Excluded)
	for i := range p.Tickets {
		at += int64(opened[i])
		gone := i == excluded.at
		if gone {
			excluded.advance(i)
		}
		if !gone && narrowed.passes(i) {
			flow := c.at[at/quarter]
			flow.Arrivals++
			c.at[at/quarter] = flow
		}
	}
	if excluded.broken {
		return errDamaged
	}
	return nil
}

// readResponses counts first responses by when they were given, of tickets of any age, along their index.
func (c *flowCount) readResponses(ctx context.Context, tx pgx.Tx, f Filter, from, now time.Time) error {
	args := pgx.NamedArgs{"from": from.UTC(), "now": now.UTC().Add(time.Second), "quarter": quarter}
	rows, err := tx.Query(ctx, `
		SELECT floor(extract(epoch FROM t.first_responded_at) / @quarter)::bigint AS at, count(*)
		FROM ticket t
		WHERE t.first_responded_at >= @from AND t.first_responded_at < @now AND t.excluded_reason IS NULL`+f.narrow(args)+`
		GROUP BY 1`, args)
	if err != nil {
		return err
	}
	var at int64
	var n int
	_, err = pgx.ForEachRow(rows, []any{&at, &n}, func() error {
		flow := c.at[at]
		flow.Responses += n
		c.at[at] = flow
		return nil
	})
	return err
}
