package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/testkit"
)

// The demo and what is imported agree with their history. A row changed by hand is found by a check, which ends with 1 and changes
// nothing, and mended by a rebuild, which says which ticket it was.
func TestReportRebuild(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	env := []string{"DATABASE_URL=" + db.Config().ConnString()}
	runCommand(t, env, "", "seed", "--tickets", "400")
	file := filepath.Join(t.TempDir(), "old.csv")
	old := "opened_at,first_responded_at,solved_at,excluded_reason\n" +
		"2025-01-05T09:00:00Z,2025-01-06T09:00:00Z,2025-01-07T09:00:00Z,\n2025-01-05T10:00:00Z,,,spam\n2025-01-05T11:00:00Z,,,\n"
	if err := os.WriteFile(file, []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	runCommand(t, env, "", "import", "tickets", file)
	if out := runCommand(t, env, "", "report", "rebuild"); !strings.Contains(out, "403 tickets compared, 0 differed from their history and were mended\n") {
		t.Errorf("a rebuild printed %s", out)
	}
	var reference string
	err := db.QueryRow(t.Context(), `
		UPDATE ticket SET first_responded_at = NULL WHERE first_responded_at IS NOT NULL AND channel = 'import' RETURNING reference`).Scan(&reference)
	if err != nil {
		t.Fatal(err)
	}
	differs := "1 differ from their history (0 in waiting, 1 in the first response, 0 in the solution, 0 in the exclusion): " + reference
	for range 2 { // a check changes nothing
		out, err := try(t, env, "", "report", "rebuild", "--check")
		if err == nil || !strings.Contains(err.Error(), "exit status 1") || !strings.Contains(out, differs) {
			t.Errorf("a check ended with %v and printed %s, want %s", err, out, differs)
		}
	}
	if out := runCommand(t, env, "", "report", "rebuild"); !strings.Contains(out, "1 differed from their history and were mended (0 in waiting, 1 in the first response, 0 in the solution, 0 in the exclusion): "+reference) {
		t.Errorf("the rebuild printed %s", out)
	}
	out := runCommand(t, env, "", "report", "rebuild", "--check")
	if !strings.Contains(out, "403 tickets compared, 0 differ from their history\n") || !strings.Contains(out, " days compared, 0 are not what their tickets are\n") {
		t.Errorf("afterwards a check printed %s", out)
	}
}

// The doctor says which working hours are in use, or what to do about some that cannot be; the command shows and sets them.
func TestWorkingHoursByCommand(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	env := []string{"DATABASE_URL=" + db.Config().ConnString(), "AGENCY_TIME_ZONE=Europe/Madrid"}
	doctor := func() string {
		out, _ := try(t, env, "", "doctor") // other checks fail here
		return out
	}
	if out := doctor(); !strings.Contains(out, "ok    Hours        the usual week") {
		t.Errorf("the doctor says %s", out)
	}
	if _, err := db.Exec(t.Context(), `INSERT INTO calendar (version, calendar) VALUES (2, '{"zone": "Mars"}')`); err != nil {
		t.Fatal(err)
	}
	if out := doctor(); !strings.Contains(out, "FAIL  Hours        Version 2 of the calendar cannot be used") || !strings.Contains(out, "askwell calendar --set FILE") {
		t.Errorf("the doctor says %s", out)
	}
	if out, err := try(t, env, "", "calendar"); err == nil || !strings.Contains(out, `there is no time zone "Mars"`) {
		t.Errorf("the command ended with %v and printed %s", err, out)
	}
	file := filepath.Join(t.TempDir(), "calendar.json")
	hours := `{"zone": "Europe/Madrid", "hours": {"monday": ["09:00-14:00", "16:00-19:30"]}, "holidays": ["2026-12-25 Christmas Day"]}`
	if err := os.WriteFile(file, []byte(hours), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := runCommand(t, env, "", "calendar", "--set", file); !strings.Contains(out, "version 3") || !strings.Contains(out, "2026-12-25 Christmas Day") {
		t.Errorf("the command printed %s", out)
	}
	if out := doctor(); !strings.Contains(out, "ok    Hours        version 3 of the calendar, Europe/Madrid") {
		t.Errorf("the doctor says %s", out)
	}
}
