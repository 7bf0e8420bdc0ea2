package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/config"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/migrations"
)

func checkPostgres(ctx context.Context, cfg config.Config) (string, error) {
	if cfg.DatabaseURL == "" {
		return "", advice("DATABASE_URL is not set.", nil)
	}
	conn, err := postgres.Connect(ctx, cfg.DatabaseURL)
	if postgres.HasFault(err, postgres.FaultPooler) {
		return "", advice(databaseAdvice(err), nil)
	}
	if err != nil {
		return "", advice("It does not answer: see that it runs and that DATABASE_URL is right.", hidden(err))
	}
	defer conn.Close(ctx)
	var number int
	var version string
	if err := conn.QueryRow(ctx, `SELECT current_setting('server_version_num')::int, current_setting('server_version')`).Scan(&number, &version); err != nil {
		return "", err
	}
	if number < 150000 {
		return "", advice("Version "+version+" is too old: Askwell needs 15 or later.", nil)
	}
	latest, err := migrations.Latest()
	if err != nil {
		return "", err
	}
	if err := postgres.CheckSchema(ctx, conn, latest); err != nil {
		return "", advice(databaseAdvice(err), hidden(err))
	}
	if err := postgres.CheckWrite(ctx, conn); err != nil {
		return "", advice(databaseAdvice(err), hidden(err))
	}
	return fmt.Sprintf("%s, schema %d", version, latest), errors.Join(checkPooler(ctx, cfg, conn.Config()), checkConnections(ctx, cfg, conn))
}

// checkPooler tells what a pooler between keeps from Askwell.
func checkPooler(ctx context.Context, cfg config.Config, way *pgx.ConnConfig) error {
	between, err := postgres.DetectPooling(ctx, way)
	if err != nil || between != postgres.PoolingTransaction {
		return nil //nolint:nilerr // it answered a moment ago
	}
	if cfg.DatabaseListen == "" {
		return advice("DATABASE_URL leads to a pooler that pools by transaction: indexing, reindex and migrate need a session of their own, and the relay polls. "+
			"Set DATABASE_LISTEN_URL to PostgreSQL itself, like postgres://name:password@host:5432/askwell.", nil)
	}
	direct, err := pgx.ParseConfig(cfg.DatabaseListen)
	if err != nil {
		return advice("DATABASE_LISTEN_URL cannot be read.", nil)
	}
	switch found, err := postgres.DetectPooling(ctx, direct); {
	case err != nil:
		return advice("PostgreSQL does not answer at DATABASE_LISTEN_URL.", hidden(err))
	case found != postgres.PoolingNone && found != postgres.PoolingSession:
		return advice("DATABASE_LISTEN_URL leads to a pooler, too: set it to PostgreSQL itself.", nil)
	}
	return nil
}

// checkConnections holds what one process may take to what the server, the database and the role allow. A negative limit is none.
func checkConnections(ctx context.Context, cfg config.Config, conn *pgx.Conn) error {
	if between, err := postgres.DetectPooling(ctx, conn.Config()); err != nil || between != postgres.PoolingNone {
		return nil //nolint:nilerr // the pooler's own limit counts
	}
	var server, database, role int
	err := conn.QueryRow(ctx, `
		SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,
			(SELECT datconnlimit FROM pg_database WHERE datname = current_database()), (SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user)`).Scan(&server, &database, &role)
	if err != nil {
		return nil //nolint:nilerr // it is not for everybody to see
	}
	for _, limit := range []struct {
		allows int
		what   string
	}{{server, "max_connections of the server allows"}, {database, "the database's CONNECTION LIMIT allows"}, {role, "the role's CONNECTION LIMIT allows"}} {
		switch {
		case limit.allows < 0:
		case limit.allows < cfg.DatabaseConns:
			return advice(fmt.Sprintf("One process takes up to %d connections (DATABASE_MAX_CONNS), and %s %d: what comes beyond is refused. Lower the one or raise the other.",
				cfg.DatabaseConns, limit.what, limit.allows), nil)
		case limit.allows < 2*cfg.DatabaseConns:
			return cautionf("One process takes up to %d connections (DATABASE_MAX_CONNS), and %s %d: two processes, a serve and a work, do not fit.", cfg.DatabaseConns, limit.what, limit.allows)
		}
	}
	return nil
}

// checkClock compares this machine's clock with the database's. Askwell goes by the database's, so a difference does no harm by itself;
// but whoever reads logs, and whatever else runs here, goes by this one.
func checkClock(ctx context.Context, cfg config.Config) (string, error) {
	db, err := postgres.Open(ctx, cfg.DatabaseURL, 1)
	if err != nil {
		return "", advice("Unknown, for the database does not answer.", nil)
	}
	defer db.Close()
	clock := postgres.NewClock(db, slog.New(slog.DiscardHandler))
	if err := clock.Measure(ctx); err != nil {
		return "", advice("Unknown, for the database does not answer.", nil)
	}
	skew, _ := clock.Skew()
	if err := postgres.SkewError(skew); err != nil {
		return "", advice("Askwell goes by the database's clock, logs and other programs by this machine's.", err)
	}
	return fmt.Sprintf("%s from the database's", skew.Abs().Round(time.Millisecond)), nil
}
