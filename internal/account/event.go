package account

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/guard"
	"github.com/askwell/askwell/internal/postgres"
)

// EventKind names what happened to an account.
type EventKind string

// The kinds of event.
const (
	EventRegistered         EventKind = "registered"
	EventSignedIn           EventKind = "signed_in"
	EventSignedOut          EventKind = "signed_out"
	EventSessionsEnded      EventKind = "sessions_ended"
	EventPasswordSet        EventKind = "password_set" // by a link from the mailbox
	EventPasswordChanged    EventKind = "password_changed"
	EventDetailsChanged     EventKind = "details_changed" // EventData.Fields and what stood there before
	EventEmailAsked         EventKind = "email_asked"     // a link went to the new address
	EventEmailChanged       EventKind = "email_changed"
	EventEmailUndone        EventKind = "email_undone" // by a link from the former mailbox
	EventHeld               EventKind = "held"         // the same, when another account has the former address by now
	EventReleased           EventKind = "released"     // support let the owner of a held account in again
	EventDownloaded         EventKind = "downloaded"
	EventFactorAdded        EventKind = "factor_added" // EventData.Factor
	EventFactorRemoved      EventKind = "factor_removed"
	EventRecoveryCodesMade  EventKind = "recovery_codes_made"
	EventRecoveryCodeUsed   EventKind = "recovery_code_used"
	EventSecondStepFailed   EventKind = "second_step_failed"   // a wrong code after the right password; not each one
	EventSecondStepShut     EventKind = "second_step_shut"     // too many in a row
	EventMailBounced        EventKind = "mail_bounced"         // a mail to the owner came back: EventData.Reason is a ticket.Bounce
	EventPasskeyCopyRefused EventKind = "passkey_copy_refused" // its counter went back: somebody may have copied it
)

// EventData is what an event tells beside its kind.
type EventData struct {
	Before map[string]string `json:"before,omitempty"` // details that changed, with what stood there before
	Factor string            `json:"factor,omitempty"` // totp, passkey or recovery_code
	Reason string            `json:"reason,omitempty"`
	Mail   int64             `json:"mail,omitempty"` // that came in
	Undo   int64             `json:"undo,omitempty"` // the request whose link takes a change of address back
}

// Event is one thing that happened to an account. It is never changed afterwards.
type Event struct {
	ID        int64
	AccountID int64
	Kind      EventKind
	At        time.Time
	Network   *netip.Prefix // of the browser, cut to /24 or /56; nil when none did it
	Browser   string        // "Firefox, Android"
	Data      EventData
}

// Visit is whose browser did something, as far as an event keeps it: enough to know one's own again, too little to find a person.
type Visit struct {
	Address netip.Addr
	Browser string // "Firefox, Android", up to 80 characters
	Device  string // the device cookie, "" for none
}

// OutboxHappened is the outbox's event for what an account's owner is told by mail; its subject is the account event's ID.
const OutboxHappened = "account.happened"

// told are the kinds that the owner hears of by mail, so that what somebody else did in their name does not stay unseen.
var told = map[EventKind]bool{
	EventPasswordSet: true, EventPasswordChanged: true, EventDetailsChanged: true, EventEmailAsked: true, EventEmailChanged: true,
	EventFactorAdded: true, EventFactorRemoved: true, EventRecoveryCodesMade: true, EventRecoveryCodeUsed: true,
	EventPasskeyCopyRefused: true, EventEmailUndone: true, EventHeld: true, EventSecondStepFailed: true, EventSecondStepShut: true,
}

// Record writes down what happened to an account, in the transaction of what happened, and has its owner told where they should know.
func Record(ctx context.Context, db postgres.Querier, accountID int64, kind EventKind, at time.Time, v Visit, data EventData) error {
	var network *netip.Prefix
	if v.Address.IsValid() {
		n := guard.Network(v.Address)
		network = &n
	}
	text, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("record what happened to account %d: %w", accountID, err)
	}
	browser := []rune(v.Browser)
	_, err = db.Exec(ctx, `
		WITH happened AS (
			INSERT INTO account_event (account_id, kind, at, network, browser, data)
			VALUES ($1, $2, $3, $4, $5, $6)
			RETURNING id
		)
		INSERT INTO outbox (event, subject_id) SELECT $7, id FROM happened WHERE $8`,
		accountID, kind, at, network, string(browser[:min(len(browser), 80)]), text, OutboxHappened, told[kind])
	if err != nil {
		return fmt.Errorf("record what happened to account %d: %w", accountID, postgres.Failure(err))
	}
	return nil
}

// RecordBounce writes down that a mail to the owner of an account came back, once for each report. Nothing happens to an account that has gone.
func RecordBounce(ctx context.Context, db postgres.Querier, accountID, report int64, reason string) error {
	_, err := db.Exec(ctx, `
		INSERT INTO account_event (account_id, kind, at, data)
		SELECT id, $2, now(), jsonb_build_object('reason', $3::text, 'mail', $4::bigint) FROM account
		WHERE id = $1 AND NOT EXISTS (SELECT FROM account_event WHERE account_id = $1 AND kind = $2 AND (data->>'mail')::bigint = $4)`,
		accountID, EventMailBounced, reason, report)
	if err != nil {
		return fmt.Errorf("record a bounce for account %d: %w", accountID, postgres.Failure(err))
	}
	return nil
}

// LastBounce gives when a mail to the owner of an account came back last, and why; not_found when none did since the address was changed.
func (s Store) LastBounce(ctx context.Context, accountID int64) (Event, error) {
	rows, err := s.DB.Query(ctx, `
		SELECT id, account_id, kind, at, network, browser, data FROM account_event
		WHERE account_id = $1 AND kind = ANY ($2)
		ORDER BY id DESC
		LIMIT 1`, accountID, []EventKind{EventMailBounced, EventEmailChanged, EventEmailUndone, EventReleased})
	if err != nil {
		return Event{}, fmt.Errorf("look for bounces of account %d: %w", accountID, postgres.Failure(err))
	}
	e, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Event])
	if err == nil && e.Kind != EventMailBounced {
		err = pgx.ErrNoRows
	}
	if err != nil {
		return Event{}, fmt.Errorf("look for bounces of account %d: %w", accountID, postgres.Failure(err))
	}
	return e, nil
}

// EventByID finds what happened; not_found when there is no such event.
func (s Store) EventByID(ctx context.Context, id int64) (Event, error) {
	rows, err := s.DB.Query(ctx, `SELECT id, account_id, kind, at, network, browser, data FROM account_event WHERE id = $1`, id)
	if err != nil {
		return Event{}, fmt.Errorf("find account event %d: %w", id, postgres.Failure(err))
	}
	e, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Event])
	if err != nil {
		return Event{}, fmt.Errorf("find account event %d: %w", id, postgres.Failure(err))
	}
	return e, nil
}

// History lists what happened to an account, the latest first.
func (s Store) History(ctx context.Context, accountID int64, limit int) ([]Event, error) {
	rows, err := s.DB.Query(ctx, `
		SELECT id, account_id, kind, at, network, browser, data
		FROM account_event
		WHERE account_id = $1
		ORDER BY id DESC
		LIMIT $2`, accountID, limit)
	if err != nil {
		return nil, fmt.Errorf("list what happened to account %d: %w", accountID, postgres.Failure(err))
	}
	events, err := pgx.CollectRows(rows, pgx.RowToStructByName[Event])
	if err != nil {
		return nil, fmt.Errorf("list what happened to account %d: %w", accountID, postgres.Failure(err))
	}
	return events, nil
}
