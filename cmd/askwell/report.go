package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/report"
)

// errDiffers means that a check found what it has printed.
var errDiffers = errors.New("the reports differ from what happened: askwell report rebuild mends it")

// runReport makes what reports are made of again from what happened to the tickets, or only compares.
func runReport(ctx context.Context, t terminal, args []string) error {
	fs := t.flags("report", "rebuild [--check] [--data DIR]")
	data := dataFlag(fs)
	check := fs.Bool("check", false, "change nothing: say what differs, and end with 1 if anything does")
	var what string
	if err := parse(fs, args, &what); err != nil {
		return err
	}
	if what != "rebuild" {
		fs.Usage()
		return errUsage
	}
	_, db, err := openTarget(ctx, t, *data, 4)
	if err != nil {
		return err
	}
	defer db.Close()
	if *check {
		return checkReports(ctx, t, db)
	}
	if err := mendTickets(ctx, t, db); err != nil {
		return err
	}
	return packDays(ctx, t, db)
}

// checkReports compares tickets with their history, and days with their tickets.
func checkReports(ctx context.Context, t terminal, db *pgxpool.Pool) error {
	bar := newBar(t, "compared")
	compared, err := report.Recorder{DB: db}.Check(ctx, func(part float64) { bar.show(part, "compared") })
	bar.end()
	if err != nil {
		return err
	}
	printTickets(t, compared, "differ from their history")
	fmt.Fprintf(t.out, "%s days compared, %s are not what their tickets are\n", thousands(compared.Days), thousands(compared.DaysOff))
	if !compared.Same() {
		return errDiffers
	}
	return nil
}

// mendTickets gives tickets the times that their history tells.
func mendTickets(ctx context.Context, t terminal, db *pgxpool.Pool) error {
	bar := newBar(t, "compared")
	mended, err := report.Recorder{DB: db}.Mend(ctx, func(part float64) { bar.show(part, "of the tickets compared with their history") })
	bar.end()
	if err != nil {
		return err
	}
	printTickets(t, mended, "differed from their history and were mended")
	return nil
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

// printTickets says how many tickets differed, in what, and names the first.
func printTickets(t terminal, c report.Comparison, what string) {
	fmt.Fprintf(t.out, "%s tickets compared, %s %s", thousands(c.Tickets), thousands(c.Differed), what)
	if c.Differed > 0 {
		fmt.Fprintf(t.out, " (%s in waiting, %s in the first response, %s in the solution, %s in the exclusion): %s",
			thousands(c.Waiting), thousands(c.Responses), thousands(c.Solutions), thousands(c.Exclusions), strings.Join(c.References, ", "))
		if c.Differed > len(c.References) {
			fmt.Fprint(t.out, " …")
		}
	}
	fmt.Fprintln(t.out)
}
