package ticket

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/postgres"
)

// changeOwn is changeTicket for the ticket's applicant.
func (s *Service) changeOwn(ctx context.Context, what string, by Reader, reference string, fn func(*change) error) (Ticket, error) {
	return s.changeTicket(ctx, what, reference, Actor{Kind: ActorApplicant}, func(c *change) error {
		if !by.sees(*c.Ticket) {
			return noQuestion()
		}
		return fn(c)
	})
}

// SolveByApplicant closes the reader's own question: answered or not, they need nothing more. It is a status like one that staff set,
// so it counts in the figures as solved at this moment, the first time; nobody waits any more. A message opens the question again. One
// that is solved or closed already stays as it is. Errors: not_found, conflict when it has become part of another question.
func (s *Service) SolveByApplicant(ctx context.Context, by Reader, reference string) (Ticket, error) {
	return s.changeOwn(ctx, "let the applicant solve", by, reference, func(c *change) error {
		if c.ExcludedReason != "" {
			return failure.Conflict("This question is part of another one. Look there.")
		}
		if c.Status.InHand() {
			c.changeStatus(StatusSolved)
			return nil
		}
		return c.solvedBehind(ctx)
	})
}

// solvedBehind is for a ticket that a reply has solved which the applicant does not see yet, and which may be withdrawn: the
// applicant's word stands by itself.
func (c *change) solvedBehind(ctx context.Context) error {
	var before Data
	err := c.tx.QueryRow(ctx, `SELECT b.data FROM ticket t CROSS JOIN LATERAL (`+beforeHidden+`) AS b WHERE t.id = @id`,
		pgx.NamedArgs{"id": c.ID, "now": c.now}).Scan(&before)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err == nil && Status(before.From).InHand() {
		c.event(EventStatusChanged, Data{From: before.From, To: string(StatusSolved)})
	}
	return err
}

// RecordRead notes that the applicant has opened the answers up to this one, so that the account shows what is new and the agent sees
// that an answer was read. It changes nothing of the ticket itself; what was noted before is not noted again. For the reader of an
// ApplicantThread.
func (s *Service) RecordRead(ctx context.Context, v ApplicantThread) error {
	if !v.Fresh() {
		return nil
	}
	_, err := s.db.Exec(ctx, `
		INSERT INTO ticket_event (ticket_id, kind, actor, at, data)
		SELECT $1, $2, $3, $4, $5
		WHERE NOT EXISTS (
			SELECT FROM ticket_event WHERE ticket_id = $1 AND kind = $2 AND (data->>'message')::bigint >= $6)`,
		v.TicketID, EventAnswerRead, ActorApplicant, s.now().UTC(), Data{Message: v.LastAnswer()}.marshal(), v.LastAnswer())
	if err != nil {
		return fmt.Errorf("record that %s was read: %w", v.Reference, postgres.Failure(err))
	}
	return nil
}
