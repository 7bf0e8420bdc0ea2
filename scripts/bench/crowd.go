package main

import (
	"context"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// crowd is so many clients at once.
type crowd struct {
	d        *desk
	accounts []applicantAccount
	count    atomic.Int64 // inquiries sent so far
}

// fetch loads the form until there are enough tokens and says how many forms came a second.
func (c *crowd) fetch(ctx context.Context, clients, want int) (tokens []string, perSecond float64, times Times, err error) {
	found := make([][]string, clients)
	var left atomic.Int64
	left.Store(int64(want))
	took, elapsed, err := c.each(ctx, clients, func(ctx context.Context, i int, browser *client, each *[]time.Duration) error {
		for left.Add(-1) >= 0 {
			a, err := browser.get(ctx, "/inquiries/new")
			if err != nil {
				return err
			}
			token, err := formToken(a.body)
			if err != nil {
				return err
			}
			*each = append(*each, a.took)
			found[i] = append(found[i], token)
		}
		return nil
	})
	for _, f := range found {
		tokens = append(tokens, f...)
	}
	return tokens, float64(len(tokens)) / elapsed.Seconds(), percentiles(took), err
}

// inquire sends inquiries for a time, or until the tokens are used up.
func (c *crowd) inquire(ctx context.Context, clients int, length time.Duration, tokens []string) (load, error) {
	var next atomic.Int64
	before, begun := c.d.cpuUsed(), time.Now()
	end := begun.Add(length)
	took, elapsed, err := c.each(ctx, clients, func(ctx context.Context, _ int, browser *client, each *[]time.Duration) error {
		s := sender{client: browser, accounts: c.accounts, count: &c.count}
		for time.Now().Before(end) {
			n := next.Add(1) - 1
			if n >= int64(len(tokens)) {
				return nil
			}
			a, err := s.inquire(ctx, tokens[n], "")
			if err != nil {
				return err
			}
			*each = append(*each, a.took)
		}
		return nil
	})
	return load{
		perSecond: float64(len(took)) / elapsed.Seconds(), times: percentiles(took), count: len(took), cpu: c.d.cpuUsed().since(before),
	}, err
}

// each runs one browser for each client and gathers the times that they add.
func (c *crowd) each(ctx context.Context, clients int, fn func(context.Context, int, *client, *[]time.Duration) error) (
	all []time.Duration, elapsed time.Duration, err error,
) {
	took := make([][]time.Duration, clients)
	group, ctx := errgroup.WithContext(ctx)
	begun := time.Now()
	for i := range clients {
		group.Go(func() error {
			browser := newClient(c.d.address)
			defer browser.close()
			return fn(ctx, i, browser, &took[i])
		})
	}
	err = group.Wait()
	elapsed = time.Since(begun)
	for _, t := range took {
		all = append(all, t...)
	}
	return all, elapsed, err
}
