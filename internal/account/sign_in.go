package account

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/guard"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/password"
	"github.com/askwell/askwell/internal/postgres"
)

// Stamped is an account with what its sessions are bound to: it changes with the password, and when every session is ended.
type Stamped struct {
	Account
	Stamp string
}

// SignedIn is who it was. Device is the new value of the device cookie. A second factor may still be needed (package factor).
type SignedIn struct {
	Stamped
	Device string
}

// SignIn checks a password. Anybody may call it. Errors: unauthenticated for a wrong address or password, whichever it was, in the same
// time; *guard.Locked (too_many_tries) when too many tries failed; unavailable. The caller records the visit when nothing else is asked
// for (SignedInFully).
func (s *Service) SignIn(ctx context.Context, email, typed string, v Visit) (SignedIn, error) {
	folded := identifier.FoldEmail(email)
	try, err := s.Guard.Begin(ctx, guard.ApplicantPassword, folded, v.Address, v.Device)
	if err != nil {
		return SignedIn{}, fmt.Errorf("sign in: %w", err)
	}
	id, hash, err := s.lookUp(ctx, folded)
	if err != nil {
		return SignedIn{}, fmt.Errorf("sign in: %w", err)
	}
	right, stale, err := password.Check(ctx, hash, typed)
	if err != nil {
		return SignedIn{}, fmt.Errorf("sign in: %w", err)
	}
	if !right || id == 0 {
		return SignedIn{}, failure.New(failure.KindUnsigned, "The e-mail address or the password is not right.", nil)
	}
	if stale {
		if err := s.rehash(ctx, id, hash, typed); err != nil {
			return SignedIn{}, fmt.Errorf("sign in: %w", err)
		}
	}
	return s.signedIn(ctx, id, try)
}

func (s *Service) signedIn(ctx context.Context, id int64, try *guard.Try) (SignedIn, error) {
	a, err := s.ForSession(ctx, id)
	if err != nil {
		return SignedIn{}, fmt.Errorf("sign in: %w", err)
	}
	device, err := try.Succeed(ctx)
	if err != nil {
		return SignedIn{}, fmt.Errorf("sign in: %w", err)
	}
	return SignedIn{Stamped: a, Device: device}, nil
}

// lookUp finds the account behind an address and the hash to check. Without an account, or for one that has no password yet, it is the
// dummy's hash, so that the same work is done.
func (s *Service) lookUp(ctx context.Context, folded string) (id int64, hash string, err error) {
	err = s.DB.QueryRow(ctx, `
		SELECT a.id, c.password_hash
		FROM account a
		JOIN account_credential c ON c.account_id = a.id
		WHERE lower(a.email) = ANY ($1)`, identifier.EmailForms(folded)).Scan(&id, &hash)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, s.dummy, nil
	}
	return id, hash, postgres.Failure(err)
}

// rehash brings a hash of another cost up to date, unless the password was changed meanwhile.
func (s *Service) rehash(ctx context.Context, id int64, old, typed string) error {
	hash, err := password.Hash(ctx, typed)
	if err != nil {
		return err
	}
	_, err = s.DB.Exec(ctx, `UPDATE account_credential SET password_hash = $3 WHERE account_id = $1 AND password_hash = $2`, id, old, hash)
	return postgres.Failure(err)
}

// SignedInFully records that somebody is in, after the last step of signing in.
func (s *Service) SignedInFully(ctx context.Context, accountID int64, v Visit) error {
	return Record(ctx, s.DB, accountID, EventSignedIn, s.Now().UTC(), v, EventData{})
}

// ForSession reads the account behind a session; not_found when it has no password.
func (s *Service) ForSession(ctx context.Context, id int64) (Stamped, error) {
	rows, err := s.DB.Query(ctx, `
		SELECT `+columns+`,
			encode(substr(sha256(convert_to(c.password_hash || '/' || c.epoch, 'UTF8')), 1, 12), 'hex') AS stamp
		FROM account
		JOIN account_credential c ON c.account_id = account.id
		WHERE account.id = $1`, id)
	if err != nil {
		return Stamped{}, fmt.Errorf("read the account of a session: %w", postgres.Failure(err))
	}
	a, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Stamped])
	if err != nil {
		return Stamped{}, fmt.Errorf("read the account of a session: %w", postgres.Failure(err))
	}
	return a, nil
}

// EndSessions signs an account out everywhere: each of its sessions is over at its next request.
func (s *Service) EndSessions(ctx context.Context, accountID int64, v Visit) error {
	return s.changeCredential(ctx, "end the sessions of", accountID, EventSessionsEnded, v, `epoch = epoch + 1`)
}

// changeCredential is one change of how an account signs in, with its event.
func (s *Service) changeCredential(ctx context.Context, what string, accountID int64, kind EventKind, v Visit, set string, args ...any) error {
	err := postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE account_credential SET `+set+` WHERE account_id = $1`, append([]any{accountID}, args...)...)
		if err == nil && tag.RowsAffected() == 0 {
			err = pgx.ErrNoRows
		}
		if err != nil {
			return err
		}
		return Record(ctx, tx, accountID, kind, s.Now().UTC(), v, EventData{})
	})
	if err != nil {
		return fmt.Errorf("%s account %d: %w", what, accountID, postgres.Failure(err))
	}
	return nil
}
