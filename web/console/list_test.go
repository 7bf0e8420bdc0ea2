package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/ticket"
)

// references reads a page of a list and the link to the next one.
func (d *desk) references(t *testing.T, path string) (found []string, next string) {
	t.Helper()
	page := d.get(t, path)
	page.Doc.Find("input[data-select]").Each(func(_ int, s *goquery.Selection) {
		reference, _, _ := strings.Cut(s.AttrOr("value", ""), ".") // what the row showed comes after it
		found = append(found, reference)
	})
	return found, page.Doc.Find("nav.pages a[rel=next]").AttrOr("href", "")
}

// TestPaging walks through 250 tickets of which many were opened in the same second: each is seen once, in order.
func TestPaging(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for range 25 {
		d.open(t)
	}
	_, err := d.DB.Exec(t.Context(), `
		INSERT INTO ticket (reference, channel, language, category, category_submitted, queue_id, applicant_name, applicant_email, subject,
			number_group, opened_at, updated_at, awaiting_since)
		SELECT 'ASK-' || translate(to_hex(4096 + n * 10 + i), '01abcdef', 'GHABCDEF') || '-AAAA', channel, language, category, category_submitted, queue_id,
			applicant_name, applicant_email, subject, number_group, opened_at, updated_at, awaiting_since
		FROM (SELECT *, row_number() OVER (ORDER BY id) AS n FROM ticket) AS t, generate_series(0, 8) AS i`)
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.DB.Exec(t.Context(), `UPDATE ticket SET opened_at = now() - (id % 7) * interval '1 day', awaiting_since = now() - (id % 5) * interval '1 hour'`)
	if err != nil {
		t.Fatal(err)
	}
	for sort, order := range map[string]string{"newest": "opened_at DESC, id DESC", "oldest": "opened_at, id", "waiting": "awaiting_since, id"} {
		var want, got []string
		rows, err := d.DB.Query(t.Context(), `SELECT reference FROM ticket ORDER BY `+order)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var reference string
			if err := rows.Scan(&reference); err != nil {
				t.Fatal(err)
			}
			want = append(want, reference)
		}
		for next, pages := "/console/tickets?view=all&sort="+sort, 0; next != "" && pages < 20; pages++ {
			var found []string
			found, next = d.references(t, next)
			got = append(got, found...)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", sort, diff)
		}
	}
}

func TestViewsAndFilters(t *testing.T) {
	t.Parallel()
	d, refs := busyDesk(t)
	d.post(t, ticketPath(refs["plain0"])+"/assignee", url.Values{"assignee": {"me"}})
	d.post(t, ticketPath(refs["plain1"])+"/status", url.Values{"status": {"solved"}})
	d.reply(t, refs["plain2"], url.Values{"body": {"Answered."}, "status": {"pending"}})
	refs["excluded"] = d.open(t)
	d.post(t, ticketPath(refs["excluded"])+"/exclusion", url.Values{"reason": {"duplicate"}})
	amara, err := d.lookUp(t, "amara@example.org")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		query     string
		has, lack []string
	}{
		{"", []string{"plain0", "claimed"}, []string{"plain1", "plain2", "suspect"}},
		{"?view=mine", []string{"plain0", "plain2"}, []string{"plain1", "plain3"}},
		{"?view=unassigned", []string{"plain3"}, []string{"plain0", "plain1", "plain2"}},
		{"?view=in-hand", []string{"plain0", "plain2"}, []string{"plain1", "suspect"}},
		{"?view=solved", []string{"plain1"}, []string{"plain0"}},
		{"?view=solved&status=open", nil, []string{"plain0", "plain1"}},
		{"?view=all", []string{"plain0", "plain1", "plain2", "suspect", "excluded"}, nil},
		{"?view=solved&status=closed", nil, []string{"excluded"}},
		{"?view=quarantine", []string{"suspect"}, []string{"plain0"}},
		{"?response=none", []string{"plain0", "plain1"}, []string{"plain2"}},
		{"?status=pending", []string{"plain2"}, []string{"plain0", "plain1"}},
		{"?link=claimed&link=conflict", []string{"claimed", "conflict"}, []string{"corroborated", "plain0"}},
		{"?group=unusable", []string{"unusable"}, []string{"claimed", "plain0"}},
		{"?assignee=none&view=all", []string{"plain3"}, []string{"plain0"}},
		{"?account=" + amara.Number, []string{"corroborated", "claimed", "conflict"}, []string{"plain0"}},
		{"?account=123", nil, []string{"corroborated"}},
		{"?email_of=" + refs["plain5"], []string{"plain5"}, []string{"plain6"}},
		{"?queue=cases&view=in-hand", []string{"plain0"}, []string{"plain1"}},
		{"?queue=nowhere", nil, []string{"plain0"}},
		{"?from=2099-01-01", nil, []string{"plain0"}},
		{"?to=2001-01-01", nil, []string{"plain0"}},
		{"?from=2001-01-01&to=2099-01-01", []string{"plain0"}, nil},
		{"?view=nonsense&status=odd&link=odd&from=yesterday&assignee=odd&after=odd&sort=odd", []string{"plain0"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			page := d.get(t, "/console/tickets"+tt.query)
			for _, key := range tt.has {
				if !strings.Contains(page.Text("main"), refs[key]) {
					t.Errorf("lacks %s", key)
				}
			}
			for _, key := range tt.lack {
				if strings.Contains(page.Text("main ul.list"), refs[key]) {
					t.Errorf("has %s", key)
				}
			}
			if len(tt.has) == 0 && page.Text(".empty h2") == "" {
				t.Error("an empty list says nothing")
			}
		})
	}
}

func TestBulk(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var refs []string
	for range 3 {
		refs = append(refs, d.open(t))
	}
	back := "/console/tickets?view=all"
	answer := d.post(t, "/console/tickets/bulk", url.Values{"ticket": {refs[0], refs[1], "ASK-0000-0000"}, "assignee": {"me"}, "status": {"on_hold"}, "back": {back}})
	if answer.Location() != back {
		t.Errorf("leads to %q, want %q", answer.Location(), back)
	}
	for i, want := range []ticket.Status{ticket.StatusOnHold, ticket.StatusOnHold, ticket.StatusNew} {
		if got := d.ticket(t, refs[i]); got.Status != want || (got.AssigneeID != nil) != (i < 2) {
			t.Errorf("ticket %d is %s, assigned to %v", i, got.Status, got.AssigneeID)
		}
	}
	if got := d.get(t, back).Text(".flashes"); !strings.Contains(got, "2 tickets changed") || !strings.Contains(got, "1 ticket could not") {
		t.Errorf("the page says %q", got)
	}
	if got := d.post(t, "/console/tickets/bulk", url.Values{"back": {"https://evil.example/"}}).Location(); got != "/console/tickets" {
		t.Errorf("leads to %q", got)
	}
}

func TestSearchPage(t *testing.T) {
	t.Parallel()
	d := newDesk(t) // without a search engine: the page says so and stands
	for query, want := range map[string]int{
		"": http.StatusOK, "card": http.StatusServiceUnavailable, strings.Repeat("a", 10000): http.StatusServiceUnavailable, "<script>": http.StatusServiceUnavailable,
	} {
		page := d.agent.Get("/console/search?" + url.Values{"q": {query}}.Encode())
		if page.Status != want || page.Text(".empty h2") == "" || page.Doc.Find("main script").Length() > 0 {
			t.Errorf("%.20q: status %d, want %d: %s", query, page.Status, want, page.Text("main"))
		}
	}
	if got := d.agent.Get("/console/search.json?q="); got.Status != http.StatusOK || !strings.Contains(got.Body, `"hits":[]`) {
		t.Errorf("status %d: %s", got.Status, got.Body)
	}
}

func TestTaskQueues(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.stuck(t)
	boss := d.SignIn(t, "administrator")
	page := boss.Get("/console/task-queues")
	for _, want := range []string{"550 mailbox unavailable", "connection refused", "Given up", "Tried again by itself"} {
		if !strings.Contains(page.Text("main"), want) {
			t.Errorf("lacks %q: %s", want, page.Text("main"))
		}
	}
	if d.SignIn(t, "supervisor").Get("/console/task-queues").Doc.Find("form[action*=retry]").Length() > 0 {
		t.Error("a supervisor is offered what only administrators may do")
	}
	action := page.Doc.Find("form[action*=retry]").First().AttrOr("action", "")
	if got := boss.Post(action, nil); got.Status != http.StatusSeeOther {
		t.Errorf("retry: status %d", got.Status)
	}
	var left int
	if err := d.DB.QueryRow(t.Context(), `SELECT count(*) FROM outbox_task WHERE given_up_at IS NOT NULL`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d are still given up (%v)", left, err)
	}
	if got := boss.Post(fmt.Sprintf("/console/task-queues/%d/retry", 1<<40), nil); got.Status != http.StatusSeeOther {
		t.Errorf("retrying what is done: status %d, want 303", got.Status)
	}
}
