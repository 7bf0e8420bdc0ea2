package transfer

import "context"

// change leaves in the stage only what is to become a new ticket: rows of this desk's own tickets go, and those of tickets that an earlier
// file brought change these.
func (s *ticketStage) change(ctx context.Context, result *Result) error {
	for _, sql := range []string{
		`DELETE FROM stage s USING ticket t WHERE s.known <> '' AND t.reference = s.known AND t.import_key IS DISTINCT FROM s.import_key`,
		// What came before it had an external ID, in the very same words, is the same ticket.
		`UPDATE ticket t SET import_key = s.import_key FROM stage s
		WHERE t.import_key = s.alike AND NOT EXISTS (SELECT FROM ticket o WHERE o.import_key = s.import_key)`,
		findChangedTicketsSQL,
	} {
		if _, err := s.tx.Exec(ctx, sql); err != nil {
			return err
		}
	}
	rows, err := s.tx.Query(ctx, `SELECT line, columns FROM differs WHERE worked_on ORDER BY line`)
	if err != nil {
		return err
	}
	if result.Kept, err = collectKept(rows); err != nil {
		return err
	}
	result.KeptWhole = len(result.Kept)
	return s.tx.QueryRow(ctx, changeTicketsSQL).Scan(&result.Changed)
}

// findChangedTicketsSQL finds what later rows say otherwise. An empty cell says nothing, and neither does "new"; a first answer and a first
// solution stay the first ones, and the category stays what it was submitted as. A ticket that staff or the applicant have been at here is theirs: nothing of it changes.
const findChangedTicketsSQL = `
	CREATE TEMPORARY TABLE differs ON COMMIT DROP AS
	SELECT s.line, t.id, array_remove(ARRAY[
			CASE WHEN s.status NOT IN ('new', t.status) THEN 'status' END,
			CASE WHEN s.first_responded_at IS NOT NULL AND t.first_responded_at IS NULL THEN 'first_responded_at' END,
			CASE WHEN s.solved_at IS NOT NULL AND t.solved_at IS NULL THEN 'solved_at' END,
			CASE WHEN s.excluded_reason <> '' AND t.excluded_reason IS NULL THEN 'excluded_reason' END,
			CASE WHEN s.subject NOT IN ('(no subject)', t.subject) THEN 'subject' END,
			CASE WHEN s.name <> '' AND s.name <> t.applicant_name THEN 'applicant_name' END,
			CASE WHEN s.email <> '' AND s.email <> t.applicant_email THEN 'applicant_email' END], NULL) AS columns,
		EXISTS (SELECT FROM ticket_event e WHERE e.ticket_id = t.id AND e.actor IN ('staff', 'applicant')) AS worked_on
	FROM stage s
	JOIN ticket t USING (import_key)
	WHERE s.alike IS NOT NULL AND (s.status NOT IN ('new', t.status)
		OR s.first_responded_at IS NOT NULL AND t.first_responded_at IS NULL
		OR s.solved_at IS NOT NULL AND t.solved_at IS NULL
		OR s.excluded_reason <> '' AND t.excluded_reason IS NULL
		OR s.subject NOT IN ('(no subject)', t.subject)
		OR s.name <> '' AND s.name <> t.applicant_name OR s.email <> '' AND s.email <> t.applicant_email)`

// changeTicketsSQL changes the tickets that nobody has worked on here, with an event for each thing that happened at the other desk.
const changeTicketsSQL = `
	WITH now_is AS (
		SELECT t.id, t.status AS old_status, t.first_responded_at AS old_responded, t.excluded_reason AS old_excluded,
			CASE WHEN s.status = 'new' THEN t.status ELSE s.status END AS status, s.excluded_reason,
			COALESCE(t.first_responded_at, CASE WHEN s.first_responded_at < t.opened_at THEN t.opened_at ELSE s.first_responded_at END) AS responded,
			COALESCE(t.solved_at, CASE WHEN s.solved_at < t.opened_at THEN t.opened_at ELSE s.solved_at END) AS solved,
			CASE WHEN s.subject = '(no subject)' THEN t.subject ELSE s.subject END AS subject, s.name, s.email, t.opened_at
		FROM differs d
		JOIN ticket t USING (id)
		JOIN stage s USING (line)
		WHERE NOT d.worked_on
	), changed AS (
		UPDATE ticket t
		SET status = n.status, first_responded_at = n.responded, solved_at = n.solved,
			awaiting_since = CASE WHEN n.responded IS NULL AND n.status NOT IN ('solved', 'closed') AND COALESCE(t.excluded_reason, n.excluded_reason) = ''
				THEN n.opened_at END,
			excluded_reason = COALESCE(t.excluded_reason, NULLIF(n.excluded_reason, '')),
			excluded_at = CASE WHEN t.excluded_reason IS NULL AND n.excluded_reason <> '' THEN now() ELSE t.excluded_at END,
			subject = n.subject,
			applicant_name = COALESCE(NULLIF(n.name, ''), t.applicant_name), applicant_email = COALESCE(NULLIF(n.email, ''), t.applicant_email),
			updated_at = now(), version = t.version + 1
		FROM now_is n
		WHERE t.id = n.id
		RETURNING t.id
	), events AS (
		INSERT INTO ticket_event (ticket_id, kind, actor, at, data)
		SELECT n.id, e.kind, 'import', e.at, e.data
		FROM now_is n
		CROSS JOIN LATERAL (VALUES
			(1, 'replied', CASE WHEN n.old_responded IS NULL THEN n.responded END, '{}'::jsonb),
			(2, 'status_changed', CASE WHEN n.status <> n.old_status THEN
				CASE WHEN n.status = 'solved' THEN COALESCE(n.solved, now()) ELSE now() END END,
				jsonb_build_object('from', n.old_status, 'to', n.status)),
			(3, 'excluded', CASE WHEN n.excluded_reason <> '' AND n.old_excluded IS NULL THEN now() END, jsonb_build_object('to', n.excluded_reason))
		) AS e (place, kind, at, data)
		WHERE e.at IS NOT NULL
		ORDER BY n.id, e.at, e.place
	), to_do AS (
		INSERT INTO outbox (event, subject_id) SELECT 'ticket.changed', id FROM changed
	)
	SELECT count(*) FROM changed`
