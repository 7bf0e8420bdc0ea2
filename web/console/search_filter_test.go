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
	"github.com/askwell/askwell/web/webtest"
)

// waited is what every plain ticket of a busy desk says.
const waited = "waited for a long time"

// filterDesk is a busy desk with tickets of every status but closed.
func filterDesk(t *testing.T) (*searching, map[string]string) {
	t.Helper()
	s, refs := searchDesk(t)
	for name, status := range map[string]ticket.Status{
		"plain0": ticket.StatusOpen, "plain1": ticket.StatusOpen, "plain2": ticket.StatusPending, "plain3": ticket.StatusSolved,
	} {
		if _, err := s.Tickets.SetStatus(t.Context(), ticket.Worker(), refs[name], status); err != nil {
			t.Fatal(err)
		}
	}
	for name, change := range map[string]string{
		"plain0": `assignee_id = (SELECT max(id) FROM staff)`, "plain4": `language = 'es'`, "plain5": `opened_at = '2024-02-10T12:00:00Z'`,
	} {
		if _, err := s.DB.Exec(t.Context(), `UPDATE ticket SET version = version + 1, `+change+` WHERE reference = $1`, refs[name]); err != nil {
			t.Fatal(err)
		}
	}
	s.index(t)
	return s, refs
}

// counts reads a facet: its labels with what stands beside them, the chosen ones with a check.
func counts(page webtest.Page, field string) map[string]string {
	all := map[string]string{}
	page.Doc.Find("#facets section:has(#facet-" + field + ") .facet__value").Each(func(_ int, v *goquery.Selection) {
		n := v.Find(".facet__count").Text()
		if v.AttrOr("aria-current", "") == "true" {
			n += " ✓"
		}
		all[v.Find(".facet__label").Text()] = n
	})
	return all
}

func chips(page webtest.Page) []string {
	var all []string
	page.Doc.Find(".chip:not(.chip--clear)").Each(func(_ int, c *goquery.Selection) {
		c.Find(".sr-only").Remove()
		all = append(all, strings.Join(strings.Fields(c.Text()), " "))
	})
	return all
}

// hidden is what the box's form sends beside the text.
func hidden(page webtest.Page) url.Values {
	v := url.Values{}
	page.Doc.Find(`input[type=hidden][form="search-form"]`).Each(func(_ int, i *goquery.Selection) {
		v.Add(i.AttrOr("name", ""), i.AttrOr("value", ""))
	})
	return v
}

func (s *searching) follow(t *testing.T, page webtest.Page, selector string) webtest.Page {
	t.Helper()
	href, found := page.Doc.Find(selector).Attr("href")
	if !found {
		t.Fatalf("there is no %s: %s", selector, page.Text("main"))
	}
	return s.get(t, href)
}

func TestFacets(t *testing.T) {
	t.Parallel()
	s, _ := filterDesk(t)
	page := s.get(t, find("q", waited))
	all := map[string]string{"New": "14", "Open": "2", "Pending": "1", "Solved": "1"}
	if diff := cmp.Diff(all, counts(page, "status")); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
	for field, want := range map[string]map[string]string{
		"category": {"Case status or general case question": "18"}, "queue": {"Cases": "18"}, "language": {"English": "17", "Spanish": "1"},
		"assignee": {"Nobody": "17", "Me": "1"}, "link": {"No number": "18"},
	} {
		if diff := cmp.Diff(want, counts(page, field)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", field, diff)
		}
	}
	if got := counts(page, "opened"); got["February 2024"] != "1" || len(got) != 5 {
		t.Errorf("opened: %v, want two months and three spans", got)
	}
	// Several values of one field are any of them, and what else could be chosen there still counts.
	page = s.follow(t, page, "#facet-status-open")
	page = s.follow(t, page, "#facet-status-pending")
	all["Open"], all["Pending"] = "2 ✓", "1 ✓"
	if diff := cmp.Diff(all, counts(page, "status")); diff != "" || page.Doc.Find(".hit").Length() != 3 {
		t.Errorf("%d hits, status (-want +got):\n%s", page.Doc.Find(".hit").Length(), diff)
	}
	if diff := cmp.Diff(map[string]string{"Nobody": "2", "Me": "1"}, counts(page, "assignee")); diff != "" {
		t.Errorf("assignee among them (-want +got):\n%s", diff)
	}
	if got := page.Text(".tabs"); got != "All3Tickets3Accounts0" {
		t.Errorf("the tabs are %q", got)
	}
	page = s.follow(t, page, "#facet-assignee-"+fmt.Sprint(s.me(t)))
	if diff := cmp.Diff([]string{"Status Open", "Status Pending", "Assignee Me"}, chips(page)); diff != "" {
		t.Errorf("chips (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(url.Values{"status": {"open", "pending"}, "assignee": {"me"}}, hidden(page)); diff != "" {
		t.Errorf("what Enter takes along (-want +got):\n%s", diff)
	}
	page = s.follow(t, page, "#facet-status-open") // and not any more
	if diff := cmp.Diff([]string{"Status Pending", "Assignee Me"}, chips(page)); diff != "" || page.Text(".empty h2") != "Nothing found with these filters" {
		t.Errorf("%q, chips (-want +got):\n%s", page.Text(".empty h2"), diff)
	}
	if got := counts(page, "assignee")["Me"]; got != "0 ✓" {
		t.Errorf("what is chosen and has nothing is shown as %q", got)
	}
	page = s.follow(t, page, ".chip--clear")
	if len(chips(page)) != 0 || page.Text("#found-count") != "18 results" {
		t.Errorf("cleared: %v, %s", chips(page), page.Text("#found-count"))
	}
}

// me is the row of the agent who searches.
func (s *searching) me(t *testing.T) (id int64) {
	t.Helper()
	if err := s.DB.QueryRow(t.Context(), `SELECT max(id) FROM staff`).Scan(&id); err != nil {
		t.Fatal(err)
	}
	return id
}

func TestConditionsInTheBox(t *testing.T) {
	t.Parallel()
	s, _ := filterDesk(t)
	page := s.get(t, find("q", waited+" status:open,pending -assignee:me", "language", "-es"))
	if diff := cmp.Diff([]string{"Language not Spanish", "Status Open", "Status Pending", "Assignee not Me"}, chips(page)); diff != "" {
		t.Errorf("chips (-want +got):\n%s", diff)
	}
	if got := page.Text("#found-count"); got != "2 results" {
		t.Errorf("found %s", got)
	}
	if got := counts(page, "status")["Open"]; !strings.HasSuffix(got, " ✓") {
		t.Errorf("Open is shown as %q, though it stands in the box", got)
	}
	for _, selector := range []string{".chips li:nth-child(2) a", "#facet-status-open"} {
		if got := s.follow(t, page, selector); got.Value("q") != waited+" status:pending -assignee:me" || got.Text("#found-count") != "1 result" {
			t.Errorf("%s leaves %q in the box and %s", selector, got.Value("q"), got.Text("#found-count"))
		}
	}
	if got := s.follow(t, page, ".chip--clear"); got.Value("q") != waited || len(chips(got)) != 0 {
		t.Errorf("cleared, the box holds %q", got.Value("q"))
	}
	if got := s.get(t, find("q", "status:solved")); got.Text("#found-count") != "1 result" {
		t.Errorf("a condition alone finds %s", got.Text("#found-count"))
	}
}

func TestWhatWasProbablyMeant(t *testing.T) {
	t.Parallel()
	s, _ := filterDesk(t)
	for typed, want := range map[string]struct{ says, meant string }{
		"status:opne":             {"There is no status “opne”", "status:open"},
		"stauts:open":             {"There is no operator “stauts:”", "status:open"},
		"category:card-not":       {"There is no category “card-not”", "category:card-not-received"},
		"queue:case":              {"There is no queue “case”", "queue:cases"},
		"link:veryfied":           {"There is no link “veryfied”", "link:verified"},
		"assignee:nobody-of-ours": {"“nobody-of-ours” is the name of nobody here", ""},
		"status:zzzzz":            {"There is no status “zzzzz”", ""},
		"opened:yesterday":        {"“yesterday” is no date", ""},
		"account:12":              {"“12” is no account number", ""},
		"from:somebody":           {"“somebody” is no email address", ""},
		"status:":                 {"“status:” has no value", ""},
		"subject:fingerprint":     {"There is no operator “subject:”", ""},
	} {
		page := s.get(t, find("q", waited+" "+typed))
		if got := page.Text(".found__problems"); !strings.Contains(got, want.says) || page.Doc.Find(".found__problems li").Length() != 1 {
			t.Errorf("%s: says %q, want %q", typed, got, want.says)
		}
		fix := page.Doc.Find(".found__problems a:not(:last-child)").AttrOr("href", "")
		if want.meant == "" {
			if fix != "" {
				t.Errorf("%s: offers %s", typed, fix)
			}
			continue
		}
		if fix != find("q", waited+" "+want.meant) {
			t.Errorf("%s: offers %s, want %s", typed, fix, want.meant)
		}
		if got := s.get(t, fix); got.Doc.Find(".found__problems").Length() != 0 {
			t.Errorf("%s: %s has problems, too: %s", typed, fix, got.Text(".found__problems"))
		}
	}
	page := s.get(t, find("q", waited, "status", "opne", "status", "open"))
	if got := page.Doc.Find(".found__problems a:not(:last-child)").AttrOr("href", ""); got != find("q", waited, "status", "open", "status", "open") {
		t.Errorf("chosen beside the box: offers %s", got)
	}
	if diff := cmp.Diff([]string{"Status Open"}, chips(page)); diff != "" {
		t.Errorf("what is left out of account is a chip (-want +got):\n%s", diff)
	}
}

func TestDays(t *testing.T) {
	t.Parallel()
	s, refs := filterDesk(t)
	for pairs, want := range map[[2]string]string{
		{"2024-02-01", "2024-02-29"}: "2024-02-01..2024-02-29", {"2024-02-29", "2024-02-01"}: "2024-02-01..2024-02-29",
		{"2024-02-01", ""}: ">=2024-02-01", {"", "2024-02-29"}: "<=2024-02-29",
	} {
		got := s.agent.Get(find("q", waited, "since", pairs[0], "until", pairs[1]))
		if got.Status != http.StatusSeeOther || got.Location() != find("q", waited, "opened", want) {
			t.Errorf("%v: status %d to %s, want opened=%s", pairs, got.Status, got.Location(), want)
		}
	}
	page := s.get(t, find("q", waited, "opened", "2024-02-01..2024-02-29"))
	if page.Doc.Find(".hit").AttrOr("id", "") != "hit-"+refs["plain5"] || page.Text("#found-count") != "1 result" {
		t.Errorf("found %s", page.Text("#found-count"))
	}
	if page.Value("since") != "2024-02-01" || page.Value("until") != "2024-02-29" || chips(page)[0] != "Opened Feb 1, 2024 to Feb 29, 2024" {
		t.Errorf("the form holds %s to %s, the chip says %v", page.Value("since"), page.Value("until"), chips(page))
	}
	page = s.follow(t, page, "#facet-opened-7d") // takes the place of the days
	if diff := cmp.Diff([]string{"Opened Last 7 days"}, chips(page)); diff != "" || page.Text("#found-count") != "17 results" {
		t.Errorf("%s, chips (-want +got):\n%s", page.Text("#found-count"), diff)
	}
	page = s.follow(t, page, "#facet-opened-2024-02")
	if diff := cmp.Diff([]string{"Opened February 2024"}, chips(page)); diff != "" || page.Text("#found-count") != "1 result" {
		t.Errorf("%s, chips (-want +got):\n%s", page.Text("#found-count"), diff)
	}
}

// TestPagesOfResults walks through all results in both orders: each is seen once.
func TestPagesOfResults(t *testing.T) {
	t.Parallel()
	s, _ := searchDesk(t)
	for range 60 {
		s.open(t, about("A lost passport", "Where is it?"))
	}
	if _, err := s.DB.Exec(t.Context(), `UPDATE ticket SET opened_at = opened_at - id * interval '1 minute'`); err != nil {
		t.Fatal(err)
	}
	s.index(t)
	for sort, order := range map[string]string{"newest": "DESC", "oldest": "ASC"} {
		var want, got []string
		err := s.DB.QueryRow(t.Context(), `SELECT array_agg(reference ORDER BY opened_at `+order+`, id) FROM ticket WHERE subject = 'A lost passport'`).Scan(&want)
		if err != nil {
			t.Fatal(err)
		}
		page := s.get(t, find("q", "passport", "sort", sort))
		for {
			page.Doc.Find(".hit").Each(func(_ int, h *goquery.Selection) { got = append(got, strings.TrimPrefix(h.AttrOr("id", ""), "hit-")) })
			if page.Doc.Find("[rel=next]").Length() == 0 {
				break
			}
			page = s.follow(t, page, "[rel=next]")
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", sort, diff)
		}
		if text := page.Text(".found__pages span"); text != "51 to 60 of 60" {
			t.Errorf("%s: the last page says %q", sort, text)
		}
	}
	if got := s.get(t, find("q", "passport", "offset", "900")).Text(".empty h2"); got != "No results on this page" {
		t.Errorf("past the end: %q", got)
	}
}
