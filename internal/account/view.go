package account

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/postgres"
)

// What of an account was looked at.
const (
	ViewAccount     = "account"
	ViewDateOfBirth = "date_of_birth"
	ViewANumber     = "a_number"
)

// View is one look of a member of staff at an account's facts.
type View struct {
	StaffName string
	What      string
	Reference string // of the ticket that led there, or ""
	At        time.Time
}

// RecordVisit is RecordView of the account as a whole, once in ten minutes however often the page is loaded.
func (s Store) RecordVisit(ctx context.Context, accountID, staffID, ticketID int64) error {
	_, err := s.DB.Exec(ctx, `
		INSERT INTO account_view (account_id, staff_id, what, ticket_id)
		SELECT $1, $2, 'account', NULLIF($3, 0)
		WHERE NOT EXISTS (
			SELECT FROM account_view
			WHERE account_id = $1 AND staff_id = $2 AND what = 'account' AND at > now() - interval '10 minutes'
				AND ticket_id IS NOT DISTINCT FROM NULLIF($3, 0))`, accountID, staffID, ticketID)
	if err != nil {
		return fmt.Errorf("record a visit of account %d: %w", accountID, postgres.Failure(err))
	}
	return nil
}

// Views lists who looked at an account, the latest first.
func (s Store) Views(ctx context.Context, accountID int64, limit int) ([]View, error) {
	rows, err := s.DB.Query(ctx, `
		SELECT s.name AS staff_name, v.what, COALESCE(t.reference, '') AS reference, v.at
		FROM account_view v
		JOIN staff s ON s.id = v.staff_id
		LEFT JOIN ticket t ON t.id = v.ticket_id
		WHERE v.account_id = $1
		ORDER BY v.at DESC, v.id DESC
		LIMIT $2`, accountID, limit)
	if err != nil {
		return nil, fmt.Errorf("list views of account %d: %w", accountID, postgres.Failure(err))
	}
	views, err := pgx.CollectRows(rows, pgx.RowToStructByName[View])
	if err != nil {
		return nil, fmt.Errorf("list views of account %d: %w", accountID, postgres.Failure(err))
	}
	return views, nil
}
