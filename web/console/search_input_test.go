package console_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

// TestNoInputBreaksASearch sends what a hand, a paste or a stranger's program may send. Nothing is an error of ours, nothing is
// shown as markup, and no page grows with what was sent.
func TestNoInputBreaksASearch(t *testing.T) {
	t.Parallel()
	s, _ := searchDesk(t)
	repeated := func(pair string) string { return strings.Repeat(pair+"&", 500) }
	for name, query := range map[string]string{
		"a quote alone":             "q=%22",
		"three quotes":              "q=" + url.QueryEscape(`"card "lost"`),
		"an operator half quoted":   "q=" + url.QueryEscape(`status:"open`),
		"10,000 letters":            "q=" + strings.Repeat("x", 10_000),
		"10,000 words":              "q=" + strings.Repeat("card+", 10_000),
		"10,000 operators":          "q=" + strings.Repeat("status:open+", 10_000),
		"control characters":        "q=" + url.QueryEscape("card\x01\x02\x1b[31m\x7f\r\n\tlost"),
		"NUL":                       "q=card%00lost&status=%00&queue=a%00b&assignee=%00&from=a%00@b.example&account=%00&opened=%00",
		"invalid UTF-8":             "q=%ff%fecard%80&queue=%ff&category=%c3%28",
		"broken escapes":            "q=%zz&status=%",
		"500 statuses":              repeated("status=open"),
		"500 different values":      strings.Join(fiveHundred("queue=q"), "&"),
		"500 assignees":             strings.Join(fiveHundred("assignee="), "&"),
		"500 texts":                 repeated("q=card"),
		"a filter of Meilisearch":   "q=" + url.QueryEscape(`status:"x OR 1=1"`) + "&status=" + url.QueryEscape(`open" OR hidden = true OR status = "`),
		"SQL":                       "q=" + url.QueryEscape(`'; DROP TABLE ticket; --`) + "&queue=" + url.QueryEscape(`'; DROP TABLE ticket; --`),
		"markup":                    "q=" + url.QueryEscape(`<script>alert(1)</script>`) + "&status=" + url.QueryEscape(`"><script>alert(1)</script>`),
		"far out":                   "q=card&offset=99999999999999999999&limit=-1&kind=%2e%2e&sort=opened_at+DESC",
		"below zero":                "q=card&offset=-25",
		"days that are none":        "q=card&opened=2026-02-31&opened=..&opened=%3E&opened=-5d&opened=99999999d",
		"marks of the private area": "q=" + url.QueryEscape("\uE000card\uE001"),
		"a right-to-left override":  "q=" + url.QueryEscape("\u202Ecard\u200B"),
		"dashes":                    "q=-+--+---+-%22&status=-&status=--open",
	} {
		for _, path := range []string{"/console/search?", "/console/search.json?"} {
			got := s.agent.Get(path + query)
			want := http.StatusOK
			if name == "NUL" || name == "invalid UTF-8" {
				want = http.StatusBadRequest // no browser sends that
			}
			if got.Status != want {
				t.Errorf("%s: %s answers %d, want %d: %.300s", name, path, got.Status, want, got.Text("main"))
			}
			if strings.Contains(got.Body, "<script>alert") || strings.Contains(got.Body, "ZgotmplZ") || len(got.Body) > 150<<10 {
				t.Errorf("%s: %s answers %d bytes, or with markup that was sent", name, path, len(got.Body))
			}
		}
	}
	page := s.get(t, "/console/search?q="+strings.Repeat("card+", 1000)+"&"+strings.Join(fiveHundred("queue=q"), "&"))
	if got := page.Text(".found__cut"); got != "Only the first 400 characters were searched for." {
		t.Errorf("a text that is cut says %q", got)
	}
	if got := page.Doc.Find(".found__cut").Last().Text(); got != "Only the first 50 filters were used." {
		t.Errorf("500 filters say %q", got)
	}
	if got := page.Text(".found__problems li:last-child"); got != "45 more were left out." {
		t.Errorf("fifty unknown queues end in %q", got)
	}
}

func fiveHundred(pair string) []string {
	var all []string
	for i := range 500 {
		all = append(all, pair+strconv.Itoa(70_000+i))
	}
	return all
}
