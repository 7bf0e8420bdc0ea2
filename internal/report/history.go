package report

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/ticket"
)

// Comparison is what came of comparing tickets with their history, and packed days with their tickets.
type Comparison struct {
	Tickets    int // compared
	Differed   int // of those, in one or more of the four:
	Waiting    int // since when the applicant waits, or that nobody does
	Responses  int
	Solutions  int
	Exclusions int
	References []string // the first few that differed
	Days       int      // packed ones, compared
	DaysOff    int      // of those, the ones that are not what their tickets are
}

// Same reports that nothing differed.
func (c Comparison) Same() bool { return c.Differed == 0 && c.DaysOff == 0 }

const (
	historyTickets = 5_000 // IDs that one statement looks at
	namedTickets   = 10    // how many of those that differ are named
)

// Check compares every ticket with its history and every packed day with its tickets, and changes nothing. Days whose changes are
// still to be counted are left out. progress, when not nil, hears how much of the whole is done. For `askwell report rebuild
// --check`. Errors: unavailable.
func (r Recorder) Check(ctx context.Context, progress func(part float64)) (c Comparison, err error) {
	if err = r.histories(ctx, &c, false, share(progress, 0, 0.7)); err != nil {
		return c, fmt.Errorf("compare tickets with their history: %w", err)
	}
	if err = r.checkDays(ctx, &c, share(progress, 0.7, 1)); err != nil {
		return c, fmt.Errorf("compare days with their tickets: %w", err)
	}
	return c, nil
}

// Mend compares every ticket with its history and gives those that differ the times that it tells, each with an event that says what
// stood there. It does not pack days: Rebuild does. For `askwell report rebuild`. Errors: unavailable.
func (r Recorder) Mend(ctx context.Context, progress func(part float64)) (c Comparison, err error) {
	if err = r.histories(ctx, &c, true, share(progress, 0, 1)); err != nil {
		return c, fmt.Errorf("mend tickets by their history: %w", err)
	}
	return c, nil
}

// share is the progress of a part of the whole.
func share(progress func(float64), from, to float64) func(float64) {
	return func(part float64) {
		if progress != nil {
			progress(from + part*(to-from))
		}
	}
}

func (r Recorder) histories(ctx context.Context, c *Comparison, mend bool, progress func(float64)) error {
	var first, last int64
	err := r.DB.QueryRow(ctx, `SELECT COALESCE(min(id), 1), COALESCE(max(id), 0) FROM ticket`).Scan(&first, &last)
	if err != nil {
		return postgres.Failure(err)
	}
	for from := first; from <= last; from += historyTickets {
		to := min(from+historyTickets-1, last)
		differing, err := r.compare(ctx, c, from, to)
		if err != nil {
			return postgres.Failure(err)
		}
		if mend && len(differing) > 0 {
			if err := r.mend(ctx, differing); err != nil {
				return err
			}
		}
		progress(float64(to-first+1) / float64(last-first+1))
	}
	return nil
}

// compare gives the tickets between two IDs that differ from their history, and counts them.
func (r Recorder) compare(ctx context.Context, c *Comparison, first, last int64) (differing []int64, err error) {
	var tickets int
	if err := r.DB.QueryRow(ctx, `SELECT count(*) FROM ticket WHERE id BETWEEN $1 AND $2`, first, last).Scan(&tickets); err != nil {
		return nil, err
	}
	c.Tickets += tickets
	told, err := ticket.Histories(ctx, r.DB, first, last)
	if err != nil {
		return nil, err
	}
	for _, t := range told {
		waiting, response, solution, exclusion := t.Differs()
		if !waiting && !response && !solution && !exclusion {
			continue
		}
		differing = append(differing, t.ID)
		c.Differed++
		c.Waiting, c.Responses = c.Waiting+one(waiting), c.Responses+one(response)
		c.Solutions, c.Exclusions = c.Solutions+one(solution), c.Exclusions+one(exclusion)
		if len(c.References) < namedTickets {
			c.References = append(c.References, t.Reference)
		}
	}
	return differing, nil
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// mend gives tickets what their histories tell. Whoever changes a ticket locks it first, so that behind the lock a new statement sees
// all that has happened to it; it looks again.
func (r Recorder) mend(ctx context.Context, tickets []int64) error {
	return postgres.InTx(ctx, r.DB, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT FROM ticket WHERE id = ANY ($1) ORDER BY id FOR UPDATE`, tickets); err != nil {
			return err
		}
		told, err := ticket.Histories(ctx, tx, tickets[0], tickets[len(tickets)-1])
		if err != nil {
			return err
		}
		batch := &pgx.Batch{}
		for _, t := range told {
			if _, locked := slices.BinarySearch(tickets, t.ID); locked {
				mendOne(batch, t)
			}
		}
		return tx.SendBatch(ctx, batch).Close()
	})
}

// mendOne sets what is not what the history tells, with an event that says what stood there.
func mendOne(batch *pgx.Batch, t ticket.Told) {
	waiting, response, solution, exclusion := t.Differs()
	was := ticket.Data{}
	if waiting {
		was.AwaitingSince = t.AwaitingSince
	}
	if response {
		was.FirstRespondedAt = t.FirstRespondedAt
	}
	if solution {
		was.SolvedAt = t.SolvedAt
	}
	if exclusion {
		was.From, was.To = t.ExcludedReason, t.Timeline.ExcludedReason
	}
	if !waiting && !response && !solution && !exclusion {
		return
	}
	is := t.Timeline
	batch.Queue(`
		UPDATE ticket
		SET awaiting_since = $2, first_responded_at = $3, solved_at = $4, excluded_at = $5, excluded_reason = NULLIF($6, ''), version = version + 1
		WHERE id = $1`, t.ID, is.AwaitingSince, is.FirstRespondedAt, is.SolvedAt, is.ExcludedAt, is.ExcludedReason)
	batch.Queue(`
		INSERT INTO ticket_event (ticket_id, kind, actor, at, data)
		VALUES ($1, $2, 'worker', now(), $3)`, t.ID, ticket.EventTimesMended, was)
	outbox.Queue(batch, outbox.Event{Kind: ticket.OutboxChanged, Subject: t.ID})
}
