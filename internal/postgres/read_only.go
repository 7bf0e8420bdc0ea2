package postgres

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// readOnlyKept is how long a session that can only read is used before another one is tried: the server may write again, or the address
// may lead to another one by then.
const readOnlyKept = time.Second

// readOnlySQLSTATE is read_only_sql_transaction: a standby, or a session of default_transaction_read_only.
const readOnlySQLSTATE = "25006"

// sessions keeps a pool from holding sessions that can only read. A failover leaves them behind: they stay open, answer questions, and
// refuse to write long after the address leads to a server that writes.
type sessions struct {
	pool  atomic.Pointer[pgxpool.Pool]
	reset atomic.Int64 // when the pool was last emptied, Unix nanoseconds
}

const openedKey = "askwell.opened"

func (s *sessions) attach(cfg *pgxpool.Config) {
	cfg.AfterConnect = func(_ context.Context, conn *pgx.Conn) error {
		conn.PgConn().CustomData()[openedKey] = time.Now()
		return nil
	}
	cfg.PrepareConn = s.prepare
	cfg.ConnConfig.Tracer = s
}

// prepare turns away a session that says of itself that it can only read (PostgreSQL 14 and later do, unasked), once it is a second old.
func (s *sessions) prepare(_ context.Context, conn *pgx.Conn) (bool, error) {
	session := conn.PgConn()
	if session.ParameterStatus("in_hot_standby") != "on" && session.ParameterStatus("default_transaction_read_only") != "on" {
		return true, nil
	}
	opened, _ := session.CustomData()[openedKey].(time.Time)
	return time.Since(opened) < readOnlyKept, nil
}

// hear empties the pool when a statement was refused because the session can only read: behind a pooler no session says so beforehand.
func (s *sessions) hear(err error) {
	pool, now := s.pool.Load(), time.Now().UnixNano()
	if pool == nil || !IsReadOnly(err) {
		return
	}
	if last := s.reset.Load(); now-last > int64(readOnlyKept) && s.reset.CompareAndSwap(last, now) {
		pool.Reset()
	}
}

// TraceQueryStart implements pgx.QueryTracer.
func (s *sessions) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}

// TraceQueryEnd implements pgx.QueryTracer.
func (s *sessions) TraceQueryEnd(_ context.Context, _ *pgx.Conn, data pgx.TraceQueryEndData) {
	s.hear(data.Err)
}

// TraceBatchStart implements pgx.BatchTracer.
func (s *sessions) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

// TraceBatchQuery implements pgx.BatchTracer.
func (s *sessions) TraceBatchQuery(_ context.Context, _ *pgx.Conn, data pgx.TraceBatchQueryData) {
	s.hear(data.Err)
}

// TraceBatchEnd implements pgx.BatchTracer.
func (s *sessions) TraceBatchEnd(_ context.Context, _ *pgx.Conn, data pgx.TraceBatchEndData) {
	s.hear(data.Err)
}

// IsReadOnly reports whether err means that the server, or this session of it, can only read.
func IsReadOnly(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == readOnlySQLSTATE
}
