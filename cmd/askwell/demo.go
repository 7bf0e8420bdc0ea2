package main

import (
	"context"
	"fmt"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/seed"
)

// seedDemo makes the demo's sign-ins and fills a desk that has no ticket yet.
func (d *desk) seedDemo(ctx context.Context, t terminal) error {
	if err := seed.Staff(ctx, d.db); err != nil {
		return err
	}
	bar := newBar(t, "tickets of the demo")
	result, err := seed.Run(ctx, d.db, seed.Options{}, bar.set)
	bar.end()
	if failure.Is(err, failure.KindConflict) {
		return nil // somebody has begun to use it
	}
	if err != nil {
		return fmt.Errorf("fill the demo: %w", err)
	}
	fmt.Fprintf(t.out, "  Demo         %s tickets and %s accounts, all invented, made in %s\n",
		thousands(result.Tickets), thousands(result.Accounts), bar.took())
	return nil
}
