package sla

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// text is a calendar as people write it: hours by day as "09:00-17:00".
type text struct {
	Zone     string              `json:"zone"`
	Hours    map[string][]string `json:"hours"`
	Holidays []Holiday           `json:"holidays"`
}

// MarshalText writes a holiday as "2026-12-25 Christmas Day".
func (h Holiday) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// String is the day and the name.
func (h Holiday) String() string { return strings.TrimSpace(string(h.Day) + " " + h.Name) }

// UnmarshalText reads what MarshalText writes; whether the day is one, Check tells.
func (h *Holiday) UnmarshalText(text []byte) error {
	day, name, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
	*h = Holiday{Day: Day(day), Name: strings.TrimSpace(name)}
	return nil
}

// spanText is a time of work as people write it: 9-17, 09:00 to 12:30, 9am – 5 pm.
var spanText = regexp.MustCompile(`^(\d{1,2})(?:[:.](\d{2}))?\s*([ap]m)?\s*(?:-|–|—|to|until)\s*(\d{1,2})(?:[:.](\d{2}))?\s*([ap]m)?$`)

// ParseSpans reads the times of work of a day as people write them, with commas or semicolons between them; nothing is a day off.
// Errors: the part that cannot be read, and what CheckSpans says.
func ParseSpans(typed string) ([]Span, error) {
	var spans []Span
	for part := range strings.FieldsFuncSeq(strings.ToLower(typed), func(r rune) bool { return r == ',' || r == ';' }) {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		m := spanText.FindStringSubmatch(part)
		if m == nil {
			return nil, fmt.Errorf("%q are no hours", part)
		}
		from, readsFrom := minuteOf(m[1], m[2], m[3])
		until, readsUntil := minuteOf(m[4], m[5], m[6])
		if !readsFrom || !readsUntil {
			return nil, fmt.Errorf("%q are no hours", part)
		}
		spans = append(spans, Span{From: from, Until: until})
	}
	return sorted(spans), CheckSpans(spans)
}

// minuteOf reads a time on the wall; half is am, pm, or empty for one of 24 hours.
func minuteOf(hour, minute, half string) (int, bool) {
	h, _ := strconv.Atoi(hour)
	m, _ := strconv.Atoi(minute) // "" is 0
	switch {
	case m > 59, half == "" && h > 24, half != "" && (h < 1 || h > 12):
		return 0, false
	case half == "pm" && h < 12:
		h += 12
	case half == "am" && h == 12:
		h = 0
	}
	return h*60 + m, true
}

// FormatSpans writes the times of work of a day so that ParseSpans reads them.
func FormatSpans(spans []Span) string {
	var all []string
	for _, s := range sorted(spans) {
		all = append(all, s.String())
	}
	return strings.Join(all, ", ")
}

// String is the span as 09:00-17:00.
func (s Span) String() string { return clockOf(s.From) + "-" + clockOf(s.Until) }

// MarshalJSON writes a calendar as people read it: {"zone": "Europe/Madrid", "hours": {"monday": ["09:00-14:00"]}, "holidays": []}.
func (c Calendar) MarshalJSON() ([]byte, error) {
	t := text{Zone: c.Zone, Hours: map[string][]string{}, Holidays: append([]Holiday{}, c.Holidays...)}
	for weekday, spans := range c.Week {
		for _, s := range sorted(spans) {
			day := strings.ToLower(time.Weekday(weekday).String())
			t.Hours[day] = append(t.Hours[day], s.String())
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
