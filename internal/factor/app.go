package factor

import (
	"context"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/pquerna/otp/totp"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/secret"
)

// secretLength is HMAC-SHA-1's output, as RFC 4226 (4, R6) recommends; the apps know no other.
const secretLength = 20

var base32Text = base32.StdEncoding.WithPadding(base32.NoPadding)

// AppSetup is what the owner gives to their app.
type AppSetup struct {
	Secret string // base32 in groups of four, to be typed in
	URL    string // otpauth://..., for an app on the same device
	QR     QR     // the same as a picture
}

// BeginApp makes a secret for an app; it counts for nothing before ConfirmApp. One that was begun and not confirmed is forgotten.
// The account's owner may call it. Errors: conflict when codes from an app are set up; unavailable.
func (s *Store) BeginApp(ctx context.Context, accountID int64) error {
	plain := make([]byte, secretLength)
	if _, err := io.ReadFull(s.random, plain); err != nil {
		return fmt.Errorf("begin an app: %w", err)
	}
	tag, err := s.db.Exec(ctx, `
		INSERT INTO account_totp AS a (account_id, secret, epoch) SELECT id, $2, epoch FROM account WHERE id = $1
		ON CONFLICT (account_id) DO UPDATE SET secret = excluded.secret, epoch = excluded.epoch, last_step = 0
		WHERE a.confirmed_at IS NULL`, accountID, s.box.Seal(plain, secret.Row(accountID)))
	if err != nil {
		return fmt.Errorf("begin an app of account %d: %w", accountID, postgres.Failure(err))
	}
	if tag.RowsAffected() == 0 {
		return failure.Conflict("Codes from an app are set up already.")
	}
	return nil
}

// AppSetup gives what was begun, as long as it is not confirmed and the account's credentials are those under which it was begun: else
// whoever was shut out by their change may know the secret. The account's owner may call it. Errors: not_found; unavailable.
func (s *Store) AppSetup(ctx context.Context, accountID int64) (AppSetup, error) {
	var sealed []byte
	var email string
	err := s.db.QueryRow(ctx, `
		SELECT t.secret, a.email
		FROM account_totp AS t
		JOIN account AS a ON a.id = t.account_id
		WHERE t.account_id = $1 AND t.confirmed_at IS NULL AND t.epoch = a.epoch`, accountID).Scan(&sealed, &email)
	if err != nil {
		return AppSetup{}, fmt.Errorf("set up an app of account %d: %w", accountID, postgres.Failure(err))
	}
	plain, _, err := openSecret(s.box, sealed, accountID)
	if errors.Is(err, secret.ErrKey) {
		return AppSetup{}, gone() // it has to be begun anew
	}
	if err != nil {
		return AppSetup{}, fmt.Errorf("set up an app of account %d: %w", accountID, err)
	}
	issuer := strings.ReplaceAll(s.agency, ":", " ") // which parts it from the address
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: email, Secret: plain})
	if err != nil {
		return AppSetup{}, fmt.Errorf("set up an app: %w", err)
	}
	picture, err := drawQR(key.URL())
	if err != nil {
		return AppSetup{}, fmt.Errorf("set up an app: %w", err)
	}
	return AppSetup{Secret: inGroups(key.Secret(), 4, " "), URL: key.URL(), QR: picture}, nil
}

// ConfirmApp makes codes from the app count, when the first one is right. For an account's first factor it gives recovery codes, which
// are shown once. The account's owner may call it. Errors: invalid (code); not_found when nothing was begun; unavailable.
func (s *Store) ConfirmApp(ctx context.Context, by By, code string) (recovery []string, err error) {
	err = s.change(ctx, "confirm an app", by.AccountID, func(tx pgx.Tx) error {
		app, err := s.lockApp(ctx, tx, by.AccountID)
		if err != nil {
			return err
		}
		if app.confirmed {
			return failure.Conflict("Codes from an app are set up already.")
		}
		if app.void {
			return gone()
		}
		step, found := app.step(code, s.now())
		if found != fresh {
			return failure.Invalid("code", "wrong", "This code is not right. Enter the one that the app shows now.")
		}
		_, err = tx.Exec(ctx, `UPDATE account_totp SET confirmed_at = $2, last_step = $3 WHERE account_id = $1`,
			by.AccountID, s.now().UTC(), step)
		if err != nil {
			return err
		}
		recovery, err = s.added(ctx, tx, by, KindApp)
		return err
	})
	return recovery, err
}

// RemoveApp ends codes from the app, also a setup that was not confirmed. The account's owner may call it. Errors: not_found;
// unavailable.
func (s *Store) RemoveApp(ctx context.Context, by By) error {
	return s.change(ctx, "remove an app", by.AccountID, func(tx pgx.Tx) error {
		var confirmed bool
		err := tx.QueryRow(ctx, `
			DELETE FROM account_totp
			WHERE account_id = $1
			RETURNING confirmed_at IS NOT NULL`, by.AccountID).Scan(&confirmed)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return gone()
		case err != nil || !confirmed:
			return err
		}
		return s.removed(ctx, tx, by, KindApp)
	})
}

// app is an account's secret, opened, in a transaction that holds its row.
type app struct {
	secret    string // base32
	stale     bool   // it should be sealed again
	lastStep  int64
	confirmed bool
	void      bool // it was begun under another epoch
}

// unreadable is the answer when the server has lost the key, which is no fault of whoever types a code: another way is open to them.
func unreadable() error {
	return failure.Invalid("code", "unreadable", "Codes from the app cannot be checked. Use another way.")
}

// lockApp gives the account's app. Errors: not_found; invalid (code) when no key opens its secret.
func (s *Store) lockApp(ctx context.Context, tx pgx.Tx, accountID int64) (a app, err error) {
	var sealed []byte
	err = tx.QueryRow(ctx, `
		SELECT t.secret, t.last_step, t.confirmed_at IS NOT NULL, t.epoch IS DISTINCT FROM a.epoch
		FROM account_totp t
		JOIN account a ON a.id = t.account_id
		WHERE t.account_id = $1
		FOR UPDATE OF t`, accountID).Scan(&sealed, &a.lastStep, &a.confirmed, &a.void)
	if err != nil {
		return app{}, postgres.Failure(err)
	}
	plain, stale, err := openSecret(s.box, sealed, accountID)
	if errors.Is(err, secret.ErrKey) {
		return app{}, unreadable()
	}
	if err != nil {
		return app{}, err
	}
	a.secret, a.stale = base32Text.EncodeToString(plain), stale
	return a, nil
}
