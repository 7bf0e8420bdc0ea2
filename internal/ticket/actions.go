package ticket

import (
	"context"
	"slices"
	"strconv"

	"github.com/askwell/askwell/internal/failure"
)

// SetStatus moves the ticket on. For staff who may answer tickets. Errors: invalid (status), not_found, conflict when messages arrived
// that the actor has not seen and the status is other than open (ErrArrived), or an excluded ticket would be opened (ErrExcluded).
func (s *Service) SetStatus(ctx context.Context, by Actor, reference string, to Status) (Ticket, error) {
	if !to.Valid() || to == StatusNew {
		return Ticket{}, failure.Invalid("status", "unknown", "Choose a status from the list.")
	}
	return s.changeTicket(ctx, "set the status of", reference, by, func(c *change) error {
		if err := c.maySetStatus(to); err != nil {
			return err
		}
		c.changeStatus(to)
		return nil
	})
}

// maySetStatus stops a status that ends or puts off work of which the actor does not know, and takes off an exclusion where the status
// means that there is work.
func (c *change) maySetStatus(to Status) error {
	if to != StatusOpen && to != c.Status {
		if err := c.sawMessages(); err != nil {
			return err
		}
	}
	if to.InHand() {
		return c.sawExclusion()
	}
	return nil
}

// changeStatus moves the ticket on, with an event.
func (c *change) changeStatus(to Status) {
	if from := c.Status; from != to {
		c.Status = to
		c.event(EventStatusChanged, Data{From: string(from), To: string(to)})
	}
}

// Assign gives the ticket to a member of staff; 0 to nobody. For staff who may answer tickets. Errors: invalid (assignee) when
// there is no such active member, not_found, conflict when somebody else has it whom the actor did not see.
func (s *Service) Assign(ctx context.Context, by Actor, reference string, staffID int64) (Ticket, error) {
	return s.changeTicket(ctx, "assign", reference, by, func(c *change) error {
		if err := c.sawAssignee(ctx); err != nil {
			return err
		}
		if staffID == 0 {
			c.assign(nil)
			return nil
		}
		var active bool
		err := c.tx.QueryRow(ctx, `
			SELECT EXISTS (SELECT FROM staff WHERE id = $1 AND deactivated_at IS NULL)`, staffID).Scan(&active)
		if err != nil {
			return err
		}
		if !active {
			return failure.Invalid("assignee", "unknown", "Choose somebody who works here.")
		}
		c.assign(&staffID)
		return nil
	})
}

func (c *change) assign(to *int64) {
	from := c.AssigneeID
	if from == to || from != nil && to != nil && *from == *to {
		return
	}
	c.AssigneeID = to
	c.event(EventAssigned, Data{From: idText(from), To: idText(to)})
}

func idText(id *int64) string {
	if id == nil {
		return ""
	}
	return strconv.FormatInt(*id, 10)
}

// Release says that a quarantined inquiry is no spam: it joins the others, and what was held back is sent. For staff who may
// release suspects. Errors: not_found, conflict when it is not quarantined.
func (s *Service) Release(ctx context.Context, by Actor, reference string) (Ticket, error) {
	return s.changeTicket(ctx, "release", reference, by, func(c *change) error {
		if !c.Quarantined() {
			return failure.Conflict("This ticket is not in quarantine.")
		}
		for _, why := range c.SuspectedOf {
			if why == string(SuspectRate) {
				c.outbox(OutboxOpened, c.ID, c.now) // its acknowledgement was held back
			}
		}
		c.SuspectedOf = nil
		c.event(EventReleased, Data{})
		return nil
	})
}

// ExcludedReasons lists why a ticket may count in no figure.
func ExcludedReasons() []string { return []string{"merged", "duplicate", "spam", "deleted"} }

// Exclude takes the ticket out of every figure, for a reason of ExcludedReasons, and closes it; reason "" takes that back, and gives
// it the status that it had before, or that was set since. For staff who may answer tickets. Errors: invalid (reason), not_found, conflict when messages arrived that the
// actor has not seen (ErrArrived).
func (s *Service) Exclude(ctx context.Context, by Actor, reference, reason string) (Ticket, error) {
	if reason != "" && !slices.Contains(ExcludedReasons(), reason) {
		return Ticket{}, failure.Invalid("reason", "unknown", "Choose a reason from the list.")
	}
	return s.changeTicket(ctx, "exclude", reference, by, func(c *change) error {
		switch {
		case c.ExcludedReason == reason:
		case reason == "":
			c.restore()
		default:
			if err := c.sawMessages(); err != nil {
				return err
			}
			c.event(EventExcluded, Data{From: c.ExcludedReason, To: reason})
			c.ExcludedReason = reason
			c.changeStatus(StatusClosed)
		}
		return nil
	})
}

// restore takes an exclusion off.
func (c *change) restore() {
	c.event(EventExcluded, Data{From: c.ExcludedReason})
	c.tell()
}
