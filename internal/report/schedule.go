package report

import (
	"slices"
	"time"

	"github.com/askwell/askwell/internal/failure"
)

// OutboxDue is the outbox's event for a scheduled report whose moment has come; its subject is the schedule's ID.
const OutboxDue = "report.due"

// MaxSchedules is how many scheduled reports a member may have.
const MaxSchedules = 20

// Every says how often a report is mailed.
type Every string

// How often.
const (
	Weekly  Every = "weekly"
	Monthly Every = "monthly"
)

// Everys lists how often a report can be mailed.
func Everys() []Every { return []Every{Weekly, Monthly} }

// Span is the period that a scheduled report counts: whole weeks from Monday or whole months, the last ones before its day.
type Span string

// The periods.
const (
	SpanWeek          Span = "week"
	SpanFourWeeks     Span = "four_weeks"
	SpanThirteenWeeks Span = "thirteen_weeks"
	SpanMonth         Span = "month"
	SpanQuarter       Span = "quarter"
	SpanYear          Span = "year" // twelve months
)

// Spans lists every period.
func Spans() []Span {
	return []Span{SpanWeek, SpanFourWeeks, SpanThirteenWeeks, SpanMonth, SpanQuarter, SpanYear}
}

// Schedule is a report that is mailed again and again, to the member who asked for it and nobody else.
type Schedule struct {
	ID        int64
	StaffID   int64
	StaffName string
	Every     Every
	Weekday   int // 0 is Sunday; of weekly ones
	MonthDay  int // of monthly ones; in a month without it, the month's last day
	Hour      int // on the desk's clock
	Span      Span
	Measure   Measure
	Clock     Clock
	CompareBy By
	Category  string // a filter; "" for none, as the others
	Queue     string
	Language  string
	Channel   string
	PausedAt  *time.Time
	NextAt    time.Time
	DueAt     *time.Time // of a mail that is on its way
	SentAt    *time.Time // the last one
	Problem   string     // why the last one was not sent: a code of the messages reports.scheduled.problem
}

// check lists what is wrong with a schedule. Errors: invalid with the fields every, weekday, month_day, hour, span, measure, clock
// and by.
func (s Schedule) check() error {
	var wrong []failure.Field
	add := func(bad bool, name, text string) {
		if bad {
			wrong = append(wrong, failure.Field{Name: name, Code: "unknown", Text: text})
		}
	}
	add(!slices.Contains(Everys(), s.Every), "every", "Choose weekly or monthly.")
	add(s.Weekday < 0 || s.Weekday > 6, "weekday", "Choose a day of the week.")
	add(s.MonthDay < 1 || s.MonthDay > 31, "month_day", "Enter a day of the month from 1 to 31.")
	add(s.Hour < 0 || s.Hour > 23, "hour", "Choose an hour from 0 to 23.")
	add(!slices.Contains(Spans(), s.Span), "span", "Choose which weeks or months to report.")
	add(!slices.Contains(Measures(), s.Measure), "measure", "Choose first response or resolution.")
	add(!slices.Contains(Clocks(), s.Clock), "clock", "Choose every hour or working hours.")
	add(!slices.Contains(Bys(), s.CompareBy), "by", "Choose what to compare from the list.")
	return failure.InvalidFields(wrong...)
}

// Next is the first moment after one at which the report is to be mailed. The hour is that of the desk's clock, in summer and in
// winter; one that the clock skips is the moment after the gap, and one that comes twice counts the first time.
func (s Schedule) Next(after time.Time, zone *time.Location) time.Time {
	for day := dayOf(after, zone, 0); ; day = dayOf(day, zone, 1) {
		year, month, date := day.Date()
		due := date == min(s.MonthDay, dayOf(time.Date(year, month+1, 1, 0, 0, 0, 0, zone), zone, -1).Day())
		if s.Every == Weekly {
			due = int(day.Weekday()) == s.Weekday
		}
		at := time.Date(year, month, date, s.Hour, 0, 0, 0, zone)
		if at.Hour() < s.Hour { // the clock skips it: time.Date says what it was before
			at = at.Add(time.Hour)
		}
		if due && at.After(after) {
			return at
		}
	}
}

// latest is the last moment up to now at which the report was to be mailed, from the next one that is known on. After a time in
// which nothing ran one mail is sent, not all that were missed.
func (s Schedule) latest(now time.Time, zone *time.Location) time.Time {
	at := s.NextAt
	for next := s.Next(at, zone); !next.After(now); next = s.Next(at, zone) {
		at = next
	}
	return at
}

// Query is what the mail of a moment reports, as it was known then.
func (s Schedule) Query(at time.Time, zone *time.Location) Query {
	day := dayOf(at, zone, 0)
	year, month, _ := day.Date()
	monday, first := weekOf(day), time.Date(year, month, 1, 0, 0, 0, 0, zone)
	from, before := dayOf(monday, zone, -7), monday
	switch s.Span {
	case SpanWeek:
	case SpanFourWeeks:
		from = dayOf(monday, zone, -4*7)
	case SpanThirteenWeeks:
		from = dayOf(monday, zone, -13*7)
	case SpanMonth:
		from, before = first.AddDate(0, -1, 0), first
	case SpanQuarter:
		before = time.Date(year, month-(month-1)%3, 1, 0, 0, 0, 0, zone)
		from = before.AddDate(0, -3, 0)
	case SpanYear:
		from, before = first.AddDate(-1, 0, 0), first
	}
	return Query{
		From: from, To: dayOf(before, zone, -1), AsOf: at.Truncate(time.Second), Measure: s.Measure, Clock: s.Clock, By: s.CompareBy,
		Filter: Filter{s.Category, s.Queue, s.Language, s.Channel},
	}
}
