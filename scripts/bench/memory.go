package main

import (
	"context"
	"fmt"
	"os"
	"time"
)

const quietWithin = 2 * time.Minute

// measureMemory tells what the desk holds when nothing has happened for a while, with so many tickets on it.
func (b *bench) measureMemory(ctx context.Context, d *desk, tickets int) error {
	if _, err := d.memory(); err != nil {
		b.progress("memory: %v; left out", err)
		return nil
	}
	if err := d.quiet(ctx); err != nil {
		return err
	}
	if err := wait(ctx, b.Idle); err != nil {
		return err
	}
	before := d.cpuUsed()
	if err := wait(ctx, 5*time.Second); err != nil {
		return err
	}
	idle := d.cpuUsed().since(before).desk()
	m, err := d.memory()
	if err != nil {
		return err
	}
	const mb = 1 << 20
	whole := &Floor{Name: "PostgreSQL's part", Value: spread(float64(m.postgres) / mb)}
	add := func(name string, bytes int64, floor *Floor, note string) {
		b.result.add(Row{Part: "memory", Name: name, Tickets: tickets, Unit: "MB", Value: spread(float64(bytes) / mb), Floor: floor, Note: note})
	}
	add("the desk with all it started, at rest", m.askwell+m.postgres+m.other, whole,
		fmt.Sprintf("%d processes; %.1f %% of a core at rest", m.anyProcesses, 100*idle.Seconds()/5))
	add("askwell alone, at rest", m.askwell, whole, fmt.Sprintf("resident %.0f MB", float64(m.resident)/mb))
	if tickets == 0 {
		info, err := os.Stat(b.binary)
		if err != nil {
			return err
		}
		add("the program on disk", info.Size(), nil, "")
	}
	b.progress("memory with %d tickets: %.0f MB", tickets, float64(m.askwell+m.postgres+m.other)/mb)
	return nil
}

// quiet waits until the workers are done and the desk uses next to no processor.
func (d *desk) quiet(ctx context.Context) error {
	if err := d.drain(ctx, drainWithin); err != nil {
		return err
	}
	return d.idle(ctx)
}

// idle waits until the desk uses next to no processor.
func (d *desk) idle(ctx context.Context) error {
	for deadline := time.Now().Add(quietWithin); time.Now().Before(deadline); {
		before := d.cpuUsed()
		if err := wait(ctx, 3*time.Second); err != nil {
			return err
		}
		if d.cpuUsed().since(before).desk() < 150*time.Millisecond {
			return nil
		}
	}
	return fmt.Errorf("the desk was still at work after %s", quietWithin)
}
