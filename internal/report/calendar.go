package report

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/sla"
)

// Calendar is the one by which business time is counted: the newest version. Errors: unavailable.
func (s *Service) Calendar(ctx context.Context) (sla.Calendar, error) {
	return CalendarOf(ctx, s.db)
}

// CalendarOf reads the newest calendar. Errors: unavailable.
func CalendarOf(ctx context.Context, db postgres.Querier) (sla.Calendar, error) {
	var c sla.Calendar
	err := db.QueryRow(ctx, `
		SELECT version, zone, week, holidays::text[]
		FROM calendar
		ORDER BY version DESC
		LIMIT 1`).Scan(&c.Version, &c.Zone, &c.Week, &c.Holidays)
	if errors.Is(err, pgx.ErrNoRows) {
		return sla.Usual(""), nil
	}
	if err != nil {
		return c, fmt.Errorf("read the calendar: %w", postgres.Failure(err))
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
