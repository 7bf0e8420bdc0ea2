package factor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/guard"
	"github.com/askwell/askwell/internal/postgres"
)

const (
	maxInARow    = 100           // wrong codes: NIST SP 800-63B-4, 3.2.2
	mistakes     = 3             // wrong codes in a row of a browser that the owner uses before they are told: anybody mistypes
	betweenTells = 6 * time.Hour // so that nobody can flood the owner's mailbox
)

// ErrShut is the error of every second step after too many wrong codes in a row. Whoever typed them knows the password, so a new one, by a
// link from the mailbox, opens the account again (account.Service.ResetPassword).
var ErrShut = failure.New(failure.KindForbidden, "There were too many wrong codes. Set a new password first.", nil)

// counted counts a try as wrong before it is looked at, so that no number of tries at once gets past the limit. What proves right resets the
// count in its own transaction (passed); of what proves wrong the owner is told.
func (s *Store) counted(ctx context.Context, by By, try func() error) error {
	var inARow int
	err := s.db.QueryRow(ctx, `
		UPDATE account SET code_failures = code_failures + 1
		WHERE id = $1 AND code_failures < $2
		RETURNING code_failures`, by.AccountID, maxInARow).Scan(&inARow)
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrShut
	}
	if err != nil {
		return fmt.Errorf("count a code: %w", postgres.Failure(err))
	}
	err = try()
	if failure.Is(err, failure.KindInvalid) {
		if told := s.tellOfFailure(ctx, by, inARow); told != nil {
			return told
		}
	}
	return err
}

// passed begins the count anew.
func passed(ctx context.Context, tx pgx.Tx, accountID int64) error {
	_, err := tx.Exec(ctx, `UPDATE account SET code_failures = 0 WHERE id = $1 AND code_failures > 0`, accountID)
	return err
}

// tellOfFailure has the owner told that somebody knows the password, at the first wrong code of a browser that they never used, and of the last
// one that there can be.
func (s *Store) tellOfFailure(ctx context.Context, by By, inARow int) error {
	shut := inARow == maxInARow
	if !shut && inARow < mistakes && s.guard.Knows(guard.ApplicantCode, account.CodeOf(by.AccountID, by.Epoch), by.Device) {
		return nil
	}
	return s.change(ctx, "tell of a wrong code", by.AccountID, func(tx pgx.Tx) error {
		if shut {
			return s.record(ctx, tx, by, account.EventSecondStepShut, "")
		}
		now := s.now().UTC()
		tag, err := tx.Exec(ctx, `
			UPDATE account SET code_told_at = $2
			WHERE id = $1 AND (code_told_at IS NULL OR code_told_at <= $3)`, by.AccountID, now, now.Add(-betweenTells))
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		return s.record(ctx, tx, by, account.EventSecondStepFailed, "")
	})
}
