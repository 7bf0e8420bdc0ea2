package ticket

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/postgres"
)

// ToFollow finds the ticket that somebody asks to follow by its reference, as typed, and the address that its mail goes to, case aside.
// Called by the worker that mails the link there. Errors: not_found when the two do not belong
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
	if !t.IsOf(email) || !t.Followable() {
		return Ticket{}, noQuestion()
	}
	return t, nil
}

// Followed finds the ticket of a link that was mailed to this address. Errors: not_found when the ticket is not Followable, or its mail
// goes elsewhere now: a former address opens nothing.
func (s *Service) Followed(ctx context.Context, id int64, email string) (Ticket, error) {
	t, err := s.ByID(ctx, id)
	if err == nil && (!t.IsOf(email) || !t.Followable()) {
		err = noQuestion()
	}
	if err != nil {
		return Ticket{}, err
	}
	return t, nil
}
