package main

import (
	"strings"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/testkit"
)

// The doctor compares this machine's clock with the database's.
func TestDoctorComparesClocks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		shift time.Duration
		want  string
	}{
		"right":  {0, "ok    Clock "},
		"slow":   {10 * time.Minute, "behind the database's: set both by a time server (NTP)"},
		"fast":   {-10 * time.Minute, "ahead of the database's: set both by a time server (NTP)"},
		"a bit":  {2 * time.Second, "ok    Clock "},
		"enough": {20 * time.Second, "FAIL  Clock "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := testkit.Database(t)
			testkit.ShiftClock(t, db, c.shift)
			out, _ := try(t, []string{"DATABASE_URL=" + db.Config().ConnString()}, "", "doctor") // other checks fail here
			if !strings.Contains(out, c.want) {
				t.Errorf("the doctor says %s\nwant %q in it", out, c.want)
			}
		})
	}
}
