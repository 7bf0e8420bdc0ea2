package sla

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

func moment(t *testing.T, zone, at string) time.Time {
	t.Helper()
	place, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	m, err := time.ParseInLocation("2006-01-02 15:04", at, place)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const newYork = "America/New_York"

func clock(t *testing.T, c Calendar) *Clock {
	t.Helper()
	k, err := c.Clock(moment(t, "UTC", "2026-01-01 00:00"), moment(t, "UTC", "2027-01-01 00:00"))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// Counted on a calendar by hand. In New York the clocks go forward on Sunday 8 March 2026, at 2:00, and back on 1 November.
func TestBetween(t *testing.T) {
	t.Parallel()
	office := Usual(newYork)
	office.Holidays = []Holiday{{Day: "2026-11-26"}}
	shifts := Calendar{Zone: newYork}
	for day := range shifts.Week {
		shifts.Week[day] = []Span{{From: 13 * 60, Until: 18 * 60}, {From: 8 * 60, Until: 12*60 + 30}}
	}
	always := Calendar{Zone: newYork}
	for day := range always.Week {
		always.Week[day] = []Span{{From: 0, Until: 24 * 60}}
	}
	for _, c := range []struct {
		name        string
		calendar    Calendar
		from, until string
		want        time.Duration
	}{
		{"within a day", office, "2026-11-24 10:00", "2026-11-24 11:30", 90 * time.Minute},
		{"overnight", office, "2026-11-24 16:30", "2026-11-25 09:30", time.Hour},
		{"before the desk opens", office, "2026-11-24 06:00", "2026-11-24 09:00", 0},
		{"over a holiday", office, "2026-11-25 16:00", "2026-11-27 10:00", 2 * time.Hour},
		{"over a weekend", office, "2026-11-20 17:00", "2026-11-23 09:00", 0},
		{"a week", office, "2026-11-16 12:00", "2026-11-23 12:00", 40 * time.Hour},
		{"over the change to summer", office, "2026-03-06 16:00", "2026-03-09 10:00", 2 * time.Hour},
		{"over a noon break", shifts, "2026-11-24 12:00", "2026-11-24 13:30", time.Hour},
		{"day and night, the short day", always, "2026-03-08 00:00", "2026-03-09 00:00", 23 * time.Hour},
		{"day and night, the long day", always, "2026-11-01 00:00", "2026-11-02 00:00", 25 * time.Hour},
		{"before and after what the clock knows", always, "2025-06-01 00:00", "2027-06-01 00:00", 365 * 24 * time.Hour},
		{"never", Calendar{}, "2026-01-01 00:00", "2026-12-01 00:00", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := clock(t, c.calendar).Between(moment(t, newYork, c.from).Unix(), moment(t, newYork, c.until).Unix())
			if got != int64(c.want.Seconds()) {
				t.Errorf("%s to %s: %s, want %s", c.from, c.until, time.Duration(got)*time.Second, c.want)
			}
		})
	}
}

// Against the plain way: look at each minute.
func TestBetweenMinuteByMinute(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	c := Usual(newYork)
	c.Week[time.Wednesday] = []Span{{From: 0, Until: 5 * 60}, {From: 22 * 60, Until: 24 * 60}}
	c.Holidays = []Holiday{{Day: "2026-03-09"}, {Day: "2026-03-11"}}
	k := clock(t, c)
	works := func(m time.Time) bool {
		for _, h := range c.Holidays {
			if h.Day == DayOf(m) {
				return false
			}
		}
		for _, s := range c.Week[m.Weekday()] {
			if at := m.Hour()*60 + m.Minute(); s.From <= at && at < s.Until {
				return true
			}
		}
		return false
	}
	start := moment(t, newYork, "2026-02-27 00:00")
	for range 200 {
		from := start.Add(time.Duration(r.IntN(20*24*60)) * time.Minute)
		until := from.Add(time.Duration(r.IntN(5*24*60)) * time.Minute)
		want := int64(0)
		for m := from; m.Before(until); m = m.Add(time.Minute) {
			if works(m) {
				want += 60
			}
		}
		if got := k.Between(from.Unix(), until.Unix()); got != want {
			t.Fatalf("%s to %s: %d s, want %d", from, until, got, want)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	if err := Usual(newYork).Check(); err != nil {
		t.Errorf("the usual calendar: %v", err)
	}
	broken := Calendar{Zone: "Mars/Olympus", Holidays: []Holiday{{Day: "2026-02-30"}}}
	broken.Week[time.Monday] = []Span{{From: 600, Until: 500}}
	broken.Week[time.Tuesday] = []Span{{From: 500, Until: 700}, {From: 600, Until: 800}}
	err := broken.Check()
	for _, want := range []string{"time zone", "Monday: work ends", "Tuesday: two times", `"2026-02-30" is no day`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	if err := (Calendar{}).Check(); err == nil || !strings.Contains(err.Error(), "no day has any") {
		t.Errorf("a calendar that never works: %v", err)
	}
}

func TestBusinessDay(t *testing.T) {
	t.Parallel()
	c := Usual("")
	c.Week[time.Friday] = []Span{{From: 540, Until: 780}}
	if got := c.BusinessDay(); got != 8*time.Hour {
		t.Errorf("got %s, want 8 h", got)
	}
	if got := (Calendar{}).BusinessDay(); got != 0 {
		t.Errorf("of nothing: %s", got)
	}
}

func BenchmarkBetween(b *testing.B) {
	c := Usual(newYork)
	from := time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC)
	k, err := c.Clock(from, from.AddDate(11, 0, 0))
	if err != nil {
		b.Fatal(err)
	}
	for i := range b.N {
		at := from.Unix() + int64(i)*7919%(10*365*24*hour)
		k.Between(at, at+int64(i)%2_000_000)
	}
}
