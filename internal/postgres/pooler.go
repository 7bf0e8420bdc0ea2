package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/failure"
)

// Pooling is what stands between this process and PostgreSQL.
type Pooling string

// The kinds. A pooler gives a session away after each transaction, or each statement, unless it keeps one for each client.
const (
	PoolingNone        Pooling = "none"
	PoolingSession     Pooling = "session"
	PoolingTransaction Pooling = "transaction"
	PoolingStatement   Pooling = "statement"
)

const (
	detectWithin = 5 * time.Second
	// notifiedWithin is how long a notification to oneself may take.
	notifiedWithin = time.Second
)

// poolings remembers what was found, by address: the way to a database does not change while a process runs.
var poolings sync.Map

func poolingKey(c *pgx.ConnConfig) string {
	return fmt.Sprintf("%s:%d/%s/%s", c.Host, c.Port, c.Database, c.User)
}

// DetectPooling finds out what stands before the database, over two connections of its own.
func DetectPooling(ctx context.Context, cfg *pgx.ConnConfig) (Pooling, error) {
	if known, ok := poolings.Load(poolingKey(cfg)); ok {
		return known.(Pooling), nil //nolint:forcetypeassert // nothing else is stored
	}
	ctx, cancel := context.WithTimeout(ctx, detectWithin)
	defer cancel()
	own := cfg.Copy()
	own.DefaultQueryExecMode, own.Tracer = pgx.QueryExecModeSimpleProtocol, nil
	own.RuntimeParams["client_encoding"] = "UTF8" // which that protocol needs
	conn, err := pgx.ConnectConfig(ctx, own)
	if err != nil {
		return "", err
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing hangs on it
	found, err := pooling(ctx, conn, own)
	if err == nil {
		poolings.Store(poolingKey(cfg), found)
	}
	return found, err
}

func pooling(ctx context.Context, conn *pgx.Conn, cfg *pgx.ConnConfig) (Pooling, error) {
	var pid uint32
	if err := conn.QueryRow(ctx, `SELECT pg_backend_pid()`).Scan(&pid); err != nil {
		return "", err
	}
	if pid == conn.PgConn().PID() {
		return PoolingNone, nil
	}
	if _, err := conn.Exec(ctx, `BEGIN`); err != nil {
		if state(err) != "" && strings.Contains(err.Error(), "statement") || ctx.Err() == nil && conn.IsClosed() {
			return PoolingStatement, nil
		}
		return "", err
	}
	if _, err := conn.Exec(ctx, `COMMIT`); err != nil {
		return "", err
	}
	hears, err := hearsItself(ctx, conn, cfg)
	switch {
	case err != nil:
		return "", err
	case hears:
		return PoolingSession, nil
	}
	return PoolingTransaction, nil
}

// hearsItself reports whether a notification reaches the session that listens: that session is still this client's.
func hearsItself(ctx context.Context, conn *pgx.Conn, cfg *pgx.ConnConfig) (bool, error) {
	channel := fmt.Sprintf("askwell_pooling_%d", time.Now().UnixNano())
	if _, err := conn.Exec(ctx, `LISTEN `+channel); err != nil {
		return false, err
	}
	other, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return false, err
	}
	defer other.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing hangs on it
	if _, err := other.Exec(ctx, `NOTIFY `+channel); err != nil {
		return false, err
	}
	waiting, cancel := context.WithTimeout(ctx, notifiedWithin)
	defer cancel()
	if _, err := conn.WaitForNotification(waiting); err == nil {
		return true, nil
	}
	return false, ctx.Err()
}

// suit chooses how statements are sent: behind a pooler no prepared statement may be counted on. One that gives sessions away after each statement
// cannot be used at all. Errors: Unusable.
func suit(ctx context.Context, cfg *pgx.ConnConfig) error {
	found, err := DetectPooling(ctx, cfg)
	switch {
	case err != nil:
		return err
	case found == PoolingStatement:
		return &Unusable{Fault: FaultPooler, Detail: "it pools by statement (pool_mode), and no transaction is possible"}
	case found != PoolingNone:
		cfg.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	}
	return nil
}

// ErrNoSession says that a lock of a session, or LISTEN, has nothing to hold on to.
var ErrNoSession = errors.New("DATABASE_URL leads to a pooler that pools by transaction: set DATABASE_LISTEN_URL to PostgreSQL itself")

// RequireSession refuses a pool whose connections lose their session after each transaction. Errors: unavailable.
func RequireSession(ctx context.Context, pool *pgxpool.Pool) error {
	found, err := DetectPooling(ctx, pool.Config().ConnConfig)
	if err == nil && found != PoolingNone && found != PoolingSession {
		err = failure.Unavailable("The database is reached through a pooler that pools by transaction: set DATABASE_LISTEN_URL.", ErrNoSession)
	}
	return Failure(err)
}

// Connect makes one connection, sent as suits what stands between. Errors: Unusable for a pooler that cannot be used.
func Connect(ctx context.Context, url string) (*pgx.Conn, error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("read the database address: %w", err)
	}
	cfg.RuntimeParams["client_encoding"] = "UTF8"
	if err := suit(ctx, cfg); err != nil {
		return nil, err
	}
	return pgx.ConnectConfig(ctx, cfg)
}
