package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func reported(name string, size deskSize, p95 float64) Row {
	return Row{
		Part: "reports", Name: name, Tickets: size.tickets, Years: size.years, Unit: "ms", Times: &Times{p95 / 2, p95, p95}, Value: spread(p95 / 2), Goal: name != rowFresh,
		Floor: &Floor{Name: floorPacked, Value: spread(10)}, Second: &Floor{Name: floorCounted, Value: spread(100)},
	}
}

// The slowest kind of report on each desk of a million and more is held to its goal, and every desk's slowest answer.
func TestGoalsOfReports(t *testing.T) {
	t.Parallel()
	small, large, hard := deskSize{1000, 1}, deskSize{10 * million, 10}, deskSize{10 * million, 1}
	var r Result
	r.add(
		reported("by number", small, 9000), reported(rowFresh, small, 60_000),
		reported("by number", deskSize{million, 1}, 149), reported("by week", deskSize{million, 1}, 150),
		reported("by number", large, 299), reported("by week", large, 1), reported("by number", hard, 300.5), reported(rowFresh, hard, 2000),
	)
	r.judge()
	got := map[string]bool{}
	for _, g := range r.Goals {
		got[g.Name+": "+g.Got] = g.Met
	}
	want := map[string]bool{
		"an answer is in the report of 1000 tickets in a year within a minute: 60.0 s":                              false,
		"an answer is in the report of 10000000 tickets in a year within a minute: 2.0 s":                           true,
		"every report of a year on a desk with 1000000 tickets in a year under 150 ms p95: 150.0 ms (by week)":      false,
		"every report of a year on a desk with 10000000 tickets in 10 years under 300 ms p95: 299.0 ms (by number)": true,
		"every report of a year on a desk with 10000000 tickets in a year under 300 ms p95: 300.5 ms (by number)":   false,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	var out strings.Builder
	if err := r.writeTable(&out); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"Reports of a year", "150.0", "7.50", "0.75"} { // p95 of by week, and the ratios of its p50 to both floors
		if !strings.Contains(out.String(), text) {
			t.Errorf("the table lacks %q:\n%s", text, out.String())
		}
	}
}

// Every kind asks for a year that ends now, by the newest ticket's day, and no cut-off is asked for twice.
func TestReportsAskForAYear(t *testing.T) {
	t.Parallel()
	y := year{until: time.Date(2026, time.November, 25, 23, 30, 0, 0, time.UTC), from: time.Date(2025, time.November, 26, 0, 0, 0, 0, time.UTC), queue: "cases"}
	asked := map[string]bool{}
	for _, k := range y.kinds() {
		for _, path := range k.paths {
			if !strings.Contains(path, "from=2025-11-26") || asked[path] {
				t.Errorf("%s asks for %s", k.name, path)
			}
			asked[path] = true
		}
	}
	if !asked["/console/reports/response-times.json?as_of=2026-05-25T23%3A31%3A00Z&from=2025-11-26"] {
		t.Error("no cut-off lies half a year back")
	}
}
