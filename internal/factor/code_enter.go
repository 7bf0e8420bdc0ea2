package factor

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/guard"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/secret"
)

// Passed says that the second step is done. Device is the new value of guard's cookie; Recovery, that a recovery code was used up,
// and Left how many there still are.
type Passed struct {
	Device   string
	Recovery bool
	Left     int
}

// Enter checks what somebody typed who has given the right password: a code from the app or a recovery code, whichever it looks like.
// Codes from an app have six digits and can be guessed, so tries are slowed down (guard); a browser that the owner has used before is
// not kept out by how fast others try, nor is a recovery code. Each wrong code counts towards ErrShut, and the owner is told. Errors:
// invalid (code); *guard.Locked (too_many_tries); ErrShut; unavailable.
func (s *Store) Enter(ctx context.Context, by By, typed string) (Passed, error) {
	code := identifier.Normalize(typed)
	switch len(code) {
	case 0:
		return Passed{}, failure.Invalid("code", "empty", "Enter a code.")
	case digits:
		return s.enterApp(ctx, by, typed)
	case recoveryLength:
		return s.enterRecovery(ctx, by, code)
	}
	return Passed{}, failure.Invalid("code", "shape", "This is no code: one from the app has 6 digits, a recovery code 15 characters.")
}

func (s *Store) enterApp(ctx context.Context, by By, typed string) (Passed, error) {
	lost, err := s.isUnreadable(ctx, s.db, by.AccountID)
	if err != nil {
		return Passed{}, err
	}
	if lost {
		return Passed{}, unreadable() // which is no guess, and does not count as one
	}
	try, err := s.guard.BeginFor(ctx, guard.ApplicantCode, account.CodeOf(by.AccountID, by.Epoch), by.Address, by.Device)
	if err != nil {
		return Passed{}, fmt.Errorf("enter a code: %w", err)
	}
	if err := s.counted(ctx, by, func() error { return s.useApp(ctx, by, typed) }); err != nil {
		return Passed{}, err
	}
	device, err := try.Succeed(ctx)
	if err != nil {
		return Passed{}, fmt.Errorf("enter a code: %w", err)
	}
	return Passed{Device: device}, nil
}

// useApp uses a code up, and every one before it. Of two at once, one succeeds.
func (s *Store) useApp(ctx context.Context, by By, typed string) error {
	notRight := failure.Invalid("code", "wrong", "This code is not right. Enter the one that the app shows now.")
	return s.change(ctx, "use a code", by.AccountID, func(tx pgx.Tx) error {
		app, err := s.lockApp(ctx, tx, by.AccountID)
		if failure.Is(err, failure.KindNotFound) || err == nil && !app.confirmed {
			return notRight
		}
		if err != nil {
			return err
		}
		step, v := app.step(typed, s.now())
		switch v {
		case wrong:
			return notRight
		case used:
			return failure.Invalid("code", "used", "This code was used before. Wait until the app shows the next one.")
		case fresh:
		}
		if _, err := tx.Exec(ctx, `UPDATE account_totp SET last_step = $2 WHERE account_id = $1`, by.AccountID, step); err != nil {
			return err
		}
		if err := passed(ctx, tx, by.AccountID); err != nil {
			return err
		}
		return s.renewSeal(ctx, tx, by.AccountID, app)
	})
}

// renewSeal seals a secret with the first key when an older one did, so that the older key can go one day.
func (s *Store) renewSeal(ctx context.Context, tx pgx.Tx, accountID int64, a app) error {
	if !a.stale {
		return nil
	}
	plain, err := base32Text.DecodeString(a.secret)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE account_totp SET secret = $2 WHERE account_id = $1`, accountID, s.box.Seal(plain, secret.Row(accountID)))
	return err
}

func (s *Store) enterRecovery(ctx context.Context, by By, code string) (Passed, error) {
	err := s.counted(ctx, by, func() error {
		right, err := s.useRecoveryCode(ctx, by, code)
		if err != nil || right {
			return err
		}
		k, err := s.Needed(ctx, by.AccountID)
		switch {
		case err != nil:
			return err
		case k.KeyedCodes > 0: // theirs perhaps, and the key that could tell is gone
			return failure.Invalid("code", "old_recovery", "This recovery code is not right, or it can no longer be checked. Use another way.")
		}
		return failure.Invalid("code", "wrong_recovery", "This recovery code is not right, or it was used before.")
	})
	if err != nil {
		return Passed{}, err
	}
	k, err := s.Needed(ctx, by.AccountID)
	if err != nil {
		return Passed{}, err
	}
	device, err := s.guard.Know(guard.ApplicantCode, account.CodeOf(by.AccountID, by.Epoch), by.Device)
	if err != nil {
		return Passed{}, fmt.Errorf("enter a recovery code: %w", err)
	}
	return Passed{Device: device, Recovery: true, Left: k.RecoveryCodes}, nil
}
