package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
	"time"
)

// deskSize is how many tickets a desk has, and over how many years.
type deskSize struct{ tickets, years int }

var (
	reportDesks = []deskSize{{10_000, 1}, {100_000, 1}, {million, 1}}
	// A desk of ten years whose reports are of one of them, and the harder one whose year holds all ten million.
	hugeDesks = []deskSize{{10 * million, 10}, {10 * million, 1}}
)

const (
	million = 1_000_000

	// seedHugeWithin bounds the filling of a desk with ten million tickets.
	seedHugeWithin = 40 * time.Minute
)

func (s deskSize) String() string {
	if s.years == 1 {
		return fmt.Sprintf("%d tickets in a year", s.tickets)
	}
	return fmt.Sprintf("%d tickets in %d years", s.tickets, s.years)
}

// folder is where a desk of this size is kept.
func (s deskSize) folder() string {
	return "reports-" + strconv.Itoa(s.tickets) + "-in-" + strconv.Itoa(s.years) + "y"
}

// measureReports makes reports of a year on desks of all sizes.
func (b *bench) measureReports(ctx context.Context) error {
	for _, size := range b.ReportDesks {
		if err := b.measureReportDesk(ctx, size); err != nil {
			return fmt.Errorf("reports at %s: %w", size, err)
		}
	}
	b.result.compareSizes("reports", []int{b.ReportDesks[0].tickets, b.ReportDesks[len(b.ReportDesks)-1].tickets})
	return nil
}

// noSearch keeps the workers from indexing ten million tickets that nobody searches: nobody listens there.
const noSearch = "MEILI_URL=http://127.0.0.1:1"

func (b *bench) measureReportDesk(ctx context.Context, size deskSize) (err error) {
	dir := b.dir
	if b.kept != "" {
		dir = b.kept
	}
	d, err := b.startDeskIn(ctx, filepath.Join(dir, size.folder()), noSearch)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.stop()) }()
	if err := b.result.describe(ctx, d); err != nil {
		return err
	}
	if err := b.fillReportDesk(ctx, d, size); err != nil {
		return err
	}
	y, err := d.year(ctx)
	if err != nil {
		return err
	}
	if err := d.idle(ctx); err != nil {
		return err
	}
	for _, k := range y.kinds() {
		if err := b.measureReport(ctx, d, size, y, k); err != nil {
			return fmt.Errorf("%s: %w", k.name, err)
		}
	}
	if err := b.measureReportMemory(ctx, d, size, y); err != nil {
		return fmt.Errorf("memory: %w", err)
	}
	if err := b.measureFreshness(ctx, d, size, y); err != nil {
		return fmt.Errorf("freshness: %w", err)
	}
	if b.result.Quick && size.tickets > million {
		return nil
	}
	return b.measureRebuild(ctx, d, size)
}

// fillReportDesk gives the desk its tickets and staff, unless it was kept and has them.
func (b *bench) fillReportDesk(ctx context.Context, d *desk, size deskSize) error {
	var filled, staffed bool
	err := d.db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM ticket), EXISTS (SELECT FROM staff WHERE email = $1)`, bossEmail).Scan(&filled, &staffed)
	if err != nil {
		return err
	}
	if !filled {
		b.progress("filling a desk with %s", size)
		within, cancel := context.WithTimeout(ctx, seedHugeWithin)
		defer cancel()
		begun := time.Now()
		err := d.askwell(within, "", "seed", "--lean", "--tickets", strconv.Itoa(size.tickets), "--years", strconv.Itoa(size.years),
			"--accounts", strconv.Itoa(min(size.tickets/10, 20_000)))
		if err != nil {
			return err
		}
		took := time.Since(begun)
		b.result.add(Row{
			Part: "filling", Name: "askwell seed --lean, with the reports' days", Tickets: size.tickets, Unit: "a second",
			Value: spread(float64(size.tickets) / took.Seconds()), Note: fmt.Sprintf("%.1f s", took.Seconds()),
		})
	}
	if staffed {
		return nil
	}
	return d.addStaff(ctx)
}

// year is what reports are asked about on one desk.
type year struct {
	from  time.Time // the day after that which lies a year before the newest ticket
	until time.Time // when the newest ticket was opened
	queue string
}

func (d *desk) year(ctx context.Context) (y year, err error) {
	err = d.db.QueryRow(ctx, `SELECT max(opened_at), (SELECT code FROM queue ORDER BY position LIMIT 1) FROM ticket`).Scan(&y.until, &y.queue)
	y.from = y.until.UTC().AddDate(-1, 0, 1).Truncate(24 * time.Hour)
	return y, err
}

// kindOfReport is one question to the page or to its JSON.
type kindOfReport struct {
	name  string
	paths []string // taken in turn
	goal  bool     // whether it is held to the goals
}

const reportPath = "/console/reports/response-times"

// kinds lists what is asked, as a supervisor's browser sends it: a year up to now, by number unless it says otherwise.
func (y year) kinds() []kindOfReport {
	with := func(form string, more ...string) string {
		values := url.Values{"from": {y.from.Format(time.DateOnly)}}
		for i := 0; i < len(more); i += 2 {
			values.Set(more[i], more[i+1])
		}
		return reportPath + form + "?" + values.Encode()
	}
	json := func(name string, more ...string) kindOfReport {
		return kindOfReport{name: name, paths: []string{with(".json", more...)}, goal: true}
	}
	// Half a year ago and each time a minute later, so that none was asked before.
	past := kindOfReport{name: "JSON, at a cut-off half a year ago, each another one", goal: true}
	for n := range 1000 {
		at := y.until.AddDate(0, -6, 0).Add(time.Duration(n) * time.Minute)
		past.paths = append(past.paths, with(".json", "as_of", at.UTC().Format(time.RFC3339)))
	}
	return []kindOfReport{
		{name: "the page, first response", paths: []string{with("")}, goal: true},
		json("JSON, first response"), json("JSON, resolution", "measure", "resolution"),
		json("JSON, first response in business time", "clock", "business"),
		json("JSON, resolution in business time", "measure", "resolution", "clock", "business"),
		json("JSON, by category", "by", "category"), json("JSON, by week", "by", "week"),
		json("JSON, of one category", "category", "case-question"), json("JSON, of one queue", "queue", y.queue),
		past,
	}
}
