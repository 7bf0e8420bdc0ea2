package staff

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/postgres"
)

const (
	// RecentSearches is how many of a member's searches are kept.
	RecentSearches = 10
	// SearchesKept is how long they are: they may name applicants.
	SearchesKept = 30 * 24 * time.Hour
)

// RememberSearch keeps what a member searched for, 1 to 400 characters, as their latest, and drops the oldest beyond
// RecentSearches. The same text in other letters, capital or small, takes the place of what was kept before.
func (s Store) RememberSearch(ctx context.Context, member int64, text string, at time.Time) error {
	_, err := s.DB.Exec(ctx, `
		WITH latest AS (
			INSERT INTO recent_search (staff_id, text, at)
			VALUES ($1, $2, $3)
			ON CONFLICT (staff_id, lower(text)) DO UPDATE SET text = EXCLUDED.text, at = EXCLUDED.at
		)
		DELETE FROM recent_search
		WHERE staff_id = $1 AND lower(text) IN (
			SELECT lower(text)
			FROM recent_search
			WHERE staff_id = $1 AND lower(text) <> lower($2)
			ORDER BY at DESC, lower(text)
			OFFSET $4
		)`, member, text, at, RecentSearches-1)
	if err != nil {
		return fmt.Errorf("remember a search of member %d: %w", member, postgres.Failure(err))
	}
	return nil
}

// Searches gives what a member searched for since a time, the latest first.
func (s Store) Searches(ctx context.Context, member int64, since time.Time) ([]string, error) {
	rows, err := s.DB.Query(ctx, `
		SELECT text
		FROM recent_search
		WHERE staff_id = $1 AND at > $2
		ORDER BY at DESC, lower(text)
		LIMIT $3`, member, since, RecentSearches)
	if err != nil {
		return nil, fmt.Errorf("read the searches of member %d: %w", member, postgres.Failure(err))
	}
	texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("read the searches of member %d: %w", member, postgres.Failure(err))
	}
	return texts, nil
}

// ForgetSearch forgets one search of a member; one that is not kept is forgotten already.
func (s Store) ForgetSearch(ctx context.Context, member int64, text string) error {
	if _, err := s.DB.Exec(ctx, `DELETE FROM recent_search WHERE staff_id = $1 AND lower(text) = lower($2)`, member, text); err != nil {
		return fmt.Errorf("forget a search of member %d: %w", member, postgres.Failure(err))
	}
	return nil
}

// ForgetSearches forgets all that a member searched for.
func (s Store) ForgetSearches(ctx context.Context, member int64) error {
	if _, err := s.DB.Exec(ctx, `DELETE FROM recent_search WHERE staff_id = $1`, member); err != nil {
		return fmt.Errorf("forget the searches of member %d: %w", member, postgres.Failure(err))
	}
	return nil
}
