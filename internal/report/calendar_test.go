package report_test

import (
	"testing"
	"time"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/sla"
	"github.com/askwell/askwell/internal/testkit"
)

// Twenty inquiries of a Friday at 16:00 that are answered on Monday at 10:00 took 66 hours, two of them working hours; with a longer
// Friday and a Monday that is a holiday until Tuesday it would be others: the newest calendar counts, and says its version.
func TestWorkingHoursFollowTheCalendar(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	zone := newYork(t)
	opened := time.Date(2026, 11, 13, 16, 0, 0, 0, zone)
	insert(t, db, times(20, past{group: identifier.GroupWith, opened: opened, responded: at(time.Date(2026, 11, 16, 10, 0, 0, 0, zone))}))
	service := report.NewService(db, nil)
	median := func(clock string) (time.Duration, int, time.Duration) {
		r := madeOf(t, db, report.Params{From: "2026-11-13", To: "2026-11-13", Clock: clock})
		return time.Duration(*r.Group(report.GroupWith).Median.Seconds) * time.Second, r.Calendar, r.Day
	}
	if got, version, _ := median("wall"); got != 66*time.Hour || version != 0 {
		t.Errorf("every hour: %s by calendar %d", got, version)
	}
	if got, version, day := median("business"); got != 2*time.Hour || version != 1 || day != 8*time.Hour {
		t.Errorf("the usual week: %s by calendar %d, a day of %s, want 2 h", got, version, day)
	}
	changed := sla.Usual("America/New_York")
	changed.Week[time.Friday] = []sla.Span{{From: 9 * 60, Until: 20 * 60}}
	changed.Holidays = []sla.Holiday{{Day: "2026-11-16"}}
	if _, err := service.SetCalendar(t.Context(), report.CalendarChange{Calendar: changed}); err != nil {
		t.Fatal(err)
	}
	if got, version, _ := median("business"); got != 4*time.Hour || version != 2 {
		t.Errorf("the new calendar: %s by calendar %d, want 4 h by 2", got, version)
	}
	if _, err := service.SetCalendar(t.Context(), report.CalendarChange{Calendar: sla.Calendar{Zone: "Mars"}}); !failure.Is(err, failure.KindInvalid) {
		t.Errorf("a calendar that never works is taken: %v", err)
	}
	if got, _, _ := median("business"); got != 4*time.Hour {
		t.Errorf("after a refused calendar: %s", got)
	}
}
