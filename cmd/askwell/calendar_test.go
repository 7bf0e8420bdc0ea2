package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/sla"
)

func TestCalendarFileSaysAllAndNoMore(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ text, says string }{
		"whole":          {`{"zone":"Europe/Madrid","hours":{"monday":["09:00-14:00"]},"holidays":["2026-12-25 Christmas Day"]}`, ""},
		"without a zone": {`{"hours":{"monday":["09:00-14:00"]}}`, `"zone": "America/New_York"`},
		"an empty zone":  {`{"zone":"","hours":{"monday":["09:00-14:00"]}}`, "names no zone"},
		"a typing slip":  {`{"zone":"Europe/Madrid","hours":{"monday":["09:00-14:00"]},"holydays":["2026-12-25 Christmas Day"]}`, "holydays"},
		"another field":  {`{"zone":"Europe/Madrid","timezone":"Europe/Rome","hours":{"monday":["09:00-14:00"]}}`, "timezone"},
		"no object":      {`[]`, "zone, hours and holidays"},
	} {
		file := filepath.Join(t.TempDir(), "calendar.json")
		if err := os.WriteFile(file, []byte(tc.text), 0o600); err != nil {
			t.Fatal(err)
		}
		var c sla.Calendar
		err := readCalendar(file, &c)
		if tc.says == "" && err != nil || tc.says != "" && (err == nil || !strings.Contains(err.Error(), tc.says)) {
			t.Errorf("%s: %v, want %q", name, err, tc.says)
		}
	}
}
