package factor

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/postgres"
)

// Fifteen characters of thirty hold 73 bits. From 64 on, guessing need not be slowed down (NIST SP 800-63B-4, 3.1.2.2), so no lock
// that others cause ever keeps the owner of a recovery code out.
const (
	recoveryCodes  = 10
	recoveryLength = 15
	recoveryGroup  = 5
)

// NewRecoveryCodes makes ten codes and ends the old ones, and every other session. They are given here once, written in groups: only their hashes are kept.
// The account's owner may call it. Errors: conflict without a second factor; unavailable.
func (s *Store) NewRecoveryCodes(ctx context.Context, by By) (codes []string, err error) {
	err = s.change(ctx, "make recovery codes", by.AccountID, func(tx pgx.Tx) error {
		k, err := kinds(ctx, tx, by.AccountID)
		if err != nil {
			return err
		}
		if !k.Any() {
			return failure.Conflict("Add a second step first.")
		}
		if err := s.raise(ctx, tx, by); err != nil {
			return err
		}
		codes, err = s.makeRecoveryCodes(ctx, tx, by)
		return err
	})
	return codes, err
}

func (s *Store) makeRecoveryCodes(ctx context.Context, tx pgx.Tx, by By) ([]string, error) {
	codes, hashes, salt, err := s.newRecoveryCodes(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM account_recovery_code WHERE account_id = $1`, by.AccountID); err != nil {
		return nil, fmt.Errorf("end the old recovery codes: %w", err)
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO account_recovery_code (account_id, code_hash, salt)
		SELECT $1, unnest($2::bytea[]), $3`, by.AccountID, hashes, salt)
	if err != nil {
		return nil, fmt.Errorf("keep recovery codes: %w", err)
	}
	return codes, s.record(ctx, tx, by, account.EventRecoveryCodesMade, "")
}

// useRecoveryCode uses a code up; false when it is none of the account's, or was used before. Of two at once, one succeeds.
func (s *Store) useRecoveryCode(ctx context.Context, by By, code string) (right bool, err error) {
	hashes, err := s.recoveryHashes(ctx, code, by.AccountID)
	if err != nil {
		return false, fmt.Errorf("use a recovery code of account %d: %w", by.AccountID, err)
	}
	err = s.change(ctx, "use a recovery code", by.AccountID, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE account_recovery_code
			SET used_at = $3
			WHERE account_id = $1 AND code_hash = ANY ($2) AND used_at IS NULL`,
			by.AccountID, hashes, s.now().UTC())
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		right = true
		if err := passed(ctx, tx, by.AccountID); err != nil {
			return err
		}
		return s.record(ctx, tx, by, account.EventRecoveryCodeUsed, "")
	})
	return right && err == nil, err
}

// recoveryHashes are all that may stand for a code of the account. They are made before the transaction: they take a while.
func (s *Store) recoveryHashes(ctx context.Context, code string, accountID int64) ([][]byte, error) {
	rows, err := s.db.Query(ctx, `SELECT DISTINCT salt FROM account_recovery_code WHERE account_id = $1 AND salt IS NOT NULL`, accountID)
	if err != nil {
		return nil, postgres.Failure(err)
	}
	salts, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	if err != nil {
		return nil, postgres.Failure(err)
	}
	all := s.keyedHashes(code, accountID)
	for _, salt := range salts {
		hash, err := hashRecoveryCode(ctx, code, salt)
		if err != nil {
			return nil, err
		}
		all = append(all, hash)
	}
	return all, nil
}

// inGroups writes a code so that it can be copied by hand.
func inGroups(code string, size int, between string) string {
	var b strings.Builder
	for i := range len(code) {
		if i > 0 && i%size == 0 {
			b.WriteString(between)
		}
		b.WriteByte(code[i])
	}
	return b.String()
}
