package console_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/testkit"
)

// hits waits until the page says that it has found so many results.
func hits(t *testing.T, tab *testkit.Tab, count string) {
	t.Helper()
	tab.WaitFor(`document.querySelector("#found-count")?.textContent === "` + count + `" && !document.querySelector("[data-found]").matches(".htmx-request")`)
}

// TestResultsComeAsOneTypes keeps focus, caret and what was typed, tells a screen reader, and makes one step of the history.
func TestResultsComeAsOneTypes(t *testing.T) {
	t.Parallel()
	s, _ := filterDesk(t)
	tab := s.browse(t, staff.RoleAgent, "types@staff.test")
	tab.Goto(s.URL + find("q", "fingerprint"))
	steps := testkit.Eval[int](tab, `history.length`)
	testkit.Eval[bool](tab, `window.mine = document.querySelector("#found-count"), window.said = [], new MutationObserver(() => said.push(mine.textContent)).observe(mine, {childList: true, subtree: true, characterData: true}), true`)
	tab.Press("/")
	tab.Type("notice address")
	tab.WaitFor(`document.querySelector("#found-title").textContent.includes("notice address")`)
	hits(t, tab, "4 results")
	if !testkit.Eval[bool](tab, `document.activeElement.id === "search" && document.activeElement.selectionStart === 14 && document.activeElement.value === "notice address"`) {
		t.Errorf("the box lost its focus, its caret or its text: %s", tab.Value("#search"))
	}
	if got := tab.Text(".hit .list__subject"); got != "Notice has my old address" {
		t.Errorf("found %q", got)
	}
	testkit.Eval[bool](tab, `document.activeElement.select(), true`)
	tab.Type("zzyzx")
	hits(t, tab, "Nothing found")
	if got := testkit.Eval[string](tab, `mine.isConnected && mine.role === "status" ? said.at(-1) ?? "" : "gone"`); got != "Nothing found" {
		t.Errorf("a screen reader hears %q", got)
	}
	testkit.Eval[bool](tab, `document.activeElement.select(), true`)
	tab.Type("notice address")
	hits(t, tab, "4 results")
	if !strings.HasSuffix(tab.URL(), "/console/search?q=notice+address") || !strings.Contains(tab.Title(), "notice address") {
		t.Errorf("the address is %s, the title %q", tab.URL(), tab.Title())
	}
	if got := testkit.Eval[int](tab, `history.length`) - steps; got != 1 {
		t.Errorf("typing made %d steps in the history, want one", got)
	}
	testkit.Eval[bool](tab, `history.back(), true`)
	tab.WaitFor(`document.querySelector("#found-title").textContent.includes("fingerprint")`)
	if got := testkit.Eval[string](tab, `location.search`); got != "?q=fingerprint" {
		t.Errorf("back leads to %s", got)
	}
}

// TestTheNewestAnswerWins holds the answer to the first question back until the second one is there.
func TestTheNewestAnswerWins(t *testing.T) {
	t.Parallel()
	s, _ := filterDesk(t)
	tab := s.browse(t, staff.RoleAgent, "quick@staff.test")
	tab.Goto(s.URL + "/console/search")
	testkit.Eval[bool](tab, `(() => { const real = fetch; window.asked = []; window.slow = new Promise(r => window.answer = r);
		window.fetch = async (url, o) => { const a = real(url, o); if (String(url).startsWith("/console/search?") && asked.push(url) === 1) await slow; return a } })(), true`)
	tab.Press("/")
	tab.Type("fingerprint")
	tab.WaitFor(`asked.length === 1`)
	tab.WaitFor(`document.querySelector("[data-found]").matches(".htmx-request[aria-busy=true]") && getComputedStyle(document.querySelector(".found__busy")).display !== "none"`)
	testkit.Eval[bool](tab, `document.querySelector("#search").value = "", true`)
	tab.Type("processing time")
	tab.WaitFor(`document.querySelector("#found-title").textContent.includes("processing time")`)
	testkit.Eval[bool](tab, `answer(), true`)
	tab.WaitFor(`!document.querySelector("[data-found]").matches(".htmx-request, [aria-busy]")`)
	if got := tab.Text(".hit .list__subject"); got != "Processing time for I-130 is past the posted range" {
		t.Errorf("the older answer won: %q", got)
	}
}

func TestAnIdentifierIsOpenedByEnterAlone(t *testing.T) {
	t.Parallel()
	s, refs := filterDesk(t)
	tab := s.browse(t, staff.RoleAgent, "jumps@staff.test")
	tab.Goto(s.URL + find("q", "fingerprint"))
	tab.Press("/")
	tab.Type(refs["long"])
	tab.WaitFor(`document.querySelector(".hit__exact") !== null`)
	if !strings.Contains(tab.URL(), "/console/search?") {
		t.Errorf("typing leads to %s", tab.URL())
	}
	tab.Press("ArrowDown")
	tab.PressAndLoad("Enter")
	tab.WaitFor(`location.pathname === "` + ticketPath(refs["long"]) + `"`)
	testkit.Eval[bool](tab, `history.back(), true`)
	tab.WaitFor(`location.pathname === "/console/search" && document.activeElement?.closest("#hit-` + refs["long"] + `")`)
	tab.Press("/")
	tab.PressAndLoad("Enter")
	tab.WaitFor(`location.pathname === "` + ticketPath(refs["long"]) + `"`)
}

// TestFiltersByPointer chooses and drops without loading the page: the focus stays, what was unfolded stays.
func TestFiltersByPointer(t *testing.T) {
	t.Parallel()
	s, _ := filterDesk(t)
	tab := s.browse(t, staff.RoleAgent, "filters@staff.test")
	tab.Resize(1440, 900)
	tab.Goto(s.URL + find("q", waited+" status:solved"))
	hits(t, tab, "1 result")
	testkit.Eval[bool](tab, `window.here = true`)
	tab.Click("#facet-status-open")
	hits(t, tab, "3 results")
	if !testkit.Eval[bool](tab, `document.activeElement.id === "facet-status-open" && document.activeElement.ariaCurrent === "true"`) {
		t.Error("the value that was chosen lost the focus, or does not show that it is chosen")
	}
	tab.Press("Enter") // and not any more
	hits(t, tab, "1 result")
	tab.Click(".chip") // what stands in the box goes out of it
	hits(t, tab, "18 results")
	if got := tab.Value("#search"); got != waited {
		t.Errorf("the box holds %q", got)
	}
	if !tab.HasFocus("#found-title") {
		t.Error("with the chip the focus is gone")
	}
	tab.Click("#found-sort summary")
	tab.Click("#found-sort a:last-child")
	tab.WaitFor(`location.search.includes("sort=oldest") && !document.querySelector("#found-sort").open && document.querySelector(".hit .list__subject").textContent !== ""`)
	tab.Click("#since")
	testkit.Eval[bool](tab, `document.querySelector("#since").value = "2024-02-01", document.querySelector("#until").value = "2024-02-29", true`)
	tab.Click(".facet__days button")
	hits(t, tab, "1 result")
	if got := testkit.Eval[string](tab, `location.search`); got != "?opened=2024-02-01..2024-02-29&q=waited+for+a+long+time&sort=oldest" {
		t.Errorf("the address is %s", got)
	}
	testkit.Eval[bool](tab, `history.back(), true`)
	hits(t, tab, "18 results")
	if !testkit.Eval[bool](tab, `window.here`) {
		t.Error("the page was loaded anew")
	}
	tab.Goto(tab.URL()) // what the address says is all there is
	hits(t, tab, "18 results")
}

// TestSearchByKeyboard goes from the box to a result and back, and comes back from a ticket to where it left.
func TestSearchByKeyboard(t *testing.T) {
	t.Parallel()
	s, _ := filterDesk(t)
	tab := s.browse(t, staff.RoleAgent, "keyboard@staff.test")
	row := func(n int) string {
		return fmt.Sprintf(`document.activeElement === document.querySelectorAll("[data-hits] a[data-open]")[%d]`, n)
	}
	tab.Press("/")
	tab.Type("waited long")
	tab.PressAndLoad("Enter")
	hits(t, tab, "18 results")
	tab.Press("/", "ArrowDown")
	tab.WaitFor(row(0))
	tab.Press("ArrowUp")
	tab.WaitFor(`document.activeElement.id === "search"`)
	tab.Press("ArrowDown", "ArrowDown", "j", "j", "k")
	tab.WaitFor(row(2))
	tab.Press("Escape")
	tab.WaitFor(`document.activeElement.id === "search"`)
	tab.Press("ArrowDown", "j", "j", "j")
	tab.WaitFor(row(3))
	reference := testkit.Eval[string](tab, `document.activeElement.closest("[data-row]").id.replace("hit-", "")`)
	tab.PressAndLoad("o")
	tab.WaitFor(`location.pathname === "` + ticketPath(reference) + `"`)
	testkit.Eval[bool](tab, `history.back(), true`)
	tab.WaitFor(`location.pathname === "/console/search"`)
	tab.WaitFor(row(3))
	tab.PressAndLoad("Enter")
	tab.ClickAndLoad(".ticket__crumbs a")
	tab.WaitFor(row(3))
	tab.Press("j")
	tab.WaitFor(row(4))
	tab.TabTo("#facet-status-pending")
	tab.Press("Enter")
	hits(t, tab, "1 result")
}

func TestSearchWithoutJavaScript(t *testing.T) {
	t.Parallel()
	s, _ := filterDesk(t)
	tab := s.browse(t, staff.RoleAgent, "plain@staff.test")
	tab.NoScript()
	tab.Resize(390, 900)
	tab.Goto(s.URL + find("q", waited))
	tab.ClickAndLoad("#facet-status-open")
	tab.Click("#search")
	tab.Press("End")
	tab.Type(" notice")
	tab.PressAndLoad("Enter")
	page := s.get(t, strings.TrimPrefix(tab.URL(), s.URL))
	if got := page.Doc.Find("[data-found]").AttrOr("data-url", ""); got != find("q", waited+" notice", "status", "open") {
		t.Errorf("Enter leads to %s, which lost what was chosen", got)
	}
	tab.Goto(s.URL + find("q", waited, "status", "open"))
	tab.ClickAndLoad(".chip")
	if got := tab.URL(); got != s.URL+find("q", waited) {
		t.Errorf("dropping the chip leads to %s", got)
	}
}

// TestFiltersOnAPhone unfolds the filters, chooses, and sees the results, with fingers and with keys.
func TestFiltersOnAPhone(t *testing.T) {
	t.Parallel()
	s, _ := filterDesk(t)
	tab := s.browse(t, staff.RoleAgent, "phone@staff.test")
	for _, dark := range []bool{false, true} {
		tab.Dark(dark)
		tab.Resize(390, 800)
		tab.Goto(s.URL + find("q", waited))
		const open = `document.querySelector("#facets").checkVisibility()`
		if testkit.Eval[bool](tab, open) {
			t.Fatal("the filters are not folded away")
		}
		tab.Click("[data-toggle=facets]")
		tab.WaitFor(open)
		tab.Axe()
		tab.Click("#facet-status-open")
		hits(t, tab, "2 results")
		if !testkit.Eval[bool](tab, open+` && document.querySelector(".facets__foot button").textContent === "Show 2 results"`) {
			t.Error("choosing folds the filters away, or nobody says what comes")
		}
		if folder := os.Getenv("SCREENSHOTS"); folder != "" {
			tab.Screenshot(filepath.Join(folder, fmt.Sprintf("search-sheet-phone-%v.png", dark)), 390, 800, dark)
		}
		tab.Click(".facets__foot button")
		tab.WaitFor(`!` + open + ` && document.activeElement.dataset.toggle === "facets" && document.activeElement.ariaExpanded === "false"`)
		tab.Press("Enter")
		tab.WaitFor(open)
		tab.TabTo("#facet-status-new")
		tab.Press("Escape")
		tab.WaitFor(`!` + open + ` && document.activeElement.dataset.toggle === "facets"`)
	}
}

// TestAccessOfSearches looks at every state of the page.
func TestAccessOfSearches(t *testing.T) {
	t.Parallel()
	s, refs := filterDesk(t)
	amara, err := s.lookUp(t, "amara@example.org")
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("Pneumonoultramicroscopicsilicovolcanoconiosis", 4)
	inspect(t, s.browse(t, staff.RoleAgent, "looks@staff.test"), s.URL, map[string]string{
		"search-start": "/console/search", "search-facets": find("q", waited), "search-long": find("q", "Wolfeschlegelstein"),
		"search-chosen":   find("q", waited+" status:open -assignee:none", "language", "en", "language", "-es", "opened", "2024-01-01..2026-12-31", "category", "case-question"),
		"search-problems": find("q", waited+" status:opne stauts:open opened:yesterday", "queue", long, "assignee", "tset agent", "account", "1"),
		"search-empty":    find("q", "zzyzx"), "search-filtered": find("q", waited, "status", "closed"), "search-account": find("q", amara.Number, "listed", "1"),
		"search-exact": find("q", refs["long"], "listed", "1"), "search-cut": find("q", strings.Repeat(long+" ", 8)), "search-past": find("q", waited, "offset", "50"),
		"search-partial": find("q", "fingerprint zzyzx qwertz"),
	})
}
