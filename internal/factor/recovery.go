package factor

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
)

// Fifteen characters of thirty hold 73 bits. From 64 on, guessing need not be slowed down (NIST SP 800-63B-4, 3.1.2.2), so no lock
// that others cause ever keeps the owner of a recovery code out.
const (
	recoveryCodes  = 10
	recoveryLength = 15
	recoveryGroup  = 5
)

// NewRecoveryCodes makes ten codes and ends the old ones. They are given here once, written in groups: only their hashes are kept.
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
		codes, err = s.makeRecoveryCodes(ctx, tx, by)
		return err
	})
	return codes, err
}

func (s *Store) makeRecoveryCodes(ctx context.Context, tx pgx.Tx, by By) ([]string, error) {
	codes, hashes := make([]string, recoveryCodes), make([][]byte, recoveryCodes)
	for i := range codes {
		code, err := identifier.NewCode(s.random, recoveryLength)
		if err != nil {
			return nil, err
		}
		codes[i], hashes[i] = inGroups(code, recoveryGroup, "-"), s.seal.hash(code, by.AccountID)[0]
	}
	if _, err := tx.Exec(ctx, `DELETE FROM account_recovery_code WHERE account_id = $1`, by.AccountID); err != nil {
		return nil, fmt.Errorf("end the old recovery codes: %w", err)
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO account_recovery_code (account_id, code_hash)
		SELECT $1, unnest($2::bytea[])`, by.AccountID, hashes)
	if err != nil {
		return nil, fmt.Errorf("keep recovery codes: %w", err)
	}
	return codes, s.record(ctx, tx, by, account.EventRecoveryCodesMade, "")
}

// useRecoveryCode uses a code up; false when it is none of the account's, or was used before. Of two at once, one succeeds.
func (s *Store) useRecoveryCode(ctx context.Context, by By, code string) (right bool, err error) {
	err = s.change(ctx, "use a recovery code", by.AccountID, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE account_recovery_code
			SET used_at = $3
			WHERE account_id = $1 AND code_hash = ANY ($2) AND used_at IS NULL`,
			by.AccountID, s.seal.hash(code, by.AccountID), s.now().UTC())
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		right = true
		return s.record(ctx, tx, by, account.EventRecoveryCodeUsed, "")
	})
	return right && err == nil, err
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
