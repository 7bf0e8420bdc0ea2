package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestSolveAndNext works a list off from its top. Each ticket leads to the next one of the list that it was opened from, and
// the last one back to the list.
func TestSolveAndNext(t *testing.T) {
	t.Parallel()
	solve := url.Values{"status": {"solved"}, "next": {"1"}}
	for name, tt := range map[string]struct {
		list string
		want []int // of the tickets in the order in which they were opened
	}{
		"newest":            {"/console/tickets?view=in-hand", []int{3, 2, 1, 0}},
		"oldest":            {"/console/tickets?view=in-hand&sort=oldest", []int{0, 1, 2, 3}},
		"longest waiting":   {"/console/tickets", []int{0, 1, 2, 3}},
		"filtered":          {"/console/tickets?view=in-hand&category=feedback", []int{3, 1}},
		"with solved in it": {"/console/tickets?view=all&sort=oldest", []int{0, 1, 2, 3}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			var refs []string
			for i := range 4 {
				refs = append(refs, d.open(t, category([]string{"case-question", "feedback"}[i%2])))
			}
			at := d.get(t, tt.list).Doc.Find("a[data-open]").First().AttrOr("href", "")
			for i, want := range tt.want {
				if !strings.HasPrefix(at, ticketPath(refs[want])+"?") {
					t.Fatalf("step %d leads to %s, want %s", i, at, refs[want])
				}
				page := d.get(t, at)
				if back := page.Doc.Find(".ticket__crumbs a").AttrOr("href", ""); d.get(t, back).Text("h1") != d.get(t, tt.list).Text("h1") {
					t.Errorf("the way back is %s, want the list %s", back, tt.list)
				}
				at = d.post(t, page.Doc.Find("form:has([data-key='Shift+E'])").AttrOr("action", ""), solve).Location()
			}
			end := d.get(t, at)
			if !strings.HasPrefix(at, "/console/tickets?") || !strings.Contains(end.Text(".flashes"), "the last one of this list") {
				t.Errorf("the end is %s, %q; want the list and why", at, end.Text(".flashes"))
			}
		})
	}
}

func TestSolveWithoutAList(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, from := range []string{"", "?from=", "?from=%25zz", "?from=" + strings.Repeat("a", 5000), "?from=" + url.QueryEscape("view=all&email_of=ASK-0000-0000")} {
		path := ticketPath(d.open(t))
		d.get(t, path+from)
		got := d.post(t, path+"/status"+from, url.Values{"status": {"solved"}, "next": {"1"}}).Location()
		if to, _, _ := strings.Cut(got, "?"); to != "/console/tickets" {
			t.Errorf("%.40q leads to %s, want the list", from, got)
		}
	}
	from := "?from=" + url.QueryEscape("view=in-hand")
	path := ticketPath(d.open(t))
	if got := d.post(t, path+"/assignee"+from, url.Values{"assignee": {"me"}}).Location(); got != path+from {
		t.Errorf("an action leads to %s, which forgets the list", got)
	}
	if got := d.agent.Post(path+"/assignee"+from, url.Values{"assignee": {"x"}}); got.Status != http.StatusUnprocessableEntity ||
		got.Doc.Find(".ticket__crumbs a").AttrOr("href", "") != "/console/tickets?view=in-hand" {
		t.Errorf("what could not be done forgets the list: %s", got.Text(".ticket__crumbs"))
	}
}
