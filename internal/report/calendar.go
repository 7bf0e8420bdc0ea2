package report

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/sla"
)

// Calendar is the one by which business time is counted: the newest version, or the usual week in a zone when none was ever set.
// Errors: unavailable.
func (s *Service) Calendar(ctx context.Context, zone string) (sla.Calendar, error) {
	c := sla.Usual(zone)
	err := s.db.QueryRow(ctx, `SELECT calendar, version FROM calendar ORDER BY version DESC LIMIT 1`).Scan(&c, &c.Version)
	if errors.Is(err, pgx.ErrNoRows) {
		return c, nil
	}
	if err != nil {
		return c, fmt.Errorf("read the calendar: %w", postgres.Failure(err))
	}
	return c, nil
}

// SetCalendar makes a calendar the one in use and gives it its version. Figures of the past are counted by it from now on, and say so.
// Errors: what Check says; unavailable.
func (s *Service) SetCalendar(ctx context.Context, c sla.Calendar) (sla.Calendar, error) {
	if err := c.Check(); err != nil {
		return c, failure.Invalid("calendar", "invalid", err.Error())
	}
	// The usual week that holds before the first one is version 1.
	err := s.db.QueryRow(ctx, `
		INSERT INTO calendar (version, calendar) SELECT COALESCE(max(version), 1) + 1, $1 FROM calendar
		RETURNING version`, c).Scan(&c.Version)
	if err != nil {
		return c, fmt.Errorf("set the calendar: %w", postgres.Failure(err))
	}
	return c, nil
}

// behind is how long the oldest change has waited to be counted.
func (s *Service) behind(ctx context.Context) (time.Duration, error) {
	var seconds float64
	err := s.db.QueryRow(ctx, `
		SELECT COALESCE(EXTRACT(EPOCH FROM now() - min(created_at)), 0)::float8
		FROM (
			(SELECT created_at FROM outbox_task WHERE task = $1 AND given_up_at IS NULL ORDER BY due_at LIMIT 1)
			UNION ALL
			(SELECT created_at FROM outbox WHERE not_before <= now() ORDER BY id LIMIT 1)
		) AS waiting`, TaskCountTicket).Scan(&seconds)
	if err != nil {
		return 0, fmt.Errorf("see how far the reports are behind: %w", postgres.Failure(err))
	}
	return time.Duration(seconds * float64(time.Second)), nil
}
