package main

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/report"
)

// runReport does what is to be done about the reports' packed days.
func runReport(ctx context.Context, t terminal, args []string) error {
	fs := t.flags("report", "rebuild [--data DIR]")
	data := dataFlag(fs)
	var what string
	if err := parse(fs, args, &what); err != nil {
		return err
	}
	if what != "rebuild" {
		fs.Usage()
		return errUsage
	}
	cfg, err := target(t, *data)
	if err != nil {
		return err
	}
	db, err := postgres.Open(ctx, cfg.DatabaseURL, 4)
	if err != nil {
		return err
	}
	defer db.Close()
	return packDays(ctx, t, db)
}

// packDays packs every day of the reports again.
func packDays(ctx context.Context, t terminal, db *pgxpool.Pool) error {
	bar := newBar(t, "days")
	err := report.Recorder{DB: db}.Rebuild(ctx, func(done, total int) {
		bar.show(float64(done)/float64(total), thousands(done)+" days packed")
	})
	bar.end()
	if err != nil {
		return err
	}
	fmt.Fprintf(t.out, "every day of the reports is packed, in %s\n", bar.took())
	return nil
}
