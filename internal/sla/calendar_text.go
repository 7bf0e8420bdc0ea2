package sla

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// text is a calendar as people write it: hours by day as "09:00-17:00".
type text struct {
	Zone     string              `json:"zone"`
	Hours    map[string][]string `json:"hours"`
	Holidays []Day               `json:"holidays"`
}

// MarshalJSON writes a calendar as people read it: {"zone": "Europe/Madrid", "hours": {"monday": ["09:00-14:00"]}, "holidays": []}.
func (c Calendar) MarshalJSON() ([]byte, error) {
	t := text{Zone: c.Zone, Hours: map[string][]string{}, Holidays: append([]Day{}, c.Holidays...)}
	for weekday, spans := range c.Week {
		for _, s := range sorted(spans) {
			day := strings.ToLower(time.Weekday(weekday).String())
			t.Hours[day] = append(t.Hours[day], clockOf(s.From)+"-"+clockOf(s.Until))
		}
	}
	return json.Marshal(t)
}

func clockOf(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }

// UnmarshalJSON reads what MarshalJSON writes; the version is not in it. Errors name what cannot be read; Check says the rest.
func (c *Calendar) UnmarshalJSON(data []byte) error {
	var t text
	if err := json.Unmarshal(data, &t); err != nil {
		return fmt.Errorf("read a calendar: %w", err)
	}
	read := Calendar{Zone: t.Zone, Holidays: t.Holidays}
	var wrong []error
	for name, spans := range t.Hours {
		weekday, known := weekdayOf(name)
		if !known {
			wrong = append(wrong, fmt.Errorf("%q is no day of the week: write monday, tuesday and so on", name))
			continue
		}
		for _, s := range spans {
			span, err := spanOf(s)
			wrong = append(wrong, err)
			read.Week[weekday] = append(read.Week[weekday], span)
		}
	}
	if err := errors.Join(wrong...); err != nil {
		return err
	}
	*c = read
	return nil
}

func weekdayOf(name string) (time.Weekday, bool) {
	for day := time.Sunday; day <= time.Saturday; day++ {
		if strings.EqualFold(name, day.String()) {
			return day, true
		}
	}
	return 0, false
}

func spanOf(s string) (Span, error) {
	var fromHour, fromMinute, hour, minute int
	var rest string
	n, _ := fmt.Sscanf(s+" .", "%d:%d-%d:%d %s", &fromHour, &fromMinute, &hour, &minute, &rest)
	if n != 5 || rest != "." || min(fromHour, fromMinute, hour, minute) < 0 || max(fromMinute, minute) > 59 {
		return Span{}, fmt.Errorf("%q are no hours: write them as 09:00-17:00", s)
	}
	return Span{From: fromHour*60 + fromMinute, Until: hour*60 + minute}, nil
}
