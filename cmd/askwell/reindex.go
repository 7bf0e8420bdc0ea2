package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/search"
)

const reindexWords = `[--restart] [--check] [--data DIR]

Builds the search index again beside the one in use, and puts it in its place once it is whole. Search goes on meanwhile in the
one in use, and misses nothing of what is written. Run it after a restore, and whenever askwell doctor says so; after an upgrade
a worker does the same by itself. It may be stopped, or killed, at any time: the next one goes on where it was.
`

// reindexPatience is how long Meilisearch may be unavailable in the middle; it goes on where it was when it is back.
const reindexPatience = 2 * time.Minute

// runReindex builds the search index again beside the one in use, and swaps.
func runReindex(ctx context.Context, t terminal, args []string) error {
	fs := t.flags("reindex", reindexWords)
	restart := fs.Bool("restart", false, "begin anew instead of going on where one that was stopped had come to")
	check := fs.Bool("check", false, "compare the index in use with the database, and mend what differs, instead of building it again")
	data := dataFlag(fs)
	if err := parse(fs, args); err != nil {
		return err
	}
	cfg, err := target(t, *data)
	if err != nil {
		return err
	}
	db, err := postgres.Open(ctx, cfg.DirectURL(), 8) // a rebuild holds locks of sessions
	if err != nil {
		return err
	}
	defer db.Close()
	engine, err := search.New(search.Config{URL: cfg.MeiliURL, Key: cfg.MeiliKey, DB: db, Logger: t.logger(cfg, false), Location: cfg.Agency.TimeZone, Labels: categoryLabels()})
	if err != nil {
		return err
	}
	if *check {
		return checkIndexes(ctx, t, engine)
	}
	return rebuildIndexes(ctx, t, engine, *restart)
}

func rebuildIndexes(ctx context.Context, t terminal, engine *search.Engine, restart bool) error {
	bar := newBar(t, "tickets and accounts")
	var last search.Progress
	moved := time.Now()
	say := func(text string) {
		bar.end()
		fmt.Fprintln(t.err, text)
	}
	progress := func(p search.Progress) {
		if last.Total == 0 {
			bar.from = int(p.Resumed)
			if p.Resumed > 0 {
				say(fmt.Sprintf("going on after %s that are indexed already (--restart begins anew)", thousands(int(p.Resumed))))
			}
		}
		last, moved = p, time.Now()
		bar.set(int(p.Done), int(p.Total))
	}
	waiting := func() { say("another process is building the index; waiting for it") }
	for {
		err := engine.Rebuild(ctx, search.RebuildOptions{Restart: restart, Progress: progress, Waiting: waiting})
		bar.end()
		switch {
		case err == nil:
			fmt.Fprintln(t.out, rebuilt(last, bar.took()))
			return nil
		case ctx.Err() != nil:
			return errors.New("stopped; search goes on in the index in use, and the next askwell reindex goes on from here")
		case !failure.Is(err, failure.KindUnavailable) || last.Total == 0 || time.Since(moved) > reindexPatience:
			return err
		}
		restart = false
		say("Meilisearch or the database is unavailable; trying again")
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

func rebuilt(last search.Progress, took time.Duration) string {
	if last.Total == 0 { // an empty desk, or one that had but to be tidied up
		return "the search index is built again"
	}
	return fmt.Sprintf("the search index is built again, with %s tickets and accounts, in %s", thousands(int(last.Done)), took)
}
