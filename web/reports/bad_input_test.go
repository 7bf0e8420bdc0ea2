package reports_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/web/webtest"
)

// A calendar in the database that cannot be used stops reports by working hours alone: each form of them says why and what to do,
// and what was typed stays. By every hour they go on.
func TestABrokenCalendarLeavesTheClockOnTheWall(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ stored, says string }{
		"damaged":         {`[]`, "read a calendar"},
		"other shape":     {`{"zone": 5}`, "read a calendar"},
		"no such zone":    {`{"zone": "Mars/Olympus", "hours": {"monday": ["09:00-17:00"]}}`, `there is no time zone "Mars/Olympus"`},
		"the machine's":   {`{"zone": "Local", "hours": {"monday": ["09:00-17:00"]}}`, `there is no time zone "Local"`},
		"never works":     {`{"zone": "UTC", "hours": {}}`, "no day has any time of work"},
		"no hours":        {`{"zone": "UTC", "hours": {"monday": ["nine to five"]}}`, `"nine to five" are no hours`},
		"no such weekday": {`{"zone": "UTC", "hours": {"funday": ["09:00-17:00"]}}`, `"funday" is no day of the week`},
		"ends too early":  {`{"zone": "UTC", "hours": {"monday": ["17:00-09:00"]}}`, "Monday: work ends after it begins"},
		"no day":          {`{"zone": "UTC", "hours": {"monday": ["09:00-17:00"]}, "holidays": ["2026-02-30"]}`, `"2026-02-30" is no day`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			desk := webtest.New(t)
			v := desk.SignIn(t, staff.RoleSupervisor)
			if _, err := desk.DB.Exec(t.Context(), `INSERT INTO calendar (version, calendar) VALUES (2, $1)`, c.stored); err != nil {
				t.Fatal(err)
			}
			yesterday := time.Now().UTC().AddDate(0, 0, -1).Format(time.DateOnly)
			query := "?clock=business&measure=resolution&by=week&category=access-code&to=" + yesterday
			page := v.Get(path + query)
			text := page.Text("#clock-error")
			if page.Status != http.StatusUnprocessableEntity || !strings.Contains(text, c.says) || !strings.Contains(text, "version 2") ||
				!strings.Contains(text, "Choose every hour") {
				t.Errorf("status %d: %q does not say %q", page.Status, text, c.says)
			}
			for field, typed := range map[string]string{"clock": "business", "measure": "resolution", "by": "week", "category": "access-code", "to": yesterday} {
				if got := page.Value(field); got != typed {
					t.Errorf("%s holds %q, typed was %q", field, got, typed)
				}
			}
			answer := v.Get(path + ".json" + query)
			var told struct {
				Error struct {
					Fields []struct{ Name, Code, Text string }
				}
			}
			if err := json.Unmarshal([]byte(answer.Body), &told); err != nil || answer.Status != http.StatusUnprocessableEntity ||
				len(told.Error.Fields) != 1 || told.Error.Fields[0].Name != "clock" || !strings.Contains(told.Error.Fields[0].Text, c.says) {
				t.Errorf("JSON: status %d, %s (%v)", answer.Status, answer.Body, err)
			}
			if answer := v.Get(path + ".csv" + query); answer.Status != http.StatusUnprocessableEntity || !strings.Contains(answer.Body, "version 2") {
				t.Errorf("CSV: status %d, %s", answer.Status, answer.Body)
			}
			wall := strings.Replace(query, "business", "wall", 1)
			for _, form := range []string{"", ".json", ".csv"} {
				if answer := v.Get(path + form + wall); answer.Status != http.StatusOK {
					t.Errorf("by every hour%s: status %d", form, answer.Status)
				}
			}
		})
	}
}

// One group alone is compared with nothing: no figure of a comparison, and no figure that is none.
func TestOneGroupOnly(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	var h history
	opened := time.Now().UTC().AddDate(0, 0, -10).Truncate(time.Second)
	for i := range 30 {
		h.add("case-question", "with", opened, time.Duration(i)*time.Hour, i%2 == 0)
	}
	h.take(t, desk.DB)
	v := desk.SignIn(t, staff.RoleSupervisor)
	got := read(t, v, "")
	if got.LogRank != nil || string(got.Groups[0]["tickets"]) != "30" || string(got.Groups[2]["median_seconds"]) != "null" {
		t.Errorf("got %+v", got)
	}
	answer := v.Get(path + ".json")
	if !strings.Contains(answer.Body, `"difference":null`) || !strings.Contains(answer.Body, `"log_rank_stratified_by_category":null`) {
		t.Errorf("one group is compared: %s", answer.Body)
	}
	for _, query := range []string{"", "?by=category", "?by=week", "?measure=resolution", "?clock=business", "?by=category&clock=business&measure=resolution"} {
		for _, form := range []string{"", ".json", ".csv"} {
			answer := v.Get(path + form + query)
			if answer.Status != http.StatusOK || strings.Contains(answer.Body, "NaN") || strings.Contains(answer.Body, "Inf") {
				t.Errorf("%s%s: status %d, or a figure that is none", form, query, answer.Status)
			}
		}
	}
}

// A period that nothing was sent in has a head and a line a group in the CSV, and no figure.
func TestCSVOfNothing(t *testing.T) {
	t.Parallel()
	v := webtest.New(t).SignIn(t, staff.RoleSupervisor)
	answer := v.Get(path + ".csv?from=2026-01-01&to=2026-01-31")
	lines := strings.Split(strings.TrimSpace(answer.Body), "\n")
	if answer.Status != http.StatusOK || len(lines) != 5 || !strings.Contains(lines[4], ",all,0,0,0,0,0,0,0,0,,,") {
		t.Errorf("status %d:\n%s", answer.Status, answer.Body)
	}
}
