package main

import (
	"context"
	"fmt"

	"github.com/askwell/askwell/migrations"
)

// runMigrate brings the database up to this version. Safe while the old version runs, and when two run it at once.
func runMigrate(ctx context.Context, t terminal, args []string) error {
	fs := t.flags("migrate", "[--data DIR]")
	data := dataFlag(fs)
	if err := parse(fs, args); err != nil {
		return err
	}
	cfg, err := target(t, *data)
	if err != nil {
		return err
	}
	state, err := migrations.Up(ctx, cfg.DirectURL())
	if err != nil {
		return err
	}
	for _, name := range state.Applied {
		fmt.Fprintln(t.out, "applied", name)
	}
	fmt.Fprintf(t.out, "the database is at version %d, the newest\n", state.Current)
	return nil
}
