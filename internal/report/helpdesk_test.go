package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/testkit"
)

// known is what expected.json says of a cohort of the help desk's log.
type known struct {
	N        int     `json:"n"`
	Events   int     `json:"events"`
	Censored int     `json:"censored"`
	Median   float64 `json:"median_seconds"`
	P90      float64 `json:"p90_seconds"`
}

type helpdeskFacts struct {
	Helpdesk struct {
		AsOf          string `json:"as_of"`
		FirstResponse known  `json:"first_response"`
		Resolution    known  `json:"resolution"`
		Snapshot      struct {
			AsOf       string `json:"as_of"`
			Resolution known  `json:"resolution"`
		} `json:"snapshot"`
	} `json:"helpdesk"`
}

// TestMakeOfALog checks medians and 90th percentiles of help desks' histories against figures computed elsewhere.
func TestMakeOfALog(t *testing.T) {
	t.Parallel()
	for _, in := range testkit.Inputs(t) {
		t.Run(in.Name, func(t *testing.T) {
			t.Parallel()
			makeOfALog(t, in.Dir)
		})
	}
}

func makeOfALog(t *testing.T, dir string) {
	t.Helper()
	expected, err := os.ReadFile(filepath.Join(dir, "reference", "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(filepath.Join(dir, "eventlog", "helpdesk_tickets.csv"))
	if err != nil {
		t.Fatal(err)
	}
	var facts helpdeskFacts
	if err := json.Unmarshal(expected, &facts); err != nil {
		t.Fatal(err)
	}
	db := testkit.Database(t)
	insert(t, db, helpdeskTickets(t, log))
	service := report.NewService(db, nil)
	desk := facts.Helpdesk
	before := func(moment string, days int) string {
		at, err := time.Parse(time.RFC3339, moment)
		if err != nil {
			t.Fatal(err)
		}
		return at.AddDate(0, 0, -days).Format(time.DateOnly)
	}
	whole := report.Params{From: before(desk.AsOf, 5*365), To: before(desk.AsOf, 1), AsOf: desk.AsOf}
	first, resolution := whole, whole
	first.Measure, resolution.Measure = "first_response", "resolution"
	for name, c := range map[string]struct {
		in   report.Params
		want known
	}{
		"first response": {first, desk.FirstResponse},
		"resolution":     {resolution, desk.Resolution},
		"resolution as it looked in the middle": {
			report.Params{From: before(desk.Snapshot.AsOf, 60), To: before(desk.Snapshot.AsOf, 1), AsOf: desk.Snapshot.AsOf, Measure: "resolution"}, desk.Snapshot.Resolution,
		},
		"the day of the cut-off has no tickets yet": {
			report.Params{From: before(desk.Snapshot.AsOf, 60), AsOf: desk.Snapshot.AsOf, Measure: "resolution"}, desk.Snapshot.Resolution,
		},
	} {
		t.Run(name, func(t *testing.T) {
			q, err := report.ParseQuery(c.in, time.UTC, now)
			if err != nil {
				t.Fatal(err)
			}
			made, err := service.Make(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, group := range []report.Group{report.GroupWithout, report.GroupAll} {
				f := made.Group(group)
				if f.Median.Seconds == nil || f.P90.Seconds == nil {
					t.Fatalf("%s: median %v, 90th percentile %v", group, f.Median, f.P90)
				}
				got := known{f.Tickets, f.Answered, f.Waiting, *f.Median.Seconds, *f.P90.Seconds}
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("%s (-want +got)\n%s", group, diff)
				}
			}
		})
	}
}

func helpdeskTickets(t *testing.T, log []byte) []past {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(log)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	moment := func(row []string, name string) *time.Time {
		if row[column[name]] == "" {
			return nil
		}
		m, err := time.Parse("2006-01-02T15:04:05", row[column[name]])
		if err != nil {
			t.Fatal(err)
		}
		return &m
	}
	var tickets []past
	for _, row := range rows[1:] {
		tickets = append(tickets, past{
			group: identifier.GroupWithout, opened: *moment(row, "opened_at"),
			responded: moment(row, "taken_in_charge_at"), solved: moment(row, "resolved_at"),
		})
	}
	return tickets
}
