package ticket

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/postgres"
)

// Found reports whether it is known whose ticket it is: by its number, or because a person says so. An account in conflict is
// not found until somebody confirms it.
func (l Link) Found() bool { return l.Account != 0 && (l.State != LinkConflict || l.Confirmed) }

// looked says that a member of staff has a ticket before them whose account is not found, unless that is known already or the
// account is.
const looked = `
	INSERT INTO account_lookup (ticket_id, staff_id, what, at)
	SELECT id, $2, 'looked', $3
	FROM ticket
	WHERE id = $1 AND (account_id IS NULL OR link_state = 'conflict' AND link_confirmed_at IS NULL)
	ON CONFLICT DO NOTHING`

// LookedForAccount records that a member of staff has a ticket before them whose account is not found; the first time counts.
// For staff who may answer tickets.
func (s *Service) LookedForAccount(ctx context.Context, staffID, ticketID int64) error {
	if _, err := s.db.Exec(ctx, looked, ticketID, staffID, s.now().UTC()); err != nil {
		return fmt.Errorf("record a look for the account of ticket %d: %w", ticketID, postgres.Failure(err))
	}
	return nil
}

// SearchedForAccount records that a member of staff searched for a ticket's account while it was not found. The same words
// again are the same search. For staff who may answer tickets.
func (s *Service) SearchedForAccount(ctx context.Context, staffID, ticketID int64, words string) error {
	hash := sha256.Sum256([]byte(strings.ToLower(words)))
	batch := &pgx.Batch{}
	batch.Queue(looked, ticketID, staffID, s.now().UTC())
	batch.Queue(`
		INSERT INTO account_lookup (ticket_id, staff_id, what, tag, at)
		SELECT id, $2, 'searched', $4, $3
		FROM ticket
		WHERE id = $1 AND (account_id IS NULL OR link_state = 'conflict' AND link_confirmed_at IS NULL)
		ON CONFLICT DO NOTHING`, ticketID, staffID, s.now().UTC(), int32(binary.BigEndian.Uint16(hash[:])))
	if err := s.db.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("record a search for the account of ticket %d: %w", ticketID, postgres.Failure(err))
	}
	return nil
}

// foundAccount records that a member of staff found the account, the first time.
func (c *change) foundAccount() {
	for _, what := range []string{"looked", "found"} { // who links without looking has looked at that moment
		c.batch.Queue(`
			INSERT INTO account_lookup (ticket_id, staff_id, what, at)
			VALUES ($1, $2, $3, $4)
			ON CONFLICT DO NOTHING`, c.ID, c.by.StaffID, what, c.now)
	}
}
