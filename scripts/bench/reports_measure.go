package main

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
)

// fewestReports are asked for in a round even if that takes longer than a round should.
const fewestReports = 20

// The two floors of a report.
const (
	floorPacked  = "the year's packed days read by pgbench"
	floorCounted = "the year's tickets counted by pgbench"
)

// floorSQL is what PostgreSQL does at best. Counting the bits of a column reads it and sends next to nothing.
var floorSQL = map[string]string{
	floorPacked: `SELECT sum(bit_count(opened)), sum(bit_count(responded)), sum(bit_count(groups)), sum(bit_count(categories)), sum(bit_count(excluded))
		FROM report_day WHERE day >= :from::date`,
	floorCounted: `SELECT number_group, count(*), count(first_responded_at) FROM ticket
		WHERE excluded_at IS NULL AND opened_at >= :from::timestamptz GROUP BY number_group`,
}

// measureReport asks for a kind of report and runs its floors in turn. The first answer, of a desk that was never asked, is
// told by itself.
func (b *bench) measureReport(ctx context.Context, d *desk, size deskSize, y year, k kindOfReport) error {
	browser, err := d.signedIn(ctx, bossEmail)
	if err != nil {
		return err
	}
	defer browser.close()
	asked := 0
	ask := func(n int) (took []time.Duration, err error) {
		for i, begun := 0, time.Now(); i < n && (i < fewestReports || time.Since(begun) < b.RoundTime); i++ {
			a, err := browser.get(ctx, k.paths[asked%len(k.paths)])
			if err != nil {
				return nil, err
			}
			asked++
			took = append(took, a.took)
		}
		return took, nil
	}
	first, err := ask(1)
	if err != nil {
		return err
	}
	var times []Times
	var medians []float64
	floors := map[string][]Times{}
	var used CPU
	answers := 0
	for range b.Rounds {
		before := d.cpuUsed()
		took, err := ask(b.Reports)
		if err != nil {
			return err
		}
		used, answers = used.plus(d.cpuUsed().since(before)), answers+len(took)
		t := percentiles(took)
		times, medians = append(times, t), append(medians, t.P50)
		for name, sql := range floorSQL {
			floor, err := b.reportFloor(ctx, d, y, sql)
			if err != nil {
				return fmt.Errorf("floor: %w", err)
			}
			floors[name] = append(floors[name], floor)
		}
	}
	t := medianTimes(times)
	row := Row{
		Part: "reports", Name: k.name, Tickets: size.tickets, Years: size.years, Unit: "ms", Value: spread(medians...), Times: &t,
		First: percentiles(first).P50, CPU: used.each(answers), Goal: k.goal,
	}
	row.Floor, row.Second = floorOf(floorPacked, floors), floorOf(floorCounted, floors)
	b.result.add(row)
	b.progress("%s of %s: first %.0f, p50 %.1f, p95 %.1f ms, packed days %.1f ms, counted %.1f ms", k.name, size, row.First, t.P50, t.P95,
		row.Floor.Value.Median, row.Second.Value.Median)
	return nil
}

func floorOf(name string, measured map[string][]Times) *Floor {
	var medians []float64
	for _, t := range measured[name] {
		medians = append(medians, t.P50)
	}
	t := medianTimes(measured[name])
	return &Floor{Name: name, Value: spread(medians...), Times: &t}
}

func (b *bench) reportFloor(ctx context.Context, d *desk, y year, sql string) (Times, error) {
	p, err := d.newPgbench(b.dir, d.running.DatabaseURL)
	if err != nil {
		return Times{}, err
	}
	l, err := p.run(ctx, 1, time.Second, []string{sql + ";\n"}, map[string]string{"from": y.from.Format(time.DateOnly)})
	return l.times, err
}

// measureReportMemory tells how far the process grows while one supervisor after the other, and two at once, ask for what it has
// not made yet: cut-offs that nobody asked for before.
func (b *bench) measureReportMemory(ctx context.Context, d *desk, size deskSize, y year) error {
	for at, what := range []string{1: "one report at a time", 2: "two reports at once"} {
		if at == 0 {
			continue
		}
		if err := d.forgetPeak(); err != nil {
			b.progress("memory while reports are made: %v; left out", err)
			return nil
		}
		group, asking := errgroup.WithContext(ctx)
		for who := range at {
			group.Go(func() error { return y.askPast(asking, d, who) })
		}
		if err := group.Wait(); err != nil {
			return err
		}
		peak, err := d.peak()
		if err != nil {
			return err
		}
		const mb = 1 << 20
		name := fmt.Sprintf("askwell at its peak, %s, %s", what, size)
		b.result.add(Row{Part: "memory", Name: name, Tickets: size.tickets, Years: size.years, Unit: "MB", Value: spread(float64(peak) / mb)})
		b.progress("%s: %d MB", name, peak/mb)
	}
	return nil
}

// askPast asks for the year at five cut-offs of the last days.
func (y year) askPast(ctx context.Context, d *desk, who int) error {
	browser, err := d.signedIn(ctx, bossEmail)
	if err != nil {
		return err
	}
	defer browser.close()
	for n := range 5 {
		at := y.until.Add(-time.Duration(1+n*2+who) * time.Hour)
		path := reportPath + ".json?from=" + y.from.Format(time.DateOnly) + "&as_of=" + at.UTC().Format(time.RFC3339)
		if _, err := browser.get(ctx, path); err != nil {
			return err
		}
	}
	return nil
}
