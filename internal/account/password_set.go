package account

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/guard"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/password"
	"github.com/askwell/askwell/internal/postgres"
)

// AskPassword has a link mailed to an address with which its account's owner can set a password. Anybody may call it. Errors: invalid
// (email), unavailable.
func (s *Service) AskPassword(ctx context.Context, email, language string) error {
	if err := failure.InvalidFields(CheckEmail(email)...); err != nil {
		return err
	}
	return s.Ask(ctx, Request{Kind: RequestPassword, Email: email, Language: language})
}

// ResetPassword sets the password by a mailed link, which is also how the owner of an account that came from a file gets the first one.
// Every session ends. The browser is known afterwards: a lock that others caused does not hold for it. A second factor stays. Anybody may
// call it. Errors: not_found for a link that is unknown, used or too old; invalid (password), and then the link is still good.
func (s *Service) ResetPassword(ctx context.Context, token, typed string, v Visit) (SignedIn, error) {
	in, err := s.Peek(ctx, RequestPassword, token)
	if err != nil {
		return SignedIn{}, err
	}
	if in.AccountID == nil { // no such link was ever mailed
		return SignedIn{}, failure.NotFound("There is no such link.")
	}
	a, err := s.store.ByID(ctx, *in.AccountID)
	if err != nil {
		return SignedIn{}, err
	}
	hash, err := s.fitHash(ctx, a, typed)
	if err != nil {
		return SignedIn{}, err
	}
	now := s.Now().UTC()
	err = postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		if _, err := s.Use(ctx, tx, RequestPassword, token); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO account_credential AS c (account_id, password_hash, changed_at) VALUES ($1, $2, $3)
			ON CONFLICT (account_id) DO UPDATE SET password_hash = excluded.password_hash, changed_at = excluded.changed_at, epoch = c.epoch + 1`,
			a.ID, hash, now)
		if err != nil {
			return err
		}
		return Record(ctx, tx, a.ID, EventPasswordSet, now, v, EventData{})
	})
	if err != nil {
		return SignedIn{}, fmt.Errorf("set the password of account %d: %w", a.ID, err)
	}
	s.Wake()
	stamped, err := s.ForSession(ctx, a.ID)
	if err != nil {
		return SignedIn{}, err
	}
	device, err := s.Guard.Know(guard.ApplicantPassword, identifier.FoldEmail(a.Email), v.Device)
	return SignedIn{Stamped: stamped, Device: device}, err
}

// ChangePassword sets another password for somebody who knows the old one. Every session ends; the caller begins a new one with what
// comes back. Errors: invalid (password, old_password), *guard.Locked.
func (s *Service) ChangePassword(ctx context.Context, a Account, old, typed string, v Visit) (SignedIn, error) {
	device, err := s.CheckPassword(ctx, a, old, v)
	if err != nil {
		return SignedIn{}, err
	}
	hash, err := s.fitHash(ctx, a, typed)
	if err != nil {
		return SignedIn{}, err
	}
	err = s.changeCredential(ctx, "change the password of", a.ID, EventPasswordChanged, v, `password_hash = $2, changed_at = $3`, hash, s.Now().UTC())
	if err != nil {
		return SignedIn{}, err
	}
	s.Wake()
	stamped, err := s.ForSession(ctx, a.ID)
	return SignedIn{Stamped: stamped, Device: device}, err
}

// CheckPassword asks who is signed in for their password again, before something that only they may do, and gives the new value of the
// device cookie. Errors: invalid (old_password), *guard.Locked.
func (s *Service) CheckPassword(ctx context.Context, a Account, typed string, v Visit) (device string, err error) {
	try, err := s.Guard.Begin(ctx, guard.ApplicantPassword, identifier.FoldEmail(a.Email), v.Address, v.Device)
	if err != nil {
		return "", fmt.Errorf("check a password: %w", err)
	}
	id, hash, err := s.lookUp(ctx, identifier.FoldEmail(a.Email))
	if err != nil {
		return "", fmt.Errorf("check a password: %w", err)
	}
	right, _, err := password.Check(ctx, hash, typed)
	if err != nil {
		return "", fmt.Errorf("check a password: %w", err)
	}
	if !right || id != a.ID {
		return "", failure.Invalid("old_password", "wrong", "This is not your password.")
	}
	return try.Succeed(ctx)
}

func (s *Service) fitHash(ctx context.Context, a Account, typed string) (string, error) {
	if err := password.Fit(typed, a.Email, a.Name, s.agency); err != nil {
		return "", err
	}
	return password.Hash(ctx, typed)
}
