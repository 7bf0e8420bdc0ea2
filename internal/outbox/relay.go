package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/postgres"
)

// Due tells which of the kinds have tasks that are due.
func Due(ctx context.Context, db postgres.Querier, kinds []string) ([]string, error) {
	rows, err := db.Query(ctx, `
		SELECT kind FROM unnest($1::text[]) AS kind
		WHERE EXISTS (SELECT FROM outbox_task WHERE task = kind AND due_at <= now() AND given_up_at IS NULL)`, kinds)
	if err != nil {
		return nil, fmt.Errorf("look for due tasks: %w", postgres.Failure(err))
	}
	due, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("look for due tasks: %w", postgres.Failure(err))
	}
	return due, nil
}

// AnyWaiting reports whether a task of these kinds is due within soon, or was claimed or tried and is within the lease. Given up is none.
func AnyWaiting(ctx context.Context, db postgres.Querier, kinds []string, soon, lease time.Duration) (any bool, err error) {
	err = db.QueryRow(ctx, `
		SELECT EXISTS (
			SELECT FROM outbox_task
			WHERE task = ANY ($1) AND given_up_at IS NULL AND (due_at <= now() + $2::interval OR (attempts > 0 AND due_at <= now() + $3::interval)))`,
		kinds, soon, lease).Scan(&any)
	if err != nil {
		return false, fmt.Errorf("look for waiting tasks: %w", postgres.Failure(err))
	}
	return any, nil
}

// Release gives claimed tasks back that were not worked on: they are due again in a while, and this was no attempt.
func Release(ctx context.Context, db postgres.Querier, in time.Duration, ids ...int64) error {
	_, err := db.Exec(ctx, `
		UPDATE outbox_task SET due_at = now() + $2, attempts = GREATEST(attempts - 1, 0) WHERE id = ANY ($1)`, ids, in)
	if err != nil {
		return fmt.Errorf("give tasks back: %w", postgres.Failure(err))
	}
	return nil
}

// FailAll records why an attempt at tasks failed and when the next is due; giveUp keeps them for a person to see and never tries
// them again by itself. reason must hold no personal data.
func FailAll(ctx context.Context, db postgres.Querier, ids []int64, reason string, retryIn time.Duration, giveUp bool) error {
	_, err := db.Exec(ctx, `
		UPDATE outbox_task
		SET last_error = left($2, 500), due_at = now() + $3, given_up_at = CASE WHEN $4 THEN now() END
		WHERE id = ANY ($1)`, ids, reason, retryIn, giveUp)
	if err != nil {
		return fmt.Errorf("record the failure of %d tasks: %w", len(ids), postgres.Failure(err))
	}
	return nil
}
