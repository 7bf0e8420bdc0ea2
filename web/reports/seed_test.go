package reports_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/identifier"
)

// seed writes a year of tickets: those with a number are answered sooner, some wait still, some are spam or merged. The same
// numbers each time, counted back from now.
func seed(t testing.TB, db *pgxpool.Pool) {
	t.Helper()
	now := time.Now().Truncate(time.Microsecond)
	random := rand.New(rand.NewPCG(7, 7))
	var queue int64
	if err := db.QueryRow(context.Background(), `SELECT min(id) FROM queue`).Scan(&queue); err != nil {
		t.Fatal(err)
	}
	_, err := db.CopyFrom(context.Background(), pgx.Identifier{"ticket"}, []string{
		"reference", "status", "channel", "language", "category", "category_submitted", "queue_id", "applicant_name",
		"applicant_email", "subject", "number_group", "opened_at", "updated_at", "first_responded_at", "solved_at",
		"excluded_reason", "excluded_at",
	}, pgx.CopyFromSlice(4000, func(i int) ([]any, error) {
		opened := now.Add(-time.Duration(random.Float64() * float64(365*24*time.Hour)))
		group, mean := "with", 40*time.Hour
		switch p := random.Float64(); {
		case p < 0.45:
			group, mean = "without", 62*time.Hour
		case p < 0.55:
			group, mean = "unusable", 70*time.Hour
		}
		after := func(from time.Time, mean time.Duration) *time.Time {
			at := from.Add(time.Duration(random.ExpFloat64() * float64(mean)))
			if at.After(now) || random.Float64() < 0.02 {
				return nil
			}
			return &at
		}
		responded := after(opened, mean)
		solved := after(opened, 4*mean)
		var reason *string
		var excluded *time.Time
		if p := random.Float64(); p < 0.03 {
			why := []string{"spam", "merged", "duplicate"}[i%3]
			reason, excluded = &why, after(opened, time.Hour)
			if excluded == nil {
				reason = nil
			}
		}
		category := []string{"case-question", "access-code", "processing-time"}[i/3%3]
		return []any{
			identifier.ReferenceOf(int64(i) * 5_000_011), "open", "seed", []string{"en", "en", "es"}[i%3], category, category, queue, "Ana Núñez", "ana@mail.example",
			fmt.Sprintf("Where is my notice, the one of letter %d? It was mailed to an old address and I need it for work", i),
			group, opened, opened, responded, solved, reason, excluded,
		}, nil
	}))
	if err != nil {
		t.Fatal(err)
	}
}
