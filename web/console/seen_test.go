package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/webtest"
)

// colleague is another member with a session of their own.
func (d *desk) colleague(t *testing.T, role staff.Role, email string) *webtest.Visitor {
	t.Helper()
	d.Member(t, role, email)
	v := d.NewVisitor(t)
	v.Post("/console/sign-in", url.Values{"email": {email}, "password": {webtest.Password}})
	return v
}

func (d *desk) applicantWrites(t *testing.T, reference string) {
	t.Helper()
	_, err := d.Tickets.AddMessage(t.Context(), reference, ticket.Said{Channel: ticket.ChannelForm, Body: "It came today!", Token: [16]byte{byte(d.ticket(t, reference).ID), 1}})
	if err != nil {
		t.Fatal(err)
	}
}

// A form of a page that does not show the applicant's last message solves nothing, and keeps what was typed.
func TestStaleFormsEndNoWork(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	reference := d.open(t)
	path := ticketPath(reference)
	page, list := d.get(t, path), d.get(t, "/console/tickets?view=all")
	d.applicantWrites(t, reference)
	solve := page.Form(`form[action^="` + path + `/status"]`)
	solve.Set("status", "solved")
	solveNext := url.Values{"seen": solve["seen"], "status": {"solved"}, "next": {"1"}}
	spam := url.Values{"seen": solve["seen"], "reason": {"spam"}}
	note := page.Form("#panel-note form")
	note.Set("body", "Called, all is well.")
	note.Set("status", "solved")
	for action, form := range map[string]url.Values{"/status": solve, "/status?": solveNext, "/exclusion": spam, "/notes": note} {
		got := d.agent.Post(path+action, form)
		if got.Status != http.StatusConflict || got.Doc.Find(".message--fresh").Length() != 1 || !strings.Contains(got.Text("#ticket"), "A message arrived") {
			t.Errorf("%s: status %d, %d marked as new", action, got.Status, got.Doc.Find(".message--fresh").Length())
		}
		if kept := got.Form("#panel-note form"); action == "/notes" && (strings.TrimSpace(kept.Get("body")) != note.Get("body") || kept.Get("status") != "solved") {
			t.Errorf("the note is %v", kept)
		}
	}
	chosen := list.Doc.Find(`input[name="ticket"]`).AttrOr("value", "")
	d.post(t, "/console/tickets/bulk", url.Values{"ticket": {chosen}, "status": {"solved"}, "assignee": {"me"}, "back": {"/console/tickets"}})
	if got := d.get(t, "/console/tickets").Text(".flashes"); !strings.Contains(got, reference+": A message arrived") {
		t.Errorf("bulk says %q", got)
	}
	if got := d.ticket(t, reference); got.Status != ticket.StatusNew || got.AssigneeID != nil {
		t.Errorf("the ticket is %s, assigned to %v", got.Status, got.AssigneeID)
	}
	again := d.get(t, path).Form(`form[action^="` + path + `/status"]`)
	again.Set("status", "solved")
	d.post(t, path+"/status", again)
	if got := d.ticket(t, reference); got.Status != ticket.StatusSolved {
		t.Errorf("having read it, the ticket is %s", got.Status)
	}
}

// "Assign to me" on a page that shows nobody does not take a colleague's ticket.
func TestStaleAssignTakesNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	reference := d.open(t)
	path := ticketPath(reference)
	form := d.get(t, path).Form(`form[action^="` + path + `/assignee"]`)
	form.Set("assignee", "me")
	d.colleague(t, staff.RoleAgent, "ben@staff.test").Post(path+"/assignee", url.Values{"assignee": {"me"}})
	had := *d.ticket(t, reference).AssigneeID
	got := d.agent.Post(path+"/assignee", form)
	if got.Status != http.StatusConflict || *d.ticket(t, reference).AssigneeID != had || !strings.Contains(got.Text("[role=alert]"), "has this ticket") {
		t.Errorf("status %d, %q", got.Status, got.Text("[role=alert]"))
	}
	again := got.Form(`form[action^="` + path + `/assignee"]`)
	again.Set("assignee", "me")
	d.post(t, path+"/assignee", again)
	if *d.ticket(t, reference).AssigneeID == had {
		t.Error("having seen whose it is, it cannot be taken over")
	}
}

// The key takes back the newest reply of one's own; a colleague's goes back after a question, or by a supervisor.
func TestTakingBackReplies(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	reference := d.open(t)
	path := ticketPath(reference)
	ben := d.colleague(t, staff.RoleAgent, "ben@staff.test")
	lead := d.colleague(t, staff.RoleSupervisor, "lead@staff.test")
	answer := func(by *webtest.Visitor, body string) (action string) {
		t.Helper()
		by.Post(path+"/replies", url.Values{"body": {body}, "seen": {by.Get(path).Value("seen")}})
		form := by.Get(path).Doc.Find(".message--reply form").Last()
		return form.AttrOr("action", "")
	}
	answer(d.agent, "First.")
	answer(d.agent, "Second.")
	bens := answer(ben, "Third.")
	keyed := d.get(t, path).Doc.Find(`.message--reply:has([data-key="u"]) .message__body`)
	if keyed.Length() != 1 || keyed.Text() != "Second." {
		t.Errorf("the key takes back %q", keyed.Text())
	}
	asked := d.agent.Post(bens, nil)
	if asked.Status != http.StatusConflict || !strings.Contains(asked.Text("[role=alert]"), "wrote this reply") {
		t.Fatalf("a colleague's: status %d, %q", asked.Status, asked.Text("[role=alert]"))
	}
	if n := d.get(t, path).Doc.Find(".message--withdrawn").Length(); n != 0 {
		t.Error("it was taken back before the answer")
	}
	d.post(t, asked.Doc.Find("[role=alert] form").AttrOr("action", ""), asked.Form("[role=alert] form"))
	if got := lead.Post(answer(ben, "Fourth."), nil); got.Status != http.StatusSeeOther {
		t.Errorf("a supervisor: status %d", got.Status)
	}
	if n := d.get(t, path).Doc.Find(".message--withdrawn").Length(); n != 2 {
		t.Errorf("%d replies are taken back, want 2", n)
	}
}

// Answering or opening spam asks first, and takes it off.
func TestAnsweringSpamAsks(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for action, form := range map[string]url.Values{"/replies": {"body": {"Hello"}, "status": {"open"}}, "/status": {"status": {"open"}}, "/notes": {"body": {"Hm."}, "status": {"open"}}} {
		reference := d.open(t)
		path := ticketPath(reference)
		d.post(t, path+"/exclusion", url.Values{"reason": {"spam"}})
		form.Set("seen", d.get(t, path).Value("seen"))
		asked := d.agent.Post(path+action, form)
		if asked.Status != http.StatusConflict || d.ticket(t, reference).ExcludedReason != "spam" {
			t.Errorf("%s: status %d, excluded %q", action, asked.Status, d.ticket(t, reference).ExcludedReason)
		}
		yes := asked.Form(map[string]string{"/replies": "#panel-reply form", "/notes": "#panel-note form", "/status": "[role=alert] form"}[action])
		d.post(t, path+action, yes)
		if got := d.ticket(t, reference); got.ExcludedReason != "" || !got.Status.InHand() {
			t.Errorf("%s: excluded %q, %s", action, got.ExcludedReason, got.Status)
		}
	}
}

// A session that ends while a reply is typed costs no word: signing in leads back to the ticket with the text in its box, for who typed
// it and for nobody else; once the thread shows it, the box is empty.
func TestAReplyOutlivesItsSession(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	first, second := d.open(t), d.open(t)
	d.Member(t, staff.RoleAgent, "ben@staff.test")
	tab := d.browse(t, staff.RoleAgent, "typist@staff.test")
	end := func() {
		t.Helper()
		if _, err := d.DB.Exec(t.Context(), `DELETE FROM sessions`); err != nil {
			t.Fatal(err)
		}
	}
	signIn := func(email string) {
		t.Helper()
		tab.Click("#email")
		tab.Type(email)
		tab.Click("#password")
		tab.Type(webtest.Password)
		tab.PressAndLoad("Enter")
	}
	tab.Goto(d.URL + ticketPath(first))
	tab.Click("#reply")
	tab.Type("Typed for ten minutes.")
	testkit.Eval[bool](tab, `(sessionStorage.setItem("askwell-unsent:" + document.querySelector("#reply").dataset.unsent.replace("`+first+`", "`+second+`"), "Of the other ticket."), true)`)
	end()
	tab.ClickAndLoad("#panel-reply [data-send-button]")
	signIn("ben@staff.test")
	if got := tab.URL(); !strings.Contains(got, ticketPath(first)) || tab.Value("#reply") != "" {
		t.Errorf("another person comes to %s with %q in the box", got, tab.Value("#reply"))
	}
	end()
	tab.Goto(d.URL + ticketPath(first))
	signIn("typist@staff.test")
	if got := tab.Value("#reply"); got != "Typed for ten minutes." || !strings.Contains(tab.URL(), ticketPath(first)) {
		t.Fatalf("after signing in at %s: %q", tab.URL(), got)
	}
	tab.ClickAndLoad("#panel-reply [data-send-button]")
	if got := tab.Text(".message--reply .message__body"); got != "Typed for ten minutes." || tab.Value("#reply") != "" {
		t.Errorf("sent %q, and in the box is %q", got, tab.Value("#reply"))
	}
	tab.Goto(d.URL + ticketPath(second))
	if got := tab.Value("#reply"); got != "Of the other ticket." {
		t.Errorf("the other ticket's draft is %q", got)
	}
}
