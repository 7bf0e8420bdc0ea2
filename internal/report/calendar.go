package report

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/sla"
)

// Calendar is the one by which business time is counted: the newest version, or the usual week in a zone when none was ever set.
// Errors: invalid with the field clock where the newest version cannot be used, so that whoever asked can still choose the clock on
// the wall; unavailable.
func (s *Service) Calendar(ctx context.Context, zone string) (sla.Calendar, error) {
	all, err := s.CalendarHistory(ctx, 1)
	switch {
	case err != nil:
		return sla.Calendar{}, err
	case len(all) == 0:
		return sla.Usual(zone), nil
	case all[0].Broken != nil:
		return sla.Calendar{}, failure.Invalid("clock", "broken_calendar", fmt.Sprintf(
			"The working hours (calendar version %d) cannot be used: %v. Choose every hour, or have an administrator set the calendar again.",
			all[0].Version, strings.ReplaceAll(all[0].Broken.Error(), "\n", "; ")))
	}
	return all[0].Calendar, nil
}

// CalendarVersion is a calendar that was set.
type CalendarVersion struct {
	Version   int
	Calendar  sla.Calendar
	Broken    error // why it cannot be used; then Calendar is what can be read of it
	ChangedAt time.Time
	ChangedBy string // "" for the command
}

// CalendarHistory lists the newest versions, the newest first; the usual week that holds before the first is not among them. For
// staff who may read reports. Errors: unavailable.
func (s *Service) CalendarHistory(ctx context.Context, limit int) ([]CalendarVersion, error) {
	rows, err := s.db.Query(ctx, `
		SELECT c.version, c.calendar::text, c.created_at, COALESCE(s.name, '')
		FROM calendar c
		LEFT JOIN staff s ON s.id = c.changed_by
		ORDER BY c.version DESC
		LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("read the calendars: %w", postgres.Failure(err))
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (v CalendarVersion, err error) {
		var stored string
		if err = row.Scan(&v.Version, &stored, &v.ChangedAt, &v.ChangedBy); err != nil {
			return v, err
		}
		if v.Broken = json.Unmarshal([]byte(stored), &v.Calendar); v.Broken == nil {
			v.Broken = v.Calendar.Check()
		}
		v.Calendar.Version = v.Version
		return v, nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the calendars: %w", postgres.Failure(err))
	}
	return all, nil
}

// CalendarChange is a calendar to be used from now on.
type CalendarChange struct {
	Calendar sla.Calendar
	By       int64 // the member of staff; 0 for the command
	Onto     int   // the version that whoever changes it has seen; 0 takes the place of any
}

// SetCalendar makes a calendar the one in use and gives it its version. Figures of the past are counted by it from now on, and say so.
// For staff who may set it. Errors: invalid with what Check says; conflict when another version was set since Onto; unavailable.
func (s *Service) SetCalendar(ctx context.Context, change CalendarChange) (sla.Calendar, error) {
	c := change.Calendar
	if err := c.Check(); err != nil {
		return c, failure.Invalid("calendar", "invalid", err.Error())
	}
	// The usual week that holds before the first one is version 1. Of two at once one breaks the primary key.
	err := s.db.QueryRow(ctx, `
		INSERT INTO calendar (version, calendar, changed_by)
		SELECT version + 1, $1, NULLIF($2::bigint, 0)
		FROM (SELECT COALESCE(max(version), 1) AS version FROM calendar) AS newest
		WHERE $3 IN (0, version)
		RETURNING version`, c, change.By, change.Onto).Scan(&c.Version)
	if err != nil {
		err = postgres.Failure(err)
		if failure.Is(err, failure.KindNotFound) || failure.Is(err, failure.KindConflict) {
			err = failure.New(failure.KindConflict, "Somebody else has set the calendar meanwhile.", err)
		}
		return c, fmt.Errorf("set the calendar: %w", err)
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
