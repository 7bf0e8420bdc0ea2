package account

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/postgres"
)

// Details are what an applicant can change of their account by themselves. The e-mail address changes by AskEmail and ConfirmEmail.
type Details struct {
	Name, Address string
	DateOfBirth   time.Time // a day, in UTC
	Language      string
}

// ChangeDetails writes what differs, with what stood there before, and has the owner told. It reports whether anything did. The caller
// has made sure that it is the owner. Errors: invalid (name, address, date_of_birth), not_found.
func (s *Service) ChangeDetails(ctx context.Context, accountID int64, in Details, v Visit) (changed bool, err error) {
	if err := failure.InvalidFields(CheckDetails(in.Name, in.Address, in.DateOfBirth, s.Now())...); err != nil {
		return false, err
	}
	in.Name, in.Address = strings.TrimSpace(in.Name), strings.TrimSpace(in.Address)
	err = postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		a, err := Store{DB: tx}.one(ctx, "ID, locked", `id = $1 FOR UPDATE`, accountID)
		if err != nil {
			return err
		}
		before := in.differences(a)
		if changed = len(before) > 0; !changed {
			return nil
		}
		now := s.Now().UTC()
		_, err = tx.Exec(ctx, `
			UPDATE account
			SET name = $2, name_words = $3, address = $4, date_of_birth = $5, language = $6, updated_at = $7, version = version + 1
			WHERE id = $1`, a.ID, in.Name, identifier.NameWords(in.Name), in.Address, in.DateOfBirth, in.Language, now)
		if err != nil {
			return err
		}
		return s.changed(ctx, tx, a.ID, EventDetailsChanged, now, v, before)
	})
	if err != nil {
		return false, fmt.Errorf("change the details of account %d: %w", accountID, err)
	}
	s.Wake()
	return changed, nil
}

// differences gives what stands on file of what is to change.
func (d Details) differences(a Account) map[string]string {
	before := map[string]string{}
	note := func(field, old, fresh string) {
		if old != fresh {
			before[field] = old
		}
	}
	born := ""
	if a.DateOfBirth != nil {
		born = a.DateOfBirth.Format(time.DateOnly)
	}
	note("name", a.Name, d.Name)
	note("address", a.Address, d.Address)
	note("date_of_birth", born, d.DateOfBirth.Format(time.DateOnly))
	note("language", a.Language, d.Language)
	return before
}

func (s *Service) changed(ctx context.Context, tx pgx.Tx, id int64, kind EventKind, now time.Time, v Visit, before map[string]string) error {
	if err := Record(ctx, tx, id, kind, now, v, EventData{Before: before}); err != nil {
		return err
	}
	return outbox.Add(ctx, tx, outbox.Event{Kind: OutboxChanged, Subject: id})
}

// AskEmail has a link mailed to a new address of an account, and its present one told. It asks for the password: whoever finds a phone
// unlocked must not take the account along. Nothing changes yet, and nothing tells whether another account has the address. Errors:
// invalid (email, old_password), *guard.Locked.
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
		if err := Record(ctx, tx, a.ID, EventEmailAsked, s.Now().UTC(), v, EventData{}); err != nil {
			return err
		}
		return s.ask(ctx, tx, Request{Kind: RequestEmail, Email: strings.TrimSpace(email), Language: a.Language, AccountID: &a.ID})
	})
	if err != nil {
		return "", fmt.Errorf("ask for another e-mail address of account %d: %w", a.ID, err)
	}
	s.Wake()
	return device, nil
}

// ConfirmEmail gives an account the address whose mailbox its link was mailed to, and has both addresses told. Anybody who has the link
// may call it. Errors: not_found for a link that is unknown, used or too old; ErrTaken.
func (s *Service) ConfirmEmail(ctx context.Context, token string, v Visit) error {
	err := postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		in, err := s.Use(ctx, tx, RequestEmail, token)
		if err != nil {
			return err
		}
		a, err := Store{DB: tx}.one(ctx, "ID, locked", `id = $1 FOR UPDATE`, in.AccountID)
		if err != nil {
			return err
		}
		now := s.Now().UTC()
		_, err = tx.Exec(ctx, `UPDATE account SET email = $2, updated_at = $3, version = version + 1 WHERE id = $1`, a.ID, in.Email, now)
		if err != nil {
			return err
		}
		return s.changed(ctx, tx, a.ID, EventEmailChanged, now, v, map[string]string{"email": a.Email})
	})
	if postgres.Constraint(err) == "account_email_key" {
		return ErrTaken
	}
	if err != nil {
		return fmt.Errorf("change an e-mail address: %w", err)
	}
	s.Wake()
	return nil
}
