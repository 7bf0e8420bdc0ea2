package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"
)

const seedWithin = 10 * time.Minute

// Names of rows that goals are set for.
const (
	rowAccepted = "inquiries accepted through the form"
	rowList     = "ticket list, first page"
)

// read is one page and the least that a database or a search engine does for it.
type read struct {
	name      string
	who       string   // signs in
	paths     []string // taken in turn
	floor     string   // what it is
	sql       string   // of the floor
	variables map[string]string
}

// measureReadsDesk reads a desk of a size.
func (b *bench) measureReadsDesk(ctx context.Context, size int) (err error) {
	d, err := b.startDesk(ctx, "reads-"+strconv.Itoa(size))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.stop()) }()
	if err := b.result.describe(ctx, d); err != nil {
		return err
	}
	if err := b.seed(ctx, d, size); err != nil {
		return err
	}
	// The server would do this by itself some minutes later.
	if _, err := d.db.Exec(ctx, `VACUUM (ANALYZE)`); err != nil {
		return err
	}
	if err := d.addStaff(ctx); err != nil {
		return err
	}
	reads, err := d.plan(ctx)
	if err != nil {
		return err
	}
	if err := d.quiet(ctx); err != nil {
		return err
	}
	for _, r := range reads {
		if err := b.measureRead(ctx, d, size, r); err != nil {
			return fmt.Errorf("%s at %d tickets: %w", r.name, size, err)
		}
	}
	return b.measureMemory(ctx, d, size)
}

// measureRead asks for the pages and runs the floor in turn.
func (b *bench) measureRead(ctx context.Context, d *desk, size int, r read) error {
	browser, err := d.signedIn(ctx, r.who)
	if err != nil {
		return err
	}
	defer browser.close()
	ask := func(n int) (took []time.Duration, bytes int, err error) {
		for i := range n {
			a, err := browser.get(ctx, r.paths[i%len(r.paths)])
			if err != nil {
				return nil, 0, err
			}
			took, bytes = append(took, a.took), len(a.body)
		}
		return took, bytes, nil
	}
	if _, _, err := ask(b.Requests / 10); err != nil { // warm-up
		return err
	}
	var times, floors []Times
	var medians, floorMedians []float64
	var bytes int
	var used CPU
	for range b.Rounds {
		before := d.cpuUsed()
		took, n, err := ask(b.Requests)
		if err != nil {
			return err
		}
		used = used.plus(d.cpuUsed().since(before))
		floor, err := b.readFloor(ctx, d, r)
		if err != nil {
			return err
		}
		t := percentiles(took)
		bytes, times, floors = n, append(times, t), append(floors, floor)
		medians, floorMedians = append(medians, t.P50), append(floorMedians, floor.P50)
	}
	t, ft := medianTimes(times), medianTimes(floors)
	b.result.add(Row{
		Part: "reads", Name: r.name, Tickets: size, Unit: "ms", Value: spread(medians...), Times: &t,
		CPU:   used.each(b.Rounds * b.Requests),
		Floor: &Floor{Name: r.floor, Value: spread(floorMedians...), Times: &ft},
	})
	b.progress("%s at %d tickets: p50 %.2f, p95 %.2f ms (%d bytes), floor %.2f ms", r.name, size, t.P50, t.P95, bytes, ft.P50)
	return nil
}

func (b *bench) readFloor(ctx context.Context, d *desk, r read) (Times, error) {
	p, err := d.newPgbench(b.dir, d.running.DatabaseURL)
	if err != nil {
		return Times{}, err
	}
	l, err := p.run(ctx, 1, time.Second, []string{r.sql + ";\n"}, r.variables)
	return l.times, err
}
