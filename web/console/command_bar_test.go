package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/web/webtest"
)

func TestHitsOfTheCommandBar(t *testing.T) {
	t.Parallel()
	d, refs := searchDesk(t)
	find := func(q string) webtest.Page {
		return d.get(t, "/console/search/hits?"+url.Values{"q": {q}}.Encode())
	}
	page := find("fingerprnt appointment")
	if got := page.Text(".option .option__text"); got != "How do I reschedule my fingerprint appointment?" {
		t.Errorf("found %q", got)
	}
	if hits := page.Doc.Find("[role=option]"); hits.Length() > 8 || hits.Find("mark").Length() == 0 || !strings.HasPrefix(hits.First().AttrOr("data-href", ""), "/console/tickets/ASK-") {
		t.Errorf("the hits are %s", page.Body)
	}
	if note, noted := page.Doc.Find("[data-bar-hits]").Attr("data-note"); noted {
		t.Errorf("Meilisearch answered, and the bar says %q", note)
	}
	if got := find("waited"); got.Doc.Find("[role=option]").Length() != 8 {
		t.Errorf("%d hits for what many tickets hold", got.Doc.Find("[role=option]").Length())
	}
	if got := find(strings.ToLower(strings.ReplaceAll(refs["long"], "-", " "))); got.Text(".options__title") != "Has this number or address" ||
		got.Doc.Find("[role=option]").First().AttrOr("data-href", "") != ticketPath(refs["long"]) {
		t.Errorf("a reference finds %s", got.Body)
	}
	if got := find(refs["suspect"]); got.Text(".badge--aside") != "Set aside" {
		t.Errorf("what is in quarantine is shown as %s", got.Body)
	}
	for _, q := range []string{"", "  ", "zzyzx quux"} {
		if got := find(q); got.Text(".options__title") != "No ticket or account found" || got.Doc.Find("[role=option]").Length() != 0 {
			t.Errorf("%q finds %s", q, got.Body)
		}
	}
	if got := find(`<b>"x`); strings.Contains(got.Body, "<b>") {
		t.Errorf("what was typed stands in the page: %s", got.Body)
	}
	webtest.CheckAccess(t, d.Desk, http.MethodGet, "/console/search/hits?q=card", staff.Roles()...)
	if got := recent(t, d.agent); len(got) != 0 {
		t.Errorf("as-you-type searches are remembered: %q", got)
	}

	d.away(t)
	if got := find("fingerprint"); !strings.Contains(got.Doc.Find("[data-bar-hits]").AttrOr("data-note", ""), "PostgreSQL") || got.Doc.Find("[role=option]").Length() != 3 {
		t.Errorf("with Meilisearch away: %s", got.Body)
	}
	if _, err := d.DB.Exec(t.Context(), `ALTER TABLE queue RENAME TO gone`); err != nil {
		t.Fatal(err)
	}
	if got := d.agent.Get("/console/search/hits?q=fingerprint"); got.Status < 500 {
		t.Errorf("with nobody to answer: status %d", got.Status)
	}
}

const (
	barOpen   = `document.querySelector("#command-bar").open`
	barShut   = `!document.querySelector("dialog[open]")`
	barLines  = `[...document.querySelectorAll("#command-options [role=option] .option__text")].map(o => o.textContent)`
	barChosen = `document.getElementById(document.querySelector("#command").getAttribute("aria-activedescendant"))?.querySelector(".option__text").textContent`
)

func TestCommandBarSearches(t *testing.T) {
	t.Parallel()
	d, refs := searchDesk(t)
	tab := d.browse(t, staff.RoleAgent, "bar@staff.test")
	open := func() {
		t.Helper()
		tab.Press("Control+k")
		tab.WaitFor(barOpen + ` && document.activeElement.id === "command"`)
	}
	open()
	tab.Type("fingerprnt")
	tab.WaitFor(barChosen + `?.startsWith("How do I reschedule my fingerprint") && document.querySelector("[data-command-status]").textContent === "4 lines"`)
	tab.Press("ArrowUp") // around the end
	tab.WaitFor(barChosen + ` === "Search for “fingerprnt”"`)
	tab.Press("ArrowDown")
	tab.PressAndLoad("Enter")
	tab.WaitFor(`location.pathname.startsWith("/console/tickets/ASK-") && document.querySelector("h1").textContent.includes("fingerprint")`)

	tab.Click("#tab-note")
	open() // also while one types
	tab.WaitFor(barLines + `[0] === "fingerprnt"`)
	tab.Press("Escape")
	tab.WaitFor(barShut + ` && document.activeElement.id === "note"`)
	open()
	tab.Press("ArrowDown")
	tab.PressAndLoad("Enter")
	tab.WaitFor(`location.pathname === "/console/search" && new URLSearchParams(location.search).get("q") === "fingerprnt"`)

	open()
	tab.Type(refs["plain7"])
	tab.PressAndLoad("Enter") // faster than the hits: the page of the search leads on
	tab.WaitFor(`location.pathname === "` + ticketPath(refs["plain7"]) + `"`)
	for _, reference := range []string{refs["long"], strings.ToLower(strings.ReplaceAll(refs["plain3"], "-", ""))} {
		open()
		tab.Type(reference)
		tab.WaitFor(`document.querySelector("#command-hits-title")?.textContent === "Has this number or address"`)
		tab.PressAndLoad("Enter")
		tab.WaitFor(`document.querySelector(".ticket__crumbs .number").textContent.replaceAll("-", "").toLowerCase() === "` + strings.ToLower(strings.ReplaceAll(reference, "-", "")) + `"`)
	}
	open()
	tab.WaitFor(barLines + `[1] === "` + refs["long"] + `"`)
	tab.Press("ArrowDown", "ArrowDown", "Delete")
	tab.WaitFor(barLines + `.length > 5 && !` + barLines + `.includes("` + refs["long"] + `")`)
	tab.Press("Escape")
}

func TestCommandBarSaysWhenSearchIsAway(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	tab := d.browse(t, staff.RoleAgent, "away@staff.test")
	testkit.Eval[bool](tab, `window.fetch = () => new Promise((_, reject) => window.fail = () => reject(new TypeError("away"))), true`)
	tab.Press("Control+k")
	tab.WaitFor(barLines + `.includes("Filter this list")`) // commands wait for nobody
	tab.Type("fingerprint")
	tab.WaitFor(`document.querySelector("[data-command-note]").checkVisibility() && document.querySelector("[data-command-note]").textContent === "Searching…"`)
	testkit.Eval[bool](tab, `window.fail(), true`)
	tab.WaitFor(`document.querySelector("[data-command-note]").textContent.startsWith("Search does not answer")`)
	tab.PressAndLoad("Enter")
	tab.WaitFor(`location.pathname === "/console/search"`)
}

func TestCommandBarRunsCommands(t *testing.T) {
	t.Parallel()
	d, refs := busyDesk(t)
	tab := d.browse(t, staff.RoleAgent, "commands@staff.test")
	tab.MayCopy()
	open := func(typed string) {
		t.Helper()
		tab.Press("Control+k")
		tab.WaitFor(barOpen)
		tab.Type(typed)
	}
	run := func(typed, label, see string) {
		t.Helper()
		open(typed)
		tab.WaitFor(barChosen + ` === "` + label + `"`)
		tab.Press("Enter")
		tab.WaitFor(barShut + ` && ` + see)
	}
	visit := func(path string) {
		t.Helper()
		tab.Goto(d.URL + path)
	}

	visit("/console/tickets?view=in-hand")
	open("")
	tab.WaitFor(barLines + `.length > 12`)
	want := []string{
		"Filter this list", "Go to Unanswered", "Go to Mine", "Go to Unassigned", "Go to Open", "Go to Solved", "Go to All tickets", "Go to Quarantine", "Go to Mail to review",
		"Go to queue Cases", "Go to queue Details and appointments", "Go to queue Online accounts", "Go to queue General", "Go to Tickets",
		"Switch between light and dark", "Show keyboard shortcuts", "Sign out",
	}
	if diff := cmp.Diff(want, testkit.Eval[[]string](tab, barLines)); diff != "" {
		t.Errorf("commands of a list (-want +got):\n%s", diff)
	}
	tab.Press("Control+k")
	tab.WaitFor(barShut + ` && document.activeElement === document.body`)
	run("filt", "Filter this list", `document.querySelector(".filter-menu").open && document.activeElement.name === "status"`)
	tab.Press("Escape")
	run("dark", "Switch between light and dark", `document.documentElement.dataset.theme === "dark"`)
	open("> key sh")
	tab.WaitFor(barLines + `.join() === "Show keyboard shortcuts"`)
	tab.Press("Enter")
	tab.WaitFor(`document.querySelector("#keyboard-help").open`)
	tab.Press("Control+k") // not above another dialog
	if testkit.Eval[bool](tab, barOpen) {
		t.Error("the bar opens above the help")
	}
	tab.Press("Escape")
	tab.WaitFor(barShut)
	open("go onl")
	tab.WaitFor(barChosen + ` === "Go to queue Online accounts"`)
	tab.PressAndLoad("Enter")
	tab.WaitFor(`location.search === "?queue=online-accounts&view=in-hand"`)
	open("> zzz")
	tab.WaitFor(`document.querySelector("[data-command-note]").textContent === "No command begins like this."`)
	tab.Press("Enter")
	tab.Press("Escape")
	tab.WaitFor(barShut)

	visit(ticketPath(refs["claimed"]) + "?from=" + url.QueryEscape("view=in-hand&sort=oldest"))
	open(">")
	ticket := []string{
		"Reply", "Write an internal note", "Assign to me", "Solve", "Solve, open the next of the list", "Fold the details away, or back",
		"Confirm that the ticket belongs to the account", "Choose an account", "Copy the reference",
	}
	tab.WaitFor(barLines + `.length > 9`)
	if diff := cmp.Diff(append(ticket, want[1:]...), testkit.Eval[[]string](tab, barLines)); diff != "" {
		t.Errorf("commands of a ticket (-want +got):\n%s", diff)
	}
	tab.Press("Escape")
	tab.WaitFor(barShut)
	run("rep", "Reply", `document.activeElement.id === "reply"`)
	run("note", "Write an internal note", `document.activeElement.id === "note"`)
	run("fold", "Fold the details away, or back", `document.querySelector("#context").offsetParent === null`)
	run("choose", "Choose an account", `document.activeElement.id === "link-text" && document.querySelector("#context").offsetParent !== null`)
	run("ass", "Assign to me", `document.querySelector(".ticket__meta").textContent.includes("Assigned to")`)
	run("conf", "Confirm that the ticket belongs to the account", `document.querySelector("#link-title + .badge--confirmed") !== null`)
	run("copy", "Copy the reference", `document.querySelector(".toast")?.textContent.includes("`+refs["claimed"]+` is copied")`)
	open("ass")
	tab.WaitFor(barLines + `.join() === "Search for “ass”"`) // it is mine already
	tab.Press("Escape")
	tab.WaitFor(barShut)
	run("solve", "Solve", `document.querySelector(".ticket__meta .badge--solved") !== null`)

	visit(ticketPath(refs["plain0"]) + "?from=" + url.QueryEscape("view=in-hand&sort=oldest"))
	tab.Resize(390, 900)
	tab.Click(".topbar__tools .menu summary")
	tab.Click(".topbar__tools [data-command-open]")
	tab.WaitFor(barOpen)
	tab.Type("next of")
	tab.WaitFor(barChosen + ` === "Solve, open the next of the list"`)
	tab.ClickAndLoad("#command-options [role=option]")
	tab.WaitFor(`location.pathname.endsWith("` + refs["plain1"] + `")`)
	open("sign")
	tab.WaitFor(barChosen + ` === "Sign out"`)
	tab.PressAndLoad("Enter")
	tab.WaitFor(`location.pathname === "/console/sign-in"`)
}

func TestCommandBarOffersWhatTheMemberMay(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for role, more := range map[staff.Role]string{staff.RoleAgent: "", staff.RoleSupervisor: "Go to Response times,Go to Task queues"} {
		tab := d.browse(t, role, string(role)+"@staff.test")
		tab.Press("Control+k")
		tab.Type(">go t")
		tab.WaitFor(barLines + `.includes("Go to Tickets")`)
		tab.WaitFor(barLines + `.filter(l => /Response|Task/.test(l)).join() === "` + more + `"`)
	}
}

func TestAccessOfTheCommandBar(t *testing.T) {
	t.Parallel()
	d, refs := searchDesk(t)
	tab := d.browse(t, staff.RoleAgent, "look@staff.test")
	d.remember(t, tab, "amara@example.org", "fingerprint")
	for name, typed := range map[string]string{"bar-empty": "", "bar-hits": "amara", "bar-commands": "> s", "bar-reference": refs["long"]} {
		tab.Goto(d.URL + ticketPath(refs["claimed"]))
		look(tab, name, func() {
			t.Helper()
			tab.Press("Control+k")
			tab.WaitFor(barOpen)
			tab.Type(typed)
			tab.WaitFor(barLines + `.length > 0`)
			if !strings.HasPrefix(typed, ">") && typed != "" {
				tab.WaitFor(`document.querySelector("[data-bar-hits]")`)
			}
		})
	}
}

// remember makes searches in the tab's own name.
func (d *desk) remember(t *testing.T, tab *testkit.Tab, texts ...string) {
	t.Helper()
	for _, text := range texts {
		testkit.Eval[bool](tab, `window.kept = false, fetch("/console/search/recent", {method: "POST", body: new URLSearchParams({text: "`+text+`"}), redirect: "manual"}).then(() => window.kept = true), true`)
		tab.WaitFor(`window.kept`)
	}
}
