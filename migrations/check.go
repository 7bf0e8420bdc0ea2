package migrations

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// checkDatabase refuses a database that cannot hold every name, and a way to it on which no lock holds.
func checkDatabase(ctx context.Context, url string) error {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return fmt.Errorf("read the database address: %w", err)
	}
	cfg.DefaultQueryExecMode, cfg.RuntimeParams["client_encoding"] = pgx.QueryExecModeSimpleProtocol, "UTF8"
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing hangs on it
	var encoding string
	var pid uint32
	if err := conn.QueryRow(ctx, `SELECT current_setting('server_encoding'), pg_backend_pid()`).Scan(&encoding, &pid); err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}
	if encoding != "UTF8" {
		return fmt.Errorf("the database's encoding is %s, and Askwell needs UTF8 for every name: make one with CREATE DATABASE askwell ENCODING 'UTF8' TEMPLATE template0", encoding)
	}
	if pid != conn.PgConn().PID() {
		return errors.New("a pooler stands before the database, and migrations need PostgreSQL itself: set DATABASE_LISTEN_URL to it")
	}
	return nil
}
