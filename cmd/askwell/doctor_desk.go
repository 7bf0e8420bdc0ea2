package main

import (
	"context"
	"fmt"

	"github.com/askwell/askwell/internal/config"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/report"
)

func checkStaff(ctx context.Context, cfg config.Config) (string, error) {
	conn, err := postgres.Connect(ctx, cfg.DatabaseURL)
	if err != nil {
		return "", advice("Unknown, for the database does not answer.", nil)
	}
	defer conn.Close(ctx)
	var active, demo int
	err = conn.QueryRow(ctx, `
		SELECT count(*), count(*) FILTER (WHERE demo) FROM staff WHERE deactivated_at IS NULL`).Scan(&active, &demo)
	if err != nil {
		return "", err
	}
	if active == 0 {
		return "", advice("Nobody can sign in: add the first administrator with askwell staff add.", nil)
	}
	if demo > 0 && !loopback(cfg.BaseURL) {
		return "", advice(fmt.Sprintf("%d demo sign-ins with a password that everybody knows can reach this desk.", demo), nil)
	}
	return fmt.Sprintf("%d can sign in", active), nil
}

// checkCalendar looks at the working hours that reports count by.
func checkCalendar(ctx context.Context, cfg config.Config) (string, error) {
	db, err := postgres.Open(ctx, cfg.DatabaseURL, 1)
	if err != nil {
		return "", advice("Unknown, for the database does not answer.", nil)
	}
	defer db.Close()
	versions, err := report.NewService(db, nil).CalendarHistory(ctx, 1)
	switch {
	case err != nil:
		return "", err
	case len(versions) == 0:
		return "the usual week: Monday to Friday, 9 to 17", nil
	case versions[0].Broken != nil:
		return "", advice(fmt.Sprintf("Version %d of the calendar cannot be used, so there are no reports by working hours: %v.\n"+
			"Set them again in the console under Working hours, or with askwell calendar --set FILE.", versions[0].Version, versions[0].Broken), nil)
	}
	return fmt.Sprintf("version %d of the calendar, %s", versions[0].Version, versions[0].Calendar.Zone), nil
}
