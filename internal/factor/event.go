package factor

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/guard"
	"github.com/askwell/askwell/internal/outbox"
)

// OutboxChanged is the outbox's event for what the owner of an account is told by mail; its subject is the account_event's ID.
const OutboxChanged = "factor.changed"

// The events of an account that are written here.
const (
	EventAdded          = "factor_added"
	EventRemoved        = "factor_removed"
	EventCodesMade      = "recovery_codes_made"
	EventCodeUsed       = "recovery_code_used"
	EventPasskeyStopped = "passkey_stopped" // it may have been copied
)

// The factors that an event is about, as its data names them.
const (
	KindApp     = "app"
	KindPasskey = "passkey"
)

// By is whose account is changed, and from where.
type By struct {
	AccountID int64
	Address   netip.Addr
	Browser   string // for example "Firefox, Android"
}

// record writes what happened into the account's history, and into the outbox for the mail.
func (s *Store) record(ctx context.Context, tx pgx.Tx, by By, event, factor string) error {
	data := map[string]string{}
	if factor != "" {
		data["factor"] = factor
	}
	var network any
	if by.Address.IsValid() {
		network = guard.Network(by.Address)
	}
	var id int64
	err := tx.QueryRow(ctx, `
		INSERT INTO account_event (account_id, kind, at, network, browser, data)
		VALUES ($1, $2, $3, $4, left($5, 80), $6)
		RETURNING id`, by.AccountID, event, s.now().UTC(), network, by.Browser, data).Scan(&id)
	if err != nil {
		return fmt.Errorf("record %s: %w", event, err)
	}
	return outbox.Add(ctx, tx, outbox.Event{Kind: OutboxChanged, Subject: id})
}
