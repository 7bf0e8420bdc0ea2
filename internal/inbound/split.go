package inbound

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/ticket"
)

// named is a ticket whose reply address a mail was sent to.
type named struct {
	address string
	ticket  *ticket.Ticket // nil when it was erased meanwhile
}

type namedTickets []named

func (n namedTickets) first() *ticket.Ticket {
	if len(n) == 0 {
		return nil
	}
	return n[0].ticket
}

// namedTickets finds the tickets whose reply addresses the mail was sent to, each once.
func (d *Desk) namedTickets(ctx context.Context, m *mailed) (found namedTickets, err error) {
	seen := map[string]bool{}
	for _, address := range slices.Concat(m.Recipients, m.letter.to) {
		reference, err := d.referenceOf(ctx, address)
		if err != nil {
			return nil, err
		}
		if reference == "" || seen[reference] {
			continue
		}
		seen[reference] = true
		t, err := d.find(ctx, reference)
		if err != nil {
			return nil, err
		}
		found = append(found, named{address, t})
	}
	return found, nil
}

// referenceOf reads a ticket's reply address, one under an older key as well; "" for any other address.
func (d *Desk) referenceOf(ctx context.Context, address string) (string, error) {
	if reference, ok := d.Replies.Reference(address); ok {
		return reference, nil
	}
	return d.keptReference(ctx, address)
}

// split makes a mail to several tickets one for each: this one is for the first. However often it is done, there is one of each.
func (d *Desk) split(ctx context.Context, m *mailed, found namedTickets) error {
	if m.SplitOf != nil || len(found) < 2 {
		return nil
	}
	for _, n := range found[1:] {
		if n.ticket == nil {
			continue
		}
		if err := d.forTicket(ctx, m.Raw, m.Fingerprint, n.address, n.ticket.Reference); err != nil {
			return fmt.Errorf("split a mail: %w", err)
		}
	}
	return nil
}

// forTicket keeps a mail that stands here once more, for another ticket.
func (d *Desk) forTicket(ctx context.Context, raw, fingerprint []byte, address, reference string) error {
	own := sha256.Sum256(append(slices.Clone(fingerprint), reference...))
	_, err := d.DB.Exec(ctx, `
		WITH kept AS (
			INSERT INTO inbound_mail (source, raw, sealed, size, fingerprint, envelope_from, recipients, received_at, split_of)
			SELECT source, '', $2, $3, $4, envelope_from, ARRAY[$5::text], received_at, id FROM inbound_mail WHERE fingerprint = $1
			ON CONFLICT (fingerprint) DO NOTHING
			RETURNING id
		)
		INSERT INTO outbox_task (task, subject_id, due_at, created_at)
		SELECT $6, id, now(), now() FROM kept`,
		fingerprint, d.vault.sealMail(raw, own[:]), len(raw), own[:], address, TaskFile)
	return postgres.Failure(err)
}

// receiveAgain keeps a mail that came before for the tickets that it was not sent to then: a server may deliver it to each recipient by itself.
func (d *Desk) receiveAgain(ctx context.Context, in Arrived, prints [][]byte) error {
	var fingerprint []byte
	var before []string
	for _, address := range in.Recipients {
		reference, err := d.referenceOf(ctx, address)
		if err != nil {
			return err
		}
		if reference == "" {
			continue
		}
		if fingerprint == nil {
			err = d.DB.QueryRow(ctx, `SELECT fingerprint, recipients FROM inbound_mail WHERE fingerprint = ANY ($1)`, prints).Scan(&fingerprint, &before)
			if err != nil {
				return fmt.Errorf("keep a mail: %w", unavailable(err))
			}
		}
		known := func(address string) bool { of, _ := d.Replies.Reference(address); return of == reference }
		if len(before) == 0 || slices.ContainsFunc(before, known) {
			continue
		}
		if err := d.forTicket(ctx, in.Raw, fingerprint, address, reference); err != nil {
			return fmt.Errorf("keep a mail: %w", unavailable(err))
		}
	}
	return nil
}
