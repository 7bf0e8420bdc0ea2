package main

import (
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
)

// writeTable prints the figures for people.
func (r *Result) writeTable(out io.Writer) error {
	m := r.Machine
	fmt.Fprintf(out, "\n%s, %d cores, %.0f GB, %s; PostgreSQL %s, Redis %s; %s; took %.0f s\n", m.Processor, m.Cores, m.MemoryGB, m.System,
		m.Postgres, m.Redis, m.Go, r.Took)
	if r.Load[0] > 0.5 {
		fmt.Fprintf(out, "The machine was BUSY with other things (load %.1f before): take the figures with care; processor times hold.\n", r.Load[0])
	}
	fmt.Fprintln(out, "The desk runs as `askwell up` does, workers on, PostgreSQL with fsync and synchronous_commit on; pgbench alone, on the same server.")
	part := ""
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight|tabwriter.TabIndent)
	for _, row := range r.Rows {
		if row.Part != part {
			if err := w.Flush(); err != nil {
				return err
			}
			part = row.Part
			fmt.Fprintf(out, "\n%s\n", titles[part])
			fmt.Fprintln(w, heads[part])
		}
		fmt.Fprintln(w, row.line())
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := r.writeRelevance(out); err != nil {
		return err
	}
	if err := r.writePrivacy(out); err != nil {
		return err
	}
	if err := r.writeOverload(out); err != nil {
		return err
	}
	r.writeNotes(out)
	return nil
}

var titles = map[string]string{
	"intake": "Intake: medians over rounds", "delay": "From acknowledged to linked and searchable, in ms",
	"reads": "Reading, one request after the other, in ms", "filling": "Filling a desk and its search indexes",
	"search":  "Searching, one request after the other, counts and all, in ms",
	"reports": "Reports of a year, one request after the other, in ms; floors: " + floorPacked + ", and " + floorCounted, "memory": "Memory at rest, shared memory counted once, in MB",
}

const timeHeads = "p50\tp95\tp99\t"

var heads = map[string]string{
	"intake":  "clients\tper second\tmin\tmax\t" + timeHeads + "floor\tp50\tp95\tratio\tcpu µs\tfloor\t  what, and its floor",
	"delay":   timeHeads + "floor p50\tratio\t  what, and its floor",
	"reads":   "tickets\t" + timeHeads + "floor p50\tp95\tratio\tgrowth\tcpu µs\t  what, and its floor",
	"filling": "tickets\tper second\t  what",
	"search":  "tickets\tengine\t" + timeHeads + "floor p50\tp95\tratio\tgrowth\t  what, and its floor",
	"reports": "tickets\tyears\tfirst\t" + timeHeads + "packed\tratio\tcounted\tratio\tgrowth\tcpu µs\t  what",
	"memory":  "tickets\tMB\tfloor\tratio\t  what, and its floor",
}

func (row Row) line() string {
	floor, floorTimes, what := "-", Times{}, row.Name
	var floorCPU *Work
	if row.Floor != nil {
		floor = figure(row.Floor.Value.Median)
		what += " / " + row.Floor.Name
		floorCPU = row.Floor.CPU
		if row.Floor.Times != nil {
			floorTimes = *row.Floor.Times
		}
	}
	times := Times{}
	if row.Times != nil {
		times = *row.Times
	}
	three := milliseconds(times.P50) + "\t" + milliseconds(times.P95) + "\t" + milliseconds(times.P99)
	switch row.Part {
	case "intake":
		return fmt.Sprintf("%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t  %s", row.Clients, figure(row.Value.Median), figure(row.Value.Min),
			figure(row.Value.Max), three, floor, milliseconds(floorTimes.P50), milliseconds(floorTimes.P95), ratio(row.Ratio),
			row.CPU.whole(), floorCPU.whole(), what)
	case "delay":
		return fmt.Sprintf("%s\t%s\t%s\t  %s", three, milliseconds(floorTimes.P50), ratio(row.Ratio), what)
	case "reads":
		return fmt.Sprintf("%d\t%s\t%s\t%s\t%s\t%s\t%s\t  %s", row.Tickets, three, milliseconds(floorTimes.P50), milliseconds(floorTimes.P95),
			ratio(row.Ratio), ratio(row.Growth), row.CPU.whole(), what)
	case "filling":
		return fmt.Sprintf("%d\t%s\t  %s", row.Tickets, figure(row.Value.Median), what)
	case "reports":
		counted := "-"
		if row.Second != nil {
			counted = figure(row.Second.Value.Median)
		}
		return fmt.Sprintf("%d\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t  %s", row.Tickets, row.Years, milliseconds(row.First), three, floor,
			ratio(row.Ratio), counted, ratio(row.SecondRatio), ratio(row.Growth), row.CPU.whole(), row.Name)
	case "search":
		return fmt.Sprintf("%d\t%s\t%s\t%s\t%s\t%s\t%s\t  %s", row.Tickets, row.Engine, three, milliseconds(floorTimes.P50),
			milliseconds(floorTimes.P95), ratio(row.Ratio), ratio(row.Growth), what)
	}
	return fmt.Sprintf("%d\t%s\t%s\t%s\t  %s", row.Tickets, figure(row.Value.Median), floor, ratio(row.Ratio), what)
}

func (r *Result) writeNotes(out io.Writer) {
	fmt.Fprintln(out)
	for _, row := range r.Rows {
		if row.CPU != nil && row.Part == "intake" && row.Floor.CPU != nil {
			row.Note = fmt.Sprintf("processor µs each: askwell %.0f, PostgreSQL %.0f, client %.0f; floor: PostgreSQL %.0f, pgbench %.0f",
				row.CPU.Askwell, row.CPU.Postgres, row.CPU.Client, row.Floor.CPU.Postgres, row.Floor.CPU.Client)
		}
		if row.Note == "" {
			continue
		}
		at := ""
		switch {
		case row.Clients > 0:
			at = " (" + strconv.Itoa(row.Clients) + " clients)"
		case row.Part == "memory", row.Part == "reads", row.Part == "filling", row.Part == "search":
			at = " (" + strconv.Itoa(row.Tickets) + " tickets)"
		}
		fmt.Fprintf(out, "%s%s: %s\n", row.Name, at, row.Note)
	}
	fmt.Fprintln(out, "\nTo beat, at 100,000 tickets on such a machine:")
	for _, rival := range r.ToBeat {
		fmt.Fprintf(out, "  %s %s\n", rival.Name, rival.Did)
	}
	for _, goal := range r.Goals {
		verdict := "MISSED"
		if goal.Met {
			verdict = "met"
		}
		fmt.Fprintf(out, "  goal: %s: %s, %s\n", goal.Name, goal.Got, verdict)
	}
}

func figure(v float64) string {
	if v < 10 {
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
	return strconv.FormatFloat(v, 'f', 0, 64)
}

func milliseconds(v float64) string {
	switch {
	case v == 0:
		return "-"
	case v < 10:
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
	return strconv.FormatFloat(v, 'f', 1, 64)
}

func ratio(v float64) string {
	if v == 0 {
		return "-"
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

// whole is the processor time of the desk, the load generator's aside.
func (w *Work) whole() string {
	if w == nil {
		return "-"
	}
	return strconv.FormatFloat(w.Askwell+w.Postgres, 'f', 0, 64)
}
