package seed

import (
	"slices"
	"sort"
	"time"
)

// The office is open from 8 to 17 on working days. A day of work is taken as this long whatever the clocks do.
const (
	openHour = 8
	workday  = 9 * time.Hour
)

// office is the calendar of the demo agency: when somebody is there to answer.
type office struct {
	zone     *time.Location
	mornings []int64 // unix seconds of the opening of each working day
}

// newOffice lists the working days between two times, with a good margin after.
func newOffice(zone *time.Location, from, to time.Time) *office {
	o := &office{zone: zone}
	local := from.In(zone)
	for day := time.Date(local.Year(), local.Month(), local.Day()-7, openHour, 0, 0, 0, zone); day.Before(to.AddDate(1, 0, 0)); day = day.AddDate(0, 0, 1) {
		if wd := day.Weekday(); wd != time.Saturday && wd != time.Sunday && !holiday(day) {
			o.mornings = append(o.mornings, day.Unix())
		}
	}
	return o
}

// after gives the moment at which the office has worked for d since from.
func (o *office) after(from time.Time, d time.Duration) time.Time {
	day := sort.Search(len(o.mornings), func(i int) bool { return o.mornings[i] > from.Unix() }) - 1
	worked := min(from.Sub(time.Unix(o.mornings[day], 0)), workday) + d
	day = min(day+int(worked/workday), len(o.mornings)-1)
	return time.Unix(o.mornings[day], 0).Add(worked % workday).UTC()
}

// holiday reports whether the office is closed: the fixed days of the United States' federal calendar, and those that fall on
// the n-th Monday or Thursday of a month.
func holiday(day time.Time) bool {
	if slices.Contains([]string{"01-01", "06-19", "07-04", "11-11", "12-25"}, day.Format("01-02")) {
		return true
	}
	nth := (day.Day()-1)/7 + 1
	last := day.AddDate(0, 0, 7).Month() != day.Month()
	switch day.Weekday() {
	case time.Monday:
		switch day.Month() {
		case time.January, time.February:
			return nth == 3
		case time.May:
			return last
		case time.September:
			return nth == 1
		case time.October:
			return nth == 2
		}
	case time.Thursday:
		return day.Month() == time.November && nth == 4
	}
	return false
}
