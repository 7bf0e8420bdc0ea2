package report

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/askwell/askwell/internal/failure"
)

// DefaultDays is the length of the period when none is asked for, its last day included.
const DefaultDays = 90

// MostYears is how long a period may be, MostWeeks how many weeks may be compared: what a page can show and a reader can compare. A report
// by anything else compares the MostGroups largest groups.
const (
	MostYears  = 10
	MostWeeks  = 106
	MostGroups = 100
)

// slack is how far a caller's clock may be ahead of ours.
const slack = time.Minute

// Query says which tickets a report counts and what it measures. The cohort is every ticket opened from the first moment of
// the day From to the last of the day To, but not after AsOf: what happened later is not known.
type Query struct {
	From, To time.Time // the beginning of the first and of the last day, in the agency's time zone
	AsOf     time.Time // the cut-off: the end of this second
	Measure  Measure
	Clock    Clock
	By       By
	Filter   Filter
}

// Filter narrows a cohort; what is empty does not. Codes, as tickets have them now.
type Filter struct {
	Category, Queue, Language, Channel string
}

// Params are a query as somebody typed it. Everything may be empty.
type Params struct {
	From, To string // 2026-11-23
	AsOf     string // 2026-11-23T14:05:00Z, 2026-11-23T14:05 in the agency's time zone, or 2026-11-23 for the end of that day
	Measure  string
	Clock    string
	By       string

	Category, Queue, Language, Channel string
}

const dateLayout = "2006-01-02"

// ParseQuery reads a query. Without a cut-off it is now; without a last day it is that of the cut-off; without a first day the
// period has DefaultDays; without a measure it is FirstResponse, by the clock on the wall, compared by number. All mistakes come
// back together as one invalid failure with the fields from, to, as_of, measure, clock, by, category, queue, language and channel.
func ParseQuery(p Params, zone *time.Location, now time.Time) (Query, error) {
	r := reader{zone: zone, now: now.Truncate(time.Second)}
	q := Query{
		Measure: Measure(cmp.Or(p.Measure, string(FirstResponse))), Clock: Clock(cmp.Or(p.Clock, string(ClockWall))),
		By: By(cmp.Or(p.By, string(ByNumber))), Filter: Filter{p.Category, p.Queue, p.Language, p.Channel},
	}
	r.choices(q)
	q.AsOf = r.asOf(strings.TrimSpace(p.AsOf))
	q.To = r.day("to", strings.TrimSpace(p.To), dayOf(q.AsOf, zone, 0))
	q.From = r.day("from", strings.TrimSpace(p.From), dayOf(q.To, zone, 1-DefaultDays))
	if len(r.fields) == 0 {
		r.order(q)
	}
	if len(r.fields) > 0 {
		slices.SortStableFunc(r.fields, func(a, b failure.Field) int { return place(a) - place(b) })
		return Query{}, failure.InvalidFields(r.fields...)
	}
	return q, nil
}

var fields = []string{"from", "to", "as_of", "measure", "clock", "by", "category", "queue", "language", "channel"}

// place is where a field stands in the form.
func place(f failure.Field) int {
	return slices.Index(fields, f.Name)
}

// Before is the first moment after the last day.
func (q Query) Before() time.Time { return dayOf(q.To, q.To.Location(), 1) }

// Params gives the query as it would be typed, with every default filled in, so that it means the same tomorrow.
func (q Query) Params() Params {
	return Params{
		From: q.From.Format(dateLayout), To: q.To.Format(dateLayout),
		AsOf: q.AsOf.UTC().Format(time.RFC3339), Measure: string(q.Measure), Clock: string(q.Clock), By: string(q.By),
		Category: q.Filter.Category, Queue: q.Filter.Queue, Language: q.Filter.Language, Channel: q.Filter.Channel,
	}
}

// Values is Params for a URL; filters that are not set are left out.
func (q Query) Values() url.Values {
	p := q.Params()
	v := url.Values{"from": {p.From}, "to": {p.To}, "as_of": {p.AsOf}, "measure": {p.Measure}, "clock": {p.Clock}, "by": {p.By}}
	for name, value := range map[string]string{"category": p.Category, "queue": p.Queue, "language": p.Language, "channel": p.Channel} {
		if value != "" {
			v.Set(name, value)
		}
	}
	return v
}

// reader collects what is wrong with a query.
type reader struct {
	zone   *time.Location
	now    time.Time
	fields []failure.Field
}

func (r *reader) wrong(name, code, text string) {
	r.fields = append(r.fields, failure.Field{Name: name, Code: code, Text: text})
}

// choices checks what is chosen from lists. Which categories and queues there are is for the page to say: a code that nobody has
// finds nothing.
func (r *reader) choices(q Query) {
	if !slices.Contains(Measures(), q.Measure) {
		r.wrong("measure", "unknown", "Choose what to measure: first response or resolution.")
	}
	if !slices.Contains(Clocks(), q.Clock) {
		r.wrong("clock", "unknown", "Choose a clock: wall or business.")
	}
	if !slices.Contains(Bys(), q.By) {
		r.wrong("by", "unknown", "Compare by number, category, queue, language or week.")
	}
	for name, code := range map[string]string{
		"category": q.Filter.Category, "queue": q.Filter.Queue, "language": q.Filter.Language, "channel": q.Filter.Channel,
	} {
		if len(code) > 60 || strings.Trim(code, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
			r.wrong(name, "unknown", "Choose one from the list, or all.")
		}
	}
}

func (r *reader) day(name, typed string, otherwise time.Time) time.Time {
	if typed == "" {
		return otherwise
	}
	day, err := time.ParseInLocation(dateLayout, typed, r.zone)
	switch {
	case err != nil:
		r.wrong(name, "invalid", "Enter a date like "+r.now.In(r.zone).Format(dateLayout)+".")
		return otherwise
	case day.After(r.now):
		r.wrong(name, "future", "Enter today's date or an earlier one.")
		return otherwise
	}
	return day
}

// asOf reads a moment. A clock that is a little ahead of ours means now, and so does today's date.
func (r *reader) asOf(typed string) time.Time {
	if typed == "" {
		return r.now
	}
	if day, err := time.ParseInLocation(dateLayout, typed, r.zone); err == nil && !day.After(r.now) {
		return earliest(dayOf(day, r.zone, 1).Add(-time.Second), r.now)
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04", "2006-01-02T15:04:05", dateLayout} {
		at, err := time.ParseInLocation(layout, typed, r.zone)
		if err != nil {
			continue
		}
		if at.After(r.now.Add(slack)) {
			r.wrong("as_of", "future", "Enter a moment that has passed, or leave it empty for now.")
			return r.now
		}
		return earliest(at.Truncate(time.Second), r.now)
	}
	r.wrong("as_of", "invalid", "Enter a moment like "+r.now.In(r.zone).Format("2006-01-02T15:04")+", or leave it empty for now.")
	return r.now
}

// order holds a period to its order and its length, once each of its ends can be read.
func (r *reader) order(q Query) {
	if q.To.Before(q.From) {
		r.wrong("to", "before_from", "The last day is before the first. Enter "+q.From.Format(dateLayout)+" or a later day.")
		return
	}
	if q.To.After(q.From.AddDate(MostYears, 0, 0)) {
		r.wrong("from", "over_ten_years", "The period is longer than ten years. Enter a later first day.")
	} else if q.By == ByWeek && q.To.After(q.From.AddDate(0, 0, 7*(MostWeeks-1))) {
		r.wrong("by", "too_many_weeks", "By week, a period has at most two years. Choose a shorter period, or compare by something else.")
	}
	if q.AsOf.Before(q.From) {
		r.wrong("as_of", "before_from", "At this cut-off the period had not begun. Enter a later moment or an earlier first day.")
	}
}

// dayOf is the beginning of the day of t in the zone, some days on. Days have 23 to 25 hours, so it is never counted in hours.
func dayOf(t time.Time, zone *time.Location, days int) time.Time {
	year, month, day := t.In(zone).Date()
	return time.Date(year, month, day+days, 0, 0, 0, 0, zone)
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
