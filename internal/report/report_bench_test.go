package report_test

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/testkit"
)

// benchTickets is how many tickets a benchmark's desk has.
func benchTickets(b *testing.B) int {
	b.Helper()
	s := os.Getenv("ASKWELL_BENCH_TICKETS")
	if s == "" {
		return 100_000
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// BenchmarkMake reads a report over a year of tickets, all of them in the cohort: 100,000, or ASKWELL_BENCH_TICKETS.
func BenchmarkMake(b *testing.B) {
	db := testkit.Database(b)
	n := benchTickets(b)
	from := time.Date(2025, 11, 24, 0, 0, 0, 0, time.UTC)
	random := rand.New(rand.NewPCG(1, 2))
	categories := []string{"processing-time", "notice-not-received", "card-not-received", "case-question", "change-of-address", "access-code", "something-else"}
	for written := 0; written < n; {
		tickets := make([]past, min(50_000, n-written))
		for i := range tickets {
			opened := from.Add(time.Duration(float64(written+i) / float64(n) * float64(360*24*time.Hour)))
			tickets[i] = past{
				number: written + i, group: []identifier.Group{"with", "without", "unusable"}[random.IntN(3)], opened: opened,
				category: categories[random.IntN(len(categories))],
			}
			if random.IntN(20) > 0 {
				responded := opened.Add(time.Duration(random.ExpFloat64() * float64(48*time.Hour)))
				tickets[i].responded = &responded
			}
		}
		insert(b, db, tickets)
		written += len(tickets)
	}
	begun := time.Now()
	if err := (report.Recorder{DB: db}).Rebuild(b.Context(), nil); err != nil {
		b.Fatal(err)
	}
	b.Logf("%d tickets packed in %s", n, time.Since(begun))
	for name, p := range map[string]report.Params{
		"number": {}, "business": {Clock: "business"}, "week": {By: "week"}, "a quarter": {From: "2026-08-20"}, "one queue": {Queue: "cases"},
		"in the past": {AsOf: "2026-05-01"},
	} {
		if p.From == "" {
			p.From = "2025-11-24"
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				madeOf(b, db, p)
			}
		})
	}
}
