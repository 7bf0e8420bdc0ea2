package main

import (
	"context"
	"fmt"

	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/search"
)

// runReindex builds the search index again beside the one in use, and swaps.
func runReindex(ctx context.Context, t terminal, args []string) error {
	fs := t.flags("reindex", "[--check] [--data DIR]")
	check := fs.Bool("check", false, "compare the index in use with the database, and mend what differs, instead of building it again")
	data := dataFlag(fs)
	if err := parse(fs, args); err != nil {
		return err
	}
	cfg, err := target(t, *data)
	if err != nil {
		return err
	}
	db, err := postgres.Open(ctx, cfg.DatabaseURL, 4)
	if err != nil {
		return err
	}
	defer db.Close()
	engine, err := search.New(search.Config{URL: cfg.MeiliURL, Key: cfg.MeiliKey, DB: db, Logger: t.logger(cfg, false)})
	if err != nil {
		return err
	}
	if *check {
		return checkIndexes(ctx, t, engine)
	}
	bar := newBar(t, "indexed")
	err = engine.Rebuild(ctx, search.RebuildOptions{Progress: func(p search.Progress) {
		bar.show(float64(p.Done)/float64(max(p.Total, 1)), thousands(int(p.Done))+" indexed")
	}})
	bar.end()
	if err != nil {
		return err
	}
	fmt.Fprintln(t.out, "the search index is built again")
	return nil
}
