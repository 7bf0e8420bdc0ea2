package account

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/postgres"
)

// Held lists the accounts that nobody can enter, by when that began.
func (s Store) Held(ctx context.Context) ([]Account, error) {
	return s.list(ctx, `held_at IS NOT NULL ORDER BY held_at, id`)
}

// Release lets the owner of a held account in again, once support knows whose it is: the account has this address, and a link that sets a
// password goes there. Every other link of the account is void, also those that take a change of address back. Errors: not_found for an unknown number; conflict for an account that is not
// held and for an address that another account has; invalid for what is no address.
func (r Requests) Release(ctx context.Context, number, email string) error {
	email = identifier.CleanEmail(email)
	if !identifier.ValidEmail(email) {
		return failure.Invalid("email", "invalid", fmt.Sprintf("%q is no email address.", email))
	}
	err := postgres.InTx(ctx, r.DB, func(tx pgx.Tx) error {
		a, err := (Store{DB: tx}).one(ctx, "number", `number = $1 FOR UPDATE`, number)
		if err != nil {
			return err
		}
		if !a.Held {
			return failure.Conflict("This account is not held.")
		}
		now := r.Now().UTC()
		_, err = tx.Exec(ctx, `UPDATE account SET email = $2, held_at = NULL, updated_at = $3, version = version + 1 WHERE id = $1`, a.ID, email, now)
		if err != nil {
			return postgres.Failure(err)
		}
		epoch, err := Raise(ctx, tx, a.ID, AnyEpoch, now)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE mail_request SET used_at = $2 WHERE account_id = $1 AND kind = $3 AND used_at IS NULL`, a.ID, now, RequestEmailUndo)
		if err != nil {
			return postgres.Failure(err)
		}
		if err := Record(ctx, tx, a.ID, EventReleased, now, Visit{}, EventData{Before: map[string]string{"email": a.Email}}); err != nil {
			return err
		}
		if err := outbox.Add(ctx, tx, outbox.Event{Kind: OutboxChanged, Subject: a.ID}); err != nil {
			return err
		}
		return r.ask(ctx, tx, Request{Kind: RequestPassword, Email: email, Language: a.Language, AccountID: &a.ID, Epoch: epoch})
	})
	if postgres.Constraint(err) == "account_email_key" {
		return failure.Conflict("Another account has this address.")
	}
	return err
}
