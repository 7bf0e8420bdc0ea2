package reports_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

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

// By whichever clock the report is made, the half by the other one stands beside, the same as in the report by that clock.
func TestBothClocksStandSideBySide(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	seed(t, desk.DB)
	v := desk.SignIn(t, staff.RoleSupervisor)
	asOf := "&as_of=" + time.Now().UTC().Add(-time.Hour).Format(time.RFC3339)
	row := func(clock, name string) (cells []string) {
		v.Get(path + "?measure=resolution&clock=" + clock + asOf).Doc.Find(".report-figures tbody tr").Each(func(_ int, tr *goquery.Selection) {
			if strings.HasPrefix(tr.Find("th").Text(), name) {
				cells = tr.Find("td").Map(func(_ int, td *goquery.Selection) string { return td.Text() })
			}
		})
		return cells
	}
	for clock, c := range map[string]struct{ other, name string }{
		"wall": {"business", "Half solved within, by working hours"}, "business": {"wall", "Half solved within, by every hour"},
	} {
		want, got := row(c.other, "Half solved withinmedian"), row(clock, c.name)
		if diff := cmp.Diff(want, got); diff != "" || len(got) != 4 {
			t.Errorf("beside %s stands (-want +got)\n%s", clock, diff)
		}
	}
}

// Whatever is asked, no page and no file holds a figure that is no number.
func TestNoFigureIsEverNotANumber(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	v := desk.SignIn(t, staff.RoleSupervisor)
	noNumber := regexp.MustCompile(`\bNaN\b|\b-?Inf(inity)?\b|[+-]Inf|%!`)
	check := func(query string) {
		for _, kind := range []string{"", ".json", ".csv"} {
			answer := v.Get(path + kind + query)
			if answer.Status != http.StatusOK {
				t.Errorf("%s%s: status %d", kind, query, answer.Status)
			}
			if found := noNumber.FindString(answer.Body); found != "" {
				t.Errorf("%s%s holds %q", kind, query, found)
			}
		}
	}
	all := func() {
		now := time.Now().UTC()
		day := func(years, days int) string { return now.AddDate(years, 0, days).Format(time.DateOnly) }
		yesterday, old := day(0, -1), day(-2, 0)
		for _, by := range report.Bys() {
			for _, clock := range report.Clocks() {
				for _, rest := range []string{
					"", "&from=" + yesterday, "&from=" + old + "&to=" + day(0, -400), "&from=" + old,
					"&category=access-code&language=es", "&channel=portal", "&from=" + yesterday + "&as_of=" + yesterday,
					"&measure=resolution&as_of=" + day(0, -89),
				} {
					check("?by=" + string(by) + "&clock=" + string(clock) + rest)
				}
			}
		}
	}
	all() // nothing at all
	seed(t, desk.DB)
	all()
}

// The half with one mix of categories stands beside the half as it is, and in the sentence.
func TestTheSameMixIsToldBesideTheCrudeDifference(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	seed(t, desk.DB)
	page := desk.SignIn(t, staff.RoleSupervisor).Get(path)
	if text := page.Doc.Find(".report-answer__text").Text(); !strings.Contains(text, "With the same mix of categories, for ") {
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
