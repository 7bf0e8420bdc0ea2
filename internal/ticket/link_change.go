package ticket

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
)

// LinkByNumber reads the ticket afresh and links it by the number that came with it; docs/linking.md. Called by the
// worker with its task, which is finished in the same transaction. A link that a person made or changed stays.
func (s *Service) LinkByNumber(ctx context.Context, task, ticketID int64) error {
	return s.finish(ctx, "link", task, ticketID, func(c *change) error {
		if c.LinkState != LinkWaiting {
			return nil
		}
		facts, err := c.facts(ctx)
		if err != nil {
			return err
		}
		d := DecideLink(facts)
		c.setLink(EventLinked, d.Link, d.Evidence, 0)
		return nil
	})
}

// facts gathers what DecideLink needs.
func (c *change) facts(ctx context.Context) (LinkFacts, error) {
	f := c.linkFacts()
	if f.Group != "with" {
		return f, nil
	}
	accounts := account.Store{DB: c.tx}
	var err error
	if f.NumberMatch, err = maybe(accounts.ByNumber(ctx, c.NumberRead)); err != nil {
		return f, err
	}
	f.EmailAccount, err = maybe(accounts.ByEmail(ctx, c.ApplicantEmail))
	return f, err
}

func maybe(a account.Account, err error) (*account.Account, error) {
	if failure.Is(err, failure.KindNotFound) {
		return nil, nil
	}
	return &a, err
}

// setLink changes the tie and records from what to what, and why.
func (c *change) setLink(kind EventKind, to Link, evidence []Evidence, undoes int64) {
	from := c.Link()
	c.LinkState, c.AccountID, c.LinkConfirmedAt = to.State, nil, nil
	if to.Account != 0 {
		c.AccountID = &to.Account
	}
	if to.Confirmed {
		c.LinkConfirmedAt = &c.now
	}
	before := c.LinkEvidence
	c.LinkEvidence = evidence
	c.event(kind, Data{LinkFrom: &from, LinkTo: &to, EvidenceFrom: before, Evidence: evidence, Undoes: undoes})
	if c.by.Kind == ActorStaff && to.Found() && !from.Found() {
		c.foundAccount()
	}
}

var errLinkChanged = failure.Conflict("The link has changed since you looked. See whose account it is now.")

// ConfirmLink says that the ticket does belong to the account it is claimed for. accountID is the one the agent saw. For staff
// who may answer tickets. Errors: not_found, conflict when the link has changed meanwhile or there is nothing to confirm.
func (s *Service) ConfirmLink(ctx context.Context, by Actor, reference string, accountID int64) (Ticket, error) {
	return s.changeTicket(ctx, "confirm the link of", reference, by, func(c *change) error {
		link := c.Link()
		if link.Account != accountID {
			return errLinkChanged
		}
		if !link.Unsure() {
			return failure.Conflict("This link needs no confirmation.")
		}
		link.Confirmed = true
		c.setLink(EventLinkConfirmed, link, append(slices.Clone(c.LinkEvidence), EvidenceChosenByAgent), 0)
		return nil
	})
}

// LinkTo ties the ticket to the account that the agent chose. seen is the link as it was when the agent was asked whether to replace it.
// For staff who may answer tickets. Errors: not_found for the ticket or the account, conflict when it is linked there already or the link has
// changed since.
func (s *Service) LinkTo(ctx context.Context, by Actor, reference, number string, seen Link) (Ticket, error) {
	return s.changeTicket(ctx, "link", reference, by, func(c *change) error {
		a, err := account.Store{DB: c.tx}.ByNumber(ctx, number)
		if failure.Is(err, failure.KindNotFound) {
			return failure.New(failure.KindNotFound, "There is no account with this number.", err)
		}
		if err != nil {
			return err
		}
		switch link := c.Link(); {
		case link.Account == a.ID && !link.Unsure():
			return failure.Conflict("The ticket is linked to this account already.")
		case link != seen:
			return errLinkChanged
		}
		evidence := []Evidence{EvidenceChosenByAgent}
		onFile, err := c.identifierIsOf(ctx, a)
		if err != nil {
			return err
		}
		if onFile {
			evidence = append(evidence, EvidenceIdentifierOnFile)
		}
		c.setLink(EventLinked, Link{State: LinkClaimed, Account: a.ID, Confirmed: true}, evidence, 0)
		return nil
	})
}

// identifierIsOf reports whether the A-Number or receipt number that came with the ticket is on the account's file.
func (c *change) identifierIsOf(ctx context.Context, a account.Account) (bool, error) {
	clues := account.Clues{}
	switch c.NumberKind {
	case identifier.KindANumber:
		clues.ANumber = c.NumberRead
	case identifier.KindReceiptNumber:
		clues.ReceiptNumber = c.NumberRead
	default:
		return false, nil
	}
	found, err := account.Store{DB: c.tx}.Candidates(ctx, clues, 5)
	return slices.ContainsFunc(found, func(f account.Candidate) bool { return f.Account.ID == a.ID }), err
}

// Unlink takes the ticket off its account. accountID is the one the agent saw. For staff who may answer tickets. Errors: not_found, conflict
// when it is on none or another.
func (s *Service) Unlink(ctx context.Context, by Actor, reference string, accountID int64) (Ticket, error) {
	return s.changeTicket(ctx, "unlink", reference, by, func(c *change) error {
		switch {
		case c.AccountID == nil:
			return failure.Conflict("The ticket is linked to no account.")
		case *c.AccountID != accountID:
			return errLinkChanged
		}
		c.setLink(EventUnlinked, Link{State: LinkNone}, []Evidence{EvidenceChosenByAgent}, 0)
		return nil
	})
}

// UndoLink puts the link back as it was before the event. Only the latest change of the link can be undone; undoing an undo
// redoes it. For staff who may answer tickets. Errors: not_found, conflict when the link has changed since.
func (s *Service) UndoLink(ctx context.Context, by Actor, reference string, eventID int64) (Ticket, error) {
	return s.changeTicket(ctx, "undo a link of", reference, by, func(c *change) error {
		last, err := c.lastLinkEvent(ctx)
		if err != nil {
			return err
		}
		if last.ID != eventID {
			return failure.Conflict("The link has changed since you looked. See how it was linked last.")
		}
		to := *last.Data.LinkFrom
		if to.State == LinkWaiting {
			to.State = LinkNone // the worker has had its turn
		}
		c.setLink(EventLinkUndone, to, last.Data.EvidenceFrom, eventID)
		return nil
	})
}

func (c *change) lastLinkEvent(ctx context.Context) (Event, error) {
	var e Event
	err := c.tx.QueryRow(ctx, `
		SELECT id, data FROM ticket_event
		WHERE ticket_id = $1 AND data ? 'link_from'
		ORDER BY id DESC
		LIMIT 1`, c.ID).Scan(&e.ID, &e.Data)
	if errors.Is(err, pgx.ErrNoRows) {
		return e, failure.New(failure.KindConflict, "There is no link to undo.", err)
	}
	if err != nil {
		return e, fmt.Errorf("read the last change of the link: %w", err)
	}
	return e, nil
}
