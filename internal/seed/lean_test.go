package seed_test

import (
	"testing"

	"github.com/askwell/askwell/internal/seed"
	"github.com/askwell/askwell/internal/testkit"
)

// A lean desk has the same tickets as a whole one, and nothing that hangs on them.
func TestLeanDesk(t *testing.T) {
	t.Parallel()
	whole, lean := testkit.Database(t), testkit.Database(t)
	const tickets = `SELECT (to_jsonb(t) - '{id,account_id,assignee_id}'::text[])::text FROM ticket t ORDER BY reference`
	run(t, whole, seed.Options{Tickets: 400, Accounts: 50})
	result := run(t, lean, seed.Options{Tickets: 400, Accounts: 50, Lean: true})
	check(t, "tickets", rows[string](t, whole, tickets), rows[string](t, lean, tickets))
	check(t, "result", seed.Result{Tickets: 400, Accounts: 50, Cases: result.Cases}, result)
	check(t, "messages, events and what the workers are asked", 0,
		count(t, lean, `SELECT (SELECT count(*) FROM message) + (SELECT count(*) FROM ticket_event) + (SELECT count(*) FROM outbox)`))
}

func TestManyYears(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	run(t, db, seed.Options{Tickets: 2400, Accounts: 50, Years: 4})
	check(t, "years with 500 to 700 tickets", []int{1, 2, 3, 4}, rows[int](t, db, `
		SELECT ago FROM generate_series(1, 4) AS ago
		WHERE (SELECT count(*) FROM ticket
			WHERE opened_at >= $1::timestamptz - make_interval(years => ago) AND opened_at < $1::timestamptz - make_interval(years => ago - 1)
		) BETWEEN 500 AND 700
		ORDER BY ago`, now))
}
