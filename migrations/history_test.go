package migrations_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/testkit"
)

// What was imported before imports wrote their history gets it: each time once, none that an event here tells of, and afterwards
// tickets and history agree.
func TestImportedTicketsGetTheirHistory(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("00010_history.sql")
	if err != nil {
		t.Fatal(err)
	}
	_, backfill, _ := strings.Cut(string(file), "INSERT INTO")
	backfill, _, _ = strings.Cut("INSERT INTO"+backfill, ";")
	db := testkit.Database(t)
	_, err = db.Exec(t.Context(), `
		INSERT INTO ticket (reference, channel, language, category, category_submitted, queue_id, applicant_name, applicant_email, subject,
			number_group, opened_at, updated_at, awaiting_since, first_responded_at, solved_at, excluded_at, excluded_reason)
		SELECT reference, channel, 'en', 'feedback', 'feedback', (SELECT min(id) FROM queue), 'A', 'a@mail.example', 'S', 'without',
			'2025-01-01', '2025-01-01', CASE WHEN responded IS NULL THEN '2025-01-01'::timestamptz END, responded::timestamptz, solved::timestamptz, excluded::timestamptz, CASE WHEN excluded IS NOT NULL THEN 'spam' END
		FROM (VALUES
			('ASK-2222-2222', 'import', '2025-01-02', '2025-01-03', '2025-01-04'),
			('ASK-3333-3333', 'import', NULL, NULL, NULL),
			('ASK-4444-4444', 'import', '2025-01-02', '2025-01-02', NULL), -- answered and solved here
			('ASK-5555-5555', 'import', '2025-01-02', '2025-01-05', NULL), -- answered there, solved here
			('ASK-6666-6666', 'form', '2025-01-02', NULL, NULL)
		) AS t (reference, channel, responded, solved, excluded);
		INSERT INTO ticket_event (ticket_id, kind, actor, at) SELECT id, 'opened', 'import', opened_at FROM ticket;
		INSERT INTO message (ticket_id, kind, body, created_at, delivery) SELECT id, 'reply', 'Yes.', first_responded_at, 'sent'
		FROM ticket WHERE reference IN ('ASK-4444-4444', 'ASK-6666-6666');
		INSERT INTO ticket_event (ticket_id, kind, actor, at, data) SELECT id, 'replied', 'worker', first_responded_at, '{"to": "solved"}'
		FROM ticket WHERE reference = 'ASK-4444-4444';
		INSERT INTO ticket_event (ticket_id, kind, actor, at, data) SELECT id, 'status_changed', 'worker', solved_at, '{"from": "open", "to": "solved"}'
		FROM ticket WHERE reference = 'ASK-5555-5555'`)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // once more adds nothing
		if _, err := db.Exec(t.Context(), backfill); err != nil {
			t.Fatal(err)
		}
		var got []string
		err := db.QueryRow(t.Context(), `
			SELECT array_agg(concat_ws(' ', t.reference, e.kind, e.at::date, e.data) ORDER BY t.reference, e.id)
			FROM ticket_event e JOIN ticket t ON t.id = e.ticket_id WHERE e.actor = 'import' AND e.kind <> 'opened'`).Scan(&got)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{
			"ASK-2222-2222 replied 2025-01-02 {}", `ASK-2222-2222 status_changed 2025-01-03 {"to": "solved"}`,
			`ASK-2222-2222 excluded 2025-01-04 {"to": "spam"}`, "ASK-5555-5555 replied 2025-01-02 {}",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
	if compared, err := (report.Recorder{DB: db}).Check(t.Context(), nil); err != nil || !compared.Same() || compared.Tickets != 5 {
		t.Errorf("afterwards %+v (%v)", compared, err)
	}
}
