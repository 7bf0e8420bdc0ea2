package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/askwell/askwell/migrations"
)

// TestFaultsAreTold gives each service one fault after the other: /readyz says so, doctor says what to do, and both are well again within
// five seconds once the fault is gone.
func TestFaultsAreTold(t *testing.T) {
	t.Parallel()
	s := startSplit(t)
	latest, err := migrations.Latest()
	s.must(err)
	options, err := redis.ParseURL(s.redis.URL())
	s.must(err)
	cache := redis.NewClient(options)
	t.Cleanup(func() { _ = cache.Close() })
	sql := func(statement string, args ...any) func() {
		return func() {
			t.Helper()
			conn, err := s.db.Acquire(context.Background())
			s.must(err)
			defer conn.Release()
			_, err = conn.Exec(context.Background(), `SET default_transaction_read_only = off`)
			s.must(err)
			_, err = conn.Exec(context.Background(), statement, args...)
			s.must(err)
		}
	}
	ask := func(args ...any) func() {
		return func() { t.Helper(); s.must(cache.Do(context.Background(), args...).Err()) }
	}
	reload := sql(`SELECT pg_reload_conf()`)
	type fault struct {
		name        string
		make, mend  func()
		status      int    // of /readyz
		dependency  string // that is said not to be well
		says, never string // in doctor's words
	}
	faults := []fault{
		{"database only reads", func() { sql(`ALTER SYSTEM SET default_transaction_read_only = on`)(); reload() },
			func() { sql(`ALTER SYSTEM RESET default_transaction_read_only`)(); reload() }, 503, "postgres", "It can only read", "run askwell migrate"},
		{"older schema", sql(`DELETE FROM goose_db_version WHERE version_id = $1`, latest), sql(`INSERT INTO goose_db_version (version_id, is_applied) VALUES ($1, true)`, latest),
			503, "postgres", "run askwell migrate", "later version"},
		{"newer schema", sql(`INSERT INTO goose_db_version (version_id, is_applied) VALUES ($1, true)`, latest+1), sql(`DELETE FROM goose_db_version WHERE version_id = $1`, latest+1),
			200, "schema", "A later version of Askwell has migrated this database", "run askwell migrate"},
		{"Redis is full", ask("CONFIG", "SET", "maxmemory", "1"), ask("CONFIG", "SET", "maxmemory", "0"), 200, "redis", "maxmemory", ""},
		{"Redis only reads", ask("REPLICAOF", "127.0.0.1", "1"), ask("REPLICAOF", "NO", "ONE"), 200, "redis", "It is a replica", ""},
	}
	if full, ok := filesOnASmallDisk(t, "2m"); ok {
		s.env = append(s.env, "FILES_DIR="+full.dir)
		faults = append(faults, fault{"disk of files is full", full.fill, full.free, 200, "files", "The disk of FILES_DIR is full", ""})
	}
	s.serve()
	for _, tc := range faults {
		eventually(t, 20*time.Second, func() error { return s.readiness(http.StatusOK, "") })
		tc.make()
		eventually(t, 5*time.Second, func() error { return s.readiness(tc.status, tc.dependency) })
		out, err := try(t, s.env, "", "doctor")
		if err == nil || !strings.Contains(out, tc.says) {
			t.Errorf("%s: doctor does not say %q:\n%s", tc.name, tc.says, out)
		}
		if tc.never != "" && strings.Contains(out, tc.never) {
			t.Errorf("%s: doctor says %q:\n%s", tc.name, tc.never, out)
		}
		if tc.name == "database only reads" {
			got := newAcknowledged()
			s.send("readonly", 1, "", unknownNumber, got)
			if got.refused != 1 {
				t.Errorf("%s: an inquiry was acknowledged: %v", tc.name, got.subjects)
			}
		}
		tc.mend()
		eventually(t, 5*time.Second, func() error { return s.readiness(http.StatusOK, "") })
		if tc.name == "database only reads" {
			got := newAcknowledged()
			s.send("again", 1, "", unknownNumber, got)
			if len(got.subjects) != 1 {
				t.Errorf("%s: an inquiry was refused afterwards", tc.name)
			}
		}
	}
}

// readiness holds /readyz to a status, and to a dependency that is not well; "" for all that are.
func (s *split) readiness(status int, dependency string) error {
	got, body := newBrowser(s.t, s.url).get("/readyz")
	if got != status || dependency == "" && strings.Contains(body, `"ok":false`) || dependency != "" && !strings.Contains(body, `"name":"`+dependency+`","ok":false`) {
		return fmt.Errorf("/readyz answers %d: %s", got, body)
	}
	return nil
}

// smallDisk is a folder on a disk of its own.
type smallDisk struct {
	dir        string
	fill, free func()
}

func (d smallDisk) ballast() string { return d.dir + "/ballast" }

// writeUntilFull fills the disk up.
func (d smallDisk) writeUntilFull() error {
	file, err := os.Create(d.ballast())
	if err != nil {
		return err
	}
	defer file.Close()
	for block := make([]byte, 4096); err == nil; _, err = file.Write(block) {
	}
	if !errors.Is(err, syscall.ENOSPC) {
		return err
	}
	return nil
}
