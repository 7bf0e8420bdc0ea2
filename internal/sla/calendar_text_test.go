package sla

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCalendarAsPeopleWriteIt(t *testing.T) {
	t.Parallel()
	var got Calendar
	err := json.Unmarshal([]byte(`{"zone":"Europe/Madrid","hours":{"Monday":["16:00-19:30","09:00-14:00"],"saturday":["00:00-24:00"]},"holidays":["2026-12-25 Christmas Day"," 2026-12-26 "]}`), &got)
	if err != nil {
		t.Fatal(err)
	}
	want := Calendar{Zone: "Europe/Madrid", Holidays: []Holiday{{"2026-12-25", "Christmas Day"}, {Day: "2026-12-26"}}}
	want.Week[1], want.Week[6] = []Span{{960, 1170}, {540, 840}}, []Span{{0, 1440}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	written, err := json.Marshal(got)
	if want := `{"zone":"Europe/Madrid","hours":{"monday":["09:00-14:00","16:00-19:30"],"saturday":["00:00-24:00"]},"holidays":["2026-12-25 Christmas Day","2026-12-26"]}`; err != nil || string(written) != want {
		t.Errorf("written %s (%v), want %s", written, err, want)
	}
	for _, bad := range []string{`{"hours":{"funday":["09:00-17:00"]}}`, `{"hours":{"monday":["9 to 5"]}}`, `{"hours":{"monday":["09:00-17:00x"]}}`, `{"hours":{"monday":["09:75-17:00"]}}`, `[]`} {
		before := got
		if err := json.Unmarshal([]byte(bad), &got); err == nil || cmp.Diff(before, got) != "" {
			t.Errorf("%s is read (%v)", strings.TrimSpace(bad), err)
		}
	}
}

func TestParseSpans(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"": "", " , ": "", "9-17": "09:00-17:00", "09:00-12:30, 13:30-17:00": "09:00-12:30, 13:30-17:00",
		"13.30 – 17; 9am to 12pm": "09:00-12:00, 13:30-17:00", "9 AM-5:30 pm": "09:00-17:30", "12am-12:15 am": "00:00-00:15", "0-24": "00:00-24:00",
		"9-12,12-13": "09:00-12:00, 12:00-13:00",
	} {
		got, err := ParseSpans(typed)
		if err != nil || FormatSpans(got) != want {
			t.Errorf("%q is read as %q (%v), want %q", typed, FormatSpans(got), err, want)
		}
	}
	for typed, want := range map[string]string{
		"nine to five": `"nine to five" are no hours`, "9": `"9" are no hours`, "9:75-17": `"9:75-17" are no hours`, "13pm-14pm": `"13pm-14pm" are no hours`,
		"25-26": `"25-26" are no hours`, "17-9": "work ends after it begins, between 00:00 and 24:00", "24:30-24:45": "work ends after it begins, between 00:00 and 24:00",
		"9-12, 11-13": "two times of work overlap", "9-9": "work ends after it begins, between 00:00 and 24:00", "-5-9": `"-5-9" are no hours`,
	} {
		if got, err := ParseSpans(typed); err == nil || err.Error() != want {
			t.Errorf("%q is read as %v (%v), want %q", typed, got, err, want)
		}
	}
}

func TestLocalIsNoZone(t *testing.T) {
	t.Parallel()
	for zone, is := range map[string]bool{"America/New_York": true, "": true, "UTC": true, "Local": false, "Mars/Olympus": false, "../etc": false} {
		if err := CheckZone(zone); (err == nil) != is {
			t.Errorf("%q: %v", zone, err)
		}
	}
}
