package account

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/postgres"
)

// Details are what an applicant can change of their account by themselves. The email address changes by AskEmail and ConfirmEmail.
type Details struct {
	Name, Address string
	DateOfBirth   time.Time // a day, in UTC
	Language      string
}

// ChangeDetails writes what differs, with what stood there before, and has the owner told. It reports whether anything did. The caller
// has made sure that it is the owner. Errors: invalid (name, address, date_of_birth), not_found.
func (s *Service) ChangeDetails(ctx context.Context, accountID int64, in Details, v Visit) (changed bool, err error) {
	in.Name, in.Address = keep(in.Name), keep(in.Address)
	if err := failure.InvalidFields(CheckDetails(in.Name, in.Address, in.DateOfBirth, s.Now())...); err != nil {
		return false, err
	}
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
		return s.changed(ctx, tx, a.ID, EventDetailsChanged, now, v, EventData{Before: before})
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

func (s *Service) changed(ctx context.Context, tx pgx.Tx, id int64, kind EventKind, now time.Time, v Visit, data EventData) error {
	if err := Record(ctx, tx, id, kind, now, v, data); err != nil {
		return err
	}
	return outbox.Add(ctx, tx, outbox.Event{Kind: OutboxChanged, Subject: id})
}
