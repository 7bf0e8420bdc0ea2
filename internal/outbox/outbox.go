// Package outbox keeps what happened, and the tasks that follow from it, in the database until they are done.
//
// An event is added in the transaction of its cause. The relay expands events into tasks, one row each, and hands the
// tasks to the task queue. A task row goes away only in the transaction of the task's effect (Done), so that a task queue
// that is down, or wiped, delays work and loses none.
package outbox

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/postgres"
)

// Channel is the LISTEN/NOTIFY channel on which the relay is woken.
const Channel = "askwell_outbox"

// Event is something that happened to a subject. It holds IDs only, never personal data.
type Event struct {
	Kind      string    // for example "ticket.opened"
	Subject   int64     // the ID of the ticket, account or message that it happened to; the kind says which
	NotBefore time.Time // tasks wait until then; the zero time means now
}

// Task is one reaction to an event, due and claimed.
type Task struct {
	ID       int64
	Kind     string // for example "link_account"
	Subject  int64
	Attempts int // how many times it was handed to the task queue before
}

// Stuck is a task that was given up, or has been tried often.
type Stuck struct {
	ID        int64
	Kind      string
	Subject   int64
	CreatedAt time.Time
	Attempts  int
	LastError string
	GivenUpAt *time.Time
}

const addSQL = `INSERT INTO outbox (event, subject_id, not_before) VALUES ($1, $2, COALESCE($3, now()))`

// Add writes events in the caller's transaction.
func Add(ctx context.Context, tx postgres.Querier, events ...Event) error {
	for _, e := range events {
		if _, err := tx.Exec(ctx, addSQL, e.Kind, e.Subject, nullTime(e.NotBefore)); err != nil {
			return fmt.Errorf("add %s to the outbox: %w", e.Kind, err)
		}
	}
	return nil
}

// Queue is Add as part of a batch that the caller sends in its transaction.
func Queue(batch *pgx.Batch, e Event) {
	batch.Queue(addSQL, e.Kind, e.Subject, nullTime(e.NotBefore))
}

func nullTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// Reaction is a kind of task that follows from an event. Tasks with Gather wait for company: they are due at the next whole
// multiple of it, so that what happens to one subject again and again is one piece of work.
type Reaction struct {
	Task   string
	Gather time.Duration
}

// Expand turns up to limit events into task rows, by a table from event to reactions, and says how many it took. Events
// without a reaction are dropped. Safe to run from any number of relays at once.
func Expand(ctx context.Context, db postgres.Querier, reactions map[string][]Reaction, limit int) (int, error) {
	var events, tasks []string
	var gather []float64
	for event, all := range reactions {
		for _, r := range all {
			events, tasks, gather = append(events, event), append(tasks, r.Task), append(gather, r.Gather.Seconds())
		}
	}
	var n int
	err := db.QueryRow(ctx, `
		WITH taken AS (
			DELETE FROM outbox
			WHERE id IN (SELECT id FROM outbox ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED)
			RETURNING event, subject_id, not_before, created_at
		), added AS (
			INSERT INTO outbox_task (task, subject_id, due_at, created_at)
			SELECT r.task, t.subject_id,
				CASE WHEN r.gather > 0 THEN to_timestamp(ceil(EXTRACT(EPOCH FROM t.not_before)::float8 / r.gather) * r.gather) ELSE t.not_before END,
				t.created_at
			FROM taken t
			JOIN unnest($1::text[], $2::text[], $4::float8[]) AS r (event, task, gather) USING (event)
		)
		SELECT count(*) FROM taken`, events, tasks, limit, gather).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("expand the outbox: %w", postgres.Failure(err))
	}
	return n, nil
}

// Claim takes up to limit due tasks of the kinds and hides them for the lease: whoever is not Done by then is claimed
// again, because its task was lost or its worker died.
func Claim(ctx context.Context, db postgres.Querier, kinds []string, limit int, lease time.Duration) ([]Task, error) {
	rows, err := db.Query(ctx, `
		WITH due AS (
			SELECT id
			FROM outbox_task
			WHERE due_at <= now() AND given_up_at IS NULL AND task = ANY ($1)
			ORDER BY due_at
			LIMIT $2
			FOR UPDATE SKIP LOCKED
		)
		UPDATE outbox_task AS t
		SET due_at = now() + $3, attempts = t.attempts + 1
		FROM due
		WHERE t.id = due.id
		RETURNING t.id, t.task AS kind, t.subject_id AS subject, t.attempts - 1 AS attempts`, kinds, limit, lease)
	if err != nil {
		return nil, fmt.Errorf("claim tasks: %w", postgres.Failure(err))
	}
	tasks, err := pgx.CollectRows(rows, pgx.RowToStructByName[Task])
	if err != nil {
		return nil, fmt.Errorf("claim tasks: %w", postgres.Failure(err))
	}
	return tasks, nil
}

// Done finishes tasks in the transaction of their effect. The caller must have done the work in the same transaction, or
// idempotently before it.
func Done(ctx context.Context, tx postgres.Querier, ids ...int64) error {
	if _, err := tx.Exec(ctx, `DELETE FROM outbox_task WHERE id = ANY ($1)`, ids); err != nil {
		return fmt.Errorf("finish tasks: %w", err)
	}
	return nil
}

// Pending reports whether the task is still to be done, and locks it for the transaction: a second handler of the same
// task waits, and then sees that it is gone.
func Pending(ctx context.Context, tx postgres.Querier, id int64) (bool, error) {
	var found bool
	err := tx.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM outbox_task WHERE id = $1 AND given_up_at IS NULL FOR UPDATE)`, id).Scan(&found)
	if err != nil {
		return false, fmt.Errorf("look up task %d: %w", id, postgres.Failure(err))
	}
	return found, nil
}

// Retry makes a task that was given up, or waits for its next attempt, due at once.
func Retry(ctx context.Context, db postgres.Querier, id int64) error {
	tag, err := db.Exec(ctx, `
		UPDATE outbox_task SET given_up_at = NULL, due_at = now() WHERE id = $1`, id)
	if err != nil {
		return fmt.Errorf("retry task %d: %w", id, postgres.Failure(err))
	}
	if tag.RowsAffected() == 0 {
		return postgres.Failure(fmt.Errorf("retry task %d: %w", id, pgx.ErrNoRows))
	}
	_, err = db.Exec(ctx, `SELECT pg_notify($1, '')`, Channel)
	return postgres.Failure(err)
}

// Waiting is how much is left to do of one kind of task.
type Waiting struct {
	Kind    string
	Waiting int64
	GivenUp int64
	Oldest  *time.Time // when the oldest one was caused
}

// Backlog counts what waits, by kind of task, the events not yet expanded as kind "".
func Backlog(ctx context.Context, db postgres.Querier) ([]Waiting, error) {
	rows, err := db.Query(ctx, `
		SELECT task AS kind,
			count(*) FILTER (WHERE given_up_at IS NULL) AS waiting,
			count(*) FILTER (WHERE given_up_at IS NOT NULL) AS given_up,
			min(created_at) FILTER (WHERE given_up_at IS NULL) AS oldest
		FROM outbox_task
		GROUP BY task
		UNION ALL
		SELECT '', count(*), 0, min(created_at) FROM outbox HAVING count(*) > 0
		ORDER BY kind`)
	if err != nil {
		return nil, fmt.Errorf("count the outbox: %w", postgres.Failure(err))
	}
	waiting, err := pgx.CollectRows(rows, pgx.RowToStructByName[Waiting])
	if err != nil {
		return nil, fmt.Errorf("count the outbox: %w", postgres.Failure(err))
	}
	return waiting, nil
}

// ListStuck gives tasks that were given up or tried at least minAttempts times, the oldest first.
func ListStuck(ctx context.Context, db postgres.Querier, minAttempts, limit int) ([]Stuck, error) {
	rows, err := db.Query(ctx, `
		SELECT id, task AS kind, subject_id AS subject, created_at, attempts, COALESCE(last_error, '') AS last_error, given_up_at
		FROM outbox_task
		WHERE given_up_at IS NOT NULL OR attempts >= $1
		ORDER BY created_at, id
		LIMIT $2`, minAttempts, limit)
	if err != nil {
		return nil, fmt.Errorf("list stuck tasks: %w", postgres.Failure(err))
	}
	stuck, err := pgx.CollectRows(rows, pgx.RowToStructByName[Stuck])
	if err != nil {
		return nil, fmt.Errorf("list stuck tasks: %w", postgres.Failure(err))
	}
	return stuck, nil
}

// Payload is what travels through the task queue: the row's ID, its subject and how often it was tried before.
type Payload struct {
	Task     int64 `json:"task"`
	Subject  int64 `json:"subject"`
	Attempts int   `json:"attempts"`
}

// Marshal gives the payload's JSON.
func (p Payload) Marshal() []byte {
	data, err := json.Marshal(p)
	if err != nil {
		panic(err) // two integers always marshal
	}
	return data
}
