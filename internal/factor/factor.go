// Package factor holds the second factors of an applicant's account.
//
// They are codes from an app (RFC 6238), passkeys (WebAuthn), and recovery codes for whoever has lost both. Each change is an
// event of the account and a mail to its owner, in one transaction.
package factor

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/guard"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/secret"
)

// Kinds says which second factors an account has.
type Kinds struct {
	App           bool // codes from an app
	AppUnreadable bool // they cannot be checked: SECRET_KEY no longer holds the key that sealed the app's secret (Needed alone tells)
	Passkeys      int
	RecoveryCodes int  // that are left
	KeyedCodes    int  // of these, hashed with a key of the server's: they end when it is taken away, so new ones are asked for
	Shut          bool // too many wrong codes in a row: a new password by mail comes first
}

// Any reports whether the account has a second factor. Recovery codes alone are none.
func (k Kinds) Any() bool { return k.App || k.Passkeys > 0 }

// Config is what a Store needs. Keys are secret, 32 bytes or more each; the first one seals, all of them open. BaseURL is where
// the pages are: passkeys are made for its host and work nowhere else. Wake (outbox.Waker's) is called after every change.
type Config struct {
	DB      *pgxpool.Pool
	Keys    [][]byte
	BaseURL *url.URL
	Agency  string // the name that an app and a passkey show
	Now     func() time.Time
	Random  io.Reader
	Wake    func()
}

// Store reads and changes second factors.
type Store struct {
	db       *pgxpool.Pool
	box      *secret.Box
	keyed    [][]byte // under which recovery codes were hashed before
	guard    *guard.Guard
	webauthn *webauthn.WebAuthn
	agency   string
	now      func() time.Time
	random   io.Reader
	wake     func()
}

// New makes a Store.
func New(cfg Config) (*Store, error) {
	if cfg.BaseURL == nil || cfg.BaseURL.Hostname() == "" {
		return nil, errors.New("second factors need the public address")
	}
	s := &Store{db: cfg.DB, agency: cfg.Agency, now: cfg.Now, random: cfg.Random, wake: cfg.Wake}
	if s.now == nil {
		s.now = time.Now
	}
	if s.random == nil {
		s.random = rand.Reader
	}
	if s.wake == nil {
		s.wake = func() {}
	}
	var err error
	if s.box, err = secret.NewBox(Sealed.Purpose, cfg.Keys); err != nil {
		return nil, err
	}
	if s.keyed, err = codeKeys(cfg.Keys); err != nil {
		return nil, err
	}
	if s.guard, err = guard.New(guard.Config{DB: cfg.DB, Keys: cfg.Keys, Now: s.now}); err != nil {
		return nil, err
	}
	if s.webauthn, err = newWebAuthn(cfg.BaseURL, cfg.Agency); err != nil {
		return nil, fmt.Errorf("passkeys for %s: %w", cfg.BaseURL.Host, err)
	}
	return s, nil
}

// Needed says which second factors whoever signs in to the account has to choose from. Errors: unavailable.
func (s *Store) Needed(ctx context.Context, accountID int64) (Kinds, error) {
	k, err := kinds(ctx, s.db, accountID)
	if err == nil && k.App {
		k.AppUnreadable, err = s.isUnreadable(ctx, s.db, accountID)
	}
	return k, err
}

func kinds(ctx context.Context, db postgres.Querier, accountID int64) (k Kinds, err error) {
	err = db.QueryRow(ctx, `
		SELECT
			EXISTS (SELECT FROM account_totp WHERE account_id = $1 AND confirmed_at IS NOT NULL),
			(SELECT count(*) FROM account_passkey WHERE account_id = $1),
			COALESCE((SELECT code_failures >= $2 FROM account WHERE id = $1), false),
			count(*), count(*) FILTER (WHERE salt IS NULL)
		FROM account_recovery_code
		WHERE account_id = $1 AND used_at IS NULL`, accountID, maxInARow).
		Scan(&k.App, &k.Passkeys, &k.Shut, &k.RecoveryCodes, &k.KeyedCodes)
	if err != nil {
		return Kinds{}, fmt.Errorf("second factors of account %d: %w", accountID, postgres.Failure(err))
	}
	return k, nil
}

// change runs fn in one transaction in which nobody else changes the factors of the account, so that the first one added and the
// last one removed are known to be that.
func (s *Store) change(ctx context.Context, what string, accountID int64, fn func(tx pgx.Tx) error) error {
	err := postgres.InTx(ctx, s.db, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `SELECT FROM account WHERE id = $1 FOR NO KEY UPDATE`, accountID)
		if err == nil && tag.RowsAffected() == 0 {
			err = pgx.ErrNoRows
		}
		if err != nil {
			return err
		}
		return fn(tx)
	})
	if err != nil {
		return fmt.Errorf("%s of account %d: %w", what, accountID, err)
	}
	s.wake()
	return nil
}

// added completes the transaction that added a factor: an account's first one comes with recovery codes. Every other session ends.
func (s *Store) added(ctx context.Context, tx pgx.Tx, by By, kind string) (codes []string, err error) {
	if err := s.raise(ctx, tx, by); err != nil {
		return nil, err
	}
	k, err := kinds(ctx, tx, by.AccountID)
	if err != nil {
		return nil, err
	}
	if err := s.record(ctx, tx, by, account.EventFactorAdded, kind); err != nil {
		return nil, err
	}
	first := k.App && k.Passkeys == 0 || !k.App && k.Passkeys == 1
	if !first {
		return nil, nil
	}
	return s.makeRecoveryCodes(ctx, tx, by)
}

// removed completes the transaction that removed a factor. Every other session ends.
func (s *Store) removed(ctx context.Context, tx pgx.Tx, by By, kind string) error {
	if err := s.raise(ctx, tx, by); err != nil {
		return err
	}
	if err := dropIdleCodes(ctx, tx, by.AccountID); err != nil {
		return err
	}
	return s.record(ctx, tx, by, account.EventFactorRemoved, kind)
}

// dropIdleCodes takes the recovery codes of an account without a factor away: they are of no use.
func dropIdleCodes(ctx context.Context, tx pgx.Tx, accountID int64) error {
	k, err := kinds(ctx, tx, accountID)
	if err != nil || k.Any() {
		return err
	}
	_, err = tx.Exec(ctx, `DELETE FROM account_recovery_code WHERE account_id = $1`, accountID)
	return err
}

func (s *Store) raise(ctx context.Context, tx pgx.Tx, by By) error {
	_, err := account.Raise(ctx, tx, by.AccountID, by.Epoch, s.now().UTC())
	return err
}

// ForgetSince takes away, in the caller's transaction, what was added to an account's second step since a moment: apps, passkeys, and all
// recovery codes if new ones were made. For account.Service.UndoEmail, which tells the owner.
func (s *Store) ForgetSince(ctx context.Context, tx pgx.Tx, accountID int64, since time.Time) error {
	_, err := tx.Exec(ctx, `
		WITH no_app AS (
			DELETE FROM account_totp WHERE account_id = $1 AND (confirmed_at IS NULL OR confirmed_at >= $2)
		), no_codes AS (
			DELETE FROM account_recovery_code
			WHERE account_id = $1 AND EXISTS (SELECT FROM account_event WHERE account_id = $1 AND kind = $3 AND at >= $2)
		)
		DELETE FROM account_passkey WHERE account_id = $1 AND created_at >= $2`, accountID, since, account.EventRecoveryCodesMade)
	if err != nil {
		return fmt.Errorf("forget the new second steps of account %d: %w", accountID, postgres.Failure(err))
	}
	return dropIdleCodes(ctx, tx, accountID)
}

func gone() error { return failure.NotFound("This is no longer on your account.") }
