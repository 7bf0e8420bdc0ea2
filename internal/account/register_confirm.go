package account

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/guard"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/password"
	"github.com/askwell/askwell/internal/postgres"
)

// OutboxRegistered is the outbox's event for an account that was registered; its subject is the account's ID.
const OutboxRegistered = "account.registered"

// ErrTaken is the conflict of confirming an address that has got an account meanwhile.
var ErrTaken = failure.New(failure.KindConflict, "There is an account with this email address already.", nil)

// ConfirmRegistration makes the account, with a number, and signs its owner in. It asks for the password that was chosen: whoever reads
// the mailbox may not be who filled in the form, and a stranger's password must not open an account in the mailbox owner's name.
// Anybody may call it. Errors: not_found for a link that is unknown, used or too old; unauthenticated for another password; *guard.Locked
// after too many; ErrTaken.
func (s *Service) ConfirmRegistration(ctx context.Context, token, typed string, v Visit) (SignedIn, error) {
	in, err := s.Peek(ctx, RequestRegistration, token)
	if err != nil {
		return SignedIn{}, err
	}
	subject := identifier.FoldEmail(in.Email)
	try, err := s.Guard.Begin(ctx, guard.ApplicantPassword, subject, v.Address, v.Device)
	if err != nil {
		return SignedIn{}, fmt.Errorf("confirm a registration: %w", err)
	}
	right, _, err := password.Check(ctx, in.PasswordHash, typed)
	if err != nil {
		return SignedIn{}, fmt.Errorf("confirm a registration: %w", err)
	}
	if !right {
		return SignedIn{}, failure.New(failure.KindUnsigned, "This is not the password that was chosen.", nil)
	}
	opened, err := s.open(ctx, token, v)
	if err != nil {
		return SignedIn{}, fmt.Errorf("confirm a registration: %w", err)
	}
	s.Wake()
	if _, err := try.Succeed(ctx); err != nil {
		return SignedIn{}, fmt.Errorf("confirm a registration: %w", err)
	}
	device, err := s.Guard.Know(guard.ApplicantPassword, passwordOf(opened.Account), v.Device)
	return SignedIn{Stamped: opened, Device: device}, err
}

// open makes the account of a registration and uses its link up.
func (s *Service) open(ctx context.Context, token string, v Visit) (opened Stamped, err error) {
	for range 5 {
		number, err := identifier.NewAccountNumber(s.random)
		if err != nil {
			return Stamped{}, err
		}
		err = postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
			in, err := s.Use(ctx, tx, RequestRegistration, token)
			if err != nil {
				return err
			}
			id, err := s.insert(ctx, tx, in, number, v)
			if err != nil {
				return err
			}
			opened, err = readStamped(ctx, tx, id)
			return err
		})
		switch postgres.Constraint(err) {
		case "account_number_key":
			continue // one in ten billions for each account there is
		case "account_email_key":
			return Stamped{}, ErrTaken
		}
		return opened, err
	}
	return Stamped{}, errors.New("no free account number in five tries")
}

func (s *Service) insert(ctx context.Context, tx pgx.Tx, in Request, number string, v Visit) (id int64, err error) {
	now := s.Now().UTC()
	err = tx.QueryRow(ctx, `
		INSERT INTO account (number, name, name_words, email, date_of_birth, address, language, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
		RETURNING id`, number, in.Name, identifier.NameWords(in.Name), in.Email, in.DateOfBirth, in.Address, in.Language, now).Scan(&id)
	if err != nil {
		return 0, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO account_credential (account_id, password_hash, changed_at) VALUES ($1, $2, $3)`, id, in.PasswordHash, now)
	if err != nil {
		return 0, err
	}
	if err := Record(ctx, tx, id, EventRegistered, now, v, EventData{}); err != nil {
		return 0, err
	}
	return id, outbox.Add(ctx, tx, outbox.Event{Kind: OutboxChanged, Subject: id}, outbox.Event{Kind: OutboxRegistered, Subject: id})
}
