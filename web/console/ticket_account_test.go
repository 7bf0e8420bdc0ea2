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
	action := page.Doc.Find(".finder__hit form").AttrOr("action", "")
	answer := s.post(t, action, url.Values{"number": {page.Doc.Find(".finder__hit input[name=number]").AttrOr("value", "")}})
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
	s.post(t, ticketPath(plain)+"/link/remove", nil)
	s.get(t, finder(plain, "fernández"))
	s.post(t, ticketPath(plain)+"/link", url.Values{"number": {amara.Number}})
	holds("the first time counts", plain, map[string]int{"looked": 1, "searched": 3, "found": 1})

	s.get(t, ticketPath(refs["corroborated"]))
	s.get(t, finder(refs["corroborated"], "okafor"))
	s.get(t, ticketPath(refs["claimed"]))
	holds("found by its number", refs["corroborated"], map[string]int{})
	holds("claimed with its number", refs["claimed"], map[string]int{})
	s.get(t, ticketPath(refs["conflict"]))
	s.post(t, ticketPath(refs["conflict"])+"/link/confirm", url.Values{"number": {amara.Number}})
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
	if page := s.get(t, finder(refs["claimed"], "amara")); strings.Contains(page.Text(".finder"), "Same e-mail") {
		t.Error("another address is called the same")
	}
	if page := s.get(t, finder(refs["corroborated"], "amara")); !strings.Contains(page.Text(".finder"), "Same e-mail") {
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
	if !tab.HasFocus(".finder__hit button") {
		t.Error("the first account's button has not the focus")
	}
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
