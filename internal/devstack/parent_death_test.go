package devstack_test

import (
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/devstack"
)

func TestNothingOutlivesAKilledParent(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	parent, running := startHelper(t, dir)
	execute(t, running.DatabaseURL, "CREATE TABLE kept AS SELECT 7 AS n")

	// A backend in the middle of a statement, which does not look up when its server dies.
	busy, err := pgx.Connect(within(t), running.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	statement := make(chan error, 1)
	go func() {
		_, err := busy.Exec(within(t), "SELECT sum(n) FROM generate_series(1, 1e12) AS n")
		statement <- err
	}()
	await(t, "the statement to run", func() bool {
		return query[int](t, running.DatabaseURL, "SELECT count(*)::int FROM pg_stat_activity "+
			"WHERE state = 'active' AND query LIKE '%generate_series%' AND pid <> pg_backend_pid()") == 1
	})
	family := descendants(t, parent.Process.Pid)
	for _, name := range []string{"postgres -D", "checkpointer", "SELECT", string(devstack.RedisServer)} {
		if !slices.ContainsFunc(family, func(p process) bool { return strings.Contains(p.args, name) }) {
			t.Errorf("among the processes %v is no %q", family, name)
		}
	}

	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	await(t, "every process that the parent had to end", func() bool {
		return !slices.ContainsFunc(processes(t), func(p process) bool {
			return slices.ContainsFunc(family, func(was process) bool { return was.pid == p.pid })
		})
	})
	if err := <-statement; err == nil {
		t.Error("the statement survived its server")
	}
	if _, err := devstack.ReadRunning(dir); !errors.Is(err, devstack.ErrNotRunning) {
		t.Errorf("ReadRunning after the kill: %v, want ErrNotRunning", err)
	}

	again := startPostgres(t, devstack.PostgresConfig{Dir: dir, Fast: true})
	if got := query[int](t, again.URL(), "SELECT n FROM kept"); got != 7 {
		t.Errorf("after the kill the table holds %d, want 7", got)
	}
}

func TestPostgresStartsDespiteForeignPostmasterPID(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	pg := startPostgres(t, devstack.PostgresConfig{Dir: dir, Fast: true})
	if err := pg.Stop(within(t)); err != nil {
		t.Fatal(err)
	}
	// As after a kill, with the number meanwhile given to another program of the same account, which PostgreSQL would
	// take for a server that still runs.
	data := strings.TrimSuffix(onlyMatch(t, dir+"/postgres-*/PG_VERSION"), "/PG_VERSION")
	other := startSleeper(t, data)
	text := strconv.Itoa(other) + "\n" + data + "\n1700000000\n5432\n\n127.0.0.1\n\nready\n"
	if err := os.WriteFile(data+"/postmaster.pid", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	startPostgres(t, devstack.PostgresConfig{Dir: dir, Fast: true})
	if err := syscall.Kill(other, 0); err != nil {
		t.Errorf("the other program was ended: %v", err)
	}
}
