package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/postgres"
)

// Unsent is a mail that has not left, or of which nobody knows. Words may quote an address.
type Unsent struct {
	ID        int64
	Key       string
	Kind      string // of its task
	Subject   int64
	Ticket    int64 // 0 for none
	State     MailState
	Attempts  int
	BegunAt   time.Time
	ChangedAt time.Time
	Answer
}

// Over reports whether it is not tried again by itself.
func (u Unsent) Over() bool { return u.State != MailWaiting }

const unsent = `
	SELECT id, key, kind, subject_id AS subject, COALESCE(ticket_id, 0) AS ticket, state, attempts, begun_at, changed_at, fault, code, status, words
	FROM outgoing_mail
	WHERE state IN ('waiting', 'refused', 'expired', 'unconfirmed')`

// ListUnsent gives the mails that have not left, those that are not tried again first, the newest first.
func ListUnsent(ctx context.Context, db postgres.Querier, limit int) ([]Unsent, error) {
	return listUnsent(ctx, db, unsent+` ORDER BY state = 'waiting', changed_at DESC, id DESC LIMIT $1`, limit)
}

// UnsentOf gives those about a ticket.
func UnsentOf(ctx context.Context, db postgres.Querier, ticketID int64) ([]Unsent, error) {
	return listUnsent(ctx, db, unsent+` AND ticket_id = $1 ORDER BY id`, ticketID)
}

func listUnsent(ctx context.Context, db postgres.Querier, sql string, args ...any) ([]Unsent, error) {
	rows, err := db.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("list unsent mails: %w", postgres.Failure(err))
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[Unsent])
	if err != nil {
		return nil, fmt.Errorf("list unsent mails: %w", postgres.Failure(err))
	}
	return found, nil
}

// SendAgain makes a new task for a mail that is not tried again by itself, and takes its row away: the same mail, with the same
// Message-ID. A reply is sent again on its ticket. Errors: not_found, conflict for a reply.
func SendAgain(ctx context.Context, db Beginner, id int64) error {
	return postgres.InTx(ctx, db, func(tx pgx.Tx) error {
		var task string
		var subject int64
		err := tx.QueryRow(ctx, `
			DELETE FROM outgoing_mail WHERE id = $1 AND state IN ('refused', 'expired', 'unconfirmed') AND key NOT LIKE 'reply/%'
			RETURNING kind, subject_id`, id).Scan(&task, &subject)
		if err != nil {
			return failure.New(failure.KindNotFound, "This mail is not waiting to be sent again.", err)
		}
		_, err = tx.Exec(ctx, `INSERT INTO outbox_task (task, subject_id, due_at, created_at) VALUES ($1, $2, now(), now())`, task, subject)
		if err == nil {
			_, err = tx.Exec(ctx, `SELECT pg_notify($1, '')`, Channel)
		}
		return err
	})
}

// Beginner starts a transaction.
type Beginner = postgres.Beginner

// UnsentCount is how many mails are in a state for a fault.
type UnsentCount struct {
	State  MailState
	Fault  string
	Mails  int64
	Code   int // of the latest
	Status string
}

// CountUnsent counts the mails that have not left.
func CountUnsent(ctx context.Context, db postgres.Querier) ([]UnsentCount, error) {
	rows, err := db.Query(ctx, `
		SELECT state, fault, count(*) AS mails, (array_agg(code ORDER BY changed_at DESC))[1] AS code, (array_agg(status ORDER BY changed_at DESC))[1] AS status
		FROM outgoing_mail
		WHERE state IN ('waiting', 'refused', 'expired', 'unconfirmed')
		GROUP BY state, fault
		ORDER BY state, fault`)
	if err != nil {
		return nil, fmt.Errorf("count unsent mails: %w", postgres.Failure(err))
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[UnsentCount])
	if err != nil {
		return nil, fmt.Errorf("count unsent mails: %w", postgres.Failure(err))
	}
	return found, nil
}

// unsentKept is how long a mail that was not sent is known.
const unsentKept = 90 * 24 * time.Hour

// SweepUnsent forgets mails that nobody has had sent again, and what is left of tasks that are gone.
func SweepUnsent(ctx context.Context, db postgres.Querier) (int64, error) {
	tag, err := db.Exec(ctx, `
		DELETE FROM outgoing_mail
		WHERE state IN ('refused', 'expired', 'unconfirmed') AND changed_at < now() - $1::interval
			OR state IN ('waiting', 'sent') AND NOT EXISTS (SELECT FROM outbox_task t WHERE t.id = task_id) AND changed_at < now() - interval '1 day'`, unsentKept)
	if err != nil {
		return 0, fmt.Errorf("forget unsent mails: %w", postgres.Failure(err))
	}
	return tag.RowsAffected(), nil
}
