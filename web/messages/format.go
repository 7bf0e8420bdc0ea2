package messages

import (
	"fmt"
	"strconv"
	"time"
)

// Date writes a day in full: November 23, 2026.
func (p *Printer) Date(t time.Time) string { return p.layout("format.date", t) }

// ShortDate writes a day in little room: Nov 23, 2026.
func (p *Printer) ShortDate(t time.Time) string { return p.layout("format.short_date", t) }

// Clock writes the time of day: 2:05 p.m.
func (p *Printer) Clock(t time.Time) string { return p.layout("format.clock", t) }

// DateTime writes day, time and time zone: November 23, 2026 at 2:05 p.m. EST.
func (p *Printer) DateTime(t time.Time) string { return p.layout("format.date_time", t) }

// ShortDateTime writes day and time in little room, for lists and threads: Nov 23, 2:05 p.m.
func (p *Printer) ShortDateTime(t time.Time) string { return p.layout("format.short_date_time", t) }

func (p *Printer) layout(key string, t time.Time) string {
	hour := t.Hour() % 12
	if hour == 0 {
		hour = 12
	}
	half := "am"
	if t.Hour() >= 12 {
		half = "pm"
	}
	zone, _ := t.Zone()
	month := strconv.Itoa(int(t.Month()))
	// Years and days are no quantities: as strings they get no grouping.
	return p.T(key,
		"year", strconv.Itoa(t.Year()), "month", p.T("format.month."+month), "short_month", p.T("format.short_month."+month),
		"day", strconv.Itoa(t.Day()), "weekday", p.T("format.weekday."+strconv.Itoa(int(t.Weekday()))),
		"hour12", strconv.Itoa(hour), "hour24", fmt.Sprintf("%02d", t.Hour()), "minute", fmt.Sprintf("%02d", t.Minute()),
		"half", p.T("format."+half), "zone", zone)
}

// Relative writes how long before now t is ("5 minutes ago", "just now"), or how long after ("in 2 hours"); from 30 days on,
// the day itself.
func (p *Printer) Relative(t, now time.Time) string {
	d := now.Sub(t)
	direction := "ago"
	if d < 0 {
		d, direction = -d, "ahead"
	}
	switch {
	case d < time.Minute:
		return p.T("format.now")
	case d >= 30*24*time.Hour:
		return p.ShortDate(t)
	}
	unit, n := largestUnit(d)
	return p.T("format."+direction+"."+unit, "count", n)
}

// Age writes how long ago t was in little room, for lists: 5m, 3h, 12d.
func (p *Printer) Age(t, now time.Time) string {
	unit, n := largestUnit(max(now.Sub(t), 0))
	return p.T("format.age."+unit, "count", n)
}

// Duration writes a length of time in its two largest units: "2 days 3 hours", "45 minutes".
func (p *Printer) Duration(d time.Duration) string {
	unit, n := largestUnit(d)
	s := p.T("format.length."+unit, "count", n)
	var rest time.Duration
	switch unit {
	case "day":
		rest = d % (24 * time.Hour) / time.Hour * time.Hour
	case "hour":
		rest = d % time.Hour / time.Minute * time.Minute
	}
	if rest == 0 {
		return s
	}
	unit, n = largestUnit(rest)
	return p.T("format.two_units", "first", s, "second", p.T("format.length."+unit, "count", n))
}

// FileSize writes a number of bytes: 900 bytes, 240 kB, 1.2 MB.
func (p *Printer) FileSize(bytes int64) string {
	switch {
	case bytes < 1000:
		return p.T("format.size.bytes", "count", bytes)
	case bytes < 999_500:
		return p.T("format.size.kilobytes", "size", p.Decimal(float64(bytes)/1000, 0))
	}
	return p.T("format.size.megabytes", "size", p.Decimal(float64(bytes)/1_000_000, 1))
}

func largestUnit(d time.Duration) (string, int) {
	switch {
	case d >= 24*time.Hour:
		return "day", int(d / (24 * time.Hour))
	case d >= time.Hour:
		return "hour", int(d / time.Hour)
	}
	return "minute", int(d / time.Minute)
}
