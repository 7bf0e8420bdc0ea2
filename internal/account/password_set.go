package account

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/guard"
	"github.com/askwell/askwell/internal/password"
	"github.com/askwell/askwell/internal/postgres"
)

// AskPassword has a link mailed with which the owner of an account can set a password: to the account's address, by which or by whose
// number it was asked for. Anybody may call it. Errors: invalid (name), unavailable.
func (s *Service) AskPassword(ctx context.Context, typed, language string) error {
	in := Request{Kind: RequestPassword, Language: language}
	if name := ReadName(typed); name.Number != "" {
		in.Number = name.Number
	} else {
		if err := failure.InvalidFields(checkName(typed)...); err != nil {
			return err
		}
		in.Email = typed
	}
	return s.Ask(ctx, in)
}

// checkName says what is wrong with what is neither an address nor an account number: field name. That check digits fail tells nothing of
// what is on file.
func checkName(typed string) []failure.Field {
	wrong := CheckEmail(typed)
	for i := range wrong {
		wrong[i].Name = "name"
		if looksLikeNumber(typed) {
			wrong[i].Code = "number"
		}
	}
	return wrong
}

// ResetPassword sets the password by a mailed link, which is also how the owner of an account that came from a file gets the first one.
// Every session ends, and every other link is void. The browser is known afterwards: a lock that others caused does not hold for it. A
// second factor stays, and wrong codes count anew. Anybody may call it. Errors: not_found for a link that is unknown, used, void or too old;
// invalid (password), and then the link is still good.
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
	var out SignedIn
	err = postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		if _, err := s.Use(ctx, tx, RequestPassword, token); err != nil {
			return err
		}
		now := s.Now().UTC()
		epoch, err := Raise(ctx, tx, a.ID, in.Epoch, now)
		if err != nil {
			return failure.NotFound("There is no such link.")
		}
		_, err = tx.Exec(ctx, `
			WITH counted_anew AS (UPDATE account SET code_failures = 0 WHERE id = $1)
			INSERT INTO account_credential AS c (account_id, password_hash, changed_at, epoch) VALUES ($1, $2, $3, $4)
			ON CONFLICT (account_id) DO UPDATE SET password_hash = excluded.password_hash, changed_at = excluded.changed_at`,
			a.ID, hash, now, epoch)
		if err != nil {
			return err
		}
		if err := Record(ctx, tx, a.ID, EventPasswordSet, now, v, EventData{}); err != nil {
			return err
		}
		out.Stamped, err = readStamped(ctx, tx, a.ID)
		return err
	})
	if err != nil {
		return SignedIn{}, fmt.Errorf("set the password of account %d: %w", a.ID, err)
	}
	s.Wake()
	out.Device, err = s.Guard.Know(guard.ApplicantPassword, passwordOf(out.Account), v.Device)
	return out, err
}

// ChangePassword sets another password for somebody who knows the old one. Every session ends, and every link is void; the caller begins a new
// session with what comes back. Errors: invalid (password, old_password), *guard.Locked, ErrVoid.
func (s *Service) ChangePassword(ctx context.Context, a Account, old, typed string, v Visit) (SignedIn, error) {
	device, err := s.CheckPassword(ctx, a, old, v)
	if err != nil {
		return SignedIn{}, err
	}
	v.Device = device
	hash, err := s.fitHash(ctx, a, typed)
	if err != nil {
		return SignedIn{}, err
	}
	var out SignedIn
	err = postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		now := s.Now().UTC()
		if _, err := Raise(ctx, tx, a.ID, a.Epoch, now); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE account_credential SET password_hash = $2, changed_at = $3 WHERE account_id = $1`, a.ID, hash, now)
		if err != nil {
			return err
		}
		if err := Record(ctx, tx, a.ID, EventPasswordChanged, now, v, EventData{}); err != nil {
			return err
		}
		out.Stamped, err = readStamped(ctx, tx, a.ID)
		return err
	})
	if err != nil {
		return SignedIn{}, fmt.Errorf("change the password of account %d: %w", a.ID, err)
	}
	s.Wake()
	out.Device, err = s.Know(out.Account, v.Device)
	return out, err
}

// Know gives the device cookie of a browser in which the owner is signed in: after a change of credentials the one from before is void.
func (s *Service) Know(a Account, cookie string) (string, error) {
	cookie, err := s.Guard.Know(guard.ApplicantCode, CodeOf(a.ID, a.Epoch), cookie)
	if err != nil {
		return "", err
	}
	return s.Guard.Know(guard.ApplicantPassword, passwordOf(a), cookie)
}

// CheckPassword asks who is signed in for their password again, before something that only they may do, and gives the new value of the
// device cookie. Errors: invalid (old_password), *guard.Locked.
func (s *Service) CheckPassword(ctx context.Context, a Account, typed string, v Visit) (device string, err error) {
	try, err := s.Guard.BeginFor(ctx, guard.ApplicantPassword, passwordOf(a), v.Address, v.Device)
	if err != nil {
		return "", fmt.Errorf("check a password: %w", err)
	}
	found, err := s.lookUp(ctx, Name{Number: a.Number})
	if err != nil {
		return "", fmt.Errorf("check a password: %w", err)
	}
	right, _, err := password.Check(ctx, found.PasswordHash, typed)
	if err != nil {
		return "", fmt.Errorf("check a password: %w", err)
	}
	if !right || found.ID != a.ID || try.Refused() {
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
