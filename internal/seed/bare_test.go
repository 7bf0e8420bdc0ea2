package seed_test

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/seed"
	"github.com/askwell/askwell/internal/testkit"
)

// shape is all that the catalogue says about indexes and constraints.
func shape(t *testing.T, db *pgxpool.Pool) []string {
	t.Helper()
	return rows[string](t, db, `
		SELECT pg_get_indexdef(indexrelid) || row(indisvalid, indisready, indisprimary, indisreplident)::text FROM pg_index
		WHERE indrelid::regclass::text IN (SELECT tablename FROM pg_tables WHERE schemaname = 'public')
		UNION ALL
		SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) || convalidated::text FROM pg_constraint WHERE conrelid <> 0
		UNION ALL
		SELECT attrelid::regclass || row(attname, attnotnull, attidentity)::text FROM pg_attribute
		WHERE attnum > 0 AND attrelid::regclass::text IN (SELECT tablename FROM pg_tables WHERE schemaname = 'public')
		ORDER BY 1`)
}

// The indexes and constraints are taken off an empty desk and put back, whether it ends well or not.
func TestDeskIsWholeAfterwards(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	before := shape(t, db)
	for what, stop := range map[string]func(cancel func()) (progress, indexing seed.Progress){
		"stopped among the tickets": func(cancel func()) (seed.Progress, seed.Progress) {
			return func(int, int) { cancel() }, func(int, int) {}
		},
		"stopped among the indexes": func(cancel func()) (seed.Progress, seed.Progress) {
			return func(int, int) {}, func(done, _ int) {
				if done == 9 {
					cancel()
				}
			}
		},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		progress, indexing := stop(cancel)
		result, err := seed.Run(ctx, db, seed.Options{Tickets: 3000, Now: now, Indexing: indexing}, progress)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: error is %v, want that of the context", what, err)
		}
		check(t, what+": result", seed.Result{}, result)
		check(t, what+": indexes and constraints", before, shape(t, db))
		check(t, what+": rows", 0, count(t, db, `SELECT (SELECT count(*) FROM ticket) + (SELECT count(*) FROM account) + (SELECT count(*) FROM ticket_event)`))
	}
	run(t, db, seed.Options{Tickets: 3000})
	check(t, "indexes and constraints", before, shape(t, db))
	// The lists may read indexes alone: every page is known to be visible to all.
	check(t, "pages that are not all visible", 0, count(t, db, `SELECT sum(relpages - relallvisible) FROM pg_class WHERE relname IN ('ticket', 'message', 'account', 'ticket_event')`))
	// And what comes next gets IDs of its own.
	run(t, db, seed.Options{Tickets: 300, Accounts: 10, More: true})
	check(t, "indexes and constraints after more", before, shape(t, db))
}

// A desk that has accounts keeps them, and its indexes while it is filled.
func TestAccountsStay(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	if _, err := db.Exec(t.Context(), `INSERT INTO account (number, name, name_words, email) VALUES ('123456789092', 'Noa Beck', '{noa,beck}', 'noa@example.org')`); err != nil {
		t.Fatal(err)
	}
	before := shape(t, db)
	run(t, db, seed.Options{Tickets: 1200, Accounts: 10})
	check(t, "accounts", 11, count(t, db, `SELECT count(*) FROM account`))
	check(t, "tickets", 1200, count(t, db, `SELECT count(*) FROM ticket`))
	check(t, "indexes and constraints", before, shape(t, db))
}
