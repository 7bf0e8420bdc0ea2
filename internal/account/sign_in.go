package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/guard"
	"github.com/askwell/askwell/internal/password"
	"github.com/askwell/askwell/internal/postgres"
)

// SignedIn is who it was. Device is the new value of the device cookie. A second factor may still be needed (package factor).
type SignedIn struct {
	Stamped
	Device string
}

// SignIn checks a password. typed names the account: its email address, or its number in any spelling. Anybody may call it. Errors:
// unauthenticated for a wrong name or password, whichever it was, in the same time; *guard.Locked (too_many_tries) when too many tries at
// this name failed; unavailable. An account has one allowance of tries for both its names. Where the other one used it up, the answer is unauthenticated,
// also for the right password: a lock would tell that the two belong together. The caller records the visit when nothing else is asked for
// (SignedInFully).
func (s *Service) SignIn(ctx context.Context, typed, secret string, v Visit) (SignedIn, error) {
	name := ReadName(typed)
	found, err := s.lookUp(ctx, name)
	if err != nil {
		return SignedIn{}, fmt.Errorf("sign in: %w", err)
	}
	try, err := s.Guard.BeginFor(ctx, guard.ApplicantPassword, name.tried(found.Account), v.Address, v.Device)
	if err != nil {
		return SignedIn{}, fmt.Errorf("sign in: %w", err)
	}
	right, stale, err := password.Check(ctx, found.PasswordHash, secret)
	if err != nil {
		return SignedIn{}, fmt.Errorf("sign in: %w", err)
	}
	if !right || found.ID == 0 || try.Refused() {
		return SignedIn{}, failure.New(failure.KindUnsigned, "The email address, the account number or the password is not right.", nil)
	}
	if stale {
		if err := s.rehash(ctx, &found, secret); err != nil {
			return SignedIn{}, fmt.Errorf("sign in: %w", err)
		}
	}
	device, err := try.Succeed(ctx)
	if err != nil {
		return SignedIn{}, fmt.Errorf("sign in: %w", err)
	}
	return SignedIn{Stamped: found.Stamped, Device: device}, nil
}

// credential is an account with the hash of its password. The stamp was read with the hash: who is let in by a password that is changed
// meanwhile has a session that has ended.
type credential struct {
	Stamped
	PasswordHash string
}

// lookUp finds the account behind a name and the hash to check. Without an account, or for one that has no password yet, it is
// nobody's hash, so that the same work is done.
func (s *Service) lookUp(ctx context.Context, name Name) (credential, error) {
	where, arg := name.where()
	rows, err := s.DB.Query(ctx, `SELECT `+stampedColumns+`, c.password_hash`+withCredential+`WHERE `+where, arg)
	if err != nil {
		return credential{}, postgres.Failure(err)
	}
	found, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[credential])
	if errors.Is(err, pgx.ErrNoRows) {
		return credential{PasswordHash: password.Nobody()}, nil
	}
	return found, postgres.Failure(err)
}

// rehash brings a hash of another cost up to date, unless the password was changed meanwhile.
func (s *Service) rehash(ctx context.Context, found *credential, typed string) error {
	hash, err := password.Hash(ctx, typed)
	if err != nil {
		return err
	}
	err = s.DB.QueryRow(ctx, `
		UPDATE account_credential c
		SET password_hash = $3
		FROM account
		WHERE account.id = c.account_id AND c.account_id = $1 AND c.password_hash = $2
		RETURNING `+stamp, found.ID, found.PasswordHash, hash).Scan(&found.Stamp)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	return postgres.Failure(err)
}

// SignedInFully records that somebody is in, after the last step of signing in.
func (s *Service) SignedInFully(ctx context.Context, accountID int64, v Visit) error {
	return Record(ctx, s.DB, accountID, EventSignedIn, s.Now().UTC(), v, EventData{})
}

// EndSessions signs an account out everywhere: each of its sessions is over at its next request, and its open links are void. Errors:
// ErrVoid.
func (s *Service) EndSessions(ctx context.Context, a Account, v Visit) error {
	err := postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		now := s.Now().UTC()
		if _, err := Raise(ctx, tx, a.ID, a.Epoch, now); err != nil {
			return err
		}
		return Record(ctx, tx, a.ID, EventSessionsEnded, now, v, EventData{})
	})
	if err != nil {
		return fmt.Errorf("end the sessions of account %d: %w", a.ID, err)
	}
	return nil
}

// Failures lists the passwords and the codes that were tried on an account in vain since a moment, the latest first, up to limit of each.
func (s *Service) Failures(ctx context.Context, a Account, since time.Time, limit int) (passwords, codes []guard.Failure, err error) {
	if passwords, err = s.Guard.Failures(ctx, guard.ApplicantPassword, passwordOf(a), since, limit); err != nil {
		return nil, nil, err
	}
	codes, err = s.Guard.Failures(ctx, guard.ApplicantCode, CodeOf(a.ID, a.Epoch), since, limit)
	return passwords, codes, err
}
