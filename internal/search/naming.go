package search

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/askwell/askwell/internal/postgres"
)

// commonPrefix begins the names of all indexes: the key that GrantKey makes opens those of every desk.
const commonPrefix = "askwell_"

// naming is how the indexes are told from those of other desks on one Meilisearch.
type naming struct {
	known atomic.Bool
	mu    sync.Mutex
}

// named learns how this desk's indexes are called, once: by its ID, but for a desk whose indexes were built before they were, which keeps their
// names. Everything that uses a name calls it first. Errors: unavailable.
func (e *Engine) named(ctx context.Context) error {
	if e.naming.known.Load() {
		return nil
	}
	e.naming.mu.Lock()
	defer e.naming.mu.Unlock()
	if e.naming.known.Load() {
		return nil
	}
	var prefix string
	err := e.db.QueryRow(ctx, `
		SELECT CASE WHEN EXISTS (SELECT FROM search_index WHERE prefix = $1) THEN $1 ELSE $1 || left(id::text, 8) || '_' END
		FROM desk`, commonPrefix).Scan(&prefix)
	if err != nil {
		return fmt.Errorf("name the search indexes: %w", postgres.Failure(err))
	}
	e.prefix = prefix
	e.naming.known.Store(true)
	return nil
}
