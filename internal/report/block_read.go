package report

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"golang.org/x/sync/errgroup"

	"github.com/askwell/askwell/internal/sla"
)

// blockReader gives the blocks of one report from its snapshot: those that are kept, and the others counted from their days.
type blockReader struct {
	service  *Service
	tx       pgx.Tx
	days     *packedDays
	unpacked []*packed // days read from their tickets
	shape    shape
	clock    *sla.Clock
}

// runLength is how many blocks in a row are counted at once by one goroutine.
const runLength = 4

// run is blocks in a row that have to be counted, with their days.
type run struct {
	at    int // the place of the first
	spans []span
	days  []*packed
}

func (r *run) firstDay() time.Time { return r.spans[0].firstDay() }
func (r *run) lastDay() time.Time  { return r.spans[len(r.spans)-1].lastDay() }

// read gives the blocks in order. One goroutine reads days; as many as the Service has counters count them meanwhile.
func (b *blockReader) read(ctx context.Context, c *cohort) ([]*block, error) {
	spans := c.spans()
	blocks := make([]*block, len(spans))
	var missing []*run
	for i, s := range spans {
		if c.binned {
			if versions := b.days.of(s); versions != nil {
				blocks[i] = b.service.kept.get(blockKey{b.shape, s.from, s.before}, versions, c.asOf)
			}
		}
		if blocks[i] != nil {
			continue
		}
		last := len(missing) - 1
		if last >= 0 && missing[last].at+len(missing[last].spans) == i && len(missing[last].spans) < runLength {
			missing[last].spans = append(missing[last].spans, s)
			continue
		}
		missing = append(missing, &run{at: i, spans: []span{s}})
	}
	if len(missing) == 0 {
		return blocks, nil
	}
	limit := c.asOf
	if !c.binned {
		limit = noBins
	}
	ready := make(chan *run)
	counting, ctxCounting := errgroup.WithContext(ctx)
	for range min(cap(b.service.counters), len(missing)) {
		counting.Go(func() error {
			for r := range ready {
				counted, err := b.service.count(ctxCounting, r, b.shape, b.clock, limit)
				if err != nil {
					return err
				}
				copy(blocks[r.at:], counted)
				b.keep(c, counted)
			}
			return nil
		})
	}
	errRead := b.readRuns(ctxCounting, missing, ready)
	close(ready)
	return blocks, cmp.Or(counting.Wait(), errRead)
}

// keep keeps counted blocks for later reports. A cut-off in the past that left many tickets by themselves is nobody's usual one.
func (b *blockReader) keep(c *cohort, counted []*block) {
	now := b.service.now().Add(-slack).Unix()
	for _, one := range counted {
		if versions := b.days.of(one.span); c.binned && versions != nil && (c.asOf >= now || c.asOf >= one.before+horizon) {
			b.service.kept.put(blockKey{b.shape, one.from, one.before}, versions, one)
		}
	}
}

// count waits for a counter.
func (s *Service) count(ctx context.Context, r *run, of shape, clock *sla.Clock, limit int64) ([]*block, error) {
	select {
	case counter := <-s.counters:
		defer func() { s.counters <- counter }()
		counter.shape, counter.clock, counter.limit = of, clock, limit
		return counter.count(ctx, r.spans, r.days)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// columns are those that a shape reads beside what every shape does; the others come as empty.
func (s shape) columns() string {
	list := ""
	for _, c := range []struct {
		name   string
		needed bool
	}{
		{"responded", s.measure == FirstResponse}, {"solved", s.measure == Resolution}, {"groups", s.by == ByNumber},
		{"queues", s.queue != "" || s.by == ByQueue}, {"languages", s.language != "" || s.by == ByLanguage}, {"channels", s.channel != ""},
	} {
		if c.needed {
			list += ", " + c.name
		} else {
			list += ", ''::bytea AS " + c.name
		}
	}
	return list
}

// readRuns reads the packed days of runs and hands each run on once it has its days.
func (b *blockReader) readRuns(ctx context.Context, runs []*run, ready chan<- *run) error {
	var wanted []time.Time
	for _, r := range runs {
		for day := r.firstDay(); !day.After(r.lastDay()) && !day.After(b.days.last); day = day.AddDate(0, 0, 1) {
			if len(wanted) == 0 || wanted[len(wanted)-1].Before(day) {
				wanted = append(wanted, day)
			}
		}
	}
	rows, err := b.tx.Query(ctx, `
		SELECT day, tickets, category_names, queue_names, language_names, opened, categories, excluded, channel_names`+b.shape.columns()+`
		FROM report_day
		WHERE day = ANY ($1)
		ORDER BY day`, wanted)
	if err != nil {
		return err
	}
	hand := func(r *run) error {
		for _, p := range b.unpacked {
			if !p.Day.Before(r.firstDay()) && !p.Day.After(r.lastDay()) {
				r.days = append(r.days, p)
			}
		}
		slices.SortFunc(r.days, func(a, b *packed) int { return a.Day.Compare(b.Day) })
		select {
		case ready <- r:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	var p packed
	raw := make([]pgtype.DriverBytes, 9)
	_, err = pgx.ForEachRow(rows, []any{
		&p.Day, &p.Tickets, &p.CategoryNames, &p.QueueNames, &p.LanguageNames, &raw[0], &raw[1], &raw[2], &p.ChannelNames, &raw[3], &raw[4], &raw[5],
		&raw[6], &raw[7], &raw[8],
	}, func() error {
		for runs[0].lastDay().Before(p.Day) {
			if err := hand(runs[0]); err != nil {
				return err
			}
			runs = runs[1:]
		}
		day := p.copied(raw)
		runs[0].days = append(runs[0].days, day)
		if len(runs) > 1 && !day.Day.Before(runs[1].firstDay()) { // a day that a week's midnight divides
			runs[1].days = append(runs[1].days, day)
		}
		return nil
	})
	for ; err == nil && len(runs) > 0; runs = runs[1:] {
		err = hand(runs[0])
	}
	return err
}

// copied is the day with columns that outlive their row.
func (p packed) copied(raw []pgtype.DriverBytes) *packed {
	all := slices.Concat(raw...)
	for i, column := range []*[]byte{
		&p.Opened, &p.Categories, &p.Excluded, &p.Responded, &p.Solved, &p.Groups, &p.Queues, &p.Languages, &p.Channels,
	} {
		*column, all = all[:len(raw[i])], all[len(raw[i]):]
	}
	p.CategoryNames, p.QueueNames = slices.Clone(p.CategoryNames), slices.Clone(p.QueueNames)
	p.LanguageNames, p.ChannelNames = slices.Clone(p.LanguageNames), slices.Clone(p.ChannelNames)
	return &p
}
