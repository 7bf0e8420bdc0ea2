package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/seed"
)

const seedWords = `[--tickets N] [--accounts N] [--years N] [--lean] [--seed S] [--more] [--sign-ins] [--data DIR]

Fills an empty desk with an invented year: accounts with their cases, tickets with their answers, numbers that were mistyped or
somebody else's. The same --seed makes the same desk within an hour. Nobody can sign in who could not before, unless --sign-ins.
An empty desk is filled without its indexes, which is many times as quick, and shut to everybody until that is done: about a
second for 3,000 tickets, some minutes for millions. Stopping it leaves the desk as it was.

--lean is for measuring reports: tickets whose pages are empty, without messages and events, take a tenth of the room.
`

func runSeed(ctx context.Context, t terminal, args []string) error {
	fs := t.flags("seed", seedWords)
	var o seed.Options
	fs.IntVar(&o.Tickets, "tickets", 3000, "how many tickets, up to ten million")
	fs.IntVar(&o.Accounts, "accounts", 0, "how many accounts (0: two for five tickets, up to a million)")
	fs.Uint64Var(&o.Seed, "seed", 1, "another number makes another desk")
	fs.IntVar(&o.Years, "years", 1, "over how many years the tickets are spread, up to twenty")
	fs.BoolVar(&o.Lean, "lean", false, "tickets alone, without messages and events: enough for reports")
	fs.BoolVar(&o.More, "more", false, "add to a desk that has tickets already")
	signIns := fs.Bool("sign-ins", false, "also make the demo's sign-ins, whose password everybody knows")
	data := dataFlag(fs)
	if err := parse(fs, args); err != nil {
		return err
	}
	_, db, err := openTarget(ctx, t, *data, 4)
	if err != nil {
		return err
	}
	defer db.Close()
	if *signIns {
		if err := seed.Staff(ctx, db); err != nil {
			return err
		}
	}
	bar := newBar(t, "tickets")
	o.Indexing = func(done, total int) {
		bar.show(float64(done)/float64(total), fmt.Sprintf("%d of %d indexes and constraints", done, total))
	}
	result, err := seed.Run(ctx, db, o, bar.set)
	bar.end()
	if err == nil {
		seeded(t.out, result, bar.took())
		return packSeeded(ctx, t, db, result)
	}
	if result.Tickets > 0 { // only the tidying failed
		seeded(t.out, result, bar.took())
		return err
	}
	switch {
	case ctx.Err() != nil:
		return errors.New("stopped; nothing was added")
	case failure.Is(err, failure.KindConflict) || failure.Is(err, failure.KindInvalid):
		return errors.New(failure.Text(err, err.Error()))
	}
	return err
}

// packSeeded packs the reports' days of tickets that the workers are not told of one by one.
func packSeeded(ctx context.Context, t terminal, db *pgxpool.Pool, r seed.Result) error {
	if r.Indexed {
		return nil
	}
	return packDays(ctx, t, db)
}

// seeded tells what was made.
func seeded(w io.Writer, r seed.Result, took time.Duration) {
	perSecond := float64(r.Tickets) / max(took.Seconds(), 0.001)
	fmt.Fprintf(w, "%s tickets with %s messages and %s events, %s accounts with %s cases, in %s (%s tickets a second)\n",
		thousands(r.Tickets), thousands(r.Messages), thousands(r.Events), thousands(r.Accounts), thousands(r.Cases),
		took, thousands(int(perSecond)))
	if r.Indexed {
		fmt.Fprintln(w, "the workers put them into the search index")
		return
	}
	fmt.Fprintln(w, "so many are not sent to the search index one by one: run askwell reindex")
}
