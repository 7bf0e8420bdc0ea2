package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

const drainWithin = 5 * time.Minute

// intake gathers what the rounds of one number of clients gave.
type intake struct {
	clients                      int
	form, oneByOne, oneStatement []load
	page                         []load
	drained                      []float64 // tasks a second after the form
}

// measureIntake sends inquiries and runs pgbench in turn: whatever else the machine does meets both.
func (b *bench) measureIntake(ctx context.Context, d *desk, accounts []applicantAccount) error {
	f, err := b.newFloor(ctx, d)
	if err != nil {
		return err
	}
	c := &crowd{d: d, accounts: accounts}
	all := make([]*intake, len(b.Clients))
	for i, n := range b.Clients {
		all[i] = &intake{clients: n}
	}
	if err := b.warmUp(ctx, c, f); err != nil {
		return err
	}
	for round := range b.Rounds {
		for _, in := range all {
			if err := b.intakeRound(ctx, c, f, in, round%2 == 1); err != nil {
				return fmt.Errorf("%d clients: %w", in.clients, err)
			}
		}
	}
	healthy, err := b.healthRates(ctx, c)
	if err != nil {
		return err
	}
	for i, in := range all {
		b.result.addIntake(in, healthy[i])
	}
	return d.checkCount(ctx, c)
}

// warmUp fills caches and pools: a desk does not start for every inquiry.
func (b *bench) warmUp(ctx context.Context, c *crowd, f *floor) error {
	tokens, _, _, err := c.fetch(ctx, 8, 500)
	if err != nil {
		return err
	}
	if _, err := c.inquire(ctx, 8, b.RoundTime, tokens); err != nil {
		return err
	}
	if _, err := f.write(ctx, 8, time.Second, inTransaction()); err != nil {
		return err
	}
	return c.d.drain(ctx, drainWithin)
}

func (b *bench) intakeRound(ctx context.Context, c *crowd, f *floor, in *intake, floorFirst bool) error {
	steps := []func() error{
		func() error { return b.formRound(ctx, c, in) },
		func() error { return b.floorRound(ctx, f, in) },
	}
	if floorFirst {
		steps[0], steps[1] = steps[1], steps[0]
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	last := len(in.form) - 1
	b.progress("intake, %2d clients: %6.0f a second, pgbench %6.0f in a transaction, %6.0f in one statement; drained %.0f tasks a second",
		in.clients, in.form[last].perSecond, in.oneByOne[last].perSecond, in.oneStatement[last].perSecond, in.drained[last])
	return nil
}

func (b *bench) formRound(ctx context.Context, c *crowd, in *intake) error {
	guess := 2500.0
	if in.clients == 1 {
		guess = 1200
	}
	if n := len(in.form); n > 0 {
		guess = 1.3 * in.form[n-1].perSecond
	}
	tokens, rate, times, err := c.fetch(ctx, in.clients, int(guess*b.RoundTime.Seconds()))
	if err != nil {
		return err
	}
	in.page = append(in.page, load{perSecond: rate, times: times})
	w, err := c.inquire(ctx, in.clients, b.RoundTime, tokens)
	if err != nil {
		return err
	}
	in.form = append(in.form, w)
	return b.drainRate(ctx, c.d, in)
}

func (b *bench) drainRate(ctx context.Context, d *desk, in *intake) error {
	before, err := d.tasksDone(ctx)
	if err != nil {
		return err
	}
	begun := time.Now()
	if err := d.drain(ctx, drainWithin); err != nil {
		return err
	}
	took := time.Since(begun)
	after, err := d.tasksDone(ctx)
	in.drained = append(in.drained, (after-before)/took.Seconds())
	return err
}

// tasksDone reads the desk's own count.
func (d *desk) tasksDone(ctx context.Context) (done float64, err error) {
	browser := newClient(d.address)
	defer browser.close()
	a, err := browser.get(ctx, "/metrics")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(a.body)) {
		if !strings.HasPrefix(line, "askwell_tasks_total{") || !strings.Contains(line, `result="done"`) {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(line[strings.LastIndexByte(line, ' ')+1:]), 64)
		if err != nil {
			return 0, fmt.Errorf("/metrics has a line %q", line)
		}
		done += n
	}
	return done, nil
}

func (b *bench) floorRound(ctx context.Context, f *floor, in *intake) error {
	for _, variant := range []struct {
		scripts []string
		to      *[]load
	}{{inTransaction(), &in.oneByOne}, {inOneStatement(), &in.oneStatement}} {
		l, err := f.write(ctx, in.clients, b.RoundTime, variant.scripts)
		if err != nil {
			return err
		}
		*variant.to = append(*variant.to, l)
	}
	return nil
}

// healthRates is the floor of a page: how often the same clients get an answer that holds nothing.
func (b *bench) healthRates(ctx context.Context, c *crowd) ([]load, error) {
	var loads []load
	for _, clients := range b.Clients {
		end := time.Now().Add(2 * time.Second)
		took, elapsed, err := c.each(ctx, clients, func(ctx context.Context, _ int, browser *client, each *[]time.Duration) error {
			for time.Now().Before(end) {
				a, err := browser.get(ctx, "/healthz")
				if err != nil {
					return err
				}
				*each = append(*each, a.took)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		loads = append(loads, load{perSecond: float64(len(took)) / elapsed.Seconds(), times: percentiles(took)})
	}
	return loads, nil
}

// checkCount holds the desk to its word: every inquiry that it accepted is there, once.
func (d *desk) checkCount(ctx context.Context, c *crowd) error {
	var tickets, messages int64
	err := d.db.QueryRow(ctx, `SELECT (SELECT count(*) FROM ticket), (SELECT count(*) FROM message)`).Scan(&tickets, &messages)
	if err != nil {
		return err
	}
	if accepted := c.count.Load(); tickets != accepted || messages != accepted {
		return errors.New("the desk accepted " + strconv.FormatInt(accepted, 10) + " inquiries and holds " +
			strconv.FormatInt(tickets, 10) + " tickets with " + strconv.FormatInt(messages, 10) + " messages")
	}
	return nil
}

// addIntake writes the rows of one number of clients.
func (r *Result) addIntake(in *intake, healthy load) {
	clients := func(name string) Row { return Row{Part: "intake", Name: name, Clients: in.clients} }
	form := clients(rowAccepted)
	form.Unit, form.Floor = "a second", &Floor{Name: "pgbench, one transaction"}
	form.Value, form.Times = rates(in.form)
	form.Floor.Value, form.Floor.Times = rates(in.oneByOne)
	form.CPU, form.Floor.CPU = cpuEach(in.form), cpuEach(in.oneByOne)
	statement := form
	statement.Name = "the same"
	statement.Floor = &Floor{Name: "pgbench, one statement"}
	statement.Floor.Value, statement.Floor.Times = rates(in.oneStatement)
	statement.Floor.CPU = cpuEach(in.oneStatement)
	page := clients("form pages")
	page.Unit, page.Floor = "a second", &Floor{Name: "GET /healthz", Value: spread(healthy.perSecond), Times: &healthy.times}
	page.Value, page.Times = rates(in.page)
	drained := clients("tasks worked off after the intake")
	drained.Unit, drained.Value = "a second", spread(in.drained...)
	drained.Floor = &Floor{Name: "inquiries accepted", Value: form.Value}
	r.add(form, statement, page, drained)
}

// cpuEach is the processor's work for one inquiry.
func cpuEach(rounds []load) *Work {
	var used CPU
	count := 0
	for _, l := range rounds {
		used, count = used.plus(l.cpu), count+l.count
	}
	return used.each(count)
}

func rates(rounds []load) (Spread, *Times) {
	var values []float64
	var times []Times
	for _, l := range rounds {
		values, times = append(values, l.perSecond), append(times, l.times)
	}
	t := medianTimes(times)
	return spread(values...), &t
}
