package reports

import (
	"math"
	"strings"

	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/web/messages"
)

const (
	minute = 60.0
	hour   = 60 * minute
	day    = 24 * hour
)

// unit is what a length of time is told in.
type unit struct {
	name    string // of the messages reports.unit.<name>
	seconds float64
}

// units are those that a report tells times in: by the desk's calendar a day is a day's work.
func (w writer) units() []unit {
	if w.work > 0 {
		return []unit{{"business_day", w.work}, {"business_hour", hour}, {"minute", minute}, {"second", 1}}
	}
	return []unit{{"day", day}, {"hour", hour}, {"minute", minute}, {"second", 1}}
}

// unitOf gives the largest unit of which there is at least one.
func (w writer) unitOf(seconds float64) unit {
	units := w.units()
	for _, u := range units {
		if math.Abs(seconds) >= u.seconds {
			return u
		}
	}
	return units[2]
}

// writer writes figures in one language, with the agency's names of things.
type writer struct {
	*messages.Printer
	lists report.Lists
	work  float64 // the seconds of a day's work, when times are counted by the desk's calendar; else 0
}

// of is the writer of a report's figures.
func (w writer) of(r report.Report) writer {
	w.work = 0
	if r.Clock == report.ClockBusiness {
		w.work = r.Day.Seconds()
	}
	return w
}

// span writes a length of time in one unit: "1.9 days", "45 minutes".
func (w writer) span(seconds float64) string { return w.in(w.unitOf(seconds), seconds) }

func (w writer) in(u unit, seconds float64) string {
	value, digits := u.round(seconds)
	count := int64(2) // of a broken number the plural
	if digits == 0 {
		count = int64(value)
	}
	return w.T("reports.unit."+u.name, "value", w.Fixed(value, digits), "count", count)
}

// bare is in without the unit's name.
func (w writer) bare(u unit, seconds float64) string {
	value, digits := u.round(seconds)
	return w.Fixed(value, digits)
}

// round keeps a tenth of a day or an hour, and whole numbers of what is finer or many.
func (u unit) round(seconds float64) (value float64, digits int) {
	n := seconds / u.seconds
	if math.Abs(n) < 99.95 && u.seconds >= hour {
		return math.Round(n*10) / 10, 1
	}
	return math.Round(n), 0
}

// whole writes a length of time that is a whole number of units.
func (w writer) whole(u unit, seconds float64) string {
	n := int64(math.Round(seconds / u.seconds))
	return w.T("reports.unit."+u.name, "value", w.Number(n), "count", n)
}

// interval writes the 95 % interval of a time in the unit of its value: "1.7 to 2.1 days".
func (w writer) interval(t report.Time) string {
	switch {
	case t.Low == nil:
		return w.T("reports.interval.none")
	case t.High == nil:
		return w.T("reports.interval.from", "low", w.span(*t.Low))
	}
	u := w.unitOf(*t.High)
	if t.Seconds != nil {
		u = w.unitOf(*t.Seconds)
	}
	return w.T("reports.interval.between", "low", w.bare(u, *t.Low), "high", w.in(u, *t.High))
}

// share writes a share as a percentage, to a tenth when enough tickets stand behind it. What is not everything never becomes
// 100 % by rounding, nor what is something 0 %.
func (w writer) share(v float64, tickets int) string {
	digits, least := 0, 0.01
	if tickets >= 1000 {
		digits, least = 1, 0.001
	}
	if v > 0 && v < 1 {
		v = min(max(v, least), 1-least)
	}
	return w.Percent(v, digits)
}

func (w writer) shareInterval(s report.Share, tickets int) string {
	if s.Low == nil || s.High == nil {
		return w.T("reports.interval.none")
	}
	return w.T("reports.interval.between", "low", strings.TrimRight(w.share(*s.Low, tickets), "%\u00a0 "), "high", w.share(*s.High, tickets))
}
