package search

import (
	"strconv"
	"strings"
	"time"
)

// readPeriod reads the value of FieldOpened: a day, a month or a year, one side of it (> >= < <=), two of them with .. between,
// or 30d for the days up to now. Days begin at midnight of the place.
func readPeriod(value string, place *time.Location, now time.Time) (period, bool) {
	if days, isDays := strings.CutSuffix(value, "d"); isDays {
		n, err := strconv.Atoi(days)
		return period{from: now.AddDate(0, 0, -n)}, err == nil && n > 0 && n <= 36_600
	}
	if first, last, between := strings.Cut(value, ".."); between {
		a, okA := readDay(first, place)
		b, okB := readDay(last, place)
		return period{a.from, b.before}, okA && okB && a.from.Before(b.before)
	}
	for _, sign := range []string{">=", "<=", ">", "<"} {
		if day, found := strings.CutPrefix(value, sign); found {
			d, ok := readDay(day, place)
			return map[string]period{
				">=": {from: d.from}, ">": {from: d.before}, "<=": {before: d.before}, "<": {before: d.from},
			}[sign], ok
		}
	}
	return readDay(value, place)
}

// readDay reads a day, a month or a year as the time it lasts.
func readDay(s string, place *time.Location) (period, bool) {
	for layout, last := range map[string][3]int{"2006-01-02": {0, 0, 1}, "2006-01": {0, 1, 0}, "2006": {1, 0, 0}} {
		if from, err := time.ParseInLocation(layout, strings.TrimSpace(s), place); err == nil && from.Year() >= 1900 {
			return period{from, from.AddDate(last[0], last[1], last[2])}, true
		}
	}
	return period{}, false
}
