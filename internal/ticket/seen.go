package ticket

import (
	"context"
	"errors"
	"strconv"

	"github.com/askwell/askwell/internal/failure"
)

// Seen is what an actor had on the screen when they decided, so that a change which ends or takes work does not pass over what came in
// between. What is left zero is not compared.
type Seen struct {
	Message  int64  // the last message: a later one of the applicant, or reply, stops the change
	Assignee *int64 // whose the ticket was, 0 nobody's: it is taken from no one else
	Excluded string // why the ticket was excluded: answering or opening it takes that off, as the actor was asked
	OfOther  int64  // the colleague's reply that the actor was asked about before taking it back
}

// Saw is the actor with what they had on the screen.
func (a Actor) Saw(s Seen) Actor {
	a.seen = s
	return a
}

// Why a change stopped, for errors.Is; the errors' kind is conflict.
var (
	ErrArrived  = errors.New("messages arrived meanwhile")
	ErrExcluded = errors.New("the ticket is excluded, and nobody was asked")
	ErrOfOther  = errors.New("the reply is a colleague's, and nobody was asked")
)

// sawMessages stops a change whose actor has not seen all that was written.
func (c *change) sawMessages() error {
	if c.by.seen.Message == 0 {
		return nil
	}
	missed := 0
	for _, m := range c.history.messages {
		if m.ID > c.by.seen.Message && (m.Kind == KindApplicant || m.counts()) {
			missed++
		}
	}
	text := strconv.Itoa(missed) + " messages arrived since you began. Read them, then send again."
	switch missed {
	case 0:
		return nil
	case 1:
		text = "A message arrived since you began. Read it, then send again."
	}
	return failure.New(failure.KindConflict, text, ErrArrived)
}

// sawAssignee stops an actor who would take the ticket from somebody whom they did not see.
func (c *change) sawAssignee(ctx context.Context) error {
	seen := c.by.seen.Assignee
	if seen == nil || c.AssigneeID == nil || *c.AssigneeID == *seen || *c.AssigneeID == c.by.StaffID {
		return nil
	}
	var name string
	if err := c.tx.QueryRow(ctx, `SELECT name FROM staff WHERE id = $1`, *c.AssigneeID).Scan(&name); err != nil {
		return err
	}
	return failure.Conflict(name + " has this ticket since you looked. Assign it again to take it over.")
}

// sawExclusion takes an exclusion off for an actor who was asked.
func (c *change) sawExclusion() error {
	if c.ExcludedReason == "" {
		return nil
	}
	if c.by.seen.Excluded != c.ExcludedReason {
		return failure.New(failure.KindConflict, "This ticket was put away ("+c.ExcludedReason+") and counts in no figure. Going on takes that back.", ErrExcluded)
	}
	c.restore()
	return nil
}
