package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/postgres"
)

// An account's epoch counts the changes of its credentials. Whatever lets somebody in holds the number under which it was made, and is void
// once the account's differs: a session (Stamped), a mailed link (Request.Epoch), a browser that is known (guard.Subject), an app that is
// being set up, a question that is followed by a link. docs/architecture.md says what raises it.

// AnyEpoch is for what may raise an account's epoch whatever it is.
const AnyEpoch int64 = 0

// ErrVoid is the error of changing credentials by a session, or a link, that another change has ended meanwhile.
var ErrVoid = failure.New(failure.KindUnsigned, "Sign in again.", nil)

// Raise voids every session, link and known browser of an account, in the transaction of the change that it follows from. It is the one place
// that does. under is the epoch of the session or the link by which the change is made: of two changes at once by what was
// good before, one succeeds. It gives the new epoch, which is under + 1. Errors: ErrVoid.
func Raise(ctx context.Context, tx pgx.Tx, accountID, under int64, at time.Time) (epoch int64, err error) {
	err = tx.QueryRow(ctx, `
		WITH raised AS (
			UPDATE account SET epoch = epoch + 1, epoch_since = $3
			WHERE id = $1 AND ($2 IN (0, epoch))
			RETURNING id, epoch
		), kept AS ( -- where the version before this one looks for it
			UPDATE account_credential c SET epoch = raised.epoch FROM raised WHERE c.account_id = raised.id
		)
		SELECT epoch FROM raised`, accountID, under, at).Scan(&epoch)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, ErrVoid
	}
	if err != nil {
		return 0, fmt.Errorf("raise the epoch of account %d: %w", accountID, postgres.Failure(err))
	}
	return epoch, nil
}

// Epochs gives those of accounts that there are.
func (s Store) Epochs(ctx context.Context, ids []int64) (map[int64]int64, error) {
	rows, err := s.DB.Query(ctx, `SELECT id, epoch FROM account WHERE id = ANY ($1)`, ids)
	if err != nil {
		return nil, fmt.Errorf("read epochs: %w", postgres.Failure(err))
	}
	found := map[int64]int64{}
	var id, epoch int64
	if _, err := pgx.ForEachRow(rows, []any{&id, &epoch}, func() error { found[id] = epoch; return nil }); err != nil {
		return nil, fmt.Errorf("read epochs: %w", postgres.Failure(err))
	}
	return found, nil
}

// Stamped is an account with what its sessions are bound to: a hash of its password and its epoch.
type Stamped struct {
	Account
	Stamp string
}

const (
	stamp          = `encode(substr(sha256(convert_to(c.password_hash || '/' || account.epoch, 'UTF8')), 1, 12), 'hex') AS stamp`
	stampedColumns = columns + `, ` + stamp
	withCredential = ` FROM account JOIN account_credential c ON c.account_id = account.id `
)

// ForSession reads the account behind a session; not_found when it has no password.
func (s *Service) ForSession(ctx context.Context, id int64) (Stamped, error) {
	return readStamped(ctx, s.DB, id)
}

// readStamped is ForSession; in a transaction that raised the epoch it gives what the one session is bound to that goes on. Whoever reads
// it afterwards may get that of a later change.
func readStamped(ctx context.Context, db postgres.Querier, id int64) (Stamped, error) {
	rows, err := db.Query(ctx, `SELECT `+stampedColumns+withCredential+`WHERE account.id = $1`, id)
	if err != nil {
		return Stamped{}, fmt.Errorf("read the account of a session: %w", postgres.Failure(err))
	}
	a, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Stamped])
	if err != nil {
		return Stamped{}, fmt.Errorf("read the account of a session: %w", postgres.Failure(err))
	}
	return a, nil
}
