package reports_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/web/webtest"
)

const workload = "/console/reports/workload"

func TestWorkloadAccess(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	for _, address := range []string{workload, workload + ".json", workload + ".csv"} {
		webtest.CheckAccess(t, desk, http.MethodGet, address, staff.RoleSupervisor, staff.RoleAdministrator)
	}
}

// inHand is the JSON as a program reads it that knows only its names.
type inHand struct {
	Unanswered, Unsolved struct {
		Total int
		ByAge []int `json:"by_age"`
	}
	Queues map[string]struct {
		Unanswered struct{ Total int }
	}
	Days []struct {
		Day       string
		Arrivals  int
		Responses int `json:"first_responses"`
	}
	Hours    map[string][]struct{ Arrivals int }
	Oldest   []struct{ Reference string }
	Forecast map[string]json.RawMessage
	Answer   string
}

func workloadOf(t *testing.T, v *webtest.Visitor, query string) inHand {
	t.Helper()
	answer := v.Get(workload + ".json" + query)
	var got inHand
	if err := json.Unmarshal([]byte(answer.Body), &got); err != nil || answer.Status != http.StatusOK {
		t.Fatalf("status %d: %v: %s", answer.Status, err, answer.Body)
	}
	return got
}

// Every number of the backlog leads to a list that holds as many tickets.
func TestWorkloadNumbersLeadToTheirTickets(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	seed(t, desk.DB)
	v := desk.SignIn(t, staff.RoleSupervisor)
	for _, query := range []string{"", "?category=access-code", "?queue=cases"} {
		page := v.Get(workload + query)
		if page.Status != http.StatusOK {
			t.Fatalf("status %d", page.Status)
		}
		links := 0
		page.Doc.Find(".workload-table td a").Each(func(_ int, a *goquery.Selection) {
			want, err := strconv.Atoi(strings.ReplaceAll(a.Text(), ",", ""))
			if err != nil {
				t.Fatalf("the number is %q", a.Text())
			}
			links++
			list := v.Get(a.AttrOr("href", ""))
			told := fmt.Sprintf("%d tickets", want)
			switch {
			case want == 1:
				told = "1 ticket"
			case want >= 1000: // the list counts no further
				told = "More than 999 tickets"
			}
			if got := list.Text(".page-head__count"); got != told {
				t.Errorf("%s%s: %d leads to %q at %s", workload, query, want, got, a.AttrOr("href", ""))
			}
		})
		if links < 4 {
			t.Errorf("%q has only %d links", query, links)
		}
	}
	if links := v.Get(workload + "?language=es").Doc.Find(".workload-table td a").Length(); links != 0 {
		t.Errorf("%d numbers lead to lists that cannot be narrowed to a language", links)
	}
}

func TestWorkloadJSONAndCSVAgree(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	seed(t, desk.DB)
	v := desk.SignIn(t, staff.RoleSupervisor)
	got := workloadOf(t, v, "")
	var unsolved, unanswered, queues, arrivals, hours int
	backlog := lines(t, v.Get(workload+".csv"))
	for _, line := range backlog[1:] {
		unanswered, unsolved = unanswered+number(t, line[3]), unsolved+number(t, line[4])
	}
	for _, q := range got.Queues {
		queues += q.Unanswered.Total
	}
	for i, line := range lines(t, v.Get(workload+".csv?table=days"))[1:] {
		if diff := cmp.Diff([]string{got.Days[i].Day, strconv.Itoa(got.Days[i].Arrivals), strconv.Itoa(got.Days[i].Responses)}, line); diff != "" {
			t.Errorf("day %d (-want +got)\n%s", i, diff)
		}
		arrivals += got.Days[i].Arrivals
	}
	for _, day := range got.Hours {
		for _, h := range day {
			hours += h.Arrivals
		}
	}
	if unsolved != got.Unsolved.Total || unanswered != got.Unanswered.Total || queues != got.Unanswered.Total || unanswered == 0 {
		t.Errorf("unanswered %d in the JSON, %d in the CSV, %d by queue; unsolved %d and %d", got.Unanswered.Total, unanswered, queues, got.Unsolved.Total, unsolved)
	}
	if len(got.Days) != 28 || arrivals != hours || arrivals == 0 {
		t.Errorf("%d days; %d arrivals by day, %d by hour", len(got.Days), arrivals, hours)
	}
	want := []string{"backlog", "days", "days_interval", "learned_from_days", "net_a_day", "net_interval", "outlook"}
	if diff := cmp.Diff(want, keys(got.Forecast)); diff != "" {
		t.Errorf("names of the forecast (-want +got)\n%s", diff)
	}
	if !strings.Contains(got.Answer, fmt.Sprintf("%d inquiries wait for a first answer", got.Unanswered.Total)) {
		t.Errorf("the answer is %q", got.Answer)
	}
}

func keys(m map[string]json.RawMessage) (all []string) {
	for k := range m {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
}

func lines(t *testing.T, answer webtest.Page) [][]string {
	t.Helper()
	all, err := csv.NewReader(strings.NewReader(answer.Body)).ReadAll()
	if err != nil || answer.Status != http.StatusOK {
		t.Fatalf("status %d: %v", answer.Status, err)
	}
	return all
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWorkloadRefuses(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	v := desk.SignIn(t, staff.RoleSupervisor)
	for query, want := range map[string]string{
		"?from=2026-01-02&to=2026-01-01": "The last day is before the first. Change one of them",
		"?to=2999-01-01":                 "The last day is in the future. Enter today or an earlier day",
		"?from=soon":                     "Enter the first day as a date, like 2026-01-31",
		"?from=2020-01-01":               "The period is longer than half a year. Enter a later first day",
		"?queue=%27%20OR%201%3D1":        "Choose one from the list, or all",
	} {
		page := v.Get(workload + query)
		if page.Status != http.StatusUnprocessableEntity || !strings.Contains(page.Text(".error-summary"), want) || !strings.HasPrefix(page.Text("title"), "Error: ") {
			t.Errorf("%s: status %d, %q", query, page.Status, page.Text(".error-summary"))
		}
		for _, form := range []string{".json", ".csv"} {
			if status := v.Get(workload + form + query).Status; status != http.StatusUnprocessableEntity {
				t.Errorf("%s%s: status %d", form, query, status)
			}
		}
	}
	if page := v.Get(workload + "?from=soon"); page.Doc.Find("#from").AttrOr("value", "") != "soon" {
		t.Error("what was typed is gone")
	}
	if status := v.Get(workload + ".csv?table=x").Status; status != http.StatusUnprocessableEntity {
		t.Errorf("a table that is none: %d", status)
	}
}

func TestASupervisorReadsTheWorkInHand(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	seed(t, desk.DB)
	tab := supervisor(t, desk)
	tab.TabTo(`.tabs a[href="` + workload + `"]`)
	tab.PressAndLoad("Enter")
	if !strings.Contains(tab.Text(".report-answer__text"), "wait for a first answer") {
		t.Errorf("the answer is %q", tab.Text(".report-answer__text"))
	}
	number := tab.Text("#unanswered-total a")
	tab.TabTo("#unanswered-total a")
	tab.PressAndLoad("Enter")
	if got := tab.Text(".page-head__count"); got != number+" tickets" {
		t.Errorf("%s leads to %q", number, got)
	}
	if chips := tab.Text(".chips"); !strings.Contains(chips, "First response") {
		t.Errorf("the list's filters are %q", chips)
	}
	tab.Goto(desk.URL + workload)
	if n := tab.Sheets(); n > 2 {
		t.Errorf("the page takes %d sheets, want 2", n)
	}
}

func TestWorkloadForEverybodysEyes(t *testing.T) {
	t.Parallel()
	desk, empty := webtest.New(t), webtest.New(t)
	seed(t, desk.DB)
	if _, err := desk.DB.Exec(t.Context(), `UPDATE queue SET name = 'Questions about cards, notices and other documents that never arrived' WHERE code = 'cases'`); err != nil {
		t.Fatal(err)
	}
	busy, idle := supervisor(t, desk), supervisor(t, empty)
	for name, c := range map[string]struct {
		desk         *webtest.Desk
		tab          *testkit.Tab
		query, shows string
	}{
		"workload":       {desk, busy, "", "svg.chart"},
		"workload-queue": {desk, busy, "?queue=cases", "details[open] #queue"},
		"workload-empty": {empty, idle, "", ".empty"},
		"workload-wrong": {desk, busy, "?from=2020-01-01&to=soon", "[data-error-summary]"},
	} {
		t.Run(name, func(t *testing.T) {
			tab := c.tab
			tab.Look(name, func() {
				tab.Goto(c.desk.URL + workload + c.query)
				if !testkit.Eval[bool](tab, `document.querySelector("`+c.shows+`") !== null`) {
					t.Fatalf("no %s: %s", c.shows, tab.Text("main"))
				}
				fits(t, tab, name)
			})
		})
	}
}
