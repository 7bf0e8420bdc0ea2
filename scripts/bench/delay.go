package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	followWithin = time.Minute
	lookEvery    = 2 * time.Millisecond
	askEvery     = 5 * time.Millisecond

	agentEmail = "bench-agent@example.org"
	bossEmail  = "bench-supervisor@example.org"
	password   = "seven lamps beside the quiet harbour"
)

// addStaff adds an agent and a supervisor.
func (d *desk) addStaff(ctx context.Context) error {
	for email, role := range map[string]string{agentEmail: "agent", bossEmail: "supervisor"} {
		err := d.askwell(ctx, password+"\n", "staff", "add", "--email", email, "--name", "Robin Bench", "--role", role)
		if err != nil {
			return err
		}
	}
	return nil
}

// signedIn gives a client of a member of staff.
func (d *desk) signedIn(ctx context.Context, email string) (*client, error) {
	c := newClient(d.address).gzipped()
	if err := c.signIn(ctx, email, password); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// follower sends inquiries and watches what becomes of them.
type follower struct {
	*crowd
	agent  *client
	random interface{ Uint64() uint64 }
}

// delays are from the 303 on.
type delays struct{ acknowledged, linked, searchable []time.Duration }

// measureDelay tells how long it takes until an accepted inquiry is linked and until an agent finds it.
func (b *bench) measureDelay(ctx context.Context, d *desk, accounts []applicantAccount) error {
	if err := d.addStaff(ctx); err != nil {
		return err
	}
	agent, err := d.signedIn(ctx, agentEmail)
	if err != nil {
		return err
	}
	defer agent.close()
	f := &follower{crowd: &crowd{d: d, accounts: accounts}, agent: agent, random: newRandom(3)}
	f.agent.headers = "" // a body to look into
	floor, err := b.commitFloor(ctx, d)
	if err != nil {
		return err
	}
	if err := d.drain(ctx, drainWithin); err != nil {
		return err
	}
	var single, burst delays
	for range b.Singles {
		if err := f.single(ctx, &single); err != nil {
			return err
		}
	}
	for range b.Rounds {
		if err := f.burst(ctx, b.Burst, &burst); err != nil {
			return err
		}
	}
	b.progress("delay: linked %+v, searchable %+v", percentiles(single.linked), percentiles(single.searchable))
	b.result.addDelays(single, burst, b.Burst, floor)
	return nil
}

// commitFloor is how long one small transaction takes that is on disk at its end: what any step of a worker needs at least.
func (b *bench) commitFloor(ctx context.Context, d *desk) (Times, error) {
	p, err := d.newPgbench(b.dir, d.running.DatabaseURL)
	if err != nil {
		return Times{}, err
	}
	if _, err := d.db.Exec(ctx, `CREATE TABLE bench_commit (n bigint)`); err != nil {
		return Times{}, err
	}
	l, err := p.run(ctx, 1, 2*time.Second, []string{"INSERT INTO bench_commit VALUES (1);\n"}, nil)
	if err != nil {
		return Times{}, err
	}
	_, err = d.db.Exec(ctx, `DROP TABLE bench_commit`)
	return l.times, err
}

// word is one that stands in no other inquiry.
func (f *follower) word() string {
	const letters = "abcdefghijklmnopqrstuvwxyz"
	n, word := f.random.Uint64(), make([]byte, 12)
	for i := range word {
		word[i] = letters[n%26]
		n /= 26
	}
	return string(word)
}

func (f *follower) single(ctx context.Context, to *delays) error {
	tokens, _, _, err := f.fetch(ctx, 1, 1)
	if err != nil {
		return err
	}
	word := f.word()
	browser := newClient(f.d.address)
	defer browser.close()
	s := sender{client: browser, accounts: f.accounts, count: &f.count}
	inquiry, err := s.inquire(ctx, tokens[0], word)
	if err != nil {
		return err
	}
	to.acknowledged = append(to.acknowledged, inquiry.took)
	if err := f.follow(ctx, inquiry.reference, word, time.Now(), to); err != nil {
		return err
	}
	return f.d.drain(ctx, drainWithin)
}

// follow waits for both ends at once.
func (f *follower) follow(ctx context.Context, reference, word string, accepted time.Time, to *delays) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		took, err := until(ctx, accepted, lookEvery, func() (bool, error) { return f.linked(ctx, reference) })
		to.linked = append(to.linked, took)
		return describe(err, reference, "linked")
	})
	group.Go(func() error {
		took, err := until(ctx, accepted, askEvery, func() (bool, error) { return f.found(ctx, reference, word) })
		to.searchable = append(to.searchable, took)
		return describe(err, reference, "found")
	})
	return group.Wait()
}

func describe(err error, reference, what string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s was not %s: %w", reference, what, err)
}

func (f *follower) linked(ctx context.Context, reference string) (linked bool, err error) {
	err = f.d.db.QueryRow(ctx, `SELECT link_state <> 'waiting' FROM ticket WHERE reference = $1`, reference).Scan(&linked)
	return linked, err
}

func (f *follower) found(ctx context.Context, reference, word string) (bool, error) {
	a, err := f.agent.get(ctx, "/console/search.json?q="+url.QueryEscape(word))
	return bytes.Contains(a.body, []byte(reference)), err
}

var errNever = errors.New("it took longer than " + followWithin.String())

// until asks again and again and tells when it was so.
func until(ctx context.Context, since time.Time, every time.Duration, ask func() (bool, error)) (time.Duration, error) {
	for {
		yes, err := ask()
		took := time.Since(since)
		switch {
		case err != nil:
			return 0, err
		case yes:
			return took, nil
		case took > followWithin:
			return 0, errNever
		}
		if err := wait(ctx, every); err != nil {
			return 0, err
		}
	}
}

// burst sends many at once and then one more, and follows that one and all of them.
func (f *follower) burst(ctx context.Context, size int, to *delays) error {
	tokens, _, _, err := f.fetch(ctx, 32, size)
	if err != nil {
		return err
	}
	last := tokens[size-1]
	if _, err := f.inquire(ctx, 32, time.Hour, tokens[:size-1]); err != nil {
		return err
	}
	word := f.word()
	browser := newClient(f.d.address)
	defer browser.close()
	s := sender{client: browser, accounts: f.accounts, count: &f.count}
	inquiry, err := s.inquire(ctx, last, word)
	if err != nil {
		return err
	}
	if err := f.follow(ctx, inquiry.reference, word, time.Now(), to); err != nil {
		return err
	}
	return f.d.drain(ctx, drainWithin)
}

// addDelays writes the rows.
func (r *Result) addDelays(single, burst delays, size int, floor Times) {
	floorOf := &Floor{Name: "a commit of one row", Value: spread(floor.P50), Times: &floor}
	add := func(name string, took []time.Duration) {
		times := percentiles(took)
		r.add(Row{Part: "delay", Name: name, Unit: "ms", Value: spreadOf(took), Times: &times, Floor: floorOf})
	}
	add("inquiry at idle, acknowledged", single.acknowledged)
	add("acknowledged to linked, at idle", single.linked)
	add("acknowledged to searchable, at idle", single.searchable)
	add(fmt.Sprintf("acknowledged to linked, last of %d at once", size), burst.linked)
	add(fmt.Sprintf("acknowledged to searchable, last of %d at once", size), burst.searchable)
}

func spreadOf(took []time.Duration) Spread {
	var values []float64
	for _, t := range took {
		values = append(values, float64(t.Microseconds())/1000)
	}
	return spread(values...)
}
