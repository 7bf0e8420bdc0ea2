package console_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/web/webtest"
)

// look looks at what open opens on the page, and loads the page anew.
func look(tab *testkit.Tab, name string, open func()) {
	tab.Look(name, func() {
		tab.Goto(tab.URL())
		open()
	})
	tab.Resize(1280, 900)
	tab.Goto(tab.URL())
}

const (
	offered   = `[...document.querySelectorAll("#search-options [role=option]")].filter(o => o.checkVisibility()).map(o => o.querySelector(".option__text").textContent)`
	chosenIn  = `document.getElementById(document.activeElement.getAttribute("aria-activedescendant"))?.querySelector(".option__text").textContent`
	suggested = `document.querySelector("#search").getAttribute("aria-expanded") === "true"`
)

func TestOperatorsAreOffered(t *testing.T) {
	t.Parallel()
	d, _ := searchDesk(t)
	d.Member(t, staff.RoleAgent, "zoe@staff.test")
	answer := d.get(t, "/console/search/operators.json")
	if got := answer.Header.Get("Cache-Control"); got != "private, max-age=300" {
		t.Errorf("the operators are kept %q", got)
	}
	var operators []struct {
		Name    string
		Aliases []string
		Text    string
		Values  []struct{ Value, Label string }
	}
	if err := json.Unmarshal([]byte(answer.Body), &operators); err != nil {
		t.Fatal(err)
	}
	values := map[string][]string{}
	var names []string
	for _, o := range operators {
		names = append(names, o.Name)
		if o.Text == "" || o.Aliases == nil || o.Values == nil {
			t.Errorf("%s lacks something: %+v", o.Name, o)
		}
		for _, v := range o.Values {
			values[o.Name] = append(values[o.Name], v.Value+" "+v.Label)
			found, err := d.engine.Search(t.Context(), search.Query{For: staff.Member{ID: 1, Role: staff.RoleAgent}, Text: o.Name + ":" + v.Value})
			want := []search.Condition{{Field: search.Field(o.Name), Value: v.Value}}
			if err != nil || len(found.Problems) > 0 || cmp.Diff(want, found.Conditions) != "" {
				t.Errorf("%s:%s is read as %+v with the problems %+v (%v)", o.Name, v.Value, found.Conditions, found.Problems, err)
			}
		}
	}
	if diff := cmp.Diff(search.Fields(), fields(names)); diff != "" {
		t.Errorf("operators (-want +got):\n%s", diff)
	}
	want := map[string][]string{
		"status": {"new New", "open Open", "pending Pending", "on_hold On hold", "solved Solved", "closed Closed"},
		"is":     {"excluded Counts in no figure"}, "language": {"en English", "es Spanish"},
	}
	for name, list := range want {
		if diff := cmp.Diff(list, values[name]); diff != "" {
			t.Errorf("values of %s (-want +got):\n%s", name, diff)
		}
	}
	if got := values["assignee"]; got[0] != "me Me" || got[1] != "none Nobody" || len(got) != 3 || got[2] != "zoe@staff.test Test agent" {
		t.Errorf("assignees are %q", got)
	}
	opened := strings.Join(values["opened"], "; ")
	today := time.Now().In(d.Settings.Agency.TimeZone)
	for _, want := range []string{"7d The last 7 days;", today.Format("2006-01 January 2006;"), today.Format("2006 The year 2006;")} {
		if !strings.Contains(opened, want) {
			t.Errorf("%q is not among the periods %q", want, opened)
		}
	}
	if len(values["account"])+len(values["from"]) != 0 || len(values["category"]) != 14 || len(values["queue"]) != 4 {
		t.Errorf("values are %v", values)
	}
	webtest.CheckAccess(t, d.Desk, http.MethodGet, "/console/search/operators.json", staff.Roles()...)
}

func fields(names []string) []search.Field {
	var all []search.Field
	for _, n := range names {
		all = append(all, search.Field(n))
	}
	return all
}

// TestHelpCard holds that every example of the card is understood, with and without script.
func TestHelpCard(t *testing.T) {
	t.Parallel()
	d, _ := searchDesk(t)
	card := d.get(t, "/console/tickets").Doc.Find(".search-help dt a")
	if card.Length() != len(search.Fields())+4 {
		t.Errorf("the card has %d examples", card.Length())
	}
	card.Each(func(_ int, a *goquery.Selection) {
		example := a.Text()
		want := "/console/search?" + url.Values{"q": {example}}.Encode()
		if canonical(t, a.AttrOr("href", "")) != canonical(t, want) {
			t.Errorf("%s leads to %s", example, a.AttrOr("href", ""))
		}
		if parsed := search.Parse(example); len(parsed.Problems) > 0 || len(parsed.Conditions) == 0 && parsed.Words() != example {
			t.Errorf("%s is read as %+v", example, parsed)
		}
	})

	tab := d.browse(t, staff.RoleAgent, "help@staff.test")
	open := func() {
		t.Helper()
		tab.Press("/")
		tab.Press("Tab")
		tab.WaitFor(`document.activeElement.matches(".search-help summary")`)
		tab.Press("Enter")
		tab.WaitFor(`document.querySelector(".search-help__card").checkVisibility()`)
	}
	look(tab, "help-card", open)
	open()
	tab.Press("Tab", "Enter")
	tab.WaitFor(`document.activeElement.id === "search" && document.activeElement.value === "status:open" && !document.querySelector(".search-help").open`)
	tab.Click(".search-help summary")
	tab.Click(`[data-example="assignee:me"]`)
	tab.WaitFor(`document.activeElement.value === "status:open assignee:me"`)
	tab.PressAndLoad("Enter")
	if got := tab.URL(); !strings.Contains(got, "status%3Aopen") {
		t.Errorf("Enter leads to %s", got)
	}
}

func canonical(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Path + "?" + u.Query().Encode()
}

func TestCompletionByKeyboard(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	tab := d.browse(t, staff.RoleAgent, "complete@staff.test")
	tab.Press("/")
	tab.Type("st")
	tab.WaitFor(suggested + ` && ` + offered + `.join() === "status:"`)
	if testkit.Eval[bool](tab, `document.activeElement.hasAttribute("aria-activedescendant")`) {
		t.Error("something is chosen before anybody chose")
	}
	tab.Press("ArrowDown")
	tab.WaitFor(chosenIn + ` === "status:"`)
	tab.Press("Tab")
	tab.WaitFor(`document.activeElement.value === "status:" && ` + offered + `.join() === "new,open,pending,on_hold,solved,closed"`)
	tab.Type("o")
	tab.WaitFor(offered + `.join() === "open,on_hold"`)
	tab.Press("ArrowUp")
	tab.WaitFor(chosenIn + ` === "on_hold"`)
	tab.Press("ArrowDown")
	tab.WaitFor(`!document.activeElement.hasAttribute("aria-activedescendant")`) // back in the field
	tab.Press("ArrowDown", "Enter")
	tab.WaitFor(`document.activeElement.value === "status:open" && !(` + suggested + `)`)
	tab.Type(",")
	tab.WaitFor(offered + `.join() === "new,pending,on_hold,solved,closed"`)
	tab.Type("ne")
	tab.Press("ArrowDown", "Enter")
	tab.Type(" -cat")
	tab.WaitFor(offered + `.join() === "category:"`)
	tab.Press("ArrowDown", "Enter")
	tab.Type("receiv") // a word of the labels, not of how the codes begin
	tab.WaitFor(offered + `.join() === "notice-not-received,card-not-received,document-not-received"`)
	tab.Press("ArrowDown", "ArrowDown", "Enter")
	tab.WaitFor(`document.activeElement.value === "status:open,new -category:card-not-received"`)
	tab.Type(" opened:2")
	tab.WaitFor(offered + `.length > 2`)
	testkit.Eval[bool](tab, `[...document.querySelectorAll("#search-options [role=option]")].find(o => o.dataset.value.length === 4).click(), true`)
	tab.WaitFor(`/ opened:\d{4}$/.test(document.activeElement.value)`)
	if testkit.Eval[bool](tab, suggested) { // the operators are there by now: nothing is on its way
		t.Error("a value that was taken is offered again")
	}
	tab.Type(" from:")
	tab.WaitFor(`document.querySelector(".suggest__note").textContent.startsWith("Sent from") && document.querySelector(".suggest__note").checkVisibility()`)
	tab.Press("Escape")
	tab.WaitFor(`document.activeElement.id === "search" && !(` + suggested + `)`)
	tab.Press("Escape")
	tab.WaitFor(`document.activeElement === document.body`)

	tab.Press("/")
	tab.Type("lang")
	tab.WaitFor(offered + `.join() === "language:"`)
	tab.PressAndLoad("Enter") // nothing was chosen: it searches
	if got, err := url.Parse(tab.URL()); err != nil || got.Query().Get("q") != "lang" {
		t.Errorf("Enter searched for %s", tab.URL())
	}
}

func TestCompletionByMouseAndOnAPhone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Member(t, staff.RoleAgent, "zoe@staff.test")
	tab := d.browse(t, staff.RoleAgent, "mouse@staff.test")
	look(tab, "completion", func() {
		t.Helper()
		tab.Press("/")
		tab.Type("card category:")
		tab.WaitFor(suggested + ` && ` + offered + `.length === 14`)
		tab.Press("ArrowDown")
		if !testkit.Eval[bool](tab, `(r => r.left >= 0 && r.right <= innerWidth && r.width > 280)(document.querySelector(".suggest").getBoundingClientRect())`) {
			t.Error("the suggestions do not fit")
		}
	})
	tab.Resize(390, 900)
	tab.Click("#search")
	tab.Type("agent:zo")
	tab.WaitFor(offered + `.join() === "zoe@staff.test"`)
	tab.Click("#search-options [role=option]")
	tab.WaitFor(`document.activeElement.id === "search" && document.activeElement.value === "agent:zoe@staff.test" && !(` + suggested + `)`)
	tab.Resize(1280, 900)
	tab.Type(" is:")
	tab.WaitFor(suggested)
	tab.Click("h1")
	tab.WaitFor(`!document.querySelector(".suggest").checkVisibility()`)
}

func TestCompletionSaysWhenItIsAway(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	tab := d.browse(t, staff.RoleAgent, "away@staff.test")
	testkit.Eval[bool](tab, `window.fetch = () => Promise.reject(new TypeError("away")), true`)
	tab.Press("/")
	tab.Type("st")
	tab.WaitFor(`document.querySelector(".suggest__note").checkVisibility() && document.querySelector(".suggest__note").textContent.includes("could not be loaded")`)
	tab.PressAndLoad("Enter")
}

// TestRecentSearchesInTheBox is two members at one browser, one after the other.
func TestRecentSearchesInTheBox(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	tab := d.browse(t, staff.RoleAgent, "early@staff.test")
	d.remember(t, tab, "amara@example.org", "fingerprint", "status:open card")
	const three = offered + `.join("|") === "status:open card|fingerprint|amara@example.org|Clear recent searches"`
	look(tab, "recent", func() {
		t.Helper()
		tab.Press("/")
		tab.WaitFor(three)
		tab.Press("ArrowDown")
	})
	tab.Press("/")
	tab.WaitFor(three)
	tab.Press("ArrowDown", "ArrowDown", "Delete")
	tab.WaitFor(offered + `.join("|") === "status:open card|amara@example.org|Clear recent searches"`)
	tab.Click("#search-options [data-remove]")
	tab.WaitFor(offered + `.join("|") === "amara@example.org|Clear recent searches"`)
	tab.Press("ArrowDown")
	tab.PressAndLoad("Enter")
	if got, err := url.Parse(tab.URL()); err != nil || got.Query().Get("q") != "amara@example.org" {
		t.Errorf("a recent search leads to %s", tab.URL())
	}

	tab.Goto(d.URL + "/console/tickets")
	tab.Click(".topbar__tools .menu summary")
	tab.ClickAndLoad(`form[action="/console/sign-out"] button`)
	d.Member(t, staff.RoleAgent, "late@staff.test")
	tab.Goto(d.URL + "/console/tickets")
	tab.Click("#email")
	tab.Type("late@staff.test")
	tab.Click("#password")
	tab.Type(webtest.Password)
	tab.PressAndLoad("Enter")
	testkit.Eval[bool](tab, `window.real = window.fetch, window.fetch = (...a) => window.real(...a).finally(() => window.asked = true), true`)
	tab.Press("/")
	tab.WaitFor(`window.asked`)
	if testkit.Eval[bool](tab, suggested) || strings.Contains(testkit.Eval[string](tab, `document.body.innerHTML`), "amara@example.org") {
		t.Error("a member sees what another searched for")
	}
}
