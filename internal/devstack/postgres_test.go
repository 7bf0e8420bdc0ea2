package devstack_test

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/devstack"
)

func startPostgres(t *testing.T, cfg devstack.PostgresConfig) *devstack.Postgres {
	t.Helper()
	pg, err := devstack.StartPostgres(within(t), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pg.Stop(within(t)); err != nil {
			t.Error(err)
		}
	})
	return pg
}

func query[T any](t *testing.T, address, sql string) T {
	t.Helper()
	conn, err := pgx.Connect(within(t), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(within(t))
	var value T
	if err := conn.QueryRow(within(t), sql).Scan(&value); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return value
}

func execute(t *testing.T, address, sql string) {
	t.Helper()
	conn, err := pgx.Connect(within(t), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(within(t))
	if _, err := conn.Exec(within(t), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func TestPostgresKeepsDataAcrossRestarts(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	// Not Fast: this is how `askwell up` runs it.
	pg := startPostgres(t, devstack.PostgresConfig{Dir: dir})
	for setting, want := range map[string]string{
		"fsync": "on", "synchronous_commit": "on", "listen_addresses": "127.0.0.1", "unix_socket_directories": "",
		"server_encoding": "UTF8",
	} {
		if got := query[string](t, pg.URL(), "SHOW "+setting); got != want {
			t.Errorf("%s is %q, want %q", setting, got, want)
		}
	}
	execute(t, pg.URL(), "CREATE TABLE kept AS SELECT lower('ÁÉÑ') AS word")
	begun := time.Now()
	if err := pg.Stop(within(t)); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took > 30*time.Second {
		t.Errorf("Stop took %s, want a fast shutdown", took)
	}
	if err := pg.Err(); err != nil {
		t.Errorf("Err after Stop: %v, want nil", err)
	}
	if left := childrenNaming(t, dir); len(left) > 0 {
		t.Errorf("left after Stop: %s", strings.Join(left, "\n"))
	}

	again := startPostgres(t, devstack.PostgresConfig{Dir: dir})
	if got, want := query[string](t, again.URL(), "SELECT word FROM kept"), "áéñ"; got != want {
		t.Errorf("after the restart the table holds %q, want %q", got, want)
	}
}

func TestPostgresWantsItsPassword(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	pg := startPostgres(t, devstack.PostgresConfig{Dir: dir, Fast: true})
	for name, user := range map[string]*url.Userinfo{
		"no password":    url.User("askwell"),
		"wrong password": url.UserPassword("askwell", "askwell"),
		"other account":  url.UserPassword("postgres", "postgres"),
	} {
		u, err := url.Parse(pg.URL())
		if err != nil {
			t.Fatal(err)
		}
		u.User = user
		conn, err := pgx.Connect(within(t), u.String())
		if err == nil {
			conn.Close(within(t))
			t.Errorf("%s: connected", name)
		}
	}
	for _, name := range []string{"postgres-*", "postgres-*/askwell.password", "log", "log/postgres.log"} {
		found, _ := filepath.Glob(filepath.Join(dir, name))
		if len(found) != 1 {
			t.Errorf("%s: found %v, want one", name, found)
			continue
		}
		info, err := os.Stat(found[0])
		if err != nil {
			t.Fatal(err)
		}
		if open := info.Mode().Perm() & 0o077; open != 0 {
			t.Errorf("%s has mode %s, want it closed to others", name, info.Mode())
		}
	}
}

func TestPostgresRefusesSecondServerOnFolder(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	startPostgres(t, devstack.PostgresConfig{Dir: dir, Fast: true})
	_, err := devstack.StartPostgres(within(t), devstack.PostgresConfig{Dir: dir, Fast: true})
	var inUse *devstack.InUseError
	if !errors.As(err, &inUse) || inUse.PID != os.Getpid() {
		t.Errorf("the second start returned %v, want an InUseError with PID %d", err, os.Getpid())
	}
}

func TestPostgresDeathIsNoticed(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	pg := startPostgres(t, devstack.PostgresConfig{Dir: dir, Fast: true})
	execute(t, pg.URL(), "CREATE TABLE kept (n int)")
	// A connection that is open, so that a backend is there to outlive its server.
	conn, err := pgx.Connect(within(t), pg.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(within(t))
	if err := syscall.Kill(serverPID(t, dir), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	select {
	case <-pg.Done():
	case <-within(t).Done():
		t.Fatal("the server's death was not noticed")
	}
	if err := pg.Err(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("Err = %v, want one that says it was killed", err)
	}
	// Its postmaster.pid is stale and its backends may still be leaving.
	again := startPostgres(t, devstack.PostgresConfig{Dir: dir, Fast: true})
	if got := query[int](t, again.URL(), "SELECT count(*)::int FROM kept"); got != 0 {
		t.Errorf("the table holds %d rows, want 0", got)
	}
}
