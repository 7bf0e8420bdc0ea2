package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/postgres"
)

// suspectBefore is how long before a change of address was asked for a second step may have been added by whoever asked: no session lasts
// longer. An older one was the owner's before, and goes on guarding the account from whoever reads the mailbox.
const suspectBefore = 12 * time.Hour

// addUndo makes the link that takes a change of an account's address back, without a mail: it goes into those that tell of the change.
func (r Requests) addUndo(ctx context.Context, tx pgx.Tx, a Account) (id int64, err error) {
	return r.addUndoSince(ctx, tx, a, r.Now().UTC())
}

// UndoSince gives the link by which the owner of a mailbox denies what happened to an account at a moment, made when it is asked for first:
// for changes that are told by mail and were not made by a request. It gives the account a.Email, and undoes what UndoEmail does.
func (r Requests) UndoSince(ctx context.Context, tx pgx.Tx, a Account, at time.Time) (id int64, err error) {
	err = tx.QueryRow(ctx, `
		SELECT id FROM mail_request WHERE account_id = $1 AND kind = $2 AND email = $3 AND asked_at = $4`, a.ID, RequestEmailUndo, a.Email, at.UTC()).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return r.addUndoSince(ctx, tx, a, at.UTC())
	}
	return id, postgres.Failure(err)
}

func (r Requests) addUndoSince(ctx context.Context, tx pgx.Tx, a Account, at time.Time) (id int64, err error) {
	nonce, hash := newLinkToken(r.Keys[0], RequestEmailUndo)
	now := r.Now().UTC()
	err = tx.QueryRow(ctx, `
		INSERT INTO mail_request (kind, email, language, nonce, token_hash, asked_at, answered_at, expires_at, account_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		RETURNING id`, RequestEmailUndo, a.Email, a.Language, nonce, hash, at, now, now.Add(RequestEmailUndo.Lasts()), a.ID).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("make a link that takes a change of address back: %w", postgres.Failure(err))
	}
	return id, nil
}

// keepUndo has the newest link that leads back to an account's present address last from now on, in the transaction that changes it.
func (r Requests) keepUndo(ctx context.Context, tx pgx.Tx, a Account) (id int64, err error) {
	err = tx.QueryRow(ctx, `
		UPDATE mail_request
		SET expires_at = $3
		WHERE id = (SELECT max(id) FROM mail_request WHERE account_id = $1 AND kind = $4 AND email = $2 AND used_at IS NULL)
		RETURNING id`, a.ID, a.Email, r.Now().UTC().Add(RequestEmailUndo.Lasts()), RequestEmailUndo).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) { // the version before this one was asked
		return r.addUndo(ctx, tx, a)
	}
	if err != nil {
		return 0, fmt.Errorf("keep the link that takes a change of address back: %w", postgres.Failure(err))
	}
	return id, nil
}

// Undo gives the address that an event's change can be taken back to, and the link's token; not_found when it was used, or is too old.
func (r Requests) Undo(ctx context.Context, db postgres.Querier, id int64) (email, token string, err error) {
	var nonce, hash []byte
	err = db.QueryRow(ctx, `
		SELECT email, nonce, token_hash
		FROM mail_request
		WHERE id = $1 AND kind = $2 AND used_at IS NULL AND expires_at > $3`, id, RequestEmailUndo, r.Now().UTC()).Scan(&email, &nonce, &hash)
	if err != nil {
		return "", "", fmt.Errorf("find the link that takes a change of address back: %w", postgres.Failure(err))
	}
	token, err = writeLinkToken(r.Keys, RequestEmailUndo, nonce, hash)
	return email, token, err
}

// Undone is what became of a change of address that its account's owner denied.
type Undone struct {
	AccountID int64
	Email     string // the address that the account has again
	Held      bool   // another account has it by now
}

// UndoEmail is for the owner of an account who did not ask for another address: by the link in the mail to the former one, also after the
// change took effect. The account has the former address again; its sessions, links, password, and what forget finds of second steps that
// were added since, are gone; and a link that sets a new password goes to that address. Links back to addresses that came later are void,
// so that of two people who each have one the owner from before wins; an older one stays. Where another account has the former address by
// now, nobody can enter this one any more until support has looked (held_at). Anybody who has the link may call it. Errors: not_found for a link
// that is unknown, used, void or too old.
func (s *Service) UndoEmail(ctx context.Context, token string, v Visit, forget func(ctx context.Context, tx pgx.Tx, accountID int64, since time.Time) error) (out Undone, err error) {
	for range 2 { // somebody may open an account with the address at the same moment
		err = postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
			in, err := s.Use(ctx, tx, RequestEmailUndo, token)
			if err != nil {
				return err
			}
			if err := s.shutOut(ctx, tx, in); err != nil {
				return err
			}
			if err := forget(ctx, tx, *in.AccountID, in.AskedAt.Add(-suspectBefore)); err != nil {
				return err
			}
			out, err = s.giveBack(ctx, tx, in, v)
			return err
		})
		if postgres.Constraint(err) != "account_email_key" {
			break
		}
	}
	if err != nil {
		return Undone{}, fmt.Errorf("take a change of address back: %w", err)
	}
	s.Wake()
	return out, nil
}

// shutOut takes everything away by which somebody can enter the account of an undo link.
func (s *Service) shutOut(ctx context.Context, tx pgx.Tx, in Request) error {
	now := s.Now().UTC()
	if _, err := Raise(ctx, tx, *in.AccountID, AnyEpoch, now); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `
		WITH forgotten AS (DELETE FROM account_credential WHERE account_id = $1)
		UPDATE mail_request SET used_at = $3 WHERE account_id = $1 AND kind = $4 AND id > $2 AND used_at IS NULL`,
		in.AccountID, in.ID, now, RequestEmailUndo)
	return err
}

// giveBack gives the account its former address, unless another one has it.
func (s *Service) giveBack(ctx context.Context, tx pgx.Tx, in Request, v Visit) (Undone, error) {
	a, err := Store{DB: tx}.ByID(ctx, *in.AccountID)
	if err != nil {
		return Undone{}, err
	}
	now, out, data := s.Now().UTC(), Undone{AccountID: a.ID, Email: in.Email}, EventData{}
	if identifier.FoldEmail(a.Email) != identifier.FoldEmail(in.Email) {
		switch _, err := (Store{DB: tx}).ByEmail(ctx, in.Email); {
		case err == nil:
			out.Held = true
		case !failure.Is(err, failure.KindNotFound):
			return Undone{}, err
		}
		data.Before = map[string]string{"email": a.Email}
	}
	if out.Held {
		if _, err := tx.Exec(ctx, `UPDATE account SET held_at = $2 WHERE id = $1`, a.ID, now); err != nil {
			return Undone{}, err
		}
		return out, Record(ctx, tx, a.ID, EventHeld, now, v, EventData{})
	}
	if data.Before != nil {
		_, err := tx.Exec(ctx, `UPDATE account SET email = $2, updated_at = $3, version = version + 1 WHERE id = $1`, a.ID, in.Email, now)
		if err != nil {
			return Undone{}, err
		}
	}
	if err := Record(ctx, tx, a.ID, EventEmailUndone, now, v, data); err != nil {
		return Undone{}, err
	}
	if err := outbox.Add(ctx, tx, outbox.Event{Kind: OutboxChanged, Subject: a.ID}); err != nil {
		return Undone{}, err
	}
	return out, s.ask(ctx, tx, Request{Kind: RequestPassword, Email: in.Email, Language: a.Language, AccountID: &a.ID, Epoch: a.Epoch})
}
