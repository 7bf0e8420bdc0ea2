package search

import (
	"context"
	"fmt"

	"github.com/askwell/askwell/internal/postgres"
)

// MaxWaiting is where counting stops.
const MaxWaiting = 10_000

// Freshness says how far the indexes are behind the database.
type Freshness struct {
	LagSeconds float64 // how long the oldest change has waited
	Waiting    int64   // changes that wait, up to MaxWaiting
}

// Freshness looks at what the outbox still holds for the indexes; 0 and 0 when they are up to date.
func (e *Engine) Freshness(ctx context.Context) (Freshness, error) {
	return e.freshness(ctx, EngineMeilisearch)
}

// freshness of an engine: a task that was tried and failed for Meilisearch has brought PostgreSQL's full text up to date.
func (e *Engine) freshness(ctx context.Context, engine string) (Freshness, error) {
	var f Freshness
	err := e.db.QueryRow(ctx, `
		WITH waiting AS (
			(SELECT created_at FROM outbox_task WHERE task = ANY ($1) AND given_up_at IS NULL AND ($3 OR attempts = 0) ORDER BY due_at LIMIT $2)
			UNION ALL
			(SELECT created_at FROM outbox WHERE not_before <= now() ORDER BY id LIMIT $2)
		)
		SELECT COALESCE(EXTRACT(EPOCH FROM now() - min(created_at)), 0)::float8, LEAST(count(*), $2)
		FROM waiting`, []string{TaskIndexTicket, TaskIndexAccount}, MaxWaiting, engine != EnginePostgreSQL).Scan(&f.LagSeconds, &f.Waiting)
	if err != nil {
		return f, fmt.Errorf("see how fresh the index is: %w", postgres.Failure(err))
	}
	return f, nil
}
