// Package postgres opens the database, runs transactions and turns its errors into failures.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/failure"
)

// Querier is what a pool, a connection and a transaction have in common.
type Querier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// Open makes a pool for the address; it does not wait for the server to answer, so that a process can start while the
// database is unavailable. maxConns 0 takes pgx's default.
func Open(ctx context.Context, url string, maxConns int32) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("read the database address: %w", err)
	}
	if maxConns > 0 {
		cfg.MaxConns = maxConns
	}
	cfg.ConnConfig.ConnectTimeout = 5 * time.Second
	if cfg.ConnConfig.RuntimeParams["application_name"] == "" {
		cfg.ConnConfig.RuntimeParams["application_name"] = "askwell"
	}
	cfg.ConnConfig.RuntimeParams["timezone"] = "UTC"
	cfg.ConnConfig.RuntimeParams["client_encoding"] = "UTF8"
	cfg.BeforeConnect = suit
	cfg.HealthCheckPeriod = 15 * time.Second
	kept := &sessions{}
	kept.attach(cfg)
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	kept.pool.Store(pool)
	return pool, nil
}

// Beginner starts a transaction: a pool or a connection.
type Beginner interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}

// InTx runs fn in one transaction: committed when fn returns nil, rolled back otherwise. Errors come back as Failure
// translates them.
func InTx(ctx context.Context, db Beginner, fn func(tx pgx.Tx) error) error {
	return Failure(pgx.BeginFunc(ctx, db, fn))
}

// Failure translates an error of the driver: no rows is not_found, a broken unique or exclusion constraint conflict, a
// server that is unavailable unavailable. Failures and other errors pass unchanged.
func Failure(err error) error {
	if err == nil {
		return nil
	}
	var known *failure.Error
	if errors.As(err, &known) {
		return err
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return failure.New(failure.KindNotFound, "This does not exist.", err)
	}
	if Constraint(err) != "" && isUnique(err) {
		return failure.New(failure.KindConflict, "This exists already.", err)
	}
	if IsAway(err) {
		return failure.Unavailable("The database is unavailable.", err)
	}
	return err
}

// Constraint names the constraint that err broke, or "".
func Constraint(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.ConstraintName
	}
	return ""
}

func isUnique(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "23505" || pg.Code == "23P01")
}

// IsAway reports whether err means that the server cannot be reached, is going down or cannot write at present, so that the same call may
// succeed later.
func IsAway(err error) bool {
	var connect *pgconn.ConnectError
	var network net.Error
	var pg *pgconn.PgError
	switch {
	case err == nil, errors.Is(err, context.Canceled):
		return false
	case errors.As(err, &pg):
		// Class 08: connection; 53: resources, a full disk among them; 57P: shutdown and crash; 58030: I/O; 25P03: the session was ended
		// because this process stalled; 25006: it can only read.
		return strings.HasPrefix(pg.Code, "08") || strings.HasPrefix(pg.Code, "53") || strings.HasPrefix(pg.Code, "57P") ||
			pg.Code == "58030" || pg.Code == "25P03" || pg.Code == readOnlySQLSTATE
	case errors.As(err, &connect), errors.As(err, &network), errors.Is(err, context.DeadlineExceeded):
		return true
	}
	return strings.Contains(err.Error(), "conn closed") || strings.Contains(err.Error(), "unexpected EOF") ||
		strings.Contains(err.Error(), "closed pool")
}
