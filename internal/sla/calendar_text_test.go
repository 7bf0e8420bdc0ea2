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
	err := json.Unmarshal([]byte(`{"zone":"Europe/Madrid","hours":{"Monday":["16:00-19:30","09:00-14:00"],"saturday":["00:00-24:00"]},"holidays":["2026-12-25"]}`), &got)
	if err != nil {
		t.Fatal(err)
	}
	want := Calendar{Zone: "Europe/Madrid", Holidays: []Day{"2026-12-25"}}
	want.Week[1], want.Week[6] = []Span{{960, 1170}, {540, 840}}, []Span{{0, 1440}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	written, err := json.Marshal(got)
	if want := `{"zone":"Europe/Madrid","hours":{"monday":["09:00-14:00","16:00-19:30"],"saturday":["00:00-24:00"]},"holidays":["2026-12-25"]}`; err != nil || string(written) != want {
		t.Errorf("written %s (%v), want %s", written, err, want)
	}
	for _, bad := range []string{`{"hours":{"funday":["09:00-17:00"]}}`, `{"hours":{"monday":["9 to 5"]}}`, `{"hours":{"monday":["09:00-17:00x"]}}`, `{"hours":{"monday":["09:75-17:00"]}}`, `[]`} {
		before := got
		if err := json.Unmarshal([]byte(bad), &got); err == nil || cmp.Diff(before, got) != "" {
			t.Errorf("%s is read (%v)", strings.TrimSpace(bad), err)
		}
	}
}
