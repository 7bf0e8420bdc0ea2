package account

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/postgres"
)

// AskEmail has a link mailed to a new address of an account, and its present one told, with a link that takes it all back (UndoEmail). It
// asks for the password: whoever finds a phone unlocked must not take the account along. Nothing changes yet, and nothing tells whether
// another account has the address. What was asked for before is void. Errors: invalid (email, old_password), *guard.Locked.
func (s *Service) AskEmail(ctx context.Context, a Account, email, typed string, v Visit) (device string, err error) {
	wrong := CheckEmail(email)
	if len(wrong) == 0 && identifier.FoldEmail(email) == identifier.FoldEmail(a.Email) {
		wrong = append(wrong, failure.Field{Name: "email", Code: "same", Text: "This is your address already."})
	}
	if err := failure.InvalidFields(wrong...); err != nil {
		return "", err
	}
	if device, err = s.CheckPassword(ctx, a, typed, v); err != nil {
		return "", err
	}
	err = postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		undo, err := s.addUndo(ctx, tx, a)
		if err != nil {
			return err
		}
		if err := Record(ctx, tx, a.ID, EventEmailAsked, s.Now().UTC(), v, EventData{Undo: undo}); err != nil {
			return err
		}
		return s.ask(ctx, tx, Request{Kind: RequestEmail, Email: strings.TrimSpace(email), Language: a.Language, AccountID: &a.ID, Epoch: a.Epoch})
	})
	if err != nil {
		return "", fmt.Errorf("ask for another email address of account %d: %w", a.ID, err)
	}
	s.Wake()
	return device, nil
}

// ConfirmEmail gives an account the address whose mailbox its link was mailed to, has both addresses told, and ends every session. Anybody
// who has the link may call it. It gives whose address it is now. Errors: not_found for a link that is unknown, used, void or too old;
// ErrTaken.
func (s *Service) ConfirmEmail(ctx context.Context, token string, v Visit) (accountID int64, err error) {
	err = postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		in, err := s.Use(ctx, tx, RequestEmail, token)
		if err != nil {
			return err
		}
		a, err := Store{DB: tx}.one(ctx, "ID, locked", `id = $1 FOR UPDATE`, in.AccountID)
		if err != nil {
			return err
		}
		now := s.Now().UTC()
		if _, err := Raise(ctx, tx, a.ID, in.Epoch, now); err != nil {
			return failure.NotFound("There is no such link.")
		}
		undo, err := s.keepUndo(ctx, tx, a)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE account SET email = $2, updated_at = $3, version = version + 1 WHERE id = $1`, a.ID, in.Email, now)
		if err != nil {
			return err
		}
		accountID = a.ID
		return s.changed(ctx, tx, a.ID, EventEmailChanged, now, v, EventData{Before: map[string]string{"email": a.Email}, Undo: undo})
	})
	if postgres.Constraint(err) == "account_email_key" {
		return 0, ErrTaken
	}
	if err != nil {
		return 0, fmt.Errorf("change an email address: %w", err)
	}
	s.Wake()
	return accountID, nil
}
