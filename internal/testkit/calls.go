package testkit

import (
	"context"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/files"
)

// Calls stands between Askwell and the services that it calls. No transaction of the test's database may stay open over a call: a call
// that begins is held until every transaction that is idle at that moment has ended. One that belongs to something else ends by itself;
// one that belongs to the caller never does, and fails the test.
type Calls struct {
	t     testing.TB
	db    *pgxpool.Pool
	mu    sync.Mutex
	count map[string]int
	wrong bool
}

// held is for how long an idle transaction may go on before it counts as the caller's own.
const held = 8 * time.Second

// WatchCalls makes a Calls that looks at this database, over connections of its own.
func WatchCalls(t testing.TB, db *pgxpool.Pool) *Calls {
	t.Helper()
	cfg := db.Config()
	cfg.MaxConns, cfg.MinConns = 4, 0
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return &Calls{t: t, db: pool, count: map[string]int{}}
}

// Count says how many calls of a service have begun.
func (c *Calls) Count(service string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.count[service]
}

// Begin is a call to a service that begins now.
func (c *Calls) Begin(service string) {
	c.mu.Lock()
	c.count[service]++
	wrong := c.wrong
	c.mu.Unlock()
	if wrong {
		return // one is enough to know
	}
	ctx, cancel := context.WithTimeout(context.Background(), held)
	defer cancel()
	const idle = `
		SELECT COALESCE(array_agg(pid || '/' || xact_start), '{}'), COALESCE(min(query), '') FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%'`
	const still = `
		SELECT COALESCE(array_agg(pid || '/' || xact_start), '{}'), COALESCE(min(query), '') FROM pg_stat_activity
		WHERE datname = current_database() AND pid || '/' || xact_start = ANY ($1)`
	var open []string
	var query string
	err := c.db.QueryRow(ctx, idle).Scan(&open, &query)
	for err == nil && len(open) > 0 {
		select {
		case <-ctx.Done():
		case <-time.After(time.Millisecond):
		}
		err = c.db.QueryRow(ctx, still, open).Scan(&open, &query)
	}
	if len(open) > 0 && ctx.Err() != nil {
		c.mu.Lock()
		c.wrong = true
		c.mu.Unlock()
		c.t.Errorf("%d transactions stay open over a call to %s, the last statement was %s", len(open), service, query)
	}
}

// TCP gives an address, in the form of the one that it gets, behind which the connections to a service are watched: whatever its client
// says is part of a call.
func (c *Calls) TCP(service, address string) string {
	c.t.Helper()
	listener, err := new(net.ListenConfig).Listen(c.t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = listener.Close() })
	to := address
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		to, u.Host = u.Host, listener.Addr().String()
		address = u.String()
	} else {
		address = listener.Addr().String()
	}
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			go c.join(service, near, to)
		}
	}()
	return address
}

func (c *Calls) join(service string, near net.Conn, to string) {
	defer near.Close()
	far, err := new(net.Dialer).DialContext(c.t.Context(), "tcp", to)
	if err != nil {
		return
	}
	defer far.Close()
	c.Begin(service)
	go func() {
		defer far.Close()
		for words := make([]byte, 32<<10); ; {
			n, err := near.Read(words)
			if n > 0 {
				c.Begin(service)
				if _, err := far.Write(words[:n]); err != nil {
					return
				}
			}
			if err != nil {
				return
			}
		}
	}()
	_, _ = io.Copy(near, far)
}

// Files watches the calls to a store of files.
func (c *Calls) Files(store files.Store) files.Store { return watchedFiles{store, c} }

type watchedFiles struct {
	files.Store
	calls *Calls
}

func (f watchedFiles) Put(ctx context.Context, r io.Reader) (files.Stored, error) {
	f.calls.Begin("files")
	return f.Store.Put(ctx, r)
}

func (f watchedFiles) Open(ctx context.Context, key string) (files.File, error) {
	f.calls.Begin("files")
	return f.Store.Open(ctx, key)
}

func (f watchedFiles) Touch(ctx context.Context, key string) error {
	f.calls.Begin("files")
	return f.Store.Touch(ctx, key)
}

func (f watchedFiles) Delete(ctx context.Context, key string) error {
	f.calls.Begin("files")
	return f.Store.Delete(ctx, key)
}

func (f watchedFiles) Old(ctx context.Context, before time.Time, fn func(keys []string) error) error {
	f.calls.Begin("files")
	return f.Store.Old(ctx, before, fn)
}
