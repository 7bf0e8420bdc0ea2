package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/askwell/askwell/internal/config"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/migrations"
	"github.com/jackc/pgx/v5"
)

func checkPostgres(ctx context.Context, cfg config.Config) (string, error) {
	if cfg.DatabaseURL == "" {
		return "", advice("DATABASE_URL is not set.", nil)
	}
	conn, err := pgx.Connect(ctx, cfg.DatabaseURL)
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
	if err := errors.Join(postgres.CheckSchema(ctx, conn, latest), postgres.CheckWrite(ctx, conn)); err != nil {
		return "", advice(databaseAdvice(err), hidden(err))
	}
	return fmt.Sprintf("%s, schema %d", version, latest), nil
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
