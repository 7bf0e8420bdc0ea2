// Package seed fills a desk with a believable demo: accounts with cases, and years of tickets with their answers.
package seed

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/postgres"
)

// Options say what to make. The same Seed and the same hour of Now make the same desk.
type Options struct {
	Tickets  int // 0 makes 3,000
	Accounts int // 0 makes two for five tickets, up to a million
	Seed     uint64
	Now      time.Time // the end of the years of tickets, cut to the hour; zero is now
	Years    int       // over how many years the tickets are spread; 0 is one
	Lean     bool      // tickets alone, without their messages and events: all that reports read, a tenth of the room
	More     bool      // add to a desk that has tickets already
	Indexing Progress  // told how many indexes and constraints are built once the tickets are in; may be nil
}

// The limits and defaults of Options.
const (
	MaxTickets     = 10_000_000
	MaxAccounts    = 10_000_000
	MaxYears       = 20
	defaultTickets = 3000

	// IndexUpTo is how many tickets the workers are asked to index one by one; beyond that, rebuilding the index is quicker.
	IndexUpTo = 200_000

	// bareFrom is how many tickets make it worth while to take the indexes off an empty desk.
	bareFrom = 1000
)

// Result counts what was made. Indexed is false when the search index has to be rebuilt to find it.
type Result struct {
	Accounts, Cases, Tickets, Messages, Events int
	Indexed                                    bool
}

// Progress is told how many of the tickets are made.
type Progress func(done, total int)

// zoneName is where the demo's office is.
const zoneName = "America/New_York"

// Run makes the demo in one transaction: all of it, or none. Errors: invalid for options out of bounds, conflict for a desk that
// has tickets already when More is not set.
func Run(ctx context.Context, db *pgxpool.Pool, o Options, progress Progress) (Result, error) {
	o, err := o.complete()
	if err != nil {
		return Result{}, err
	}
	var result Result
	agents, leads, err := team(ctx, db)
	if err != nil {
		return result, fmt.Errorf("seed: %w", err)
	}
	err = postgres.InTx(ctx, db, func(tx pgx.Tx) error {
		w, err := newWriter(ctx, tx, db, o)
		if err != nil {
			return err
		}
		w.teller.agents, w.teller.leads = agents, leads
		if err := w.write(ctx, progress); err != nil {
			return err
		}
		result = w.result
		return w.bare.dress(ctx, tx, o.Indexing)
	})
	if err != nil {
		return Result{}, fmt.Errorf("seed: %w", err)
	}
	// The lists read indexes alone once the visibility map is there, and the planner needs its figures.
	for _, table := range demoTables {
		if _, err := db.Exec(ctx, `VACUUM (ANALYZE) `+table); err != nil {
			return result, fmt.Errorf("seed: tidy %s: %w", table, postgres.Failure(err))
		}
	}
	return result, nil
}

func (o Options) complete() (Options, error) {
	if o.Tickets == 0 {
		o.Tickets = defaultTickets
	}
	if o.Accounts == 0 {
		o.Accounts = min(max(10, o.Tickets*2/5), 1_000_000)
	}
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	if o.Years == 0 {
		o.Years = 1
	}
	if o.Indexing == nil {
		o.Indexing = func(int, int) {}
	}
	o.Now = o.Now.UTC().Truncate(time.Hour)
	switch {
	case o.Tickets < 1 || o.Tickets > MaxTickets:
		return o, failure.Invalid("tickets", "range", fmt.Sprintf("The number of tickets must be between 1 and %d.", MaxTickets))
	case o.Accounts < 2 || o.Accounts > MaxAccounts:
		return o, failure.Invalid("accounts", "range", fmt.Sprintf("The number of accounts must be between 2 and %d.", MaxAccounts))
	case o.Years < 1 || o.Years > MaxYears:
		return o, failure.Invalid("years", "range", fmt.Sprintf("The number of years must be between 1 and %d.", MaxYears))
	}
	return o, nil
}

// newWriter looks at the desk and takes the lock that lets one seed run at a time.
func newWriter(ctx context.Context, tx pgx.Tx, db *pgxpool.Pool, o Options) (*writer, error) {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('askwell seed', 0))`); err != nil {
		return nil, err
	}
	var tickets, accounts int64
	if err := tx.QueryRow(ctx, `SELECT (SELECT count(*) FROM ticket), (SELECT count(*) FROM account)`).Scan(&tickets, &accounts); err != nil {
		return nil, err
	}
	if tickets > 0 && !o.More {
		return nil, failure.Conflict("This desk has tickets already. The demo is for an empty one; --more adds it all the same.")
	}
	var undressed *bareTables
	if tickets+accounts == 0 && o.Tickets >= bareFrom {
		var err error
		if undressed, err = bare(ctx, tx); err != nil {
			return nil, err
		}
	}
	zone, err := time.LoadLocation(zoneName)
	if err != nil {
		return nil, err
	}
	from := o.Now.AddDate(-o.Years, 0, 0)
	queues, err := queues(ctx, tx)
	if err != nil {
		return nil, err
	}
	w := &writer{tx: tx, bare: undressed, options: o, firstTicket: uint64(tickets), zone: zone}
	w.result.Indexed = o.Tickets <= IndexUpTo && !o.Lean
	w.references = newPermutation(references, o.Seed+ofReference)
	w.ids = newIDPools(db, o, undressed != nil)
	w.teller = &teller{
		world: newWorld(o.Seed, from, o.Now), office: newOffice(zone, from, o.Now), first: uint64(accounts), queues: queues,
		message: func() (int64, error) { return w.ids.message.next(ctx) },
	}
	return w, nil
}

func queues(ctx context.Context, tx pgx.Tx) (map[string]int64, error) {
	rows, err := tx.Query(ctx, `SELECT code, queue_id FROM category`)
	if err != nil {
		return nil, err
	}
	found := map[string]int64{}
	var code string
	var queue int64
	_, err = pgx.ForEachRow(rows, []any{&code, &queue}, func() error {
		found[code] = queue
		return nil
	})
	for code := range firstAnswer {
		if found[code] == 0 && err == nil {
			err = errors.New("the desk lacks the category " + code)
		}
	}
	return found, err
}
