package workers_test

import (
	"testing"

	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/ticket"
)

// What happens to a ticket is in the packed day of its opening soon after: that it came, was excluded, and counts again.
func TestTicketsAreCountedForReports(t *testing.T) {
	t.Parallel()
	d := newDesk(t, testkit.RedisURL(t))
	first := d.open("")
	d.open("")
	d.work()
	reports := report.NewService(d.db, nil)
	counted := func(tickets, excluded int) func() bool {
		return func() bool {
			q, err := report.ParseQuery(report.Params{}, first.OpenedAt.Location(), first.OpenedAt.AddDate(0, 0, 1))
			if err != nil {
				t.Fatal(err)
			}
			made, err := reports.Make(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			all := made.Group(report.GroupAll)
			return d.count(`SELECT sum(tickets) FROM report_day`) == 2 && all.Tickets == tickets && all.ExcludedTotal() == excluded && made.Behind == 0
		}
	}
	d.await("both are packed", func() bool { return d.count(`SELECT COALESCE(sum(tickets), 0) FROM report_day`) == 2 })
	d.await("both count", counted(2, 0))
	if _, err := d.tickets.Exclude(t.Context(), ticket.Worker(), first.Reference, "spam"); err != nil {
		t.Fatal(err)
	}
	d.await("one is excluded", counted(1, 1))
	if _, err := d.tickets.Exclude(t.Context(), ticket.Worker(), first.Reference, ""); err != nil {
		t.Fatal(err)
	}
	d.await("both count again", counted(2, 0))
}
