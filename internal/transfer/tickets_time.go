package transfer

import (
	"fmt"
	"time"
)

// clockSlack is how far in the future a time may lie before it must be wrong.
const clockSlack = 5 * time.Minute

var (
	zonedLayouts = []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999-07"}
	localLayouts = []string{
		"2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly,
	}
)

// time reads a moment, from the zone it names or from the one of the options. notBefore decides which of two is meant when the
// clocks went back.
func (tr *ticketReader) time(r row, column string, notBefore time.Time) (time.Time, error) {
	at, err := readTime(r.value(column), tr.options.TimeZone, notBefore)
	if err != nil {
		return at, fmt.Errorf("%s: %w", column, err)
	}
	if at.Year() < 1970 || at.After(tr.now.Add(clockSlack)) {
		return at, fmt.Errorf("%s: %s is before 1970 or in the future", column, r.value(column))
	}
	return at.UTC().Truncate(time.Microsecond), nil // as PostgreSQL keeps it
}

func (tr *ticketReader) optionalTime(r row, column string, from time.Time) (*time.Time, error) {
	if r.value(column) == "" {
		return nil, nil
	}
	at, err := tr.time(r, column, from)
	if err == nil && at.Before(from) {
		err = fmt.Errorf("%s: before opened_at", column)
	}
	return &at, err
}

func readTime(text string, zone *time.Location, notBefore time.Time) (time.Time, error) {
	for _, layout := range zonedLayouts {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	for _, layout := range localLayouts {
		if clock, err := time.Parse(layout, text); err == nil {
			return inZone(clock, zone, notBefore)
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time like 2026-01-31T14:05:00", text)
}

// inZone finds the moment at which the clocks of a zone showed a time: none in the hour that is skipped in spring, the first
// that is not before notBefore in the hour that comes twice in autumn.
func inZone(clock time.Time, zone *time.Location, notBefore time.Time) (time.Time, error) {
	var found []time.Time
	// A zone's clocks were set by one of the offsets in force a day before or after.
	for _, near := range []time.Time{clock.Add(-24 * time.Hour), clock.Add(24 * time.Hour)} {
		_, offset := near.In(zone).Zone()
		at := clock.Add(-time.Duration(offset) * time.Second).In(zone)
		if at.Format(time.DateTime) == clock.Format(time.DateTime) {
			found = append(found, at)
		}
	}
	if len(found) == 0 {
		return clock, fmt.Errorf("%s did not happen in %s: the clocks went forward", clock.Format(time.DateTime), zone)
	}
	first, last := found[0], found[len(found)-1]
	if last.Before(first) {
		first, last = last, first
	}
	if first.Before(notBefore) {
		return last, nil
	}
	return first, nil
}
