package ticket

import (
	"context"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
)

// Reveal gives the linked account with what was asked for (account.ViewDateOfBirth or account.ViewANumber), and records who
// looked: in the account's views and in the ticket's history. For staff who may answer tickets. Errors: invalid (what), not_found,
// forbidden while the account's facts are hidden.
func (s *Service) Reveal(ctx context.Context, by Actor, reference, what string) (account.Account, error) {
	if what != account.ViewDateOfBirth && what != account.ViewANumber {
		return account.Account{}, failure.Invalid("what", "unknown", "Choose what to show.")
	}
	var seen account.Account
	_, err := s.changeTicket(ctx, "reveal a fact to a reader of", reference, by, func(c *change) error {
		if !c.Link().ShowsFacts() {
			return failure.Forbidden("The account's facts are hidden until somebody confirms whose account it is.")
		}
		accounts := account.Store{DB: c.tx}
		var err error
		if seen, err = accounts.ByID(ctx, *c.AccountID); err != nil {
			return err
		}
		if err := accounts.RecordView(ctx, seen.ID, by.StaffID, what, c.ID); err != nil {
			return err
		}
		c.event(EventAccountRevealed, Data{Reason: what})
		return nil
	})
	return seen, err
}
