package reports_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	demodata "github.com/askwell/askwell/internal/seed"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/web/webtest"
)

const why = "/console/reports/why"

func TestWhyAccess(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	for _, address := range []string{why, why + ".json", why + ".csv"} {
		webtest.CheckAccess(t, desk, http.MethodGet, address, staff.RoleSupervisor, staff.RoleAdministrator)
	}
}

// demo fills a desk as `askwell seed` does.
func demo(t *testing.T, desk *webtest.Desk) {
	t.Helper()
	if _, err := demodata.Run(t.Context(), desk.DB, demodata.Options{Tickets: 2500, Seed: 3}, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
}

func TestWhyJSONAndCSVAgree(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	demo(t, desk)
	v := desk.SignIn(t, staff.RoleSupervisor)
	var got struct {
		Groups []struct {
			Group         string
			Tickets       int
			Looked        int `json:"looked_for"`
			Found         int `json:"found_by_agent"`
			Searches      map[string]int
			SearchesMean  *float64    `json:"searches_mean"`
			Interval      *[2]float64 `json:"searches_mean_interval"`
			MedianSeconds *float64    `json:"median_seconds"`
		}
		Difference *float64
		Interval   *[2]float64 `json:"difference_interval"`
		Answer     string
	}
	answer := v.Get(why + ".json?from=2025-06-01")
	if err := json.Unmarshal([]byte(answer.Body), &got); err != nil || answer.Status != http.StatusOK || len(got.Groups) != 4 {
		t.Fatalf("status %d: %v: %s", answer.Status, err, answer.Body)
	}
	for i, line := range lines(t, v.Get(why+".csv?from=2025-06-01"))[1:] {
		g := got.Groups[i]
		want := []string{g.Group, strconv.Itoa(g.Tickets), strconv.Itoa(g.Looked), strconv.Itoa(g.Found), strconv.Itoa(g.Searches["0"]),
			strconv.Itoa(g.Searches["1"]), strconv.Itoa(g.Searches["2"]), strconv.Itoa(g.Searches["3+"]), strconv.FormatFloat(*g.SearchesMean, 'f', -1, 64)}
		if fmt.Sprint(want) != fmt.Sprint(line[3:12]) {
			t.Errorf("the CSV has %v, the JSON %v", line[3:12], want)
		}
	}
	with, without := got.Groups[0], got.Groups[2]
	if *with.SearchesMean >= 0.2 || *without.SearchesMean <= 0.5 || *got.Difference != *without.SearchesMean-*with.SearchesMean || got.Interval[0] >= *got.Difference {
		t.Errorf("with %v, without %v, difference %v in %v", *with.SearchesMean, *without.SearchesMean, *got.Difference, got.Interval)
	}
	if unusable := got.Groups[1]; unusable.MedianSeconds == nil || !strings.Contains(got.Answer, "Per inquiry, agents search 0.") {
		t.Errorf("median %v, answer %q", unusable.MedianSeconds, got.Answer)
	}
	if page := v.Get(why + "?from=2025-06-01"); !strings.Contains(page.Text("main"), strings.TrimSuffix(got.Answer, ".")[:60]) {
		t.Errorf("the page says %q", page.Text(".report-answer"))
	}
}

func TestWhyRefuses(t *testing.T) {
	t.Parallel()
	v := webtest.New(t).SignIn(t, staff.RoleSupervisor)
	for query, want := range map[string]string{
		"?from=2026-01-02&to=2026-01-01": "The last day is before the first. Change one of them",
		"?as_of=2999-01-01":              "“As known at” is in the future. Enter an earlier moment, or leave it empty for now",
		"?from=x":                        "Enter the first day as a date, like 2026-01-31",
	} {
		if page := v.Get(why + query); page.Status != http.StatusUnprocessableEntity || !strings.Contains(page.Text(".error-summary"), want) {
			t.Errorf("%s: status %d, %q", query, page.Status, page.Text(".error-summary"))
		}
		if status := v.Get(why + ".json" + query).Status; status != http.StatusUnprocessableEntity {
			t.Errorf("%s as JSON: %d", query, status)
		}
	}
	if page := v.Get(why); page.Status != http.StatusOK || page.Text(".empty h2") == "" {
		t.Errorf("an empty desk: %d, %q", page.Status, page.Text("main"))
	}
}

func TestWhyForEverybodysEyes(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	demo(t, desk)
	tab := supervisor(t, desk)
	tab.TabTo(`.tabs a[href="` + why + `"]`)
	tab.PressAndLoad("Enter")
	if !strings.Contains(tab.Text(".report-answer__text"), "agents search") {
		t.Errorf("the answer is %q", tab.Text(".report-answer__text"))
	}
	for name, query := range map[string]string{
		"why": "?from=2025-06-01", "why-few": "?category=accommodation", "why-nothing": "?from=2020-01-01&to=2020-01-02", "why-wrong": "?from=soon",
	} {
		tab.Look(name, func() {
			tab.Goto(desk.URL + why + query)
			fits(t, tab, name)
		})
	}
	tab.Goto(desk.URL + why + "?from=2025-06-01")
	if n := tab.Sheets(); n > 2 {
		t.Errorf("the page takes %d sheets, want 2", n)
	}
}
