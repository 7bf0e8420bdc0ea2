package ticket_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/ticket"
)

func TestListPagesThroughTies(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	want := map[string]bool{}
	for i := range 125 {
		if i%10 == 0 {
			d.now = d.now.Add(time.Minute) // ten at a time share their moment
		}
		want[d.open("").Reference] = true
	}
	for _, sort := range []ticket.Sort{ticket.SortNewest, ticket.SortOldest, ticket.SortWaiting} {
		got := map[string]bool{}
		f := ticket.Filter{Sort: sort, Limit: 7}
		var last time.Time
		for {
			page, err := d.tickets.List(t.Context(), f)
			d.must(err)
			for _, row := range page.Rows {
				if got[row.Reference] {
					t.Fatalf("%s: %s comes twice", sort, row.Reference)
				}
				got[row.Reference] = true
				if !last.IsZero() && (sort == ticket.SortNewest) == row.OpenedAt.After(last) && !row.OpenedAt.Equal(last) {
					t.Fatalf("%s: %s after %s", sort, row.OpenedAt, last)
				}
				last = row.OpenedAt
			}
			if page.Next == (ticket.Cursor{}) {
				break
			}
			f.After, err = ticket.ParseCursor(page.Next.String()) // as it travels in a URL
			d.must(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", sort, diff)
		}
	}
}

func TestFilters(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	by := ticket.Staff(d.ana)
	plain := d.open("")
	mine := d.open("A-123456789")
	_, err := d.tickets.Assign(t.Context(), by, mine.Reference, d.ana)
	d.must(err)
	solved := d.open("")
	_, err = d.tickets.SetStatus(t.Context(), by, solved.Reference, ticket.StatusSolved)
	d.must(err)
	spam := d.open("", func(in *ticket.Inquiry) { in.Suspicions = []ticket.Suspicion{ticket.SuspectHoneypot} })
	gone := d.open("")
	_, err = d.tickets.Exclude(t.Context(), by, gone.Reference, "duplicate")
	d.must(err)
	moved := d.open("", func(in *ticket.Inquiry) { in.Category = "feedback"; in.Email = "Other@Mail.example" })

	for name, c := range map[string]struct {
		filter ticket.Filter
		want   []ticket.Ticket
	}{
		"everything":  {ticket.Filter{}, []ticket.Ticket{plain, mine, solved, moved}},
		"in hand":     {ticket.Filter{InHand: true}, []ticket.Ticket{plain, mine, moved}},
		"unanswered":  {ticket.Filter{Unanswered: true}, []ticket.Ticket{plain, mine, moved}},
		"mine":        {ticket.Filter{AssigneeID: d.ana}, []ticket.Ticket{mine}},
		"unassigned":  {ticket.Filter{Unassigned: true, InHand: true}, []ticket.Ticket{plain, moved}},
		"quarantine":  {ticket.Filter{Quarantined: true}, []ticket.Ticket{spam}},
		"also those":  {ticket.Filter{WithExcluded: true}, []ticket.Ticket{plain, mine, solved, spam, gone, moved}},
		"category":    {ticket.Filter{Category: "feedback"}, []ticket.Ticket{moved}},
		"queue":       {ticket.Filter{QueueID: moved.QueueID}, []ticket.Ticket{moved}},
		"email":       {ticket.Filter{Emails: []string{"other@mail.EXAMPLE"}}, []ticket.Ticket{moved}},
		"status":      {ticket.Filter{Statuses: []ticket.Status{ticket.StatusSolved}}, []ticket.Ticket{solved}},
		"group":       {ticket.Filter{Groups: []string{"unusable"}}, []ticket.Ticket{mine}},
		"link":        {ticket.Filter{LinkStates: []ticket.LinkState{ticket.LinkWaiting}}, []ticket.Ticket{mine}},
		"too early":   {ticket.Filter{OpenedBefore: d.now}, nil},
		"from now on": {ticket.Filter{OpenedFrom: d.now}, []ticket.Ticket{plain, mine, solved, moved}},
	} {
		c.filter.Sort = ticket.SortOldest
		page, err := d.tickets.List(t.Context(), c.filter)
		d.must(err)
		var got, want []string
		for _, row := range page.Rows {
			got = append(got, row.Reference)
		}
		for _, w := range c.want {
			want = append(want, w.Reference)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		n, err := d.tickets.Count(t.Context(), c.filter)
		if d.must(err); n != len(want) {
			t.Errorf("%s: counted %d, want %d", name, n, len(want))
		}
	}
}

func TestParseCursorRefuses(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"x", "!!", "MTIz", "Oi4x", "LjAuMQ", "JyBPUiAxPTE"} {
		if _, err := ticket.ParseCursor(s); !failure.Is(err, failure.KindInvalid) {
			t.Errorf("%q: %v, want invalid", s, err)
		}
	}
}

func TestReleaseAndExclude(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	by := ticket.Staff(d.ana)
	held := d.open("", func(in *ticket.Inquiry) { in.Suspicions = []ticket.Suspicion{ticket.SuspectRate} })
	if n := count(t, d.db, `SELECT count(*) FROM outbox WHERE event = 'ticket.opened'`); n != 0 {
		t.Error("an inquiry over the rate is acknowledged before a person has seen it")
	}
	released, err := d.tickets.Release(t.Context(), by, held.Reference)
	d.must(err)
	if released.Quarantined() {
		t.Error("it is still quarantined")
	}
	if n := count(t, d.db, `SELECT count(*) FROM outbox WHERE event = 'ticket.opened'`); n != 1 {
		t.Error("its acknowledgement is not sent after the release")
	}
	if _, err := d.tickets.Release(t.Context(), by, held.Reference); !failure.Is(err, failure.KindConflict) {
		t.Errorf("released twice: %v, want conflict", err)
	}
	excluded, err := d.tickets.Exclude(t.Context(), by, held.Reference, "spam")
	d.must(err)
	back, err := d.tickets.Exclude(t.Context(), by, held.Reference, "")
	d.must(err)
	if excluded.Status != ticket.StatusClosed || back.Status != ticket.StatusNew || back.ExcludedAt != nil {
		t.Errorf("excluded %+v, back %+v", excluded, back)
	}
}
