package factor

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/postgres"
)

// Passkey is one on an account's list. Stopped: it may have been copied, and lets nobody in any more.
type Passkey struct {
	ID        int64
	Name      string
	CreatedAt time.Time
	UsedAt    *time.Time
	Stopped   bool
}

// Passkeys lists an account's, the oldest first. The account's owner may call it. Errors: unavailable.
func (s *Store) Passkeys(ctx context.Context, accountID int64) ([]Passkey, error) {
	rows, err := s.db.Query(ctx, `
		SELECT id, name, created_at, used_at,
			COALESCE((credential #>> '{credential,authenticator,cloneWarning}')::boolean, false) AS stopped
		FROM account_passkey
		WHERE account_id = $1
		ORDER BY id`, accountID)
	if err != nil {
		return nil, fmt.Errorf("passkeys of account %d: %w", accountID, postgres.Failure(err))
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[Passkey])
	if err != nil {
		return nil, fmt.Errorf("passkeys of account %d: %w", accountID, postgres.Failure(err))
	}
	return all, nil
}

// RemovePasskey ends a passkey. The account's owner may call it. Errors: not_found, also for another account's; unavailable.
func (s *Store) RemovePasskey(ctx context.Context, by By, id int64) error {
	return s.change(ctx, "remove a passkey", by.AccountID, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `DELETE FROM account_passkey WHERE account_id = $1 AND id = $2`, by.AccountID, id)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return gone()
		}
		return s.removed(ctx, tx, by, KindPasskey)
	})
}
