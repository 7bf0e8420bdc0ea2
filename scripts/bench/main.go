// Command bench measures intake, linking, lists, search, reports, floods and what answers give away, each beside its floor: what the same machine
// does at best for the same rows without Askwell. It runs bin/askwell as anybody would and throws its data away.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/askwell/askwell/internal/devstack"
)

// plan is how much is measured.
type plan struct {
	Rounds    int           // of intake, form and floor in turn
	RoundTime time.Duration // of each
	Clients   []int
	Singles   int   // inquiries one after the other, each until it is linked and found
	Burst     int   // inquiries at once, until the last one is linked and found
	Sizes     []int // tickets on the desk while it is read

	SearchSizes []int         // tickets on the desk while it is searched
	ReportDesks []deskSize    // those that reports are made of
	Requests    int           // for each page
	Searches    int           // for each kind of query
	Reports     int           // for each kind of report
	Tries       int           // of each form, with what is on file and as many with what is not
	Flood       time.Duration // of each kind
	Idle        time.Duration
}

var (
	fullPlan = plan{
		Rounds: 3, RoundTime: 5 * time.Second, Clients: []int{1, 8, 32}, Singles: 50, Burst: 1000,
		Sizes: []int{10_000, 100_000}, Requests: 200, Idle: 30 * time.Second,
		SearchSizes: []int{1000, 10_000, 100_000}, Searches: 100, ReportDesks: reportDesks, Reports: 100, Tries: 500, Flood: 20 * time.Second,
	}
	quickPlan = plan{
		Rounds: 1, RoundTime: 2 * time.Second, Clients: []int{1, 8, 32}, Singles: 10, Burst: 500,
		Sizes: []int{5_000, 20_000}, Requests: 50, Idle: 5 * time.Second,
		SearchSizes: []int{1000, 20_000}, Searches: 30, ReportDesks: reportDesks, Reports: 30, Tries: 500, Flood: 10 * time.Second,
	}
)

// bench is one run.
type bench struct {
	plan
	binary string
	dir    string // for data; gone afterwards
	kept   string // for the desks that reports are made of, which stay; "" is in dir
	say    io.Writer
	result Result
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
	default:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) (err error) {
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	quick := fs.Bool("quick", false, "a rough look in about five minutes, on smaller desks")
	out := fs.String("out", filepath.Join("bin", "bench.json"), "write the figures as JSON to this `file`")
	binary := fs.String("binary", filepath.Join("bin", "askwell"), "the `program` to measure")
	only := fs.String("only", "", "measure only the `part` named: intake, delay, reads, search, reports, privacy, overload or memory")
	huge := fs.Bool("huge", false, "make reports of ten million tickets, too: twelve minutes more the first time, and 25 GB of disk")
	kept := fs.String("desks", "", "keep the desks that reports are made of in this `folder`, and use those that are there")
	if err := fs.Parse(args); err != nil {
		return err
	}
	b := &bench{plan: fullPlan, say: os.Stderr}
	if *quick {
		b.plan = quickPlan
	}
	if *huge {
		b.ReportDesks = slices.Concat(b.ReportDesks, hugeDesks)
	}
	if b.binary, err = filepath.Abs(*binary); err != nil {
		return err
	}
	if *kept != "" {
		if b.kept, err = devstack.PrepareFolder(*kept); err != nil {
			return err
		}
	}
	dir, cleanup, err := devstack.TempDir()
	if err != nil {
		return err
	}
	defer cleanup()
	b.dir = dir
	b.result.begin(*quick)
	if err := b.measure(ctx, *only); err != nil {
		return err
	}
	b.result.end()
	if err := b.result.writeTable(os.Stdout); err != nil {
		return err
	}
	return b.result.writeJSON(*out)
}

// measure runs every part, or one. Intake, delays and memory share a desk that begins empty; each size of reads has its own.
func (b *bench) measure(ctx context.Context, only string) error {
	if only != "" && (!slices.Contains(parts, only) || only == "filling") {
		return fmt.Errorf("--only %q is none of intake, delay, reads, search, reports, privacy, overload, memory", only)
	}
	wanted := func(part string) bool { return only == "" || only == part }
	if wanted("intake") || wanted("delay") || wanted("memory") {
		if err := b.measureIntakeDesk(ctx, wanted); err != nil {
			return err
		}
	}
	if wanted("reads") {
		for _, size := range b.Sizes {
			if err := b.measureReadsDesk(ctx, size); err != nil {
				return err
			}
		}
		b.result.compareSizes("reads", b.Sizes)
	}
	if wanted("search") {
		if err := b.measureSearch(ctx); err != nil {
			return err
		}
	}
	if wanted("reports") {
		if err := b.measureReports(ctx); err != nil {
			return err
		}
	}
	if wanted("privacy") {
		if err := b.measurePrivacy(ctx); err != nil {
			return err
		}
	}
	if wanted("overload") {
		return b.measureOverload(ctx)
	}
	return nil
}

func (b *bench) measureIntakeDesk(ctx context.Context, wanted func(string) bool) (err error) {
	d, err := b.startDesk(ctx, "intake")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.stop()) }()
	if err := b.result.describe(ctx, d); err != nil {
		return err
	}
	if wanted("memory") {
		if err := b.measureMemory(ctx, d, 0); err != nil {
			return err
		}
	}
	if !wanted("intake") && !wanted("delay") {
		return nil
	}
	accounts, err := b.addAccounts(ctx, d)
	if err != nil {
		return err
	}
	if wanted("intake") {
		if err := b.measureIntake(ctx, d, accounts); err != nil {
			return fmt.Errorf("intake: %w", err)
		}
	}
	if wanted("delay") {
		if err := b.measureDelay(ctx, d, accounts); err != nil {
			return fmt.Errorf("delay: %w", err)
		}
	}
	return nil
}

func (b *bench) progress(format string, args ...any) { fmt.Fprintf(b.say, format+"\n", args...) }
