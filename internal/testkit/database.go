// Package testkit gives tests what the application runs on: a migrated PostgreSQL database each, a Redis, a search server, a
// browser.
package testkit

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/devstack"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/migrations"
)

const template = "askwell_template"

// server is the PostgreSQL that all tests of one test binary share, with a migrated database to copy from.
var server = sync.OnceValues(startServer)

var databases atomic.Int64

// startServer uses TEST_DATABASE_URL when it is set (a superuser's address), else starts a server of its own that dies with
// the test binary.
func startServer() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	address := os.Getenv("TEST_DATABASE_URL")
	if address == "" {
		dir, cleanup, err := devstack.MemoryDir()
		if err != nil {
			return "", err
		}
		started, err := devstack.StartPostgres(ctx, devstack.PostgresConfig{Dir: dir, Fast: true})
		if err != nil {
			return "", err
		}
		atExit(func() error {
			stop, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			defer cleanup() // which also keeps the folder's lock from the garbage collector
			return started.Stop(stop)
		})
		address = started.URL()
	}
	return address, makeTemplate(ctx, address)
}

func makeTemplate(ctx context.Context, address string) error {
	name := template
	if err := execOn(ctx, address, `CREATE DATABASE `+name); err != nil && !strings.Contains(err.Error(), "already exists") {
		return err
	}
	_, err := migrations.Up(ctx, named(address, name))
	return err
}

func execOn(ctx context.Context, address, sql string) error {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return fmt.Errorf("connect to the test database: %w", err)
	}
	_, err = conn.Exec(ctx, sql)
	return errors.Join(err, conn.Close(ctx))
}

func named(address, database string) string {
	u, err := url.Parse(address)
	if err != nil {
		panic("testkit: the database's address is no URL")
	}
	u.Path = "/" + database
	return u.String()
}

// DatabaseURL makes a migrated database for this test alone and gives its address. It is dropped after the test.
func DatabaseURL(t testing.TB) string {
	t.Helper()
	address := databaseFrom(t, template)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	// A database of its own is a desk of its own; what is copied has the ID of the template.
	if err := execOn(ctx, address, `UPDATE desk SET id = gen_random_uuid()`); err != nil {
		t.Fatalf("make a test database: %v", err)
	}
	return address
}

// EmptyDatabaseURL is DatabaseURL before any migration.
func EmptyDatabaseURL(t testing.TB) string {
	t.Helper()
	return databaseFrom(t, "template0")
}

func databaseFrom(t testing.TB, template string) string {
	t.Helper()
	address, err := server()
	if err != nil {
		t.Fatalf("start PostgreSQL: %v (scripts/setup installs it)", err)
	}
	name := fmt.Sprintf("test_%d_%d", os.Getpid(), databases.Add(1))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	copying.Lock()                                                                               // a template can be copied by one session at a time
	err = execOn(ctx, address, `CREATE DATABASE `+name+` STRATEGY file_copy TEMPLATE `+template) // half the time of PostgreSQL's own choice
	copying.Unlock()
	if err != nil {
		t.Fatalf("make a test database: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := execOn(ctx, address, `DROP DATABASE `+name+` WITH (FORCE)`); err != nil {
			t.Logf("drop the test database: %v", err)
		}
	})
	return named(address, name)
}

var copying sync.Mutex

// Database is DatabaseURL with a pool on it.
func Database(t testing.TB) *pgxpool.Pool {
	t.Helper()
	pool, err := postgres.Open(t.Context(), DatabaseURL(t), 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}
