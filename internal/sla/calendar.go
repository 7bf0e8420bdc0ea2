// Package sla counts business time by the calendar of a desk.
package sla

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Span is a part of a day in which a desk works, in minutes after midnight by the clock on the wall.
type Span struct {
	From  int `json:"from"`  // 0 to 1439
	Until int `json:"until"` // above From, up to 1440
}

// Day is a day of the calendar, written as 2026-11-26.
type Day string

const dayLayout = "2006-01-02"

// DayOf is the day of a time in its own zone.
func DayOf(t time.Time) Day { return Day(t.Format(dayLayout)) }

// Holiday is a day without work; the name is for people and may be empty.
type Holiday struct {
	Day  Day
	Name string
}

// Calendar says when a desk works: the same hours each week, but not on holidays. The zero value never works.
type Calendar struct {
	Version  int    // goes up with each change, so that a figure can say by which one it was made
	Zone     string // an IANA name; "" is UTC
	Week     [7][]Span
	Holidays []Holiday
}

// Check reports everything that is wrong with a calendar, joined.
func (c Calendar) Check() error {
	all := []error{CheckZone(c.Zone)}
	works := false
	for weekday, spans := range c.Week {
		works = works || len(spans) > 0
		if err := CheckSpans(spans); err != nil {
			all = append(all, fmt.Errorf("%s: %w", time.Weekday(weekday), err))
		}
	}
	if !works {
		all = append(all, ErrNeverWorks)
	}
	for _, h := range c.Holidays {
		all = append(all, h.Check())
	}
	return errors.Join(all...)
}

// ErrNeverWorks is what is wrong with a week without hours.
var ErrNeverWorks = errors.New("no day has any time of work")

// CheckZone holds that there is such a time zone. That of the machine is none: it changes with the machine.
func CheckZone(zone string) error {
	if _, err := time.LoadLocation(zone); err != nil || zone == "Local" {
		return fmt.Errorf("there is no time zone %q", zone)
	}
	return nil
}

// CheckSpans holds that each time of work ends after it begins, within the day, and that none overlap.
func CheckSpans(spans []Span) error {
	last := 0
	for i, s := range sorted(spans) {
		switch {
		case s.From < 0 || s.Until > 24*60 || s.From >= s.Until:
			return errors.New("work ends after it begins, between 00:00 and 24:00")
		case i > 0 && s.From < last:
			return errors.New("two times of work overlap")
		}
		last = s.Until
	}
	return nil
}

// Check holds that the holiday's day is one.
func (h Holiday) Check() error {
	if _, err := time.Parse(dayLayout, string(h.Day)); err != nil {
		return fmt.Errorf("%q is no day", h.Day)
	}
	return nil
}

func sorted(spans []Span) []Span {
	return slices.SortedFunc(slices.Values(spans), func(a, b Span) int { return cmp.Compare(a.From, b.From) })
}

// BusinessDay is how long the desk works on the most usual of its working days (the longest of those equally usual), which is
// what "a day" means in business time; 0 for a calendar that never works.
func (c Calendar) BusinessDay() time.Duration {
	often := map[time.Duration]int{}
	for _, spans := range c.Week {
		if n := length(spans); n > 0 {
			often[n]++
		}
	}
	usual := time.Duration(0)
	for n, times := range often {
		if times > often[usual] || times == often[usual] && n > usual {
			usual = n
		}
	}
	return usual
}

func length(spans []Span) (n time.Duration) {
	for _, s := range spans {
		n += time.Duration(s.Until-s.From) * time.Minute
	}
	return n
}
