package reports_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/web/webtest"
)

// shown is the JSON as a statistician reads it.
type shown struct {
	Groups []struct {
		Group                      string
		Tickets, Answered, Waiting int
		Median                     *float64             `json:"median_seconds"`
		MedianInterval             [2]*float64          `json:"median_interval"`
		Within                     map[string]*float64  `json:"answered_within"`
		WithinInterval             map[string][]float64 `json:"answered_within_interval"`
		Mean                       *float64             `json:"restricted_mean_seconds"`
		MeanInterval               [2]*float64          `json:"restricted_mean_interval"`
	}
	LogRank      *shownTest `json:"log_rank"`
	Stratified   *shownTest `json:"log_rank_stratified_by_category"`
	Standardised map[string]struct {
		Within map[string]*float64
	} `json:"standardised_within"`
	Difference *struct{ Opposed bool }
}

type shownTest struct {
	Chi2, P float64
	DF      int
}

func show(t *testing.T, v *webtest.Visitor, category string) (s shown) {
	t.Helper()
	query := url.Values{"from": {"2025-01-01"}, "to": {"2026-03-31"}, "as_of": {cutOff.Format(time.RFC3339)}, "category": {category}}
	answer := v.Get(path + ".json?" + query.Encode())
	if err := json.Unmarshal([]byte(answer.Body), &s); err != nil || len(s.Groups) != 4 {
		t.Fatalf("status %d: %s (%v)", answer.Status, answer.Body, err)
	}
	return s
}

// near holds a figure to the known one within half a unit of its last digit, or more where the margin says so.
func near(t *testing.T, what string, got *float64, want, margin float64) {
	t.Helper()
	if got == nil || math.Abs(*got-want) > margin {
		if got == nil {
			t.Errorf("%s is null, want %v", what, want)
			return
		}
		t.Errorf("%s is %v, want %v", what, *got, want)
	}
}

func sameTest(t *testing.T, what string, got *shownTest, want knownTest, margin float64) {
	t.Helper()
	if got == nil || got.DF != 1 || math.Abs(got.Chi2-want.Chi2) > margin || math.Abs(got.P-want.P) > margin/10+want.P*1e-3 {
		t.Errorf("%s: log-rank %+v, want %+v", what, got, want)
	}
}

const fifteenDays = 15 * 24 * 60 * 60

// unitsFor gives the unit of time by which so many units are 15 days, or just under: the page's share and restricted mean of 15 days
// are then those of that time.
func unitsFor(units int) int { return fifteenDays / units }

// Both trials as tickets: the page's JSON has their published medians, curves, restricted means and log-rank tests, as far as ten are
// still watched. With 6-MP those are 11 in week 16 and 7 in week 22, of the maintained arm 10 in week 13 and 8 in week 18, by the published
// tables. Whoever took the placebo was watched to the end.
func TestTrialsAsTickets(t *testing.T) {
	t.Parallel()
	for _, in := range testkit.Inputs(t) {
		t.Run(in.Name, func(t *testing.T) {
			t.Parallel()
			trialsAsTickets(t, in.Dir)
		})
	}
}

func trialsAsTickets(t *testing.T, dir string) {
	t.Helper()
	known := readKnownAnswers(t, dir)
	gehan := readTrial(t, dir, "gehan_6mp.csv", "treat", map[string]string{"6-MP": "with", "control": "without"})
	aml := readTrial(t, dir, "aml.csv", "group", map[string]string{"1": "with", "2": "without"})
	const day = 24 * 60 * 60
	var h history
	for week := range known.Gehan.Curve {
		n, _ := strconv.Atoi(week)
		h.trial("gehan-"+week, unitsFor(n), gehan)
	}
	// A second more, so that 15 days do not reach beyond the last visit of those who still wait.
	h.trial("gehan-35", unitsFor(35)+1, gehan)
	h.trial("aml-as-it-is", day, aml)
	for week := range known.AML.Curve {
		n, _ := strconv.Atoi(week)
		h.trial("aml-"+week, unitsFor(n), aml)
		h.fill("aml-"+week, aml)
	}
	desk := webtest.New(t, webtest.Options{Env: map[string]string{"AGENCY_TIME_ZONE": "UTC"}})
	h.take(t, desk.DB)
	v := desk.SignIn(t, staff.RoleSupervisor)

	for week, want := range known.Gehan.Curve {
		n, _ := strconv.Atoi(week)
		unit, what := float64(unitsFor(n)), "6-MP, week "+week
		got := show(t, v, "gehan-"+week)
		with, without := got.Groups[0], got.Groups[2]
		if with.Tickets != 21 || with.Answered != 9 || with.Waiting != 12 || without.Tickets != 21 || without.Answered != 21 {
			t.Errorf("%s: arms of %+v and %+v", what, with, without)
		}
		sameTest(t, what, got.LogRank, known.Gehan.LogRank, 5e-5)
		untold(t, what+": median", with.Median)
		near(t, what+": median of control", without.Median, known.Gehan.Median["control"]*unit, 0)
		if n > 16 {
			untold(t, what+": answered", with.Within["15d"])
			continue
		}
		near(t, what+": answered", with.Within["15d"], 1-want[0], 5e-5)
		sameInterval(t, what, with.WithinInterval["15d"], want[0], want[1])
	}
	for week, want := range map[string]map[string][2]float64{"35": known.Gehan.MeanTo35, "23": known.Gehan.MeanTo23} {
		got := show(t, v, "gehan-"+week)
		unit, limit := float64(unitsFor(35)+1), 35.0
		if week == "23" {
			unit, limit = float64(unitsFor(23)), 23
		}
		untold(t, "restricted mean to week "+week+" of 6-MP", got.Groups[0].Mean)
		g, what := got.Groups[2], "restricted mean to week "+week+" of control"
		near(t, what, g.Mean, want["control"][0]*unit, 5e-4*unit)
		// Student's t of 20 degrees of freedom, 2.086, on the scale of logarithms, with the variance times 21/20.
		end := want["control"][0] * math.Exp(2.086*want["control"][1]*math.Sqrt(21.0/20)/want["control"][0])
		near(t, what+", upper end", g.MeanInterval[1], min(end, limit)*unit, 2e-3*unit)
	}

	// Arms of 11 and 12 are under the minimum: they are counted, and nothing else is said of them.
	few := show(t, v, "aml-as-it-is")
	for i, n := range map[int]int{0: 11, 2: 12} {
		if g := few.Groups[i]; g.Tickets != n || g.Median != nil || g.Mean != nil || g.Within["10d"] != nil {
			t.Errorf("an arm of %d: %+v", n, g)
		}
	}
	if few.LogRank != nil || few.Difference != nil {
		t.Errorf("arms of 11 and 12 are compared: %+v", few.LogRank)
	}
	for week, want := range known.AML.Curve {
		n, _ := strconv.Atoi(week)
		what := "AML, week " + week
		got := show(t, v, "aml-"+week)
		with, without := got.Groups[0], got.Groups[2]
		if with.Tickets != report.MinimumSize || with.Answered != 7 || without.Answered != 11 {
			t.Errorf("%s: arms of %+v and %+v", what, with, without)
		}
		sameTest(t, what, got.LogRank, known.AML.LogRank, 5e-5)
		untold(t, what+": median", with.Median)
		if n >= 13 { // 15 days end a moment after the week in which ten are watched for the last time
			untold(t, what+": answered", with.Within["15d"])
			continue
		}
		near(t, what+": answered", with.Within["15d"], 1-want[0], 5e-4)
		sameInterval(t, what, with.WithinInterval["15d"], want[0], want[1])
	}
}

// untold holds that a figure is null: fewer than ten were watched for that long.
func untold(t *testing.T, what string, got *float64) {
	t.Helper()
	if got != nil {
		t.Errorf("%s is %v, want null", what, *got)
	}
}

// sameInterval: S to the power of exp(±1.96 se/(S |log S|)), the log-log interval of a small group (Kalbfleisch and Prentice 1980),
// made from the published S and its standard error and turned round for the share that is answered.
func sameInterval(t *testing.T, what string, got []float64, s, se float64) {
	t.Helper()
	spread := math.Exp(1.959964 * se / (s * math.Abs(math.Log(s))))
	low, high := 1-math.Pow(s, 1/spread), 1-math.Pow(s, spread)
	if len(got) != 2 || math.Abs(got[0]-low) > 2e-3 || math.Abs(got[1]-high) > 2e-3 {
		t.Errorf("%s: interval %v, want %v to %v", what, got, low, high)
	}
}

// Groups of three are never compared; filled up with inquiries that change nothing they give the known test.
func TestTinySetsAsTickets(t *testing.T) {
	t.Parallel()
	for _, in := range testkit.Inputs(t) {
		t.Run(in.Name, func(t *testing.T) {
			t.Parallel()
			tinySetsAsTickets(t, in.Dir)
		})
	}
}

func tinySetsAsTickets(t *testing.T, dir string) {
	t.Helper()
	known := readKnownAnswers(t, dir)
	var h history
	for i, set := range known.Tiny {
		var people []subject
		for n := range set.Time {
			people = append(people, subject{set.Time[n], set.Event[n] == 1, []string{"without", "with"}[set.Group[n]]})
		}
		h.trial(fmt.Sprintf("tiny-%d", i), 60*60, people)
		h.trial(fmt.Sprintf("filled-%d", i), 60*60, people)
		h.fill(fmt.Sprintf("filled-%d", i), people)
	}
	desk := webtest.New(t, webtest.Options{Env: map[string]string{"AGENCY_TIME_ZONE": "UTC"}})
	h.take(t, desk.DB)
	v := desk.SignIn(t, staff.RoleSupervisor)
	for i, set := range known.Tiny {
		if got := show(t, v, fmt.Sprintf("tiny-%d", i)); got.LogRank != nil || got.Groups[0].Tickets != 3 || got.Groups[0].Median != nil || got.Groups[3].Median != nil {
			t.Errorf("groups of three: %+v", got)
		}
		sameTest(t, fmt.Sprintf("set %d", i), show(t, v, fmt.Sprintf("filled-%d", i)).LogRank, knownTest{set.Chi2, set.P}, 1e-6)
	}
}

// Berkeley's admissions of 1973 as tickets: the department is the category, men come with a number and women without, and who was
// admitted was answered after an hour. The shares as they are and with one mix of departments point different ways, and the page says
// so. As everybody waits equally long, the stratified log-rank test is Mantel's and Haenszel's without continuity correction.
func TestAdmissionsAsTickets(t *testing.T) {
	t.Parallel()
	for _, in := range testkit.Inputs(t) {
		t.Run(in.Name, func(t *testing.T) {
			t.Parallel()
			admissionsAsTickets(t, in.Dir)
		})
	}
}

func admissionsAsTickets(t *testing.T, dir string) {
	t.Helper()
	known := readKnownAnswers(t, dir)
	opened := cutOff.AddDate(0, 0, -20)
	var h history
	for department, n := range known.UCB.Departments {
		for i, group := range []string{"with", "without"} {
			for range n[2*i] {
				h.add("Department "+department, group, opened, time.Hour, true)
			}
			for range n[2*i+1] {
				h.add("Department "+department, group, opened, 0, false)
			}
		}
	}
	desk := webtest.New(t, webtest.Options{Env: map[string]string{"AGENCY_TIME_ZONE": "UTC"}})
	h.take(t, desk.DB)
	v := desk.SignIn(t, staff.RoleSupervisor)
	got := show(t, v, "")
	for i, group := range map[int]string{0: "with", 2: "without"} {
		near(t, group+": crude", got.Groups[i].Within["1d"], known.UCB.Crude[i/2], 5e-7)
		near(t, group+": standardised", got.Standardised[group].Within["1d"], known.UCB.Standardised[i/2], 5e-7)
	}
	if got.Stratified == nil || math.Abs(got.Stratified.Chi2-known.UCB.Chi2) > 1e-6 || got.Stratified.DF != 1 {
		t.Errorf("stratified test %+v, want chi-square %v", got.Stratified, known.UCB.Chi2)
	}
	if got.LogRank == nil || got.LogRank.P > 1e-10 || got.Difference == nil || !got.Difference.Opposed {
		t.Errorf("crude test %+v, difference %+v: nothing warns", got.LogRank, got.Difference)
	}
}
