package console_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/webtest"
)

// browse opens a tab whose reader has signed in.
func (d *desk) browse(t *testing.T, role staff.Role, email string) *testkit.Tab {
	t.Helper()
	d.Member(t, role, email)
	tab := testkit.Browser(t)
	tab.Goto(d.URL + "/console/tickets")
	tab.Click("#email")
	tab.Type(email)
	tab.Click("#password")
	tab.Type(webtest.Password)
	tab.PressAndLoad("Enter")
	return tab
}

// inspect looks at each page, as Look does.
func inspect(t *testing.T, tab *testkit.Tab, base string, pages map[string]string) {
	t.Helper()
	for name, path := range pages {
		tab.Look(name, func() { tab.Goto(base + path) })
	}
}

func TestAccess(t *testing.T) {
	t.Parallel()
	d, refs := busyDesk(t)
	d.reply(t, refs["corroborated"], url.Values{"body": {"Your interview notice was sent again today."}, "status": {"pending"}})
	d.post(t, ticketPath(refs["corroborated"])+"/notes", url.Values{"body": {"Called the field office."}})
	d.post(t, ticketPath(refs["plain3"])+"/exclusion", url.Values{"reason": {"spam"}})
	d.stuck(t)
	_, err := d.DB.Exec(t.Context(), `UPDATE ticket SET opened_at = opened_at - id * interval '3 hours', awaiting_since = awaiting_since - id * interval '3 hours'`)
	if err != nil {
		t.Fatal(err)
	}
	amara, err := d.lookUp(t, "amara@example.org")
	if err != nil {
		t.Fatal(err)
	}
	pages := map[string]string{
		"list": "/console/tickets", "all": "/console/tickets?view=all", "empty": "/console/tickets?view=mine",
		"filtered":   "/console/tickets?view=all&status=new&link=claimed&from=2026-01-01",
		"quarantine": "/console/tickets?view=quarantine", "account": "/console/accounts/" + amara.Number,
		"search": "/console/search", "search-away": "/console/search?q=card", "tasks": "/console/task-queues",
		"404": "/console/tickets/ASK-0000-0000", "404-nowhere": "/console/nowhere",
	}
	for _, name := range []string{"corroborated", "claimed", "conflict", "unusable", "unmatched", "suspect", "long", "plain3"} {
		pages["ticket-"+name] = ticketPath(refs[name])
	}
	inspect(t, d.browse(t, staff.RoleAdministrator, "admin@staff.test"), d.URL, pages)
}

func TestAccessOfWhatGoesWrong(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	stranger := testkit.Browser(t)
	inspect(t, stranger, d.URL, map[string]string{"sign-in": "/console/sign-in"})
	stranger.Click("#email")
	stranger.Type("nobody@staff.test")
	stranger.Press("Tab")
	stranger.Type("not the password")
	stranger.PressAndLoad("Enter")
	if stranger.Text("#sign-in-problem") == "" {
		t.Error("a wrong password is not said to be one")
	}
	stranger.Axe()

	number := d.account(t, "Amara Okafor", "amara@example.org").Number
	agent := d.browse(t, staff.RoleAgent, "agent@staff.test")
	inspect(t, agent, d.URL, map[string]string{"403": "/console/task-queues"})
	if _, err := d.DB.Exec(t.Context(), `ALTER TABLE account_view RENAME TO gone`); err != nil {
		t.Fatal(err)
	}
	inspect(t, agent, d.URL, map[string]string{"500": "/console/accounts/" + number})
	if got := agent.Text("main"); !strings.Contains(got, "tell an administrator") {
		t.Errorf("what is broken is told as %q", got)
	}
}

func TestAccessOfHits(t *testing.T) {
	t.Parallel()
	d, _ := searchDesk(t)
	tab := d.browse(t, staff.RoleAgent, "agent@staff.test")
	inspect(t, tab, d.URL, map[string]string{"search-hits": "/console/search?q=fingerprint", "search-names": "/console/search?q=amara"})
	if hits := testkit.Eval[int](tab, `document.querySelectorAll(".hit").length`); hits == 0 {
		t.Errorf("nothing was found, so nothing was inspected: %s", tab.Text("main"))
	}
	tab.Goto(d.URL + "/console/search?q=amara")
	for _, width := range []int64{390, 1440} {
		tab.Resize(width, 900)
		if !testkit.Eval[bool](tab, `[...document.querySelectorAll(".hit")].every(h => h.querySelector(".icon").getBoundingClientRect().right <= h.querySelector(".hit__main").getBoundingClientRect().left &&
			[...h.querySelectorAll(".list__side")].every(s => s.scrollWidth <= s.clientWidth))`) {
			t.Errorf("at %d px the parts of a hit stand on each other", width)
		}
	}
	if got := tab.Text(".hit .badge--aside"); got != "In quarantine" {
		t.Errorf("what is in quarantine is marked %q", got)
	}
}

// TestKeyboard answers a ticket without a mouse: find it, open it, reply, send, see it waiting and take it back.
func TestKeyboard(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.open(t, about("The first", "One."))
	second := d.open(t, about("The second", "Two."), from("Ben Adeyemi", "ben@example.org"))
	tab := d.browse(t, staff.RoleAgent, "keys@staff.test")
	tab.Press("j", "j")
	tab.WaitFor(`document.activeElement.textContent === "The second"`)
	tab.PressAndLoad("o")
	tab.WaitFor(`location.pathname.endsWith("` + second + `")`)
	tab.Press("r")
	tab.WaitFor(`document.activeElement.id === "reply" && document.activeElement.value === ""`)
	tab.Type("Your card is on its way.")
	tab.PressAndLoad("Control+Enter")
	tab.WaitFor(`document.querySelector(".message--reply .message__body")?.textContent.includes("on its way") && document.querySelector("[data-countdown]") !== null`)
	if got := tab.Value("#reply"); got != "" {
		t.Errorf("the form still holds %q", got)
	}
	thread, err := d.Tickets.Thread(t.Context(), d.ticket(t, second).ID)
	if err != nil || len(thread) != 2 || thread[1].Delivery != ticket.DeliveryWaiting || thread[1].Recipient != "ben@example.org" {
		t.Errorf("the thread is %+v (%v), want the question and a waiting reply to ben@example.org", thread, err)
	}
	tab.PressAndLoad("u")
	tab.WaitFor(`document.querySelector("#reply").value === "Your card is on its way."`)
}

// TestEveryKeyOfTheHelpWorks presses each key that the help lists and sees what it says it does.
func TestEveryKeyOfTheHelpWorks(t *testing.T) {
	t.Parallel()
	d, refs := searchDesk(t)
	tab := d.browse(t, staff.RoleAgent, "keys@staff.test")
	var done []string
	press := func(keys, name, see string) {
		t.Helper()
		done = append(done, keys)
		tab.Press(name)
		tab.WaitFor(see)
	}
	load := func(keys, name, see string) {
		t.Helper()
		done = append(done, keys)
		tab.PressAndLoad(name)
		tab.WaitFor(see)
	}
	leave := func() {
		t.Helper()
		press("Esc", "Escape", `document.activeElement === document.body`)
	}
	visit := func(path string) {
		t.Helper()
		tab.Goto(d.URL + path)
	}

	visit("/console/tickets?view=in-hand")
	press("/", "/", `document.activeElement.id === "search"`)
	press("Ctrl k", "Control+k", `document.querySelector("#command-bar").open && document.activeElement.id === "command"`) // while one types
	tab.Press("Escape")
	tab.WaitFor(`!document.querySelector("dialog[open]") && document.activeElement.id === "search"`)
	leave()
	press("?", "?", `document.querySelector("#keyboard-help").open`)
	tab.Press("Escape")
	tab.WaitFor(`!document.querySelector("dialog[open]")`)
	press("f", "f", `document.querySelector(".filter-menu").open`)
	tab.Press("Escape")
	tab.WaitFor(`!document.querySelector(".filter-menu").open`)
	press("j k", "j", `document.querySelectorAll("[data-row]")[0].contains(document.activeElement)`)
	tab.Press("j", "k")
	press("x", "x", `document.querySelector("[data-row] input").checked && document.querySelectorAll("[data-row] input:checked").length === 1`)
	testkit.Eval[bool](tab, `document.querySelector("#list-live").innerHTML = '<a href="?view=mine" data-key=".">Show</a>', true`)
	load(".", ".", `location.search === "?view=mine"`)
	visit("/console/tickets?view=in-hand&category=case-question")
	tab.Press("j")
	load("o Enter", "Enter", `/^\/console\/tickets\/ASK-/.test(location.pathname)`)

	visit(ticketPath(refs["plain0"]) + "?from=" + url.QueryEscape("view=in-hand&sort=oldest"))
	press("d", "d", `document.querySelector("#context").offsetParent === null && document.querySelector("[aria-controls=context]").ariaExpanded === "false"`)
	press("a", "a", `document.querySelector(".ticket__meta")?.textContent.includes("Assigned to") && document.querySelector("#context").offsetParent === null`)
	visit(ticketPath(refs["plain0"]) + "?from=" + url.QueryEscape("view=in-hand&sort=oldest"))
	tab.WaitFor(`document.querySelector("#context").offsetParent === null`) // it is remembered
	press("l", "l", `document.activeElement.id === "link-text" && document.querySelector("#context").offsetParent !== null`)
	leave()
	press("n", "n", `document.activeElement.id === "note"`)
	leave()
	press("r", "r", `document.activeElement.id === "reply"`)
	tab.Type("It is on its way.")
	load("Ctrl Enter", "Control+Enter", `document.querySelector("[data-countdown]") !== null`)
	load("u", "u", `document.querySelector("#reply").value === "It is on its way."`)
	testkit.Eval[bool](tab, `document.querySelector("#reply").value = "", true`)
	load("Shift e", "E", `location.pathname.endsWith("`+refs["plain1"]+`")`)
	press("e", "e", `document.querySelector(".ticket__meta .badge--solved") !== null`)
	visit(ticketPath(refs["claimed"]))
	press("c", "c", `document.querySelector("#link-title + .badge--confirmed") !== null`)
	visit(ticketPath(refs["unusable"]))
	press("y", "y", `document.querySelector(".candidate--suggested") === null && document.querySelector("[href^='/console/accounts/']") !== null`)

	visit("/console/search?q=fingerprint")
	tab.Press("/")
	tab.WaitFor(`document.activeElement.id === "search"`)
	press("↓ ↑", "ArrowDown", `document.activeElement.closest(".hit") !== null && document.activeElement.closest(".hit") === document.querySelectorAll(".hit")[0]`)
	tab.Press("ArrowDown")
	tab.WaitFor(`document.activeElement.closest(".hit") === document.querySelectorAll(".hit")[1]`)

	listed := map[string]bool{}
	d.get(t, "/console/tickets").Doc.Find("#keyboard-help dt").Each(func(_ int, dt *goquery.Selection) { listed[dt.Text()] = true })
	pressed := map[string]bool{}
	for _, keys := range done {
		pressed[keys] = true
	}
	if diff := cmp.Diff(pressed, listed); diff != "" {
		t.Errorf("the help differs from the keys that work (-work +listed):\n%s", diff)
	}
	// No page marks a key that the help leaves out.
	for _, path := range []string{"/console/tickets", "/console/tickets?view=all", ticketPath(refs["conflict"]), ticketPath(refs["suspect"]), ticketPath(refs["unmatched"]), "/console/search"} {
		d.get(t, path).Doc.Find("[data-key]").Each(func(_ int, s *goquery.Selection) {
			key := strings.Replace(s.AttrOr("data-key", ""), "Shift+E", "Shift e", 1)
			if !listed[key] {
				t.Errorf("%s: the key %q is in no help", path, key)
			}
		})
	}
}

func TestSingleKeysCanBeSwitchedOff(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.open(t)
	tab := d.browse(t, staff.RoleAgent, "voice@staff.test")
	tab.Resize(390, 900) // or a desk at four times its size
	tab.Click(".topbar__tools .menu summary")
	tab.Click(".menu [data-dialog-open]")
	tab.Click("[data-single-keys]")
	tab.Goto(d.URL + "/console/tickets")
	tab.Press("j", "?", "/")
	if !tab.HasFocus("body") || testkit.Eval[bool](tab, `document.querySelector("dialog[open]") !== null || document.querySelector("[data-single-keys]").checked`) {
		t.Error("single keys work though they are switched off, or the choice is forgotten")
	}
	tab.Press("Control+k")
	tab.WaitFor(`document.querySelector("#command-bar").open`)
}

// TestStaleReplyInTheBrowser is told that messages came, reads them, leaves and comes back: the text is never lost.
func TestStaleReplyInTheBrowser(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	reference := d.open(t)
	tab := d.browse(t, staff.RoleAgent, "slow@staff.test")
	tab.Goto(d.URL + ticketPath(reference))
	tab.Press("r")
	tab.Type("We are looking into it.")
	for _, body := range []string{"It came today!", "You can close this."} {
		_, err := d.DB.Exec(t.Context(), `
			INSERT INTO message (ticket_id, kind, body, created_at) VALUES ($1, 'applicant', $2, now())`, d.ticket(t, reference).ID, body)
		if err != nil {
			t.Fatal(err)
		}
	}
	tab.PressAndLoad("Control+Enter")
	if got := tab.Text("#reply-problem"); !strings.Contains(got, "2 messages arrived") || tab.Value("#reply") != "We are looking into it." {
		t.Errorf("the page says %q and holds %q", got, tab.Value("#reply"))
	}
	const seen = `(e => { const r = e.getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight })`
	for _, what := range []string{".message--fresh", ".message--fresh + .message--fresh", "#reply-problem"} {
		if !testkit.Eval[bool](tab, seen+`(document.querySelector("`+what+`"))`) {
			t.Errorf("%s is not on the screen", what)
		}
	}
	if folder := os.Getenv("SCREENSHOTS"); folder != "" {
		tab.Screenshot(filepath.Join(folder, "stale.png"), 1280, 900, false)
	}
	testkit.Eval[bool](tab, `sessionStorage.length > 0 && (document.querySelector("#reply").dataset.unsent = "", document.querySelector("#reply").value = "", true)`)
	tab.Goto(d.URL + ticketPath(reference))
	tab.WaitFor(`document.querySelector("#reply").value === "We are looking into it."`)
}
