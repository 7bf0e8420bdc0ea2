package testkit

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// ShiftClock sets the clock of a test's database: for every connection made from now on, now() and clock_timestamp() are that much
// later, and so are the columns' defaults. It shifts nothing else of the server, so that tests of other databases are left alone.
// CURRENT_TIMESTAMP cannot be shifted.
func ShiftClock(t testing.TB, db *pgxpool.Pool, by time.Duration) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, fmt.Sprintf(`
			CREATE SCHEMA IF NOT EXISTS shifted;
			GRANT USAGE ON SCHEMA shifted TO PUBLIC;
			CREATE OR REPLACE FUNCTION shifted.now() RETURNS timestamptz LANGUAGE sql STABLE AS $f$SELECT pg_catalog.now() + interval '%[1]d microseconds'$f$;
			CREATE OR REPLACE FUNCTION shifted.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS $f$SELECT pg_catalog.clock_timestamp() + interval '%[1]d microseconds'$f$;
			DO $do$
			DECLARE c record;
			BEGIN
				EXECUTE format('ALTER DATABASE %%I SET search_path = shifted, pg_catalog, public', current_database());
				FOR c IN SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' AND column_default = 'now()' LOOP
					EXECUTE format('ALTER TABLE public.%%I ALTER COLUMN %%I SET DEFAULT shifted.now()', c.table_name, c.column_name);
				END LOOP;
			END $do$`, by.Microseconds()))
		return err
	})
	if err != nil {
		t.Fatalf("shift the database's clock: %v", err)
	}
	db.Reset()
}
