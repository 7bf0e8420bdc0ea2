package config

import (
	"errors"
	"time"
)

// TimeOfDay is a minute of every day, by a wall clock. The zero value is never.
type TimeOfDay struct {
	set          bool
	hour, minute int
}

// Off reports whether it never comes.
func (t TimeOfDay) Off() bool { return !t.set }

// Next is when it comes the next time after a moment, on the clocks of a zone. A minute that is left out when clocks go forward
// comes an hour later; one that comes twice when they go back counts once.
func (t TimeOfDay) Next(after time.Time, zone *time.Location) time.Time {
	year, month, day := after.In(zone).Date()
	for ; ; day++ {
		if next := time.Date(year, month, day, t.hour, t.minute, 0, 0, zone); next.After(after) {
			return next
		}
	}
}

// readTimeOfDay reads "03:30", or "off".
func readTimeOfDay(field func(*Config) *TimeOfDay) func(*Config, string) error {
	return func(c *Config, v string) error {
		if v == "off" {
			return nil
		}
		clock, err := time.Parse("15:04", v)
		if err != nil {
			return errors.New("must be a time of day like 03:30, or off")
		}
		*field(c) = TimeOfDay{set: true, hour: clock.Hour(), minute: clock.Minute()}
		return nil
	}
}
