package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/postgres"
)

// lockPending locks those of the tasks that are still to be done, always in the same order.
func lockPending(ctx context.Context, tx pgx.Tx, tasks []Task) ([]Task, error) {
	ids := make([]int64, len(tasks))
	for i, t := range tasks {
		ids[i] = t.ID
	}
	rows, err := tx.Query(ctx, `
		SELECT id, task AS kind, subject_id AS subject, attempts FROM outbox_task
		WHERE id = ANY ($1) AND given_up_at IS NULL
		ORDER BY id
		FOR UPDATE`, ids)
	if err != nil {
		return nil, fmt.Errorf("lock tasks: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Task])
}

// PutOff makes tasks due at a moment of the database's clock. This was no attempt, and no failure.
func PutOff(ctx context.Context, db postgres.Querier, until time.Time, ids ...int64) error {
	_, err := db.Exec(ctx, `
		UPDATE outbox_task SET due_at = $2, attempts = GREATEST(attempts - 1, 0) WHERE id = ANY ($1)`, ids, until)
	if err != nil {
		return fmt.Errorf("put tasks off: %w", postgres.Failure(err))
	}
	return nil
}

// take claims letters that no attempt is at. Those that an attempt handed over whose process then died are over: they were sent, where the mail
// server's answer was known, and of the others nobody knows whether they arrived. Tasks whose letter another attempt is at are added to
// later, with the time at which its lease ends.
func take[T any](ctx context.Context, tx pgx.Tx, lease time.Duration, tasks []Task, letters []Letter[T], later map[int64]time.Time) (ours []claimed[T], over []Outcome[T], err error) {
	kinds := map[int64]Task{}
	for _, t := range tasks {
		kinds[t.ID] = t
	}
	seen := map[string]bool{}
	for _, l := range letters {
		if seen[l.Key] {
			continue // two tasks for one mail: the first one sends it
		}
		seen[l.Key] = true
		c, state, until, err := takeOne(ctx, tx, lease, kinds[l.Task], l)
		switch {
		case err != nil:
			return nil, nil, err
		case state == "":
			ours = append(ours, c)
		case state == MailUnconfirmed:
			over = append(over, Outcome[T]{Letter: l, State: MailUnconfirmed, Err: ErrUnconfirmed})
		case state == "taken":
			over = append(over, Outcome[T]{Letter: l, State: MailSent})
		case state == "claimed" || state == "leaving":
			later[l.Task] = until
		}
	}
	return ours, over, nil
}

// takeOne claims one letter, or gives the state that stands in the way and until when it does.
func takeOne[T any](ctx context.Context, tx pgx.Tx, lease time.Duration, t Task, l Letter[T]) (c claimed[T], state MailState, until time.Time, err error) {
	c.Letter = l
	rows, err := tx.Query(ctx, `
		INSERT INTO outgoing_mail AS o (key, task_id, kind, subject_id, ticket_id, state, claimed_until)
		VALUES ($1, $2, $3, $4, NULLIF($5::bigint, 0), 'claimed', clock_timestamp() + $6)
		ON CONFLICT (key) DO UPDATE
		SET state = 'claimed', task_id = $2, attempts = o.attempts + 1, claimed_until = clock_timestamp() + $6, changed_at = clock_timestamp(),
			begun_at = CASE WHEN o.task_id = $2 THEN o.begun_at ELSE clock_timestamp() END
		WHERE o.state = 'waiting' OR o.state = 'claimed' AND o.claimed_until < clock_timestamp()
			OR o.state IN ('sent', 'refused', 'expired', 'unconfirmed') AND o.task_id <> $2
		RETURNING o.attempts, o.begun_at < clock_timestamp() - $7::interval`, l.Key, t.ID, t.Kind, t.Subject, l.Ticket, lease, mailExpires)
	if err != nil {
		return c, "", until, fmt.Errorf("claim a mail: %w", err)
	}
	found := 0
	if _, err := pgx.ForEachRow(rows, []any{&c.attempt, &c.expired}, func() error { found++; return nil }); err != nil || found > 0 {
		return c, "", until, err
	}
	err = tx.QueryRow(ctx, `
		WITH before AS (
			SELECT id, state = 'sent' AND code = @taken AS taken, claimed_until < clock_timestamp() AS over FROM outgoing_mail WHERE key = @key
		)
		UPDATE outgoing_mail o SET
			state = CASE WHEN b.over AND o.state = 'leaving' THEN 'unconfirmed' ELSE o.state END,
			code = CASE WHEN b.over AND b.taken THEN 0 ELSE o.code END,
			changed_at = CASE WHEN b.over AND (b.taken OR o.state = 'leaving') THEN clock_timestamp() ELSE o.changed_at END
		FROM before b
		WHERE o.id = b.id
		RETURNING CASE WHEN NOT b.taken THEN o.state WHEN b.over THEN 'taken' ELSE 'leaving' END, o.claimed_until`,
		pgx.NamedArgs{"key": l.Key, "taken": codeTaken}).Scan(&state, &until)
	if err != nil {
		return c, "", until, fmt.Errorf("look up a mail: %w", err)
	}
	return c, state, until, nil
}

// leave records that a letter's content leaves now. Errors: conflict when another attempt has taken over.
func leave(ctx context.Context, db postgres.Querier, lease time.Duration, key string, attempt int) error {
	tag, err := db.Exec(ctx, `
		UPDATE outgoing_mail SET state = 'leaving', claimed_until = clock_timestamp() + $3, changed_at = clock_timestamp()
		WHERE key = $1 AND attempts = $2 AND state = 'claimed'`, key, attempt, lease)
	if err != nil {
		return fmt.Errorf("hand a mail over: %w", postgres.Failure(err))
	}
	if tag.RowsAffected() == 0 {
		return failure.Conflict("Another worker sends this mail.")
	}
	return nil
}

// codeTaken stands beside the state sent of a letter while its attempt has not recorded it: the mail server took it.
const codeTaken = 250

// known records that the mail server has taken a letter, before what became of all of them is.
func known(ctx context.Context, db postgres.Querier, key string, attempt int) error {
	_, err := db.Exec(ctx, `
		UPDATE outgoing_mail SET state = 'sent', code = $3, changed_at = clock_timestamp()
		WHERE key = $1 AND attempts = $2 AND state = 'leaving'`, key, attempt, codeTaken)
	return postgres.Failure(err)
}

// renew prolongs the claims on letters and their tasks. The tasks come first, in their order, as everywhere: another attempt may be at their
// claim at this very moment.
func renew(ctx context.Context, db Beginner, lease time.Duration, keys []string, tasks []int64) error {
	return postgres.InTx(ctx, db, func(tx pgx.Tx) error {
		for _, step := range []struct {
			sql  string
			args []any
		}{
			{`SELECT FROM outbox_task WHERE id = ANY ($1) ORDER BY id FOR UPDATE`, []any{tasks}},
			{`UPDATE outbox_task SET due_at = clock_timestamp() + $2 WHERE id = ANY ($1)`, []any{tasks, lease}},
			{`UPDATE outgoing_mail SET claimed_until = clock_timestamp() + $2
				WHERE key = ANY ($1) AND (state IN ('claimed', 'leaving') OR state = 'sent' AND code = $3)`, []any{keys, lease, codeTaken}},
		} {
			if _, err := tx.Exec(ctx, step.sql, step.args...); err != nil {
				return fmt.Errorf("renew a claim: %w", err)
			}
		}
		return nil
	})
}

// keep records what became of an attempt at a letter, and reports whether no later attempt has taken it over. Of an attempt that was
// thought lost it is still welcome.
func keep(ctx context.Context, tx pgx.Tx, key string, attempt int, state MailState, a Answer) (bool, error) {
	tag, err := tx.Exec(ctx, `
		UPDATE outgoing_mail SET state = $3, fault = $4, code = $5, status = $6, words = left($7, 500), claimed_until = clock_timestamp(), changed_at = clock_timestamp()
		WHERE key = $1 AND attempts = $2 AND (state IN ('claimed', 'leaving', 'unconfirmed') OR state = 'sent' AND code = $8)`,
		key, attempt, state, a.Fault, a.Code, a.Status, a.Words, codeTaken)
	if err != nil {
		return false, fmt.Errorf("record a mail: %w", err)
	}
	return tag.RowsAffected() > 0, nil
}

// finish finishes tasks. No row stays of mails that were sent, or are not to be sent any more.
func finish(ctx context.Context, tx pgx.Tx, tasks []int64) error {
	if len(tasks) == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, `DELETE FROM outgoing_mail WHERE task_id = ANY ($1) AND state IN ('sent', 'waiting', 'claimed')`, tasks); err != nil {
		return fmt.Errorf("forget mails: %w", err)
	}
	return Done(ctx, tx, tasks...)
}
