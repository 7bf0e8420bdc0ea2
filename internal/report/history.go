package report

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/ticket"
)

// Comparison is what came of comparing tickets with their history, and packed days with their tickets.
type Comparison struct {
	Tickets    int // compared
	Differed   int // of those, in one or more of the three:
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

// history derives from messages and events when each ticket between two IDs was first answered and first solved, and whether and
// since when it counts in no figure: what the ticket's own columns only repeat. A reply counts unless it was withdrawn or reached
// nobody; what was solved by a reply that was withdrawn was not solved; the last word on an exclusion holds. A ticket from another
// desk has its answer there as an event without a message. A ticket without a single event, such as askwell seed --lean makes, has
// no history that could tell anything.
const history = `
	replies AS (
		SELECT ticket_id, min(at) AS at
		FROM (
			SELECT ticket_id, created_at AS at FROM message
			WHERE ticket_id BETWEEN @first AND @last AND kind = 'reply' AND delivery NOT IN ('withdrawn', 'failed')
			UNION ALL
			SELECT ticket_id, at FROM ticket_event
			WHERE ticket_id BETWEEN @first AND @last AND kind = 'replied' AND actor = 'import'
		) AS every
		GROUP BY ticket_id
	), solutions AS (
		SELECT e.ticket_id, min(e.at) AS at
		FROM ticket_event e
		LEFT JOIN message m ON m.id = (e.data->>'message')::bigint AND m.ticket_id BETWEEN @first AND @last
		WHERE e.ticket_id BETWEEN @first AND @last AND e.kind IN ('replied', 'status_changed') AND e.data->>'to' = 'solved'
			AND m.delivery IS DISTINCT FROM 'withdrawn'
		GROUP BY e.ticket_id
	), exclusions AS (
		SELECT DISTINCT ON (ticket_id) ticket_id, NULLIF(data->>'to', '') AS reason, at
		FROM ticket_event
		WHERE ticket_id BETWEEN @first AND @last AND kind = 'excluded'
		ORDER BY ticket_id, id DESC
	), told AS (
		SELECT t.id, t.reference, t.first_responded_at, t.solved_at, t.excluded_at, t.excluded_reason,
			r.at AS told_response, s.at AS told_solution, x.reason AS told_reason, CASE WHEN x.reason IS NOT NULL THEN x.at END AS told_exclusion
		FROM ticket t
		LEFT JOIN replies r ON r.ticket_id = t.id
		LEFT JOIN solutions s ON s.ticket_id = t.id
		LEFT JOIN exclusions x ON x.ticket_id = t.id
		WHERE t.id BETWEEN @first AND @last AND EXISTS (SELECT FROM ticket_event e WHERE e.ticket_id = t.id)
	)`

const differs = `(first_responded_at, solved_at, excluded_at, excluded_reason)
	IS DISTINCT FROM (told_response, told_solution, told_exclusion, told_reason)`

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
	args := pgx.NamedArgs{"first": first, "last": last}
	var tickets int
	if err := r.DB.QueryRow(ctx, `SELECT count(*) FROM ticket WHERE id BETWEEN @first AND @last`, args).Scan(&tickets); err != nil {
		return nil, err
	}
	c.Tickets += tickets
	rows, err := r.DB.Query(ctx, `
		WITH `+history+`
		SELECT id, reference, first_responded_at IS DISTINCT FROM told_response, solved_at IS DISTINCT FROM told_solution,
			(excluded_at, excluded_reason) IS DISTINCT FROM (told_exclusion, told_reason)
		FROM told
		WHERE `+differs+`
		ORDER BY id`, args)
	if err != nil {
		return nil, err
	}
	var id int64
	var reference string
	var response, solution, exclusion bool
	_, err = pgx.ForEachRow(rows, []any{&id, &reference, &response, &solution, &exclusion}, func() error {
		differing = append(differing, id)
		c.Differed++
		c.Responses, c.Solutions, c.Exclusions = c.Responses+one(response), c.Solutions+one(solution), c.Exclusions+one(exclusion)
		if len(c.References) < namedTickets {
			c.References = append(c.References, reference)
		}
		return nil
	})
	return differing, err
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// mend sets the times of tickets. Whoever changes a ticket locks it first, so that behind the lock a new statement sees all that has
// happened to it; it looks again.
func (r Recorder) mend(ctx context.Context, tickets []int64) error {
	return postgres.InTx(ctx, r.DB, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT FROM ticket WHERE id = ANY ($1) ORDER BY id FOR UPDATE`, tickets); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `
			WITH `+history+`, mended AS (
				UPDATE ticket t
				SET first_responded_at = told_response, solved_at = told_solution, excluded_at = told_exclusion, excluded_reason = told_reason,
					version = version + 1
				FROM told
				WHERE t.id = told.id AND t.id = ANY (@tickets) AND (told.first_responded_at, told.solved_at, told.excluded_at, told.excluded_reason)
					IS DISTINCT FROM (told_response, told_solution, told_exclusion, told_reason)
				RETURNING t.id, told.first_responded_at, told.solved_at, COALESCE(told.excluded_reason, '') AS was, COALESCE(told_reason, '') AS becomes
			), happened AS (
				INSERT INTO ticket_event (ticket_id, kind, actor, at, data)
				SELECT id, @kind, 'worker', now(), jsonb_strip_nulls(jsonb_build_object(
					'first_responded_at', first_responded_at, 'solved_at', solved_at, 'from', NULLIF(was, becomes), 'to', NULLIF(becomes, was)))
				FROM mended
			)
			SELECT id FROM mended`, pgx.NamedArgs{
			"first": tickets[0], "last": tickets[len(tickets)-1], "tickets": tickets, "kind": ticket.EventTimesMended,
		})
		if err != nil {
			return err
		}
		mended, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return err
		}
		var changed []outbox.Event
		for _, id := range mended {
			changed = append(changed, outbox.Event{Kind: ticket.OutboxChanged, Subject: id})
		}
		return outbox.Add(ctx, tx, changed...)
	})
}
