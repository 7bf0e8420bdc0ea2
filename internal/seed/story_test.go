package seed_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/seed"
	"github.com/askwell/askwell/internal/testkit"
)

// Whatever is stored as read from a number is what reading it gives, and linking it again gives the same.
func TestNumbersReadAsStored(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	run(t, db, seed.Options{Tickets: 1500, Seed: 5})
	type stored struct {
		Given, Read, Kind, Group, State string
		InText                          bool
		Subject, Body, Number           string
	}
	found, err := db.Query(t.Context(), `
		SELECT t.number_given AS given, t.number_read AS read, t.number_kind AS kind, t.number_group AS "group", t.link_state AS state,
			t.number_in_text AS in_text, t.subject, m.body, COALESCE(a.number, '') AS number
		FROM ticket t JOIN message m ON m.ticket_id = t.id AND m.kind = 'inquiry' LEFT JOIN account a ON a.id = t.account_id AND NOT 'chosen_by_agent' = ANY (t.link_evidence)`)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(found, pgx.RowToStructByName[stored])
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		field := s.Given
		if s.InText {
			field = ""
		}
		r := identifier.ReadInquiry(field, s.Subject, s.Body)
		got := stored{Given: r.Given, Read: r.Normal, Kind: string(r.Kind), Group: string(r.Group), InText: r.InText,
			State: s.State, Subject: s.Subject, Body: s.Body, Number: s.Number}
		check(t, "reading", s, got)
		if s.Number != "" && s.Number != s.Read {
			t.Errorf("%q is linked to %s", s.Given, s.Number)
		}
		if masked, kinds := identifier.MaskSensitive(s.Body); len(kinds) > 0 {
			t.Errorf("a text holds what must not be stored: %s", masked)
		}
	}
}

// The report has something to say: each group is large, and the one with a number is answered sooner. It asks about other things,
// so the crude medians tell less than the categories one by one, which tell what was put in: a quarter.
func TestGroupsDifferModestly(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	run(t, db, seed.Options{Tickets: 12_000, Seed: 2})
	for _, group := range []string{"with", "unusable", "without"} {
		if n := count(t, db, `SELECT count(*) FROM ticket WHERE number_group = $1`, group); n < 900 {
			t.Errorf("only %d tickets %s a number", n, group)
		}
	}
	crude := rows[float64](t, db, `
		SELECT exp(avg(ln(waited)) FILTER (WHERE g = 'with') - avg(ln(waited)) FILTER (WHERE g = 'without'))::float8
		FROM (SELECT number_group AS g, extract(epoch FROM first_responded_at - opened_at) AS waited FROM ticket
			WHERE excluded_at IS NULL AND first_responded_at IS NOT NULL) AS x`)[0]
	within := rows[float64](t, db, `
		SELECT exp(sum(n * difference) / sum(n))::float8 FROM (
			SELECT count(*) AS n, avg(ln(waited)) FILTER (WHERE g = 'with') - avg(ln(waited)) FILTER (WHERE g = 'without') AS difference
			FROM (SELECT number_group AS g, category, extract(epoch FROM first_responded_at - opened_at) AS waited FROM ticket
				WHERE excluded_at IS NULL AND first_responded_at IS NOT NULL) AS x
			GROUP BY category) AS y`)[0]
	if within < 0.68 || within > 0.82 {
		t.Errorf("within the categories those with a number wait %.2f times as long, want 0.75", within)
	}
	if crude > 0.95 || crude < within+0.05 {
		t.Errorf("crudely they wait %.2f times as long, within the categories %.2f", crude, within)
	}
	if share := count(t, db, `SELECT 100 * count(*) FILTER (WHERE first_responded_at IS NULL) / count(*) FROM ticket WHERE excluded_at IS NULL`); share < 1 || share > 10 {
		t.Errorf("%d %% are unanswered", share)
	}
}
