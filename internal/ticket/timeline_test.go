package ticket_test

import (
	"errors"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/ticket"
)

// after lets an hour pass, and then something happen to the ticket.
func (d *desk) after(what func() error) {
	d.Helper()
	d.now = d.now.Add(time.Hour)
	d.must(what())
}

func (d *desk) setStatus(reference string, to ticket.Status) {
	d.Helper()
	d.after(func() error {
		_, err := d.tickets.SetStatus(d.Context(), ticket.Staff(d.ana), reference, to)
		return err
	})
}

func (d *desk) exclude(reference, reason string) {
	d.Helper()
	d.after(func() error {
		_, err := d.tickets.Exclude(d.Context(), ticket.Staff(d.ana), reference, reason)
		return err
	})
}

func (d *desk) answer(reference string, to ticket.Status) (m ticket.Message) {
	d.Helper()
	d.after(func() (err error) {
		m, err = d.tickets.Reply(d.Context(), ticket.Staff(d.ana), reference, ticket.Draft{Body: "On its way.", Status: to})
		return err
	})
	return m
}

// Each line ends with who waits, and how the ticket stands.
func TestWaitingIsToldByTheHistory(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		happens func(d *desk, reference string)
		status  ticket.Status
		waits   time.Duration // since so long after the ticket was opened; -1: nobody waits
		solved  time.Duration // -1: never
	}{
		"withdrawing a second reply": {func(d *desk, r string) {
			d.answer(r, "")
			second := d.answer(r, "")
			d.must(d.tickets.WithdrawReply(d.Context(), ticket.Staff(d.ana), r, second.ID))
		}, ticket.StatusOpen, -1, -1},
		"withdrawing the first of two replies": {func(d *desk, r string) {
			d.now = d.now.Add(-59 * time.Minute) // both can still be taken back
			first := d.answer(r, ticket.StatusSolved)
			d.now = d.now.Add(-time.Hour + time.Second)
			d.answer(r, ticket.StatusPending)
			d.must(d.tickets.WithdrawReply(d.Context(), ticket.Staff(d.ana), r, first.ID))
		}, ticket.StatusPending, -1, -1},
		"withdrawing a reply that the applicant has written after": {func(d *desk, r string) {
			d.answer(r, ticket.StatusPending)
			m := d.answer(r, ticket.StatusSolved)
			d.say(r, 1)
			d.must(d.tickets.WithdrawReply(d.Context(), ticket.Staff(d.ana), r, m.ID))
		}, ticket.StatusOpen, 2 * time.Hour, -1},
		"excluding and restoring": {func(d *desk, r string) {
			d.exclude(r, "spam")
			d.exclude(r, "duplicate")
			d.exclude(r, "")
		}, ticket.StatusNew, 0, -1},
		"excluding and restoring what was solved": {func(d *desk, r string) {
			d.answer(r, ticket.StatusSolved)
			d.exclude(r, "duplicate")
			d.exclude(r, "")
		}, ticket.StatusSolved, -1, time.Hour},
		"a status that is set while excluded": {func(d *desk, r string) {
			d.exclude(r, "duplicate")
			d.setStatus(r, ticket.StatusSolved)
			d.exclude(r, "")
		}, ticket.StatusSolved, -1, 2 * time.Hour},
		"a status that is set before another reason": {func(d *desk, r string) {
			d.exclude(r, "spam")
			d.setStatus(r, ticket.StatusSolved)
			d.exclude(r, "duplicate")
			d.exclude(r, "")
		}, ticket.StatusSolved, -1, 2 * time.Hour},
		"while excluded": {func(d *desk, r string) { d.exclude(r, "spam") }, ticket.StatusClosed, -1, -1},
		"solving and reopening": {func(d *desk, r string) {
			d.setStatus(r, ticket.StatusSolved)
			d.setStatus(r, ticket.StatusClosed)
			d.setStatus(r, ticket.StatusOpen)
		}, ticket.StatusOpen, 0, time.Hour},
		"a word to what was put away": {func(d *desk, r string) {
			d.setStatus(r, ticket.StatusClosed)
			d.after(func() error { d.say(r, 1); return nil })
			d.setStatus(r, ticket.StatusSolved)
			d.setStatus(r, ticket.StatusOnHold)
		}, ticket.StatusOnHold, 2 * time.Hour, 3 * time.Hour},
		"solved by the applicant, and reopened": {func(d *desk, r string) {
			d.after(func() error {
				_, err := d.tickets.SolveByApplicant(d.Context(), ticket.Follower(d.read(r).ID, d.read(r).Email), r)
				return err
			})
			d.setStatus(r, ticket.StatusOpen)
		}, ticket.StatusOpen, -1, time.Hour},
		"a bounce of what solved": {func(d *desk, r string) {
			d.answer(r, "")
			m := d.answer(r, ticket.StatusSolved)
			_, err := d.tickets.Bounced(d.Context(), r, m.ID, ticket.Data{Reason: string(ticket.BounceNoMailbox)})
			d.must(err)
		}, ticket.StatusOpen, 2 * time.Hour, 2 * time.Hour},
		"a bounce of what closed": {func(d *desk, r string) {
			m := d.answer(r, ticket.StatusClosed)
			_, err := d.tickets.Bounced(d.Context(), r, m.ID, ticket.Data{Reason: string(ticket.BounceNoMailbox)})
			d.must(err)
		}, ticket.StatusOpen, 0, -1},
		"a bounce while excluded": {func(d *desk, r string) {
			m := d.answer(r, ticket.StatusSolved)
			d.exclude(r, "duplicate")
			_, err := d.tickets.Bounced(d.Context(), r, m.ID, ticket.Data{Reason: string(ticket.BounceNoMailbox)})
			d.must(err)
			d.exclude(r, "")
		}, ticket.StatusOpen, 0, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			opened := d.open("")
			tc.happens(d, opened.Reference)
			got := d.read(opened.Reference)
			since := func(at *time.Time) time.Duration {
				if at == nil {
					return -1
				}
				return at.Sub(opened.OpenedAt)
			}
			if got.Status != tc.status || since(got.AwaitingSince) != tc.waits || since(got.SolvedAt) != tc.solved {
				t.Errorf("%s, waits since %s, solved after %s; want %s, %s, %s",
					got.Status, since(got.AwaitingSince), since(got.SolvedAt), tc.status, tc.waits, tc.solved)
			}
		})
	}
}

// What stands in a ticket and not in its history, as after askwell seed --lean, is not lost by a change.
func TestATicketWithoutHistoryKeepsItsTimes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	opened := d.open("")
	answered, solved := d.now.Add(time.Hour), d.now.Add(2*time.Hour)
	_, err := d.db.Exec(t.Context(), `DELETE FROM ticket_event`)
	d.must(err)
	_, err = d.db.Exec(t.Context(), `
		UPDATE ticket SET status = 'closed', awaiting_since = NULL, first_responded_at = $1, solved_at = $2`, answered, solved)
	d.must(err)
	d.now = d.now.Add(3 * time.Hour)
	_, err = d.tickets.Assign(t.Context(), ticket.Staff(d.ana), opened.Reference, d.ben)
	d.must(err)
	d.setStatus(opened.Reference, ticket.StatusOpen)
	got := d.read(opened.Reference)
	if !got.FirstRespondedAt.Equal(answered) || !got.SolvedAt.Equal(solved) || got.AwaitingSince != nil || got.Status != ticket.StatusOpen {
		t.Errorf("%+v", got)
	}
}

// Every change that ends or takes work stops with what came in between.
func TestWorkIsNotEndedUnseen(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	r := d.open("").Reference
	thread, err := d.tickets.Thread(t.Context(), d.read(r).ID)
	d.must(err)
	nobody := int64(0)
	stale := ticket.Staff(d.ana).Saw(ticket.Seen{Message: thread[0].ID, Assignee: &nobody})
	d.after(func() error { d.say(r, 1); return nil })
	_, err = d.tickets.Assign(t.Context(), ticket.Staff(d.ben), r, d.ben)
	d.must(err)
	before := d.read(r)
	for name, change := range map[string]func() error{
		"solve":           func() error { _, err := d.tickets.SetStatus(t.Context(), stale, r, ticket.StatusSolved); return err },
		"pending":         func() error { _, err := d.tickets.SetStatus(t.Context(), stale, r, ticket.StatusPending); return err },
		"note and solved": func() error { return d.note(stale, r, ticket.StatusSolved) },
		"exclude":         func() error { _, err := d.tickets.Exclude(t.Context(), stale, r, "duplicate"); return err },
		"reply":           func() error { _, err := d.tickets.Reply(t.Context(), stale, r, ticket.Draft{Body: "Yes."}); return err },
		"assign":          func() error { _, err := d.tickets.Assign(t.Context(), stale, r, d.ana); return err },
		"assign nobody":   func() error { _, err := d.tickets.Assign(t.Context(), stale, r, 0); return err },
	} {
		if err := change(); !failure.Is(err, failure.KindConflict) {
			t.Errorf("%s: %v, want a conflict", name, err)
		}
	}
	if after := d.read(r); after.Version != before.Version {
		t.Errorf("something was changed: %+v", after)
	}
	d.must(d.note(stale, r, "")) // a note by itself ends nothing
	_, err = d.tickets.SetStatus(t.Context(), stale, r, ticket.StatusOpen)
	d.must(err)
	seen := ticket.Staff(d.ana).Saw(ticket.Seen{Message: thread[0].ID + 1000, Assignee: &d.ben})
	_, err = d.tickets.Assign(t.Context(), seen, r, d.ana)
	d.must(err)
	_, err = d.tickets.SetStatus(t.Context(), seen, r, ticket.StatusSolved)
	d.must(err)
}

func (d *desk) note(by ticket.Actor, reference string, to ticket.Status) error {
	_, err := d.tickets.Note(d.Context(), by, reference, ticket.Draft{Body: "Hm.", Status: to})
	return err
}

// Answering or opening what was put away takes that off, for who was asked.
func TestAnsweringTakesAnExclusionOff(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(d *desk, by ticket.Actor, r string) error{
		"reply": func(d *desk, by ticket.Actor, r string) error {
			_, err := d.tickets.Reply(d.Context(), by, r, ticket.Draft{Body: "Yes.", Status: ticket.StatusPending})
			return err
		},
		"status": func(d *desk, by ticket.Actor, r string) error {
			_, err := d.tickets.SetStatus(d.Context(), by, r, ticket.StatusPending)
			return err
		},
		"note": func(d *desk, by ticket.Actor, r string) error { return d.note(by, r, ticket.StatusPending) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			r := d.open("").Reference
			d.exclude(r, "spam")
			if err := change(d, ticket.Staff(d.ana), r); !errors.Is(err, ticket.ErrExcluded) || d.read(r).ExcludedReason != "spam" {
				t.Errorf("without a question: %v", err)
			}
			d.must(change(d, ticket.Staff(d.ana).Saw(ticket.Seen{Excluded: "spam"}), r))
			got := d.read(r)
			in, err := d.tickets.Count(t.Context(), ticket.Filter{InHand: true})
			d.must(err)
			if got.ExcludedReason != "" || got.Status != ticket.StatusPending || in != 1 {
				t.Errorf("excluded %q, %s, %d in hand", got.ExcludedReason, got.Status, in)
			}
		})
	}
}
