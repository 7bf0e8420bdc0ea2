package reports_test

import (
	"strings"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/web/webtest"
)

// supervisor signs in through the page that the report's address leads to.
func supervisor(t *testing.T, desk *webtest.Desk) *testkit.Tab {
	t.Helper()
	desk.Member(t, staff.RoleSupervisor, "sam@staff.test")
	tab := testkit.Browser(t)
	tab.Goto(desk.URL + path)
	tab.Click("input[name=email]")
	tab.Type("sam@staff.test")
	tab.Click("input[name=password]")
	tab.Type(webtest.Password)
	tab.PressAndLoad("Enter")
	if tab.URL() != desk.URL+path {
		t.Fatalf("after signing in the page is %s", tab.URL())
	}
	return tab
}

// TestASupervisorGoesFromTheReportToItsTickets signs in, changes the measure, reads the answer and follows a number.
func TestASupervisorGoesFromTheReportToItsTickets(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	seed(t, desk.DB)
	tab := supervisor(t, desk)
	if answer := tab.Text(".report-answer__text"); !strings.Contains(answer, "were answered within") {
		t.Errorf("the answer is %q", answer)
	}
	testkit.Eval[string](tab, `document.querySelector("#measure").value = "resolution"`)
	tab.ClickAndLoad(".report-form button")
	if answer := tab.Text(".report-answer__text"); !strings.Contains(answer, "were solved within") {
		t.Errorf("the answer is %q", answer)
	}
	const waiting = ".report-table tbody tr:nth-child(3) td:nth-child(4) a" // not solved, without a number
	number := tab.Text(waiting)
	tab.ClickAndLoad(waiting)
	if head := tab.Text(".page-head p"); !strings.HasPrefix(head, number+" inquiries not solved") || tab.Text(".tab[aria-current]") != "Not solved" {
		t.Errorf("the number was %s, the list says %q", number, head)
	}
	reference := tab.Text("tr[data-row] a")
	tab.ClickAndLoad("tr[data-row] a")
	if tab.URL() != desk.URL+"/console/tickets/"+reference || !strings.Contains(tab.Text("main"), reference) {
		t.Errorf("the list leads to %s, want the ticket %s", tab.URL(), reference)
	}
}

// TestReportForEverybodysEyes runs axe-core on every state of the pages, and looks for what is wider than the screen or the
// sheet. SCREENSHOTS names a folder for pictures, for a person to look at.
func TestReportForEverybodysEyes(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	seed(t, desk.DB)
	tab := supervisor(t, desk)
	yesterday := time.Now().AddDate(0, 0, -2).UTC().Format("2006-01-02")
	for name, c := range map[string]struct{ query, shows string }{
		"report":    {"", "svg.chart"},
		"solved":    {"?measure=resolution&clock=business", "svg.chart"},
		"weeks":     {"?by=week", ".report-table--many"},
		"languages": {"?by=language&channel=seed", "details[open] #channel"},
		"few":       {"?from=" + yesterday, ".report-faint"},
		"nothing":   {"?from=2020-01-01&to=2020-01-02", ".empty"},
		"wrong":     {"?from=yesterday&as_of=2999-01-01&measure=x", "[data-error-summary]"},
		"tickets":   {"/tickets?group=without&state=waiting", "tr[data-row]"},
		"excluded":  {"/tickets?state=excluded", "tr[data-row]"},
	} {
		tab.Look(name, func() {
			tab.Goto(desk.URL + path + c.query)
			if !testkit.Eval[bool](tab, `document.querySelector("`+c.shows+`") !== null`) {
				t.Fatalf("%s shows no %s: %s", name, c.shows, tab.Text("main"))
			}
			fits(t, tab, name)
		})
	}
}

func TestReportOnPaper(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	seed(t, desk.DB)
	tab := supervisor(t, desk)
	for _, measure := range []string{"first_response", "resolution"} {
		tab.Goto(desk.URL + path + "?measure=" + measure)
		if n := tab.Sheets(); n > 2 {
			t.Errorf("%s takes %d sheets, want 2", measure, n)
		}
	}
	tab.Paper(true)
	tab.Resize(688, 900) // A4 between its margins
	fits(t, tab, "the sheet")
}

func fits(t *testing.T, tab *testkit.Tab, name string) {
	t.Helper()
	for _, wide := range testkit.Eval[[]string](tab, `[document.documentElement, ...document.querySelectorAll(".report-figures .table-wrap:not(:has(.report-table--many))")]
		.filter(e => e.scrollWidth > e.clientWidth).map(e => e.tagName + "." + e.className + " is " + e.scrollWidth + " of " + e.clientWidth + " px wide")`) {
		t.Errorf("%s: %s", name, wide)
	}
}
