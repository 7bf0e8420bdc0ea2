package seed_test

import (
	"testing"

	"github.com/askwell/askwell/internal/seed"
	"github.com/askwell/askwell/internal/testkit"
)

// The demo's searches for accounts are such as the application writes, and there is something to see: without a number agents
// search, with one they hardly do.
func TestLookupsAreAsTheApplicationWritesThem(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	run(t, db, seed.Options{Tickets: 3000, Seed: 4})
	for name, sql := range map[string]string{
		"found before it was looked for": `SELECT count(*) FROM account_lookup f JOIN account_lookup l USING (ticket_id)
			WHERE f.what = 'found' AND l.what = 'looked' AND f.at < l.at`,
		"searched before or after": `SELECT count(*) FROM account_lookup s JOIN account_lookup l USING (ticket_id) LEFT JOIN account_lookup f
			ON f.ticket_id = s.ticket_id AND f.what = 'found' WHERE s.what = 'searched' AND l.what = 'looked' AND (s.at < l.at OR s.at > f.at)`,
		"found without a look": `SELECT count(*) FROM account_lookup f WHERE what = 'found' AND NOT EXISTS
			(SELECT FROM account_lookup l WHERE l.ticket_id = f.ticket_id AND l.what = 'looked')`,
		"found, and not linked": `SELECT count(*) FROM account_lookup f WHERE what = 'found' AND NOT EXISTS
			(SELECT FROM ticket_event e WHERE e.ticket_id = f.ticket_id AND e.at = f.at AND e.actor = 'staff' AND e.kind IN ('linked', 'link_confirmed'))`,
		"linked by an agent, and not found": `SELECT count(*) FROM ticket_event e WHERE e.actor = 'staff' AND e.kind = 'linked' AND NOT EXISTS
			(SELECT FROM account_lookup f WHERE f.ticket_id = e.ticket_id AND f.what = 'found' AND f.at = e.at)`,
		"looked for where the number led to it": `SELECT count(*) FROM account_lookup l JOIN ticket t ON t.id = l.ticket_id
			WHERE l.what = 'looked' AND t.link_state IN ('verified', 'corroborated')`,
	} {
		if n := count(t, db, sql); n != 0 {
			t.Errorf("%d are %s", n, name)
		}
	}
	for group, least := range map[string]int{"with": 10, "unusable": 100, "without": 600} {
		if n := count(t, db, `SELECT count(*) FROM account_lookup l JOIN ticket t ON t.id = l.ticket_id WHERE what = 'looked' AND number_group = $1`, group); n < least {
			t.Errorf("only %d accounts %s a number were looked for", n, group)
		}
	}
	if n := count(t, db, `SELECT count(*) FROM account_lookup WHERE what = 'found'`); n < 400 {
		t.Errorf("only %d accounts were found", n)
	}
}
