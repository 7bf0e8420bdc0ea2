package report_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/report"
)

func newYork(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// now is a Monday, 23:30 in New York and already Tuesday in UTC.
var now = time.Date(2026, 11, 24, 4, 30, 15, 123456789, time.UTC)

func TestParseQuery(t *testing.T) {
	t.Parallel()
	zone := newYork(t)
	for name, c := range map[string]struct {
		in   report.Params
		want report.Params
	}{
		"defaults are the 90 days that end today in the agency's zone": {
			report.Params{},
			report.Params{From: "2026-08-26", To: "2026-11-23", AsOf: "2026-11-24T04:30:15Z", Measure: "first_response", Clock: "wall", By: "number"},
		},
		"ten years": {
			report.Params{From: "2016-01-01", To: "2026-01-01", AsOf: "2026-01-02T00:00:00Z"},
			report.Params{From: "2016-01-01", To: "2026-01-01", AsOf: "2026-01-02T00:00:00Z", Measure: "first_response", Clock: "wall", By: "number"},
		},
		"by week, two years": {
			report.Params{From: "2024-01-01", To: "2026-01-05", AsOf: "2026-01-06T06:00:00Z", By: "week"},
			report.Params{From: "2024-01-01", To: "2026-01-05", AsOf: "2026-01-06T06:00:00Z", Measure: "first_response", Clock: "wall", By: "week"},
		},
		"all given": {
			report.Params{From: "2012-01-01", To: "2012-02-29", AsOf: "2012-03-01T00:00:00Z", Measure: "resolution", Clock: "wall", By: "number"},
			report.Params{From: "2012-01-01", To: "2012-02-29", AsOf: "2012-03-01T00:00:00Z", Measure: "resolution", Clock: "wall", By: "number"},
		},
		"a moment without a zone is the agency's": {
			report.Params{From: "2026-07-01", To: "2026-07-02", AsOf: " 2026-07-02T12:00 "},
			report.Params{From: "2026-07-01", To: "2026-07-02", AsOf: "2026-07-02T16:00:00Z", Measure: "first_response", Clock: "wall", By: "number"},
		},
		"a day as cut-off is its end, and the period ends with it": {
			report.Params{AsOf: "2026-03-08"}, // 23 hours long
			report.Params{From: "2025-12-09", To: "2026-03-08", AsOf: "2026-03-09T03:59:59Z", Measure: "first_response", Clock: "wall", By: "number"},
		},
		"today as cut-off is now": {
			report.Params{From: "2026-11-23", AsOf: "2026-11-23"},
			report.Params{From: "2026-11-23", To: "2026-11-23", AsOf: "2026-11-24T04:30:15Z", Measure: "first_response", Clock: "wall", By: "number"},
		},
		"a clock that is some seconds ahead means now": {
			report.Params{From: "2026-11-23", AsOf: "2026-11-24T04:31:00Z"},
			report.Params{From: "2026-11-23", To: "2026-11-23", AsOf: "2026-11-24T04:30:15Z", Measure: "first_response", Clock: "wall", By: "number"},
		},
		"the first day counts back from the last": {
			report.Params{To: "2024-03-01"},
			report.Params{From: "2023-12-03", To: "2024-03-01", AsOf: "2026-11-24T04:30:15Z", Measure: "first_response", Clock: "wall", By: "number"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q, err := report.ParseQuery(c.in, zone, now)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, q.Params()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			again, err := report.ParseQuery(q.Params(), zone, now)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(q.Params(), again.Params()); diff != "" {
				t.Errorf("read again (-want +got)\n%s", diff)
			}
		})
	}
}

func TestParseQueryRefuses(t *testing.T) {
	t.Parallel()
	zone := newYork(t)
	for name, c := range map[string]struct {
		in   report.Params
		want string // field.code, ...
	}{
		"last day before the first":       {report.Params{From: "2026-02-02", To: "2026-02-01"}, "to.before_from"},
		"no date":                         {report.Params{From: "yesterday"}, "from.invalid"},
		"a day that no month has":         {report.Params{From: "2026-02-30"}, "from.invalid"},
		"American order":                  {report.Params{To: "02/01/2026"}, "to.invalid"},
		"tomorrow in the agency's zone":   {report.Params{From: "2026-11-24"}, "from.future"},
		"the future":                      {report.Params{From: "2027-01-01", To: "9999-12-31"}, "from.future to.future"},
		"cut-off in the future":           {report.Params{AsOf: "2026-11-24T04:32:00Z"}, "as_of.future"},
		"a day in the future as cut-off":  {report.Params{AsOf: "2026-11-24"}, "as_of.future"},
		"cut-off that is none":            {report.Params{AsOf: "now"}, "as_of.invalid"},
		"cut-off before the period":       {report.Params{From: "2026-02-02", To: "2026-02-03", AsOf: "2026-02-01"}, "as_of.before_from"},
		"unknown measure":                 {report.Params{Measure: "Resolution"}, "measure.unknown"},
		"unknown choices":                 {report.Params{Clock: "sun", By: "mood", Queue: "' OR 1=1", Channel: strings.Repeat("x", 61)}, "clock.unknown by.unknown queue.unknown channel.unknown"},
		"since the year 1":                {report.Params{From: "0001-01-01"}, "from.over_ten_years"},
		"ten years and a day":             {report.Params{From: "2015-12-31", To: "2026-01-01"}, "from.over_ten_years"},
		"by week, two years and a half":   {report.Params{From: "2024-01-01", To: "2026-06-30", By: "week"}, "by.too_many_weeks"},
		"everything wrong at once":        {report.Params{From: "x", To: "y", AsOf: "z", Measure: "m"}, "from.invalid to.invalid as_of.invalid measure.unknown"},
		"text that no database can store": {report.Params{From: "2026-01-01\x00", To: "\xff"}, "from.invalid to.invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := report.ParseQuery(c.in, zone, now)
			var got []string
			for _, f := range failure.FieldsOf(err) {
				got = append(got, f.Name+"."+f.Code)
				if f.Text == "" {
					t.Errorf("%s says nothing", f.Name)
				}
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("got %q, want %q (%v)", s, c.want, err)
			}
		})
	}
}
