package ticket

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/postgres"
)

// ToFollow finds the ticket that somebody asks to follow by its reference, as typed, and the address on it, case aside. Called by the
// worker that mails the link, which goes to the address as it stands on the ticket. Errors: not_found when the two do not belong
// together or the ticket is not Followable, whichever it is.
func (s *Service) ToFollow(ctx context.Context, tx pgx.Tx, typed, email string) (Ticket, error) {
	reference, ok := identifier.ParseReference(typed)
	if !ok {
		return Ticket{}, noQuestion()
	}
	rows, err := tx.Query(ctx, `SELECT `+columns+` FROM ticket t WHERE t.reference = $1`, reference)
	if err != nil {
		return Ticket{}, fmt.Errorf("find %s to follow: %w", reference, postgres.Failure(err))
	}
	t, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Ticket])
	if err != nil {
		return Ticket{}, fmt.Errorf("find %s to follow: %w", reference, postgres.Failure(notFound(err)))
	}
	if t.ApplicantEmail == "" || !sameAddress(t.ApplicantEmail, email) || !t.Followable() {
		return Ticket{}, noQuestion()
	}
	return t, nil
}
