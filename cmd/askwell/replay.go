package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/askwell/askwell/internal/replay"
)

const replayWords = `FILE.csv --to URL [--concurrency N] [--rate R] [--think D] [--patience D] [--report FILE.json] [--out FILE.csv]

Sends each inquiry of the file through the public form, as a browser of its own would: it opens the form, takes its time, sends,
and opens the confirmation. FILE - reads standard input. Columns: %s; others are ignored.
The exit code is 1 when any inquiry was not acknowledged.
`

// replaying is what `askwell replay` was told.
type replaying struct {
	replay.Config
	file, report, out string
}

func runReplay(ctx context.Context, t terminal, args []string) error {
	in, err := parseReplay(t, args)
	if err != nil {
		return err
	}
	source, _, err := openSource(t, in.file)
	if err != nil {
		return err
	}
	inquiries, err := replay.Read(interruptible(ctx, source))
	if closed := source.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	bar := newBar(t, "inquiries")
	in.Progress = func(p replay.Progress) {
		part := float64(p.Accepted+p.Failed) / float64(max(p.Total, 1))
		bar.show(part, fmt.Sprintf("%s of %s acknowledged, %s filling the form in, %s failed",
			thousands(p.Accepted), thousands(p.Total), thousands(p.Thinking), thousands(p.Failed)))
	}
	report, err := replay.Run(ctx, in.Config, inquiries)
	bar.end()
	if err != nil {
		return err
	}
	if err := in.write(t, report); err != nil {
		return err
	}
	printReplay(t.out, report)
	if missing := report.Inquiries - report.Accepted; missing > 0 {
		return fmt.Errorf("%s of %s inquiries were not acknowledged", thousands(missing), thousands(report.Inquiries))
	}
	return nil
}

func parseReplay(t terminal, args []string) (replaying, error) {
	var in replaying
	fs := t.flags("replay", fmt.Sprintf(replayWords, strings.Join(replay.Columns(), ", ")))
	to := fs.String("to", "", "the desk's `URL`, for example http://localhost:8080")
	fs.IntVar(&in.Concurrency, "concurrency", 8, "requests in flight at once")
	fs.Float64Var(&in.Rate, "rate", 0, "visitors who begin each second (0: no limit)")
	fs.DurationVar(&in.Think, "think", 3200*time.Millisecond, "what a visitor takes to fill the form in; less than FORM_MIN_FILL looks like a machine")
	fs.DurationVar(&in.Patience, "patience", 2*time.Minute, "how long an inquiry is tried again while the desk is unavailable or asks to wait")
	fs.StringVar(&in.report, "report", "", "write the figures to this JSON `file`")
	fs.StringVar(&in.out, "out", "", "write id,reference to this CSV `file`")
	if err := parse(fs, args, &in.file); err != nil {
		return in, err
	}
	if in.file == "" || *to == "" {
		fs.Usage()
		return in, errUsage
	}
	var err error
	in.To, err = replay.CheckURL(*to)
	return in, err
}

// write puts the report and the references where they were asked for.
func (in replaying) write(t terminal, report replay.Report) error {
	if in.report != "" {
		err := writeOut(in.report, t.out, func(w io.Writer) error {
			out := json.NewEncoder(w)
			out.SetIndent("", "  ")
			return out.Encode(report)
		})
		if err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
	}
	if in.out == "" {
		return nil
	}
	err := writeOut(in.out, t.out, func(w io.Writer) error {
		rows := [][]string{{"id", "reference"}}
		for _, a := range report.References {
			rows = append(rows, []string{a.ID, a.Reference})
		}
		return csv.NewWriter(w).WriteAll(rows)
	})
	if err != nil {
		return fmt.Errorf("write the references: %w", err)
	}
	return nil
}

// printed is how many failures are told one by one; --report has all.
const printed = 20

func printReplay(w io.Writer, r replay.Report) {
	fmt.Fprintf(w, "%s of %s inquiries acknowledged in %.1f s, %.1f a second; %s tried again\n",
		thousands(r.Accepted), thousands(r.Inquiries), r.Seconds, r.AcceptedPerSecond, thousands(r.Retries))
	fmt.Fprintf(w, "sending one took p50 %.1f ms, p95 %.1f ms, p99 %.1f ms, at most %.1f ms\n", r.Post.P50, r.Post.P95, r.Post.P99, r.Post.Max)
	for _, what := range []string{"form", "inquiry", "confirmation"} {
		for _, status := range slices.Sorted(maps.Keys(r.Statuses[what])) {
			fmt.Fprintf(w, "  %-13s %-10s %s\n", what, status, thousands(r.Statuses[what][status]))
		}
	}
	for i, f := range r.Failed {
		if i == printed {
			fmt.Fprintf(w, "  and %s more; --report FILE.json lists them all\n", thousands(len(r.Failed)-printed))
			break
		}
		fmt.Fprintf(w, "  failed: %s: %s\n", f.ID, f.Why)
	}
}
