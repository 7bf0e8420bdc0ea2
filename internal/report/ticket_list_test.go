package report_test

import (
	"testing"
	"time"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/ticket"
)

// TestListHoldsWhatTheReportCounts walks every number of a report to its tickets.
func TestListHoldsWhatTheReportCounts(t *testing.T) {
	t.Parallel()
	asOf := now.Truncate(time.Second)
	later := asOf.Add(time.Second)
	var tickets []past
	for i := range 260 {
		opened := asOf.Add(-time.Duration(i/3) * time.Hour) // three at the same moment: the key is not the time alone
		p := past{group: []identifier.Group{"with", "without", "unusable"}[i%3], opened: opened}
		if i%2 == 0 {
			p.responded, p.solved = at(opened.Add(time.Minute)), &later
		}
		switch i % 10 {
		case 7:
			p.excluded, p.excludedAt = "spam", &asOf
		case 8:
			p.excluded, p.excludedAt = "merged", &later
		case 9:
			p.suspected = true // still in quarantine: it counts
		}
		tickets = append(tickets, p)
	}
	db := testkit.Database(t)
	insert(t, db, tickets)
	service := report.NewService(db, nil)
	for _, measure := range report.Measures() {
		q, err := report.ParseQuery(report.Params{Measure: string(measure), AsOf: asOf.Format(time.RFC3339)}, time.UTC, now)
		if err != nil {
			t.Fatal(err)
		}
		made, err := service.Make(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range made.Groups {
			for state, want := range map[report.State]int{
				report.StateCounted: f.Tickets, report.StateAnswered: f.Answered, report.StateWaiting: f.Waiting,
				report.StateExcluded: f.ExcludedTotal(),
			} {
				part, err := report.ParsePart(q, string(f.Group), string(state), "")
				if err != nil {
					t.Fatal(err)
				}
				checkPart(t, service, part, want)
			}
			for reason, want := range f.Excluded {
				part, err := report.ParsePart(q, string(f.Group), string(report.StateExcluded), reason)
				if err != nil {
					t.Fatal(err)
				}
				checkPart(t, service, part, want)
			}
		}
		if all := made.Group(report.GroupAll); all.Tickets != 234 || all.ExcludedTotal() != 26 {
			t.Errorf("%s: %d tickets and %d excluded, want 234 and 26", measure, all.Tickets, all.ExcludedTotal())
		}
	}
}

func checkPart(t *testing.T, service *report.Service, part report.Part, want int) {
	t.Helper()
	seen := map[string]bool{}
	var after ticket.Cursor
	for {
		page, err := service.List(t.Context(), part, after)
		if err != nil {
			t.Fatal(err)
		}
		if page.Total != want {
			t.Fatalf("%s %s %s: total %d, the report says %d", part.Measure, part.Group, part.State, page.Total, want)
		}
		for _, row := range page.Rows {
			if seen[row.Reference] {
				t.Fatalf("%s is listed twice", row.Reference)
			}
			seen[row.Reference] = true
			if (row.ExcludedReason != "") != (part.State == report.StateExcluded) {
				t.Errorf("%s %s: %s is excluded for %q", part.Group, part.State, row.Reference, row.ExcludedReason)
			}
			if part.State == report.StateWaiting && row.EndedAt != nil || part.State == report.StateAnswered && row.EndedAt == nil {
				t.Errorf("%s %s: %s ended at %v", part.Group, part.State, row.Reference, row.EndedAt)
			}
			if part.Group != report.GroupAll && row.NumberGroup != part.Group {
				t.Errorf("%s lists a ticket of %s", part.Group, row.NumberGroup)
			}
		}
		if after = page.Next; after.ID == 0 {
			break
		}
	}
	if len(seen) != want {
		t.Errorf("%s %s %s: %d tickets on all pages, want %d", part.Measure, part.Group, part.State, len(seen), want)
	}
}

func TestParsePartRefuses(t *testing.T) {
	t.Parallel()
	_, err := report.ParsePart(report.Query{By: report.ByNumber}, "With", "gone", "spam")
	if fields := failure.FieldsOf(err); len(fields) != 3 || fields[0].Name != "group" || fields[1].Name != "state" || fields[2].Name != "reason" {
		t.Errorf("fields %v", fields)
	}
}
