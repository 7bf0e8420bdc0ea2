// Package draft keeps what was typed into a public form and not sent yet, sealed by its caller.
package draft

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/postgres"
)

// Kept is how long a draft lives after it was saved last.
const Kept = 24 * time.Hour

// MaxSealed is the most bytes that a draft may hold.
const MaxSealed = 300_000

// Key names a draft: the hash of its form's token and that of the cookie of the browser that typed it.
type Key struct{ ID, Browser [16]byte }

// Store keeps drafts in PostgreSQL.
type Store struct{ DB *pgxpool.Pool }

// Save keeps a draft in place of an earlier one with its key. staged is how many bytes of files wait with it. Errors: unavailable.
func (s Store) Save(ctx context.Context, k Key, sealed []byte, staged int64) error {
	_, err := s.DB.Exec(ctx, `
		INSERT INTO form_draft (id, browser, sealed, staged)
		VALUES ($1, $2, $3, $4)
		ON CONFLICT (id, browser) DO UPDATE SET sealed = excluded.sealed, staged = excluded.staged, saved_at = now()`,
		k.ID[:], k.Browser[:], sealed, staged)
	if err != nil {
		return fmt.Errorf("save a draft: %w", postgres.Failure(err))
	}
	return nil
}

// Load gives a draft. Errors: not_found, also for one that is too old; unavailable.
func (s Store) Load(ctx context.Context, k Key) (sealed []byte, err error) {
	err = s.DB.QueryRow(ctx, `
		SELECT sealed FROM form_draft WHERE id = $1 AND browser = $2 AND saved_at > now() - make_interval(secs => $3)`,
		k.ID[:], k.Browser[:], Kept.Seconds()).Scan(&sealed)
	if err != nil {
		return nil, fmt.Errorf("load a draft: %w", postgres.Failure(err))
	}
	return sealed, nil
}

// Drop removes a draft: it was sent, or is not wanted any more. dropped is false when there was none. Errors: unavailable.
func (s Store) Drop(ctx context.Context, k Key) (dropped bool, err error) {
	tag, err := s.DB.Exec(ctx, `DELETE FROM form_draft WHERE id = $1 AND browser = $2`, k.ID[:], k.Browser[:])
	if err != nil {
		return false, fmt.Errorf("remove a draft: %w", postgres.Failure(err))
	}
	return tag.RowsAffected() > 0, nil
}

// Staged is how many bytes of files wait with all drafts together. Errors: unavailable.
func (s Store) Staged(ctx context.Context) (bytes int64, err error) {
	if err := s.DB.QueryRow(ctx, `SELECT COALESCE(sum(staged), 0)::bigint FROM form_draft`).Scan(&bytes); err != nil {
		return 0, fmt.Errorf("sum up staged files: %w", postgres.Failure(err))
	}
	return bytes, nil
}

// Sweep removes the drafts that are too old, and says how many. Their files go with those that no ticket has.
func (s Store) Sweep(ctx context.Context) (int64, error) {
	tag, err := s.DB.Exec(ctx, `DELETE FROM form_draft WHERE saved_at <= now() - make_interval(secs => $1)`, Kept.Seconds())
	if err != nil {
		return 0, fmt.Errorf("sweep drafts: %w", postgres.Failure(err))
	}
	return tag.RowsAffected(), nil
}
