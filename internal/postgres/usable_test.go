package postgres_test

import (
	"context"
	"net/url"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/migrations"
)

func open(t *testing.T, address string) *pgxpool.Pool {
	t.Helper()
	pool, err := postgres.Open(t.Context(), address, 4)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// apart runs SQL on a session of its own.
func apart(t *testing.T, address, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), `SET default_transaction_read_only = off`); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func databaseOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Path[1:]
}

// TestReadOnlySessionsAreClosed makes a database read-only for new sessions, as a failover does: the sessions made meanwhile stay so.
func TestReadOnlySessionsAreClosed(t *testing.T) {
	t.Parallel()
	address := testkit.DatabaseURL(t)
	name := databaseOf(t, address)
	apart(t, address, `ALTER DATABASE `+name+` SET default_transaction_read_only = on`)
	pool := open(t, address)
	write := func() error {
		return postgres.InTx(t.Context(), pool, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), `INSERT INTO readiness (filler) VALUES ('x')`)
			return err
		})
	}
	held := make([]*pgxpool.Conn, 4) // every session of the pool is one that can only read
	for i := range held {
		var err error
		if held[i], err = pool.Acquire(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, conn := range held {
		conn.Release()
	}
	if err := write(); !failure.Is(err, failure.KindUnavailable) {
		t.Errorf("a write: %v, want unavailable", err)
	}
	if err := postgres.CheckWrite(t.Context(), pool); !postgres.HasFault(err, postgres.FaultReadOnly) {
		t.Errorf("CheckWrite: %v, want read_only", err)
	}
	apart(t, address, `ALTER DATABASE `+name+` RESET default_transaction_read_only`)
	since := time.Now()
	for write() != nil {
		if time.Since(since) > 30*time.Second {
			t.Fatal("30 s after the database writes again its sessions still do not")
		}
	}
	for range 8 {
		if err := write(); err != nil {
			t.Errorf("a session that can only read is still there: %v", err)
		}
	}
	if err := postgres.CheckWrite(t.Context(), pool); err != nil {
		t.Errorf("CheckWrite: %v", err)
	}
}

func TestCheckSchema(t *testing.T) {
	t.Parallel()
	latest, err := migrations.Latest()
	if err != nil {
		t.Fatal(err)
	}
	empty, whole := open(t, testkit.EmptyDatabaseURL(t)), open(t, testkit.DatabaseURL(t))
	for name, tc := range map[string]struct {
		db    *pgxpool.Pool
		want  int64
		fault postgres.Fault
	}{
		"nothing migrated":  {empty, latest, postgres.FaultNoSchema},
		"its own":           {whole, latest, ""},
		"an older database": {whole, latest + 1, postgres.FaultOldSchema},
		"a newer database":  {whole, latest - 1, postgres.FaultNewSchema},
	} {
		if err := postgres.CheckSchema(t.Context(), tc.db, tc.want); tc.fault == "" && err != nil || tc.fault != "" && !postgres.HasFault(err, tc.fault) {
			t.Errorf("%s: %v, want %q", name, err, tc.fault)
		}
	}
	if err := postgres.CheckWrite(t.Context(), empty); !postgres.HasFault(err, postgres.FaultNoSchema) {
		t.Errorf("CheckWrite on nothing: %v", err)
	}
}

// TestRoleWithoutRights takes one right after the other from a role that has all that Askwell needs.
func TestRoleWithoutRights(t *testing.T) {
	t.Parallel()
	address := testkit.DatabaseURL(t)
	role := "dml_" + databaseOf(t, address)
	apart(t, address, `CREATE ROLE `+role+` LOGIN PASSWORD 'x';
		GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO `+role)
	t.Cleanup(func() {
		conn, err := pgx.Connect(context.Background(), address)
		if err != nil {
			return
		}
		defer conn.Close(context.Background())
		_, _ = conn.Exec(context.Background(), `DROP OWNED BY `+role+`; DROP ROLE `+role)
	})
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(role, "x")
	db := open(t, u.String())
	if err := postgres.CheckWrite(t.Context(), db); err != nil {
		t.Fatalf("with all rights: %v", err)
	}
	for _, take := range []string{`INSERT ON ticket`, `UPDATE ON outbox_task`, `SELECT ON message`} {
		apart(t, address, `REVOKE `+take+` FROM `+role)
		if err := postgres.CheckWrite(t.Context(), db); !postgres.HasFault(err, postgres.FaultRights) {
			t.Errorf("without %s: %v, want rights", take, err)
		}
		apart(t, address, `GRANT `+take+` TO `+role)
	}
}

// TestChecksLeaveNothing runs many at once: none waits long for another, none fails, nothing is kept.
func TestChecksLeaveNothing(t *testing.T) {
	t.Parallel()
	db := open(t, testkit.DatabaseURL(t))
	failed := make(chan error, 20)
	for range cap(failed) {
		go func() { failed <- postgres.CheckWrite(t.Context(), db) }()
	}
	for range cap(failed) {
		if err := <-failed; err != nil {
			t.Errorf("at once: %v", err)
		}
	}
	var n int
	if err := db.QueryRow(t.Context(), `SELECT count(*) FROM readiness`).Scan(&n); err != nil || n != 0 {
		t.Errorf("%d rows are left: %v", n, err)
	}
}
