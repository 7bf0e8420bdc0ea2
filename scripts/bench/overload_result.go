package main

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"
)

// Overload is one flood, and what the desk did in it.
type Overload struct {
	Name     string  `json:"name"`
	Seconds  float64 `json:"seconds"`
	Accepted Answers `json:"accepted"`
	Refused  Answers `json:"refused"` // 503
	Failed   int     `json:"failed"`
	Failures string  `json:"failures,omitempty"`
	Late     *Times  `json:"generator_late,omitempty"` // how long after its time a form was sent

	Before  Seen    `json:"before"`
	During  Seen    `json:"during"`
	After   Seen    `json:"after"`        // in the second in which all was as before
	Back    float64 `json:"back_seconds"` // until that; -1 for never
	Peak    float64 `json:"peak_mb"`      // resident, of the process askwell
	Missing int     `json:"missing"`      // acknowledged and not in the database, or the other way round
	// Shares of the processors, 1 for all of them.
	Askwell, Postgres, Client float64
}

// Answers are those of one kind.
type Answers struct {
	Count int   `json:"count"`
	Times Times `json:"times"`
}

func (o *Overload) take(f *flood) {
	o.Accepted = Answers{len(f.accepted), percentiles(f.accepted)}
	o.Refused = Answers{len(f.refused), percentiles(f.refused)}
	if len(f.late) > 0 {
		late := percentiles(f.late)
		o.Late = &late
	}
}

func (o *Overload) share(used CPU, in time.Duration) {
	of := func(d time.Duration) float64 { return d.Seconds() / in.Seconds() / float64(runtime.NumCPU()) }
	o.Askwell, o.Postgres, o.Client = of(used.Askwell), of(used.Postgres), of(used.Client)
}

// String is one line of progress.
func (o Overload) String() string {
	return fmt.Sprintf("%s: %d accepted (p95 %.0f ms), %d refused (p95 %.0f ms), %d failed %s; list p95 %.0f ms; peak %.0f MB; back after %.1f s",
		o.Name, o.Accepted.Count, o.Accepted.Times.P95, o.Refused.Count, o.Refused.Times.P95, o.Failed, o.Failures, o.During.List.P95, o.Peak, o.Back)
}

func (r *Result) writeOverload(out io.Writer) error {
	if len(r.Overload) == 0 {
		return nil
	}
	fmt.Fprintf(out, "\nFloods beside %d agents, each with a page every %s, in ms; times of %d a second from when a form was due\n", floodAgents,
		agentPause, floodRate)
	for _, o := range r.Overload {
		fmt.Fprintf(out, "\n%s, for %.0f s\n", o.Name, o.Seconds)
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight|tabwriter.TabIndent)
		fmt.Fprintln(w, "count\ta second\t"+timeHeads+"  what")
		line := func(what string, count int, t Times) {
			fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t  %s\n", count, figure(float64(count)/o.Seconds), milliseconds(t.P50), milliseconds(t.P95), milliseconds(t.P99), what)
		}
		line("accepted", o.Accepted.Count, o.Accepted.Times)
		line("refused (503)", o.Refused.Count, o.Refused.Times)
		if o.Late != nil {
			line("sent, after they were due", o.Accepted.Count+o.Refused.Count+o.Failed, *o.Late)
		}
		line("agents' list", o.During.Lists, o.During.List)
		line("agents' ticket page", o.During.Lists, o.During.Ticket)
		if err := w.Flush(); err != nil {
			return err
		}
		fmt.Fprintf(out, "before: list %s, intake %s; again as before after %.1f s: list %s, intake %s (p95)\n", milliseconds(o.Before.List.P95),
			milliseconds(o.Before.Intake.P95), o.Back, milliseconds(o.After.List.P95), milliseconds(o.After.Intake.P95))
		fmt.Fprintf(out, "askwell (web, workers, search server and Redis in one process) had at most %.0f MB resident; processors: askwell %.0f %%, PostgreSQL %.0f %%, load generator %.0f %%\n",
			o.Peak, 100*o.Askwell, 100*o.Postgres, 100*o.Client)
		if o.Failed > 0 {
			fmt.Fprintf(out, "failed: %s\n", strings.TrimSpace(o.Failures))
		}
	}
	return nil
}

// What a flood must not do.
const (
	wantedRefusal = 200.0 // ms, p95
	wantedAgents  = 500.0 // ms, p95 of the list
	wantedPeak    = 300.0 // MB
	wantedBack    = 5.0   // s
)

func (r *Result) judgeOverload() {
	for _, o := range r.Overload {
		add := func(what, got string, met bool) { r.Goals = append(r.Goals, Goal{o.Name + ": " + what, got, met}) }
		add(fmt.Sprintf("refused within %.0f ms p95", wantedRefusal), fmt.Sprintf("%.0f ms", o.Refused.Times.P95), o.Refused.Count == 0 || o.Refused.Times.P95 < wantedRefusal)
		add(fmt.Sprintf("agents' list under %.0f ms p95", wantedAgents), fmt.Sprintf("%.0f ms", o.During.List.P95), o.During.Lists > 0 && o.During.List.P95 < wantedAgents)
		if o.Peak > 0 {
			add(fmt.Sprintf("memory under %.0f MB", wantedPeak), fmt.Sprintf("%.0f MB", o.Peak), o.Peak < wantedPeak)
		}
		add(fmt.Sprintf("as before within %.0f s", wantedBack), fmt.Sprintf("%.1f s", o.Back), o.Back >= 0 && o.Back <= wantedBack)
		add("each acknowledged inquiry is there once, and no other", fmt.Sprintf("%d differ, %d requests failed", o.Missing, o.Failed), o.Missing == 0 && o.Failed == 0)
	}
}
