package report_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/testkit"
)

// BenchmarkMake reads a report over 100,000 tickets, all of them in the cohort.
func BenchmarkMake(b *testing.B) {
	db := testkit.Database(b)
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	random := rand.New(rand.NewPCG(1, 2))
	tickets := make([]past, 100_000)
	for i := range tickets {
		opened := from.Add(time.Duration(i) * 5 * time.Minute / 2)
		responded := opened.Add(time.Duration(random.ExpFloat64() * float64(48*time.Hour)))
		tickets[i] = past{group: []identifier.Group{"with", "without", "unusable"}[random.IntN(3)], opened: opened, responded: &responded}
	}
	insert(b, db, tickets)
	if _, err := db.Exec(b.Context(), `VACUUM ANALYZE ticket`); err != nil {
		b.Fatal(err)
	}
	service := report.NewService(db, nil)
	query := report.Query{From: from, To: from.AddDate(1, 0, 0), AsOf: from.AddDate(0, 6, 0), Measure: report.FirstResponse}
	for b.Loop() {
		if _, err := service.Make(b.Context(), query); err != nil {
			b.Fatal(err)
		}
	}
}
