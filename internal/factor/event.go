package factor

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/account"
)

// The factors that an event is about, as account.EventData names them.
const (
	KindApp     = "totp"
	KindPasskey = "passkey"
)

// By is whose account is changed, by which browser, and under which epoch it was let in: a change by a session that has ended meanwhile is
// refused with account.ErrVoid. Epoch may be account.AnyEpoch.
type By struct {
	AccountID int64
	Epoch     int64
	account.Visit
}

// record writes what happened into the account's history, from which its owner is told by mail.
func (s *Store) record(ctx context.Context, tx pgx.Tx, by By, event account.EventKind, factor string) error {
	return account.Record(ctx, tx, by.AccountID, event, s.now().UTC(), by.Visit, account.EventData{Factor: factor})
}
