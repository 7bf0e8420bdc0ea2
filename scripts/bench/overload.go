package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	overloadTickets = 5000
	floodClients    = 1000
	floodRate       = 500 // a second
	floodAgents     = 5
	clientPause     = time.Second            // a tenth of what a refusal asks for; half to one and a half of it, so that they do not march in step
	agentPause      = 200 * time.Millisecond // an agent reads for so long before the next page
	probeEvery      = 50 * time.Millisecond
	watchedAfter    = 10 * time.Second // how long is watched whether all is as before
)

// measureOverload floods the form while agents work: with so many a second whether they are answered or not, with clients that pause as people
// do, and with clients that do not, which have all their requests in flight all the time whatever the desk does.
func (b *bench) measureOverload(ctx context.Context) (err error) {
	d, err := b.startDesk(ctx, "overload")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.stop()) }()
	if err := b.result.describe(ctx, d); err != nil {
		return err
	}
	accounts, err := b.addAccounts(ctx, d)
	if err != nil {
		return err
	}
	if err := b.seed(ctx, d, overloadTickets); err != nil {
		return err
	}
	if err := d.addStaff(ctx); err != nil {
		return err
	}
	c := &crowd{d: d, accounts: accounts}
	for _, kind := range []struct {
		name string
		send func(*flood, context.Context, time.Duration) error
	}{
		{fmt.Sprintf("%d a second, answered or not", floodRate), (*flood).steady},
		{fmt.Sprintf("%d clients, each again after %s", floodClients, clientPause), (*flood).patient},
		{fmt.Sprintf("%d clients, each again at once", floodClients), (*flood).hasty},
	} {
		o, err := b.flooded(ctx, c, kind.name, kind.send)
		if err != nil {
			return fmt.Errorf("%s: %w", kind.name, err)
		}
		b.result.Overload = append(b.result.Overload, o)
		b.progress("overload, %s", o)
	}
	return nil
}

// flooded measures one kind of flood, from a desk at rest to a desk at rest.
func (b *bench) flooded(ctx context.Context, c *crowd, name string, send func(*flood, context.Context, time.Duration) error) (o Overload, err error) {
	d := c.d
	if err := d.quiet(ctx); err != nil {
		return o, err
	}
	tokens, _, _, err := c.fetch(ctx, 8, floodRate*int(b.Flood.Seconds())+floodClients)
	if err != nil {
		return o, err
	}
	if err := d.idle(ctx); err != nil {
		return o, err
	}
	var tickets int
	if err := d.db.QueryRow(ctx, `SELECT count(*) FROM ticket`).Scan(&tickets); err != nil {
		return o, err
	}
	w, err := d.watch(ctx, c)
	if err != nil {
		return o, err
	}
	defer func() { _ = w.stop() }() // for the ways out that have another error to tell
	before := time.Now()
	if err := wait(ctx, b.Flood/2); err != nil {
		return o, err
	}
	w.probing.Store(false)
	peakErr := d.forgetPeak()
	begun, used := time.Now(), d.cpuUsed()
	f := &flood{crowd: c, tokens: tokens}
	if err := send(f, ctx, b.Flood); err != nil {
		return o, err
	}
	ended, work := time.Now(), d.cpuUsed().since(used)
	w.probing.Store(true)
	if err := wait(ctx, watchedAfter); err != nil {
		return o, err
	}
	if err := w.stop(); err != nil {
		return o, err
	}
	if err := d.drain(ctx, drainWithin); err != nil {
		return o, err
	}
	o = Overload{Name: name, Seconds: ended.Sub(begun).Seconds(), Failed: f.failed.total(), Failures: f.failed.list()}
	if peakErr == nil {
		peak, err := d.peak()
		if err != nil {
			return o, err
		}
		o.Peak = float64(peak) / (1 << 20)
	}
	o.Before, o.During = w.between(before, begun), w.between(begun, ended)
	o.take(f)
	o.Back, o.After = w.back(ended, o.Before)
	o.share(work, ended.Sub(begun))
	o.Missing, err = d.missing(ctx, append(f.kept(), w.kept...), tickets)
	return o, err
}

// missing counts what was acknowledged and is not in the database, and what is there and was not acknowledged, once each.
func (d *desk) missing(ctx context.Context, acknowledged []string, before int) (int, error) {
	var found, tickets int
	err := d.db.QueryRow(ctx, `
		SELECT (SELECT count(DISTINCT t.id) FROM ticket t JOIN message m ON m.ticket_id = t.id WHERE t.reference = ANY($1)),
		       (SELECT count(*) FROM ticket)`, acknowledged).Scan(&found, &tickets)
	return max(len(acknowledged)-found, tickets-before-found), err
}

// flood is what clients of one kind send, and what becomes of it.
type flood struct {
	*crowd
	tokens []string
	next   atomic.Int64
	failed failures

	mu                      sync.Mutex
	accepted, refused, late []time.Duration
	references              []string
}

func (f *flood) kept() []string { return f.references }

// take gives a token that nobody has used; "" when none is left.
func (f *flood) token() string {
	if n := f.next.Add(1) - 1; n < int64(len(f.tokens)) {
		return f.tokens[n]
	}
	return ""
}

// outcome is what one client gathers.
type outcome struct {
	accepted, refused, late []time.Duration
	references              []string
}

func (f *flood) gather(o *outcome) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.accepted, f.refused = append(f.accepted, o.accepted...), append(f.refused, o.refused...)
	f.late, f.references = append(f.late, o.late...), append(f.references, o.references...)
}

// count takes what became of a form that was due at a moment. It reports whether the form's token is used up.
func (f *flood) count(o *outcome, v verdict, err error, since time.Time) (used bool) {
	switch took := time.Since(since); {
	case err != nil:
		f.failed.add(reason(err))
	case v.status == http.StatusSeeOther:
		o.accepted, o.references = append(o.accepted, took), append(o.references, referenceIn(v.location))
		return true
	case v.status == http.StatusServiceUnavailable:
		o.refused = append(o.refused, took)
	default:
		f.failed.add(fmt.Sprintf("status %d", v.status))
		return true
	}
	return false
}

func referenceIn(location string) string {
	location, _, _ = strings.Cut(location, "?")
	return location[strings.LastIndexByte(location, '/')+1:]
}

// clients makes connections, each with a browser's cookie and a filled-in form of its own.
func (f *flood) clients(n int) []*flooder {
	all := make([]*flooder, n)
	s := &sender{accounts: f.accounts, count: &f.crowd.count}
	for i := range all {
		all[i] = newFlooder(f.d.address, fmt.Sprintf("askwell_form=%022d", i), f.tokens[0], s)
	}
	return all
}

func (f *flood) patient(ctx context.Context, length time.Duration) error {
	return f.again(ctx, length, func() time.Duration { return clientPause/2 + rand.N(clientPause) }) //nolint:gosec // no secret
}

func (f *flood) hasty(ctx context.Context, length time.Duration) error {
	return f.again(ctx, length, func() time.Duration { return 0 })
}

// again has every client send its form again, with the same token, when it is refused, and the next one when it is accepted.
func (f *flood) again(ctx context.Context, length time.Duration, pause func() time.Duration) error {
	clients := f.clients(floodClients)
	end := time.Now().Add(length)
	var group errgroup.Group
	for _, client := range clients {
		group.Go(func() error {
			defer client.close()
			var o outcome
			defer f.gather(&o)
			token := f.token()
			for time.Now().Before(end) && token != "" {
				began := time.Now()
				v, err := client.submit(ctx, token)
				if f.count(&o, v, err, began) {
					token = f.token()
				}
				after := pause()
				if err != nil {
					after = max(after, 10*time.Millisecond)
				}
				if after > 0 && wait(ctx, after) != nil {
					return ctx.Err()
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// steady sends so many a second. Times are from the moment at which a form was due, so that a late generator hides nothing.
func (f *flood) steady(ctx context.Context, length time.Duration) error {
	clients := f.clients(floodClients)
	due := make(chan time.Time, floodRate*int(length.Seconds()))
	var group errgroup.Group
	for _, client := range clients {
		group.Go(func() error {
			defer client.close()
			var o outcome
			defer f.gather(&o)
			for at := range due {
				o.late = append(o.late, time.Since(at))
				v, err := client.submit(ctx, f.token())
				f.count(&o, v, err, at)
			}
			return nil
		})
	}
	begun := time.Now()
	for n := range cap(due) {
		at := begun.Add(time.Duration(n) * time.Second / floodRate)
		if err := wait(ctx, time.Until(at)); err != nil {
			break
		}
		due <- at
	}
	close(due)
	return errors.Join(group.Wait(), ctx.Err())
}
