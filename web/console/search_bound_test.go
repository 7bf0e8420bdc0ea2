package console_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/staff"
)

// Where PostgreSQL stops counting, at 5,000, the page says "at least" and not a number that is none.
func TestBrowserSaysAtLeast(t *testing.T) {
	t.Parallel()
	s, _ := searchDesk(t)
	const many = 5001
	var queue int64
	if err := s.DB.QueryRow(t.Context(), `SELECT min(id) FROM queue`).Scan(&queue); err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC()
	_, err := s.DB.CopyFrom(t.Context(), pgx.Identifier{"ticket"}, []string{
		"reference", "channel", "language", "category", "category_submitted", "queue_id", "applicant_name", "applicant_email", "subject", "number_group",
		"opened_at", "updated_at",
	}, pgx.CopyFromSlice(many, func(i int) ([]any, error) {
		return []any{
			identifier.ReferenceOf(int64(i) * 5_000_011), "form", "en", "feedback", "feedback", queue, "Ana Núñez", "ana@mail.example",
			fmt.Sprintf("Lighthouse %d", i), "without", now, now,
		}, nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	s.index(t)
	s.away(t)
	tab := s.browse(t, staff.RoleAgent, "ana@staff.test")
	tab.Press("/")
	tab.Type("lighthouse")
	tab.PressAndLoad("Enter")
	if got := tab.Text("main"); !strings.Contains(got, "At least 5,000 results") || !strings.Contains(got, "PostgreSQL") {
		t.Errorf("the page says %q", got[:min(len(got), 400)])
	}
	if got := tab.Text(".tabs"); !strings.Contains(got, "5,000+") {
		t.Errorf("the tabs count %q", got)
	}
	tab.Axe()
}
