package ticket

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/postgres"
)

// Question is a line of the list of an account's questions.
type Question struct {
	ID        int64
	Reference string
	Subject   string
	Progress  Progress
	OpenedAt  time.Time
	ActiveAt  time.Time // of the last message that the owner sees
	Fresh     bool      // there is an answer that the owner has not opened yet
}

// LastContacts tells when the accounts' owners last asked something, by the accounts' rows; one that never did is left out.
func (s *Service) LastContacts(ctx context.Context, accountIDs []int64) (map[int64]time.Time, error) {
	rows, err := s.db.Query(ctx, `
		SELECT t.account_id, max(t.opened_at) FROM ticket t
		WHERE t.account_id = ANY ($1) AND `+shownToOwner+`
		GROUP BY t.account_id`, accountIDs)
	if err != nil {
		return nil, fmt.Errorf("find last contacts: %w", postgres.Failure(err))
	}
	found := map[int64]time.Time{}
	var id int64
	var at time.Time
	if _, err = pgx.ForEachRow(rows, []any{&id, &at}, func() error { found[id] = at; return nil }); err != nil {
		return nil, fmt.Errorf("find last contacts: %w", postgres.Failure(err))
	}
	return found, nil
}

// Questions is a part of the list. Next is the zero Cursor on the last page.
type Questions struct {
	List []Question
	Next Cursor
}

// OfAccount lists the tickets that the account's owner may see (Link.FollowsAccount), the one with the latest message first: up to limit
// of those after the cursor. A reply counts from the moment that nobody can take it back, and the staff's notes never do: the list
// shows nothing that the thread does not. For the owner, signed in. An account has tens of tickets, so their last messages are looked
// up before the page is cut.
func (s *Service) OfAccount(ctx context.Context, accountID int64, after Cursor, limit int) (Questions, error) {
	if limit < 1 || limit > MaxPage {
		limit = 20
	}
	args := pgx.NamedArgs{
		"account": accountID, "now": s.now().UTC(), "read": EventAnswerRead, "limit": limit + 1, "at": after.At, "id": after.ID,
	}
	rows, err := s.db.Query(ctx, `
		WITH question AS (
			SELECT t.id, t.reference, t.subject, t.status, t.opened_at, m.active_at, m.last_answer
			FROM ticket t
			CROSS JOIN LATERAL (
				SELECT max(created_at) AS active_at, COALESCE(max(id) FILTER (WHERE kind = 'reply'), 0) AS last_answer
				FROM message
				WHERE ticket_id = t.id AND (kind IN ('inquiry', 'applicant')
					OR kind = 'reply' AND delivery <> 'withdrawn' AND (delivery <> 'waiting' OR deliver_at <= @now))
			) AS m
			WHERE t.account_id = @account AND `+shownToOwner+`
		), page AS (
			SELECT * FROM question
			WHERE active_at IS NOT NULL AND (@id = 0 OR (active_at, id) < (@at, @id))
			ORDER BY active_at DESC, id DESC
			LIMIT @limit
		)
		SELECT p.id, p.reference, p.subject, COALESCE(before.data->>'from', p.status) AS status, p.opened_at, p.active_at, p.last_answer > 0 AS answered,
			p.last_answer > 0 AND NOT EXISTS (
				SELECT FROM ticket_event e
				WHERE e.ticket_id = p.id AND e.kind = @read AND (e.data->>'message')::bigint >= p.last_answer) AS fresh
		FROM page p
		JOIN ticket t ON t.id = p.id
		LEFT JOIN LATERAL (`+beforeHidden+`) AS before ON true
		ORDER BY p.active_at DESC, p.id DESC`, args)
	if err != nil {
		return Questions{}, fmt.Errorf("list questions of account %d: %w", accountID, postgres.Failure(err))
	}
	var found Questions
	var q Question
	var status Status
	var answered bool
	_, err = pgx.ForEachRow(rows, []any{&q.ID, &q.Reference, &q.Subject, &status, &q.OpenedAt, &q.ActiveAt, &answered, &q.Fresh}, func() error {
		q.Progress = progress(status, answered)
		found.List = append(found.List, q)
		return nil
	})
	if err != nil {
		return Questions{}, fmt.Errorf("list questions of account %d: %w", accountID, postgres.Failure(err))
	}
	if len(found.List) > limit {
		found.List = found.List[:limit]
		last := found.List[limit-1]
		found.Next = Cursor{At: last.ActiveAt, ID: last.ID}
	}
	return found, nil
}
