package console_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// TestSolveAndNextFromASearch works results off from their top, over the end of a page.
func TestSolveAndNextFromASearch(t *testing.T) {
	t.Parallel()
	s, _ := searchDesk(t)
	for range 28 {
		s.open(t, about("A lost passport", "Where is it?"))
	}
	if _, err := s.DB.Exec(t.Context(), `UPDATE ticket SET opened_at = opened_at - id * interval '1 minute'`); err != nil {
		t.Fatal(err)
	}
	s.index(t)
	var want []string
	err := s.DB.QueryRow(t.Context(), `SELECT array_agg(reference ORDER BY opened_at DESC) FROM ticket WHERE subject = 'A lost passport'`).Scan(&want)
	if err != nil {
		t.Fatal(err)
	}
	solve := url.Values{"status": {"solved"}, "next": {"1"}}
	at := s.get(t, find("q", "passport", "sort", "newest")).Doc.Find("a[data-open]").First().AttrOr("href", "")
	for i, reference := range want {
		if !strings.HasPrefix(at, ticketPath(reference)+"?") {
			t.Fatalf("step %d leads to %s, want %s", i, at, reference)
		}
		page := s.get(t, at)
		back := page.Doc.Find(".ticket__crumbs a").AttrOr("href", "")
		if !strings.HasPrefix(back, "/console/search?") || !strings.HasSuffix(back, "#hit-"+reference) {
			t.Fatalf("the way back is %s", back)
		}
		if s.get(t, back).Doc.Find("#hit-"+reference).Length() == 0 {
			t.Errorf("the way back from %d, %s, does not show the ticket", i, back)
		}
		at = s.post(t, page.Doc.Find("form:has([data-key='Shift+E'])").AttrOr("action", ""), solve).Location()
	}
	if end := s.get(t, at); !strings.HasPrefix(at, find("q", "passport")) || !strings.Contains(end.Text(".flashes"), "the last one of this list") {
		t.Errorf("the end is %s, %q", at, end.Text(".flashes"))
	}
}

// TestHitsKeepTheSearch follows every kind of hit and looks at what stands in their addresses.
func TestHitsKeepTheSearch(t *testing.T) {
	t.Parallel()
	s, _ := searchDesk(t)
	s.get(t, find("q", "amara")).Doc.Find("a[data-open]").Each(func(_ int, a *goquery.Selection) {
		href := a.AttrOr("href", "")
		if page := s.get(t, href); page.Text("h1") == "" {
			t.Errorf("%s is no page", href)
		}
		if strings.Contains(href, "%40") || strings.Contains(href, "@") {
			t.Errorf("%s holds an email address", href)
		}
	})
}
