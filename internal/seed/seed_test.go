package seed_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/seed"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/ticket"
)

func TestMain(m *testing.M) { testkit.Main(m) }

var now = time.Date(2026, time.March, 18, 15, 20, 0, 0, time.UTC) // a Wednesday, late morning at the office

func run(t *testing.T, db *pgxpool.Pool, o seed.Options) seed.Result {
	t.Helper()
	if o.Now.IsZero() {
		o.Now = now
	}
	result, err := seed.Run(t.Context(), db, o, func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func rows[T any](t *testing.T, db *pgxpool.Pool, sql string, args ...any) []T {
	t.Helper()
	found, err := db.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(found, pgx.RowTo[T])
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func count(t *testing.T, db *pgxpool.Pool, sql string, args ...any) int {
	t.Helper()
	return rows[int](t, db, sql, args...)[0]
}

func check(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// print is everything that was made, without the rows' IDs.
func print(t *testing.T, db *pgxpool.Pool) []string {
	t.Helper()
	return rows[string](t, db, `
		(SELECT (to_jsonb(t) - '{id,account_id,assignee_id}'::text[])::text || COALESCE(a.number, '') || COALESCE(s.email, '')
		FROM ticket t LEFT JOIN account a ON a.id = t.account_id LEFT JOIN staff s ON s.id = t.assignee_id ORDER BY t.id)
		UNION ALL
		(SELECT (to_jsonb(m) - '{id,ticket_id,staff_id}'::text[])::text FROM message m ORDER BY m.ticket_id, m.id)
		UNION ALL
		(SELECT (to_jsonb(e) - '{id,ticket_id,staff_id,data}'::text[])::text FROM ticket_event e ORDER BY e.id)
		UNION ALL
		(SELECT (to_jsonb(a) - 'id')::text FROM account a ORDER BY a.id)
		UNION ALL
		(SELECT (to_jsonb(c) - '{id,account_id}'::text[])::text FROM account_case c ORDER BY c.id)`)
}

func TestSameSeedSameDesk(t *testing.T) {
	t.Parallel()
	first, second, third := testkit.Database(t), testkit.Database(t), testkit.Database(t)
	for db, o := range map[*pgxpool.Pool]seed.Options{
		first: {Tickets: 400, Seed: 7}, second: {Tickets: 400, Seed: 7, Now: now.Add(20 * time.Minute)}, third: {Tickets: 400, Seed: 8},
	} {
		run(t, db, o)
	}
	a, b, c := print(t, first), print(t, second), print(t, third)
	check(t, "another run of the same seed in the same hour", a, b)
	if cmp.Equal(a, c) {
		t.Error("another seed makes the same desk")
	}
}

func TestDefaultDesk(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	if err := seed.Staff(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	if err := seed.Staff(t.Context(), db); err != nil {
		t.Fatalf("a second time: %v", err)
	}
	result := run(t, db, seed.Options{Seed: 1})
	check(t, "result", seed.Result{Accounts: 1200, Tickets: 3000, Indexed: true,
		Cases: count(t, db, `SELECT count(*) FROM account_case`), Messages: count(t, db, `SELECT count(*) FROM message`),
		Events: count(t, db, `SELECT count(*) FROM ticket_event`)}, result)
	check(t, "outbox", []string{"account.changed 1200", "ticket.changed 3000"},
		rows[string](t, db, `SELECT event || ' ' || count(*) FROM outbox GROUP BY event ORDER BY event`))

	// Nothing lies in the future, and the year is full.
	check(t, "opened after now", 0, count(t, db, `SELECT count(*) FROM ticket WHERE updated_at > $1 OR opened_at > $1`, now))
	check(t, "events after now", 0, count(t, db, `SELECT count(*) FROM ticket_event WHERE at > $1`, now))
	check(t, "months without tickets", 0, count(t, db, `
		SELECT count(*) FROM generate_series($1::timestamptz - interval '12 months', $1::timestamptz - interval '1 month', interval '1 month') AS m
		WHERE NOT EXISTS (SELECT FROM ticket WHERE opened_at >= m AND opened_at < m + interval '1 month')`, now))

	// Every state that a ticket can be in is there to be seen.
	for _, state := range ticket.LinkStates() {
		if state != ticket.LinkWaiting && count(t, db, `SELECT count(*) FROM ticket t WHERE (`+ticket.LinkShownSQL+`) = $1`, state) == 0 {
			t.Errorf("no ticket is %s", state)
		}
	}
	for _, status := range ticket.Statuses() {
		if count(t, db, `SELECT count(*) FROM ticket WHERE status = $1`, status) == 0 {
			t.Errorf("no ticket is %s", status)
		}
	}
	for what, sql := range map[string]string{
		"spam":           `SELECT count(*) FROM ticket WHERE excluded_reason = 'spam'`,
		"duplicates":     `SELECT count(*) FROM ticket WHERE excluded_reason = 'duplicate'`,
		"in quarantine":  `SELECT count(*) FROM ticket WHERE suspected_of <> '{}' AND excluded_at IS NULL`,
		"in Spanish":     `SELECT count(*) FROM ticket WHERE language = 'es'`,
		"notes":          `SELECT count(*) FROM message WHERE kind = 'note'`,
		"found in text":  `SELECT count(*) FROM ticket WHERE number_in_text`,
		"unlinked":       `SELECT count(*) FROM ticket_event WHERE kind IN ('unlinked', 'link_confirmed')`,
		"of the sign-in": `SELECT count(*) FROM ticket t JOIN staff s ON s.id = t.assignee_id WHERE s.email = 'agent@askwell.test' AND t.status IN ('open', 'pending')`,
		"urgent":         `SELECT count(*) FROM ticket WHERE priority = 'urgent'`,
	} {
		if count(t, db, sql) == 0 {
			t.Errorf("none is %s", what)
		}
	}
	// Whoever opens the report sees that a number helps, over the year and over the last 90 days.
	for _, days := range []int{365, 90} {
		ratio := rows[float64](t, db, `
			SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY waited) FILTER (WHERE number_group = 'with')
				/ percentile_cont(0.5) WITHIN GROUP (ORDER BY waited) FILTER (WHERE number_group = 'without')
			FROM (SELECT number_group, COALESCE(extract(epoch FROM first_responded_at - opened_at)::float8, 'infinity') AS waited FROM ticket
				WHERE excluded_at IS NULL AND opened_at > $1::timestamptz - make_interval(days => $2)) AS x`, now, days)[0]
		if ratio > 0.95 {
			t.Errorf("over %d days the median with a number is %.2f of that without", days, ratio)
		}
	}
	check(t, "categories", count(t, db, `SELECT count(*) FROM category`), count(t, db, `SELECT count(DISTINCT category) FROM ticket`))
}

// What the columns say agrees with what the events and messages say, as it does for tickets that came in by the form.
func TestColumnsAgreeWithEvents(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	run(t, db, seed.Options{Tickets: 2000, Seed: 3})
	for what, sql := range map[string]string{
		"first response": `SELECT count(*) FROM ticket t WHERE first_responded_at IS DISTINCT FROM
			(SELECT min(created_at) FROM message m WHERE m.ticket_id = t.id AND kind = 'reply')`,
		"reply and its event": `SELECT count(*) FROM message m WHERE kind = 'reply' AND NOT EXISTS (SELECT FROM ticket_event e
			WHERE e.ticket_id = m.ticket_id AND e.kind = 'replied' AND (e.data->>'message')::bigint = m.id AND e.at = m.created_at AND e.staff_id = m.staff_id)`,
		"status": `SELECT count(*) FROM ticket t WHERE status <> COALESCE((SELECT data->>'to' FROM ticket_event e
			WHERE e.ticket_id = t.id AND e.kind IN ('replied', 'status_changed') ORDER BY id DESC LIMIT 1), 'new')`,
		"status before": `SELECT count(*) FROM (SELECT data->>'from' AS f, lag(data->>'to', 1, 'new') OVER (PARTITION BY ticket_id ORDER BY id) AS before
			FROM ticket_event WHERE kind IN ('replied', 'status_changed')) AS x WHERE f <> before`,
		"link": `SELECT count(*) FROM ticket t WHERE link_state <> COALESCE((SELECT data->'link_to'->>'state' FROM ticket_event e
			WHERE e.ticket_id = t.id AND data ? 'link_to' ORDER BY id DESC LIMIT 1), 'none')`,
		"account": `SELECT count(*) FROM ticket t WHERE account_id IS DISTINCT FROM (SELECT (data->'link_to'->>'account')::bigint FROM ticket_event e
			WHERE e.ticket_id = t.id AND data ? 'link_to' ORDER BY id DESC LIMIT 1)`,
		"assignee": `SELECT count(*) FROM ticket t WHERE assignee_id IS DISTINCT FROM (SELECT (data->>'to')::bigint FROM ticket_event e
			WHERE e.ticket_id = t.id AND kind = 'assigned' ORDER BY id DESC LIMIT 1)`,
		"order of events":   `SELECT count(*) FROM (SELECT at, lag(at) OVER (PARTITION BY ticket_id ORDER BY id) AS before FROM ticket_event) AS x WHERE at < before`,
		"order of messages": `SELECT count(*) FROM (SELECT created_at AS at, lag(created_at) OVER (PARTITION BY ticket_id ORDER BY id) AS before FROM message) AS x WHERE at < before`,
		"waiting": `SELECT count(*) FROM ticket WHERE (awaiting_since IS NOT NULL) <> (status IN ('new', 'open', 'pending', 'on_hold')
			AND COALESCE((SELECT kind FROM message m WHERE m.ticket_id = ticket.id AND kind <> 'note' ORDER BY id DESC LIMIT 1), '') <> 'reply')`,
		"first message": `SELECT count(*) FROM ticket t WHERE 1 <> (SELECT count(*) FROM message m WHERE m.ticket_id = t.id AND kind = 'inquiry')`,
		"answers outside of office hours": `SELECT count(*) FROM message WHERE kind = 'reply'
			AND NOT (extract(isodow FROM created_at AT TIME ZONE 'America/New_York') < 6 AND extract(hour FROM created_at AT TIME ZONE 'America/New_York') BETWEEN 8 AND 17)`,
	} {
		if n := count(t, db, sql); n != 0 {
			t.Errorf("%s: %d tickets disagree", what, n)
		}
	}
}

func TestRefusesAUsedDesk(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	run(t, db, seed.Options{Tickets: 50, Accounts: 10})
	_, err := seed.Run(t.Context(), db, seed.Options{Tickets: 50, Now: now}, func(int, int) {})
	if !failure.Is(err, failure.KindConflict) {
		t.Errorf("error is %v, want a conflict", err)
	}
	check(t, "tickets", 50, count(t, db, `SELECT count(*) FROM ticket`))
	run(t, db, seed.Options{Tickets: 70, Accounts: 10, More: true})
	check(t, "with more", 120, count(t, db, `SELECT count(*) FROM ticket`))
	check(t, "accounts", 20, count(t, db, `SELECT count(*) FROM account`))
	for _, o := range []seed.Options{{Tickets: -1}, {Tickets: seed.MaxTickets + 1}, {Accounts: 1}, {Accounts: -4}} {
		if _, err := seed.Run(t.Context(), db, o, func(int, int) {}); !failure.Is(err, failure.KindInvalid) {
			t.Errorf("%+v: error is %v, want invalid", o, err)
		}
	}
}

func TestCancelledLeavesNothing(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	ctx, stop := context.WithCancel(t.Context())
	_, err := seed.Run(ctx, db, seed.Options{Tickets: 20_000, Accounts: 10, Now: now}, func(int, int) { stop() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want that of the context", err)
	}
	check(t, "tickets", 0, count(t, db, `SELECT count(*) FROM ticket`))
	check(t, "accounts", 0, count(t, db, `SELECT count(*) FROM account`))
}

func TestOnlyTheDemoHasItsPassword(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	run(t, db, seed.Options{Tickets: 10})
	check(t, "sign-ins made by the seed alone", 0, count(t, db, `SELECT count(*) FROM staff WHERE email IN ('agent@askwell.test', 'supervisor@askwell.test', 'administrator@askwell.test')`))
	if err := seed.Staff(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	roles := rows[string](t, db, `SELECT role FROM staff WHERE demo AND email = split_part(email, '@', 1) || '@askwell.test' AND split_part(email, '@', 1) = role ORDER BY role`)
	check(t, "roles", []string{"administrator", "agent", "supervisor"}, roles)
}

func TestProgressEndsWithAll(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	var told, indexing []string
	_, err := seed.Run(t.Context(), db, seed.Options{
		Tickets: 2001, Accounts: 10, Now: now, Indexing: func(done, total int) { indexing = append(indexing, fmt.Sprint(done, total)) },
	}, func(done, total int) { told = append(told, fmt.Sprint(done, total)) })
	if err != nil {
		t.Fatal(err)
	}
	check(t, "progress", []string{"0 2001", "1000 2001", "2000 2001", "2001 2001"}, told)
	n := len(indexing)
	if n == 0 || indexing[n-1] != fmt.Sprint(n, n) {
		t.Errorf("of the indexes it told %v", indexing)
	}
}
