package ticket

import (
	"context"
	"fmt"

	"github.com/askwell/askwell/internal/postgres"
)

// ReferenceByToken finds the ticket that the form token with this hash made; not_found when it has made none. Whoever has the
// token is the ticket's sender.
func (s *Service) ReferenceByToken(ctx context.Context, token [16]byte) (string, error) {
	var reference string
	err := s.db.QueryRow(ctx, `SELECT reference FROM ticket WHERE form_token = $1`, token[:]).Scan(&reference)
	if err != nil {
		return "", fmt.Errorf("find the ticket of a form token: %w", postgres.Failure(err))
	}
	return reference, nil
}

// AttachedKeys gives those of the store's keys that tickets have: the other files belong to inquiries that were never sent.
func (s *Service) AttachedKeys(ctx context.Context, keys []string) ([]string, error) {
	var attached []string
	err := s.db.QueryRow(ctx, `
		SELECT COALESCE(array_agg(storage_key), '{}')
		FROM attachment
		WHERE storage_key = ANY ($1)`, keys).Scan(&attached)
	if err != nil {
		return nil, fmt.Errorf("look for attached files: %w", postgres.Failure(err))
	}
	return attached, nil
}
