package ticket_test

import (
	"strings"
	"testing"
)

// TestViewsAreCountedInAnIndex holds the counts that stand on every page of the console to indexes: reading the rows themselves
// made a page of the list four times as dear.
func TestViewsAreCountedInAnIndex(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, err := d.db.Exec(d.Context(), `
		INSERT INTO ticket (reference, channel, language, category, category_submitted, queue_id, applicant_name, applicant_email,
			subject, number_group, status, opened_at, updated_at, awaiting_since, suspected_of)
		SELECT 'ASK-' || translate(lpad(to_hex(n), 4, '0'), '0123456789abcdef', '23456789ABCDEFGH') || '-2222', 'seed', 'en',
			c.code, c.code, c.queue_id, 'Ana', 'ana@example.org', 'Question', 'without',
			CASE WHEN n % 10 = 0 THEN 'open' ELSE 'closed' END, now(), now(), CASE WHEN n % 20 = 0 THEN now() END,
			CASE WHEN n % 500 = 0 THEN '{honeypot}'::text[] ELSE '{}' END
		FROM generate_series(1, 20000) AS n, category c WHERE c.code = 'feedback'`)
	d.must(err)
	_, err = d.db.Exec(d.Context(), `VACUUM (ANALYZE) ticket`)
	d.must(err)
	const (
		shown  = `t.suspected_of = '{}' AND t.excluded_reason IS NULL`
		inHand = `t.status IN ('new', 'open', 'pending', 'on_hold') AND `
	)
	for name, where := range map[string]string{
		"unanswered":  `t.awaiting_since IS NOT NULL AND ` + shown,
		"in hand":     inHand + shown,
		"mine":        `t.assignee_id = 1 AND ` + inHand + shown,
		"unassigned":  `t.assignee_id IS NULL AND ` + inHand + shown,
		"a queue":     `t.queue_id = 1 AND ` + inHand + shown,
		"quarantined": `t.suspected_of <> '{}' AND t.excluded_reason IS NULL`,
	} {
		rows, err := d.db.Query(d.Context(), `EXPLAIN SELECT count(*) FROM (SELECT FROM ticket t WHERE `+where+` LIMIT 1000) AS counted`)
		d.must(err)
		var plan strings.Builder
		for rows.Next() {
			var line string
			d.must(rows.Scan(&line))
			plan.WriteString(line + "\n")
		}
		d.must(rows.Err())
		if !strings.Contains(plan.String(), "Index Only Scan") {
			t.Errorf("%s reads rows:\n%s", name, plan.String())
		}
	}
}
