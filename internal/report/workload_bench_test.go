package report_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/testkit"
)

// BenchmarkWorkload reads the work in hand of a desk with a year of tickets, 100,000 or ASKWELL_BENCH_TICKETS. One in fifty is
// in hand, and waits.
func BenchmarkWorkload(b *testing.B) {
	db := testkit.Database(b)
	n := benchTickets(b)
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	random := rand.New(rand.NewPCG(1, 2))
	for written := 0; written < n; {
		tickets := make([]past, min(50_000, n-written))
		for i := range tickets {
			opened := now.Add(-time.Duration((1 - float64(written+i)/float64(n)) * float64(365*24*time.Hour)))
			tickets[i] = past{number: written + i, group: identifier.GroupWithout, opened: opened}
			if random.IntN(50) > 0 {
				responded := opened.Add(time.Duration(random.ExpFloat64() * float64(48*time.Hour)))
				tickets[i].responded = &responded
			}
		}
		insert(b, db, tickets)
		written += len(tickets)
	}
	for _, sql := range []string{
		`UPDATE ticket SET status = CASE WHEN first_responded_at IS NULL THEN 'new' ELSE 'solved' END,
			awaiting_since = CASE WHEN first_responded_at IS NULL THEN opened_at END`,
		`VACUUM ANALYZE ticket`,
	} {
		if _, err := db.Exec(b.Context(), sql); err != nil {
			b.Fatal(err)
		}
	}
	if err := (report.Recorder{DB: db}).Rebuild(b.Context(), nil); err != nil {
		b.Fatal(err)
	}
	service := report.NewService(db, func() time.Time { return now })
	for name, p := range map[string]report.Params{"desk": {}, "half a year": {From: "2026-06-01"}, "a queue": {Queue: "cases"}} {
		b.Run(name, func(b *testing.B) {
			q, err := report.ParseWorkloadQuery(p, time.UTC, now)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := service.Workload(b.Context(), q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
