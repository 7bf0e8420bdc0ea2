package config

import (
	"testing"
	"time"
)

// Berlin's clocks went from 02:00 to 03:00 on 29 March 2026 and from 03:00 back to 02:00 on 25 October 2026 (IANA, Europe/Berlin).
func TestTimeOfDay(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, at, after, want string }{
		{"later today", "03:30", "2026-06-01T03:29:59+02:00", "2026-06-01T03:30:00+02:00"},
		{"tomorrow, at the minute itself", "03:30", "2026-06-01T03:30:00+02:00", "2026-06-02T03:30:00+02:00"},
		{"asked in another zone", "03:30", "2026-06-01T01:30:01Z", "2026-06-02T03:30:00+02:00"},
		{"midnight at the end of a year", "00:00", "2026-12-31T12:00:00+01:00", "2027-01-01T00:00:00+01:00"},
		{"a minute that is left out", "02:30", "2026-03-29T00:00:00+01:00", "2026-03-29T03:30:00+02:00"},
		{"the day after", "02:30", "2026-03-29T03:30:00+02:00", "2026-03-30T02:30:00+02:00"},
		{"a minute that comes twice", "02:30", "2026-10-25T00:00:00+02:00", "2026-10-25T02:30:00+01:00"},
		{"it counts once", "02:30", "2026-10-25T02:30:00+01:00", "2026-10-26T02:30:00+01:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cfg, err := Load(env(map[string]string{"INDEX_CHECK_AT": c.at}), NeedNothing)
			if err != nil || cfg.IndexCheckAt.Off() {
				t.Fatalf("read %s: off %t, %v", c.at, cfg.IndexCheckAt.Off(), err)
			}
			after, errAfter := time.Parse(time.RFC3339, c.after)
			want, errWant := time.Parse(time.RFC3339, c.want)
			if errAfter != nil || errWant != nil {
				t.Fatal(errAfter, errWant)
			}
			if got := cfg.IndexCheckAt.Next(after, zone); !got.Equal(want) {
				t.Errorf("after %s comes %s, want %s", c.after, got, want)
			}
		})
	}
	if cfg, err := Load(env(map[string]string{"INDEX_CHECK_AT": "off"}), NeedNothing); err != nil || !cfg.IndexCheckAt.Off() {
		t.Errorf("off: %v", err)
	}
	if cfg, err := Load(env(nil), NeedNothing); err != nil || cfg.IndexCheckAt.Off() {
		t.Errorf("unset: %v", err)
	}
	for _, wrong := range []string{"25:00", "3.30", "night"} {
		if _, err := Load(env(map[string]string{"INDEX_CHECK_AT": wrong}), NeedNothing); err == nil {
			t.Errorf("%q was accepted", wrong)
		}
	}
}
