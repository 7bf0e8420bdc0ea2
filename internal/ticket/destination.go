package ticket

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/postgres"
)

// Where a ticket's mail goes is decided in this file alone: for replies, acknowledgements, the link to follow a question, the mails that
// join a ticket, searches, and the pages that say so. Described in docs/mail.md, "Where a ticket's mail goes".

// FollowsAccount reports whether the ticket is its account's: it was sent from inside, or with the number from the account's own address,
// or a person has looked and says that it is the owner's. The owner sees it in the account, and its mail goes to the account's present
// address. A number alone proves nothing about who wrote: it may be mistyped, or copied from somebody's letter. A claimed link that nobody
// has confirmed would hand a stranger's question to the owner, and let the stranger write into the owner's account; one in conflict most
// likely is a stranger's.
func (l Link) FollowsAccount() bool {
	return l.Account != 0 && (l.State == LinkVerified || l.State == LinkCorroborated || l.Confirmed)
}

// FollowsAccountSQL is Link.FollowsAccount of a ticket t, for the database.
const FollowsAccountSQL = `(t.account_id IS NOT NULL AND (t.link_state IN ('verified', 'corroborated') OR t.link_confirmed_at IS NOT NULL))`

// DestinationOf is where mail about a ticket goes: to the account that the ticket follows, at that account's present address, else to the
// address that was written on the ticket.
func DestinationOf(l Link, written, accounts string) string {
	if l.FollowsAccount() {
		return accounts
	}
	return written
}

// destination is DestinationOf of a ticket t, for the database.
const destination = `COALESCE((SELECT own.email FROM account own WHERE own.id = t.account_id AND ` + FollowsAccountSQL + `), t.applicant_email)`

// Formerly is the address that was written on the ticket when its mail goes elsewhere now, else "".
func (t Ticket) Formerly() string {
	if t.Email == "" || sameAddress(t.Email, t.ApplicantEmail) {
		return ""
	}
	return t.ApplicantEmail
}

// SpeaksForItself reports whether whoever gets the ticket's mail is known to be who wrote it: sent from inside an account, whose address
// was confirmed. Everything else on a ticket, a right number and a right address too, may be somebody else's typing; a mail to such an
// address says neither name nor subject, so that nobody has us carry their words to a stranger. An agent who confirms a link says whose
// ticket it is, not who typed it.
func (t Ticket) SpeaksForItself() bool { return t.LinkState == LinkVerified }

// IsOf reports whether an address is the one that the ticket's mail goes to, however it is spelled. A former address is a stranger's.
func (t Ticket) IsOf(address string) bool {
	return t.Email != "" && address != "" && sameAddress(t.Email, address)
}

// WritesTo reports whether a mail from this address joins the ticket: it is where the ticket's mail goes, or it is the present address of
// the linked account, to whose owner a reply was sent.
func (s *Service) WritesTo(ctx context.Context, t Ticket, address string) (bool, error) {
	if t.IsOf(address) {
		return true, nil
	}
	if !t.Link().ShowsFacts() {
		return false, nil
	}
	var written bool
	err := s.db.QueryRow(ctx, `
		SELECT EXISTS (
			SELECT FROM account a
			JOIN message m ON m.ticket_id = $1 AND m.kind = 'reply' AND m.delivery = 'sent'
				AND (m.to_account_id = a.id OR m.to_account_id IS NULL AND lower(m.recipient) = lower(a.email))
			WHERE a.id = $2 AND lower(a.email) = ANY ($3))`, t.ID, *t.AccountID, identifier.EmailForms(address)).Scan(&written)
	if err != nil {
		return false, fmt.Errorf("find who writes to ticket %d: %w", t.ID, postgres.Failure(err))
	}
	return written, nil
}

// addressed is what decides where a reply goes.
type addressed struct {
	Link
	Written   string // the address on the ticket
	Accounts  string // the present address of the link's account
	WrittenTo int64  // the account for whose owner the reply was written; 0 for the address on the ticket
	Owner     string // that account's present address
}

// recipient is where a reply goes; false when it goes nowhere: it was written for an account's owner, may hold facts of that account, and
// the ticket is that account's no longer.
func (a addressed) recipient() (string, bool) {
	switch {
	case a.WrittenTo == 0 || a.WrittenTo == a.Account && a.FollowsAccount():
		return DestinationOf(a.Link, a.Written, a.Accounts), true
	case a.WrittenTo == a.Account && a.ShowsFacts(), sameAddress(DestinationOf(a.Link, a.Written, a.Accounts), a.Owner):
		return a.Owner, true
	}
	return "", false
}

// address decides where a reply goes, at the moment of sending: since it was written the address may have changed, and so may the link.
// What was decided stands on the message. False when it goes nowhere.
func address(ctx context.Context, tx pgx.Tx, m *Message) (bool, error) {
	var a addressed
	// Before to_account_id there was a reply for an account's owner when it did not go to the address on the ticket.
	err := tx.QueryRow(ctx, `
		SELECT t.link_state, COALESCE(t.account_id, 0), t.link_confirmed_at IS NOT NULL, t.applicant_email, COALESCE(linked.email, ''),
			COALESCE(meant.id, 0), COALESCE(meant.email, '')
		FROM message m
		JOIN ticket t ON t.id = m.ticket_id
		LEFT JOIN account linked ON linked.id = t.account_id
		LEFT JOIN account meant ON meant.id = COALESCE(m.to_account_id, CASE WHEN lower(m.recipient) <> lower(t.applicant_email) THEN t.account_id END)
		WHERE m.id = $1`, m.ID).Scan(&a.State, &a.Account, &a.Confirmed, &a.Written, &a.Accounts, &a.WrittenTo, &a.Owner)
	if err != nil {
		return false, fmt.Errorf("find where reply %d goes: %w", m.ID, err)
	}
	to, ok := a.recipient()
	if !ok || to == m.Recipient {
		return ok, nil
	}
	m.Recipient = to
	_, err = tx.Exec(ctx, `UPDATE message SET recipient = $2 WHERE id = $1`, m.ID, to)
	return true, err
}
