package report_test

import (
	"cmp"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// past is a ticket as it stands today.
type past struct {
	group             identifier.Group
	opened            time.Time
	responded, solved *time.Time
	excluded          string
	excludedAt        *time.Time
	suspected         bool
	number            int    // of its reference; its place when 0
	category          string // "case-question" when empty
	language, channel string // "en" and "import" when empty
}

var pastColumns = []string{
	"reference", "status", "channel", "language", "category", "category_submitted", "queue_id", "applicant_name",
	"applicant_email", "subject", "number_group", "opened_at", "updated_at", "first_responded_at", "solved_at",
	"excluded_reason", "excluded_at", "suspected_of",
}

// insert writes tickets in the order given; their references are reference(0), reference(1), ...
func insert(t testing.TB, db *pgxpool.Pool, tickets []past) {
	t.Helper()
	rows, err := db.Query(context.Background(), `SELECT code, queue_id FROM category`)
	if err != nil {
		t.Fatal(err)
	}
	queues := map[string]int64{}
	var code string
	var queue int64
	if _, err := pgx.ForEachRow(rows, []any{&code, &queue}, func() error { queues[code] = queue; return nil }); err != nil {
		t.Fatal(err)
	}
	_, err = db.CopyFrom(context.Background(), pgx.Identifier{"ticket"}, pastColumns,
		pgx.CopyFromSlice(len(tickets), func(i int) ([]any, error) {
			p := tickets[i]
			category := cmp.Or(p.category, "case-question")
			var reason *string
			if p.excluded != "" {
				reason = &p.excluded
			}
			suspected := []string{}
			if p.suspected {
				suspected = append(suspected, "honeypot")
			}
			return []any{
				reference(cmp.Or(p.number, i)), "open", cmp.Or(p.channel, "import"), cmp.Or(p.language, "en"), category, category, queues[category], "Ana Núñez",
				"ana@mail.example", fmt.Sprintf("Question %d", i), string(p.group), p.opened, p.opened, p.responded, p.solved,
				reason, p.excludedAt, suspected,
			}, nil
		}))
	if err != nil {
		t.Fatal(err)
	}
}

// reference makes a reference of the right shape out of a number.
func reference(n int) string {
	const letters = "23456789ABCDEFGH"
	code := []byte("ASK-2222-2222")
	for i := len(code) - 1; n > 0; i-- {
		if code[i] != '-' {
			code[i] = letters[n%len(letters)]
			n /= len(letters)
		}
	}
	return string(code)
}
