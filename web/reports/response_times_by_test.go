package reports_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/web/webtest"
)

// Whatever is compared, by which clock, narrowed or not: the page has its table, JSON the same groups, and every count its tickets.
func TestEveryWayToCompare(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	seed(t, desk.DB)
	v := desk.SignIn(t, staff.RoleSupervisor)
	for by, group := range map[report.By]string{
		report.ByNumber: `"with"`, report.ByCategory: `"access-code"`, report.ByQueue: `"cases"`, report.ByLanguage: `"en"`, report.ByWeek: `"`,
	} {
		for _, clock := range report.Clocks() {
			query := "?" + url.Values{"by": {string(by)}, "clock": {string(clock)}, "measure": {"resolution"}}.Encode()
			answer := v.Get(path + query)
			rows := answer.Doc.Find(".report-figures tbody tr").Length()
			if answer.Status != http.StatusOK || rows < 4 || answer.Doc.Find(".report-answer__text").Text() == "" {
				t.Errorf("by %s, %s: status %d, %d lines", by, clock, answer.Status, rows)
			}
			got := read(t, v, query)
			names := []string{}
			for _, g := range got.Groups {
				names = append(names, string(g["group"]))
			}
			if !strings.Contains(strings.Join(names, " "), group) || names[len(names)-1] != `"all"` {
				t.Errorf("by %s: groups %v", by, names)
			}
			if link, found := answer.Doc.Find(".report-figures td a").First().Attr("href"); !found || v.Get(link).Doc.Find("tr[data-row]").Length() == 0 {
				t.Errorf("by %s: the first count leads to %q, which lists nothing", by, link)
			}
		}
	}
	narrowed := v.Get(path + "?category=access-code&language=es&by=queue")
	if narrowed.Doc.Find("details[open] #category option[selected]").AttrOr("value", "") != "access-code" {
		t.Error("what the report is narrowed to does not stand in the form")
	}
	wrong := v.Get(path + "?clock=sun&by=mood&queue=%27+OR+1%3D1")
	if wrong.Status != http.StatusUnprocessableEntity || wrong.Doc.Find("[data-error-summary] li").Length() != 3 {
		t.Errorf("bad choices: status %d, %d problems", wrong.Status, wrong.Doc.Find("[data-error-summary] li").Length())
	}
}

// The half with one mix of categories stands beside the half as it is, and in the sentence.
func TestTheSameMixIsToldBesideTheCrudeDifference(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	seed(t, desk.DB)
	page := desk.SignIn(t, staff.RoleSupervisor).Get(path)
	if text := page.Doc.Find(".report-answer__text").Text(); !strings.Contains(text, "With the same mix of categories, one without a number waits ") {
		t.Errorf("the answer is %q", text)
	}
	compared := page.Doc.Find(".report-compared")
	if n := compared.Find("tbody tr").Length(); n != 2+len(report.WithinDays()) || !strings.Contains(compared.Text(), "longer") {
		t.Errorf("%d lines compare the groups: %s", n, compared.Text())
	}
	if n := compared.Find("p").FilterFunction(func(_ int, s *goquery.Selection) bool { return strings.Contains(s.Text(), "χ²") }).Length(); n != 2 {
		t.Errorf("%d tests are told, want the crude and the stratified one", n)
	}
}
