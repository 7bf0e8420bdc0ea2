package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/web/webtest"
)

func finder(reference, text string) string {
	return ticketPath(reference) + "/account?q=" + url.QueryEscape(text)
}

// hunt is what is recorded of the search for a ticket's account.
func (d *desk) hunt(t *testing.T, reference string) map[string]int {
	t.Helper()
	counts := map[string]int{}
	rows, err := d.DB.Query(t.Context(), `
		SELECT what, count(*) FROM account_lookup WHERE ticket_id = (SELECT id FROM ticket WHERE reference = $1) GROUP BY what`, reference)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var what string
		var n int
		if err := rows.Scan(&what, &n); err != nil {
			t.Fatal(err)
		}
		counts[what] = n
	}
	return counts
}

func TestTicketAccountAccess(t *testing.T) {
	t.Parallel()
	s, refs := searchDesk(t)
	webtest.CheckAccess(t, s.Desk, http.MethodGet, finder(refs["plain0"], "amara"), staff.RoleAgent, staff.RoleSupervisor, staff.RoleAdministrator)
	if got := s.agent.Get(finder("ASK-2222-2222", "amara")); got.Status != http.StatusNotFound {
		t.Errorf("a ticket that is none: %d", got.Status)
	}
}

func TestSearchesForAnAccountAreCountedUntilItIsFound(t *testing.T) {
	t.Parallel()
	s, refs := searchDesk(t)
	amara, err := s.lookUp(t, "amara@example.org")
	if err != nil {
		t.Fatal(err)
	}
	plain := refs["plain0"]
	holds := func(when, reference string, want map[string]int) {
		t.Helper()
		if diff := cmp.Diff(want, s.hunt(t, reference)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
	}
	holds("before anybody looks", plain, map[string]int{})
	s.get(t, ticketPath(plain))
	s.get(t, ticketPath(plain))
	holds("looked at twice", plain, map[string]int{"looked": 1})
	s.get(t, ticketPath(plain)+"/account") // the form alone is no search
	for _, text := range []string{"okafr", "Okafor", "okafor", "okafor"} {
		s.get(t, finder(plain, text))
	}
	holds("two searches, one of them sent again", plain, map[string]int{"looked": 1, "searched": 2})
	page := s.get(t, finder(plain, "okafor"))
	if got := page.Text(".finder__name"); got != "Amara Okafor" || page.Doc.Find(".finder__hit mark").Length() == 0 {
		t.Errorf("found %q", got)
	}
	// The names share no word, so that linking asks first.
	ask := s.get(t, page.Doc.Find(".finder__hit a.button").AttrOr("href", ""))
	answer := s.post(t, ask.Doc.Find(".ask form").AttrOr("action", ""), ask.Form(".ask form"))
	if answer.Location() != ticketPath(plain) {
		t.Errorf("linking leads to %s", answer.Location())
	}
	if got := s.ticket(t, plain); got.AccountID == nil || *got.AccountID != amara.ID {
		t.Errorf("the ticket is linked to %v", got.AccountID)
	}
	s.get(t, finder(plain, "somebody else"))
	s.get(t, ticketPath(plain))
	holds("found", plain, map[string]int{"looked": 1, "searched": 2, "found": 1})
	if page := s.get(t, finder(plain, "okafor")); !strings.Contains(page.Text(".finder__hit"), "Linked to this ticket") {
		t.Errorf("the linked account says %q", page.Text(".finder__hit"))
	}
	s.post(t, ticketPath(plain)+"/link/remove", url.Values{"number": {amara.Number}})
	s.get(t, finder(plain, "fernández"))
	s.post(t, ticketPath(plain)+"/link", url.Values{"number": {amara.Number}})
	holds("the first time counts", plain, map[string]int{"looked": 1, "searched": 3, "found": 1})

	s.get(t, ticketPath(refs["corroborated"]))
	s.get(t, finder(refs["corroborated"], "okafor"))
	s.get(t, ticketPath(refs["claimed"]))
	holds("found by its number", refs["corroborated"], map[string]int{})
	holds("claimed with its number", refs["claimed"], map[string]int{})
	s.get(t, ticketPath(refs["conflict"]))
	s.post(t, ticketPath(refs["conflict"])+"/link/confirm", s.get(t, ticketPath(refs["conflict"])+"/link?number="+amara.Number).Form("form.actions"))
	holds("a conflict, confirmed", refs["conflict"], map[string]int{"looked": 1, "found": 1})
	s.post(t, ticketPath(refs["unusable"])+"/link", url.Values{"number": {amara.Number}}) // accepted without a look
	holds("linked at once", refs["unusable"], map[string]int{"looked": 1, "found": 1})
}

func TestTwoAgentsSearchAtOnce(t *testing.T) {
	t.Parallel()
	s, refs := searchDesk(t)
	others := []*webtest.Visitor{s.agent, s.SignIn(t, staff.RoleAgent), s.SignIn(t, staff.RoleSupervisor)}
	var all sync.WaitGroup
	for _, v := range others {
		all.Go(func() {
			for range 3 {
				if got := v.Get(finder(refs["plain1"], "okafor")); got.Status != http.StatusOK {
					t.Errorf("status %d", got.Status)
				}
			}
		})
	}
	all.Wait()
	if diff := cmp.Diff(map[string]int{"looked": 1, "searched": 3}, s.hunt(t, refs["plain1"])); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFinderFindsByAnything(t *testing.T) {
	t.Parallel()
	s, refs := searchDesk(t)
	amara, err := s.lookUp(t, "amara@example.org")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"a slip": "Amara Okafr", "a number": amara.Number, "a number in groups": amara.Number[:4] + " " + amara.Number[4:8] + "-" + amara.Number[8:],
		"an address": "AMARA@example.org", "an A-Number": amara.ANumber,
	} {
		if page := s.get(t, finder(refs["plain0"], text)); !strings.Contains(page.Text(".finder"), "Amara Okafor") {
			t.Errorf("%s: %s", name, page.Text("main"))
		}
	}
	if page := s.get(t, finder(refs["claimed"], "amara")); strings.Contains(page.Text(".finder"), "Same email") {
		t.Error("another address is called the same")
	}
	if page := s.get(t, finder(refs["corroborated"], "amara")); !strings.Contains(page.Text(".finder"), "Same email") {
		t.Error("the same address is not named")
	}
	for name, text := range map[string]string{"nobody": "zzzzqqq", "a ticket's reference": refs["plain1"], "signs": `"((:*`, "only a filter": "status:open"} {
		if page := s.get(t, finder(refs["plain0"], text)); page.Text(".empty h2") != "No account is found" {
			t.Errorf("%s: %s", name, page.Text("main"))
		}
	}
	if page := s.agent.Get(finder(refs["plain0"], strings.Repeat("x", 10_000))); page.Status != http.StatusOK {
		t.Errorf("a long text: %d", page.Status)
	}
}

// An agent with a keyboard alone: from the ticket to its account and back.
func TestBrowserFindsTheAccount(t *testing.T) {
	t.Parallel()
	s, refs := searchDesk(t)
	tab := s.browse(t, staff.RoleAgent, "ana@staff.test")
	tab.Goto(s.URL + ticketPath(refs["plain0"]))
	tab.Press("l")
	tab.WaitFor(`document.activeElement.id === "link-text"`)
	tab.Type("okafr")
	tab.PressAndLoad("Enter")
	if tab.HasFocus(".finder__hit a") || tab.HasFocus(".finder__hit button") {
		t.Error("an account of another name is ready to be linked by Enter")
	}
	tab.TabTo(".finder__hit a.button")
	tab.PressAndLoad("Enter")
	if tab.HasFocus(".ask button") || tab.HasFocus(".ask a") {
		t.Error("an answer to the question is chosen already")
	}
	tab.Axe()
	tab.TabTo(".ask button")
	tab.PressAndLoad("Enter")
	if got := tab.URL(); got != s.URL+ticketPath(refs["plain0"]) {
		t.Errorf("linking leads to %s", got)
	}
	if !strings.Contains(tab.Text("#context"), "Amara Okafor") {
		t.Errorf("the account is not linked: %s", tab.Text("#context"))
	}
	inspect(t, tab, s.URL, map[string]string{
		"finder": finder(refs["unusable"], "okafor"), "finder-none": finder(refs["plain1"], "zzzzqqq"), "finder-long": finder(refs["long"], "okafor"),
		"finder-start": ticketPath(refs["plain2"]) + "/account",
	})
}

// One account of the applicant's own name is ready to be linked; of several nothing is, and what tells them apart is shown.
func TestNamesakesAreToldApart(t *testing.T) {
	t.Parallel()
	d, refs := busyDesk(t)
	amara, err := d.lookUp(t, "amara@example.org")
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.DB.Exec(t.Context(), `
		INSERT INTO account (number, name, name_words, email, date_of_birth)
		VALUES ('163920702842', 'Amara Okafor', '{amara,okafor}', 'other.amara@example.com', '1971-02-03')`)
	if err != nil {
		t.Fatal(err)
	}
	// Claimed by one of two: confirming asks.
	page := d.get(t, ticketPath(refs["claimed"]))
	confirm := page.Doc.Find("#context [data-key=c]")
	if _, form := confirm.Attr("type"); confirm.Length() != 1 || form || !strings.HasPrefix(confirm.AttrOr("href", ""), ticketPath(refs["claimed"])+"/link?number="+amara.Number) {
		t.Errorf("c confirms at once: %s", page.Text("#context"))
	}
	namesake := page.Text(".candidate")
	for _, want := range []string{"o•••@example.com", "1971", "none"} {
		if !strings.Contains(namesake, want) {
			t.Errorf("the other one does not show %q: %s", want, namesake)
		}
	}
	if strings.Contains(page.Body, "other.amara") || strings.Contains(page.Body, "02/03/1971") {
		t.Error("what is masked shows")
	}
	ask := d.get(t, confirm.AttrOr("href", ""))
	for _, want := range []string{"Amara Okafor", "1 other account has the same name", "a•••@example.org", "I-485"} {
		if !strings.Contains(ask.Text("main"), want) {
			t.Errorf("the question does not say %q: %s", want, ask.Text("main"))
		}
	}
	d.post(t, ask.Doc.Find(".ask form").AttrOr("action", ""), ask.Form(".ask form"))
	if got := d.ticket(t, refs["claimed"]); got.LinkConfirmedAt == nil {
		t.Errorf("the link is %+v", got.Link())
	}

	// In conflict: what speaks against it is said, and that somebody looked is recorded.
	page = d.get(t, ticketPath(refs["conflict"]))
	ask = d.get(t, page.Doc.Find("#context [data-key=c]").AttrOr("href", ""))
	for _, want := range []string{"The names share no word", "belongs to another account", "Amara Okafor", "Lucía Fernández"} {
		if !strings.Contains(ask.Text("main"), want) {
			t.Errorf("the question about a conflict does not say %q: %s", want, ask.Text("main"))
		}
	}
	if strings.Contains(ask.Body, amara.Email) || strings.Contains(ask.Body, amara.ANumber) || strings.Contains(ask.Body, amara.Address) {
		t.Error("what is masked shows in the question")
	}
	var looked int
	err = d.DB.QueryRow(t.Context(), `SELECT count(*) FROM account_view WHERE account_id = $1 AND ticket_id = $2`, amara.ID, d.ticket(t, refs["conflict"]).ID).Scan(&looked)
	if err != nil || looked == 0 {
		t.Errorf("%d looks are recorded (%v)", looked, err)
	}
	d.post(t, ask.Doc.Find(".ask form").AttrOr("action", ""), ask.Form(".ask form"))
	for path, badge := range map[string]string{
		ticketPath(refs["conflict"]): ".ticket__meta .badge--link", "/console/tickets?view=all&link=confirmed": ".ticket-row__badges .badge--link",
	} {
		if shown := d.get(t, path); shown.Text(badge) == "" || strings.Contains(shown.Text(badge), "Conflict") {
			t.Errorf("%s shows %q, want Confirmed", path, shown.Text(badge))
		}
	}
	if shown := d.get(t, "/console/tickets?view=all&link=conflict"); strings.Contains(shown.Text("main"), refs["conflict"]) {
		t.Error("a conflict that was decided is still among the conflicts")
	}
}

// c leads to the question, and Enter there answers nothing by itself.
func TestBrowserConfirmsAConflictAfterAQuestion(t *testing.T) {
	t.Parallel()
	d, refs := busyDesk(t)
	tab := d.browse(t, staff.RoleAgent, "ana@staff.test")
	tab.Goto(d.URL + ticketPath(refs["conflict"]))
	tab.PressAndLoad("c")
	if d.ticket(t, refs["conflict"]).LinkConfirmedAt != nil {
		t.Fatal("one key confirmed a conflict")
	}
	tab.Press("Enter")
	question := tab.URL()
	inspect(t, tab, d.URL, map[string]string{"link-ask": strings.TrimPrefix(question, d.URL), "conflict": ticketPath(refs["conflict"])})
	tab.Goto(question)
	tab.TabTo(".ask button")
	tab.PressAndLoad("Enter")
	if got := d.ticket(t, refs["conflict"]); got.LinkConfirmedAt == nil || !strings.Contains(tab.Text(".ticket__meta"), "Confirmed") {
		t.Errorf("the link is %+v, the page says %s", got.Link(), tab.Text(".ticket__meta"))
	}
}
