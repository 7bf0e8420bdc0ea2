package main

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// watch is what agents and an applicant see of the desk all the while.
type watch struct {
	probing atomic.Bool // an applicant sends a form now and then
	cancel  context.CancelFunc
	group   errgroup.Group

	mu     sync.Mutex
	seen   map[string][]moment
	kept   []string // references of the applicant's
	failed failures
}

// moment is when something began, and how long it took.
type moment struct {
	at   time.Time
	took time.Duration
}

// What is watched.
const (
	seenList, seenTicket, seenIntake = "list", "ticket", "intake"
)

// watch has agents load the list and a ticket in turn, and an applicant send a form, until stop.
func (d *desk) watch(ctx context.Context, c *crowd) (*watch, error) {
	s, err := d.sample(ctx)
	if err != nil {
		return nil, err
	}
	probes, _, _, err := c.fetch(ctx, 1, 2*int((watchedAfter+watchedAfter)/probeEvery))
	if err != nil {
		return nil, err
	}
	w := &watch{seen: map[string][]moment{}}
	ctx, w.cancel = context.WithCancel(ctx)
	for i := range floodAgents {
		agent, err := d.signedIn(ctx, agentEmail)
		if err != nil {
			w.cancel()
			return nil, errors.Join(err, w.group.Wait())
		}
		w.group.Go(func() error { return w.agent(ctx, agent, s.references, i) })
	}
	w.probing.Store(true)
	w.group.Go(func() error { return w.applicant(ctx, c, probes) })
	return w, nil
}

// stop ends it. A page that could not be had is in failed, and no fault of the run.
func (w *watch) stop() error {
	w.cancel()
	return w.group.Wait()
}

func (w *watch) add(what string, at time.Time, took time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen[what] = append(w.seen[what], moment{at, took})
}

func (w *watch) agent(ctx context.Context, browser *client, references []string, n int) error {
	defer browser.close()
	for ; ; n++ {
		what, path := seenList, "/console/tickets"
		if n%2 == 1 {
			what, path = seenTicket, "/console/tickets/"+references[n/2%len(references)]
		}
		at := time.Now()
		_, err := browser.get(context.WithoutCancel(ctx), path)
		took := time.Since(at)
		if err != nil {
			w.failed.add(reason(err))
			took = answerWithin // as good as never
		}
		w.add(what, at, took)
		if wait(ctx, agentPause) != nil {
			return nil
		}
	}
}

// applicant sends a form and then another one. One that is refused tells nothing but that it was.
func (w *watch) applicant(ctx context.Context, c *crowd, tokens []string) error {
	s := &sender{accounts: c.accounts, count: &c.count}
	f := newFlooder(c.d.address, "askwell_form="+strings.Repeat("0", 22), tokens[0], s)
	defer f.close()
	for wait(ctx, probeEvery) == nil {
		if !w.probing.Load() || len(tokens) == 0 {
			continue
		}
		at := time.Now()
		v, err := f.submit(context.WithoutCancel(ctx), tokens[0])
		switch {
		case err != nil:
			return err
		case v.status == http.StatusSeeOther:
			w.add(seenIntake, at, time.Since(at))
			w.kept, tokens = append(w.kept, referenceIn(v.location)), tokens[1:]
		default:
			w.add(seenIntake, at, answerWithin) // as good as never
		}
	}
	return nil
}

// Seen is what agents and an applicant saw in some time.
type Seen struct {
	List   Times `json:"list"`
	Ticket Times `json:"ticket"`
	Intake Times `json:"intake"`
	Lists  int   `json:"lists"`
}

func (w *watch) between(from, to time.Time) Seen {
	w.mu.Lock()
	defer w.mu.Unlock()
	within := func(what string) (took []time.Duration) {
		for _, m := range w.seen[what] {
			if !m.at.Before(from) && m.at.Before(to) {
				took = append(took, m.took)
			}
		}
		return took
	}
	lists := within(seenList)
	return Seen{List: percentiles(lists), Ticket: percentiles(within(seenTicket)), Intake: percentiles(within(seenIntake)), Lists: len(lists)}
}

// notNoticed is what nobody tells from what it was before, in ms.
const notNoticed = 50.0

// normal reports whether p95 is at most twice what it was, or too short to be noticed.
func (s Seen) normal(before Seen) bool {
	fine := func(now, was Times) bool { return now.P95 > 0 && now.P95 <= max(2*was.P95, notNoticed) }
	return fine(s.List, before.List) && fine(s.Intake, before.Intake)
}

// back is after how many seconds a second began in which all was as before, and that second; -1 when none did.
func (w *watch) back(ended time.Time, before Seen) (float64, Seen) {
	const step = 100 * time.Millisecond
	var s Seen
	for from := time.Duration(0); from+time.Second <= watchedAfter; from += step {
		if s = w.between(ended.Add(from), ended.Add(from+time.Second)); s.normal(before) {
			return from.Seconds(), s
		}
	}
	return -1, s
}

// failures counts what went wrong, by what it was.
type failures struct {
	mu     sync.Mutex
	counts map[string]int
}

func (f *failures) add(what string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.counts == nil {
		f.counts = map[string]int{}
	}
	f.counts[what]++
}

func (f *failures) total() (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, count := range f.counts {
		n += count
	}
	return n
}

func (f *failures) list() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []string
	for what, count := range f.counts {
		all = append(all, strconv.Itoa(count)+" times "+what)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// reason is an error without addresses, which differ.
func reason(err error) string {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return err.Error()
}
