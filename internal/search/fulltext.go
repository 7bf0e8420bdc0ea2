package search

import (
	"context"

	"github.com/askwell/askwell/internal/failure"
)

// fulltext asks PostgreSQL. Errors: unavailable.
func (e *Engine) fulltext(_ context.Context, _ plan, _ window) (answer, error) {
	return answer{}, failure.Unavailable("Search is away.", nil)
}
