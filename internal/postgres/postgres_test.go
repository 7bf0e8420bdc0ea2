package postgres_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/testkit"
)

func TestFailure(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	if _, err := db.Exec(t.Context(), `CREATE TABLE thing (id integer CONSTRAINT thing_once UNIQUE)`); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		do   func(tx pgx.Tx) error
		want failure.Kind
	}{
		"no rows": {func(tx pgx.Tx) error { return tx.QueryRow(t.Context(), `SELECT 1 WHERE false`).Scan(new(int)) }, failure.KindNotFound},
		"twice": {func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), `INSERT INTO thing VALUES (1), (1)`)
			return err
		}, failure.KindConflict},
		"nonsense": {func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), `SELEKT`)
			return err
		}, failure.KindInternal},
		"a failure of ours": {func(pgx.Tx) error { return failure.Forbidden("no") }, failure.KindForbidden},
		"its own session ended": {func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), `SELECT pg_terminate_backend(pg_backend_pid())`)
			return err
		}, failure.KindUnavailable},
		"it stalled": {func(tx pgx.Tx) error {
			if _, err := tx.Exec(t.Context(), `SET LOCAL idle_in_transaction_session_timeout = 1`); err != nil {
				return err
			}
			_, err := tx.Conn().WaitForNotification(t.Context()) // comes back when the session has ended
			return err
		}, failure.KindUnavailable},
		"all is well": {func(pgx.Tx) error { return nil }, ""},
	} {
		if got := failure.KindOf(postgres.InTx(t.Context(), db, c.do)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestInTxRollsBack(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	if _, err := db.Exec(t.Context(), `CREATE TABLE thing (id integer)`); err != nil {
		t.Fatal(err)
	}
	wanted := errors.New("changed my mind")
	err := postgres.InTx(t.Context(), db, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `INSERT INTO thing VALUES (1)`); err != nil {
			return err
		}
		return wanted
	})
	if !errors.Is(err, wanted) {
		t.Errorf("got %v", err)
	}
	var n int
	if err := db.QueryRow(t.Context(), `SELECT count(*) FROM thing`).Scan(&n); err != nil || n != 0 {
		t.Errorf("%d rows are left (%v)", n, err)
	}
}

func TestOpenWithoutAServer(t *testing.T) {
	t.Parallel()
	db, err := postgres.Open(t.Context(), "postgres://nobody@127.0.0.1:1/nothing", 1)
	if err != nil {
		t.Fatalf("a process must start while the database is unavailable: %v", err)
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := postgres.Failure(db.Ping(ctx)); !failure.Is(err, failure.KindUnavailable) {
		t.Errorf("got %v, want unavailable", err)
	}
	if _, err := postgres.Open(t.Context(), "not an address", 1); err == nil {
		t.Error("an address that is none was accepted")
	}
}
