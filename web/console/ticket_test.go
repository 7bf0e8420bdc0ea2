package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/webtest"
)

func TestRoles(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	reference := d.open(t)
	base := ticketPath(reference)
	number := d.account(t, "Amara Okafor", "amara@example.org").Number
	everybody := staff.Roles()
	tests := []struct {
		method, path string
		roles        []staff.Role
	}{
		{http.MethodGet, "/console", everybody},
		{http.MethodGet, "/console/tickets", everybody},
		{http.MethodGet, "/console/tickets/live", everybody},
		{http.MethodPost, "/console/tickets/bulk", everybody},
		{http.MethodGet, base, everybody},
		{http.MethodGet, base + "/live", everybody},
		{http.MethodPost, base + "/notes", everybody},
		{http.MethodPost, base + "/replies", everybody},
		{http.MethodPost, base + "/replies/1/withdraw", everybody},
		{http.MethodPost, base + "/assignee", everybody},
		{http.MethodPost, base + "/status", everybody},
		{http.MethodPost, base + "/exclusion", everybody},
		{http.MethodPost, base + "/release", everybody},
		{http.MethodGet, base + "/link?number=" + number, everybody},
		{http.MethodPost, base + "/link", everybody},
		{http.MethodPost, base + "/link/confirm", everybody},
		{http.MethodPost, base + "/link/remove", everybody},
		{http.MethodPost, base + "/link/undo", everybody},
		{http.MethodPost, base + "/reveal", everybody},
		{http.MethodGet, base + "/files/1", everybody},
		{http.MethodPost, base + "/files/1/rescan", everybody},
		{http.MethodPost, base + "/files/1/release", []staff.Role{staff.RoleSupervisor, staff.RoleAdministrator}},
		{http.MethodGet, "/console/accounts/" + number, everybody},
		{http.MethodPost, "/console/accounts/" + number + "/reveal", everybody},
		{http.MethodGet, "/console/search?q=", everybody},
		{http.MethodGet, "/console/search.json?q=", everybody},
		{http.MethodGet, "/console/task-queues", []staff.Role{staff.RoleSupervisor, staff.RoleAdministrator}},
		{http.MethodPost, "/console/task-queues/1/retry", []staff.Role{staff.RoleAdministrator}},
		{http.MethodPost, "/console/task-queues/mail-held/release", []staff.Role{staff.RoleAdministrator}},
	}
	for _, tt := range tests {
		t.Run(tt.method+" "+strings.ReplaceAll(tt.path, reference, "REF"), func(t *testing.T) {
			webtest.CheckAccess(t, d.Desk, tt.method, tt.path, tt.roles...)
		})
	}
}

func TestReply(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	reference := d.open(t)
	path := ticketPath(reference)

	if page := d.agent.Post(path+"/replies", url.Values{"body": {"   "}, "seen": {d.get(t, path).Value("seen")}}); page.Status != http.StatusUnprocessableEntity {
		t.Errorf("an empty reply: status %d, want 422", page.Status)
	}
	d.reply(t, reference, url.Values{"body": {"It was mailed on Monday."}, "status": {"solved"}})
	page := d.get(t, path)
	if got := page.Text(".message--reply .message__body"); got != "It was mailed on Monday." {
		t.Errorf("the thread shows %q", got)
	}
	if got := page.Text(".message--reply .message__foot"); !strings.Contains(got, "Waiting to be sent") || !strings.Contains(got, "amara@example.org") {
		t.Errorf("the delivery shows as %q", got)
	}
	if got := d.ticket(t, reference); got.Status != ticket.StatusSolved || got.FirstRespondedAt == nil {
		t.Errorf("the ticket is %s, first answered %v", got.Status, got.FirstRespondedAt)
	}
	action := page.Doc.Find(".message--reply form").AttrOr("action", "")
	withdrawn := d.post(t, action, nil)
	page = d.get(t, withdrawn.Location())
	if got := strings.TrimSpace(page.Value("body")); got != "It was mailed on Monday." {
		t.Errorf("after taking it back the form holds %q", got)
	}
	if got := d.ticket(t, reference); got.Status != ticket.StatusNew || got.FirstRespondedAt != nil {
		t.Errorf("after taking it back the ticket is %s, first answered %v", got.Status, got.FirstRespondedAt)
	}
	if again := d.agent.Post(action, nil); again.Status != http.StatusConflict {
		t.Errorf("taking it back twice: status %d, want 409", again.Status)
	}
}

func TestStaleReplyIsStopped(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	reference := d.open(t)
	path := ticketPath(reference)
	seen := d.get(t, path).Value("seen")
	for range 2 {
		_, err := d.DB.Exec(t.Context(), `
			INSERT INTO message (ticket_id, kind, body, created_at) VALUES ($1, 'applicant', 'It came today!', now())`, d.ticket(t, reference).ID)
		if err != nil {
			t.Fatal(err)
		}
	}
	form := url.Values{"body": {"We are looking into it."}, "seen": {seen}, "status": {"on_hold"}}
	page := d.agent.Post(path+"/replies", form)
	if page.Status != http.StatusConflict || !strings.Contains(page.Text("#reply-problem"), "2 messages arrived") {
		t.Errorf("status %d, %q; want 409 and two messages", page.Status, page.Text("#reply-problem"))
	}
	if got := page.Doc.Find(".message--fresh").Length(); got != 2 {
		t.Errorf("%d messages are marked as new, want 2", got)
	}
	kept := page.Form("#panel-reply form")
	if strings.TrimSpace(kept.Get("body")) != "We are looking into it." || kept.Get("status") != "on_hold" {
		t.Errorf("the draft is %v", kept)
	}
	if got := d.ticket(t, reference); got.FirstRespondedAt != nil {
		t.Error("the reply was sent all the same")
	}
	d.post(t, path+"/replies", kept)
}

func TestNoteStaysInside(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	reference := d.open(t)
	d.post(t, ticketPath(reference)+"/notes", url.Values{"body": {"Ask the field office."}})
	if got := d.get(t, ticketPath(reference)).Text(".message--note .message__body"); got != "Ask the field office." {
		t.Errorf("the note shows as %q", got)
	}
	if got := d.ticket(t, reference); got.FirstRespondedAt != nil || got.AwaitingSince == nil {
		t.Error("a note counts as an answer")
	}
}

func TestProperties(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	reference := d.open(t)
	path := ticketPath(reference)
	d.post(t, path+"/assignee", url.Values{"assignee": {"me"}})
	if got := d.ticket(t, reference).AssigneeID; got == nil {
		t.Error("nobody has it")
	}
	d.post(t, path+"/assignee", url.Values{"assignee": {"none"}})
	if got := d.ticket(t, reference).AssigneeID; got != nil {
		t.Error("somebody still has it")
	}
	d.post(t, path+"/status", url.Values{"status": {"on_hold"}})
	if got := d.ticket(t, reference).Status; got != ticket.StatusOnHold {
		t.Errorf("the status is %s", got)
	}
	for _, bad := range []struct {
		action string
		form   url.Values
	}{
		{"/assignee", url.Values{"assignee": {"999999"}}}, {"/assignee", url.Values{"assignee": {"x"}}}, {"/assignee", nil},
		{"/status", url.Values{"status": {"new"}}}, {"/status", url.Values{"status": {"won"}}},
		{"/exclusion", url.Values{"reason": {"deleted"}}},
	} {
		if page := d.agent.Post(path+bad.action, bad.form); page.Status != http.StatusUnprocessableEntity || page.Text("[role=alert]") == "" {
			t.Errorf("%s %v: status %d, %q; want 422 and why", bad.action, bad.form, page.Status, page.Text("[role=alert]"))
		}
	}
	d.post(t, path+"/exclusion", url.Values{"reason": {"duplicate"}})
	if got := d.ticket(t, reference); got.ExcludedReason != "duplicate" || got.Status != ticket.StatusClosed {
		t.Errorf("excluded as %q, %s", got.ExcludedReason, got.Status)
	}
	d.post(t, path+"/exclusion", url.Values{"reason": {""}})
	if got := d.ticket(t, reference); got.ExcludedReason != "" || got.Status != ticket.StatusOnHold {
		t.Errorf("put back: %q, %s", got.ExcludedReason, got.Status)
	}
	history := d.get(t, path).Text("#thread")
	for _, want := range []string{"assigned it to Test agent", "took it from Test agent", "changed the status from New to On hold", "excluded it from reports: Duplicate"} {
		if !strings.Contains(history, want) {
			t.Errorf("the history lacks %q: %s", want, history)
		}
	}
}

func TestQuarantine(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	reference := d.open(t, func(in *ticket.Inquiry) { in.Suspicions = []ticket.Suspicion{ticket.SuspectHoneypot} })
	if strings.Contains(d.get(t, "/console/tickets").Body, reference) {
		t.Error("a suspect stands among the others")
	}
	if !strings.Contains(d.get(t, "/console/tickets?view=quarantine").Body, reference) {
		t.Error("a suspect is not in quarantine")
	}
	if got := d.get(t, ticketPath(reference)).Text(".banner"); !strings.Contains(got, "a field that people do not see was filled in") {
		t.Errorf("the page says %q", got)
	}
	d.post(t, ticketPath(reference)+"/release", nil)
	if !strings.Contains(d.get(t, "/console/tickets").Body, reference) {
		t.Error("what was released does not stand among the others")
	}
	if again := d.agent.Post(ticketPath(reference)+"/release", nil); again.Status != http.StatusConflict {
		t.Errorf("releasing twice: status %d, want 409", again.Status)
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const evil = "<html><script>alert(1)</script>"
	name := "Überblick “2026”\r\n.pdf"
	mine := d.open(t, d.file(t, name, evil, ticket.ScanClean), d.file(t, "wait.pdf", "w", ticket.ScanWaiting), d.file(t, "bad.pdf", "b", ticket.ScanInfected))
	other := d.open(t)
	var ids []int64
	rows, err := d.DB.Query(t.Context(), `SELECT id FROM attachment ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	get := func(reference string, id int64) webtest.Page {
		return d.agent.Get(fmt.Sprintf("%s/files/%d", ticketPath(reference), id))
	}
	page := get(mine, ids[0])
	h := page.Header
	if page.Status != http.StatusOK || page.Body != evil {
		t.Errorf("status %d, body %q", page.Status, page.Body)
	}
	if !strings.HasPrefix(h.Get("Content-Disposition"), "attachment") || h.Get("X-Content-Type-Options") != "nosniff" ||
		!strings.Contains(h.Get("Content-Security-Policy"), "sandbox") || h.Get("Content-Type") != "application/pdf" {
		t.Errorf("the file could run as a page of ours: %v", h)
	}
	for name, got := range map[string]struct {
		page webtest.Page
		want int
	}{
		"another ticket's": {get(other, ids[0]), http.StatusNotFound},
		"not scanned yet":  {get(mine, ids[1]), http.StatusConflict},
		"infected":         {get(mine, ids[2]), http.StatusForbidden},
		"none":             {get(mine, 999999), http.StatusNotFound},
		"no number":        {d.agent.Get(ticketPath(mine) + "/files/x"), http.StatusNotFound},
	} {
		if got.page.Status != got.want {
			t.Errorf("%s: status %d, want %d", name, got.page.Status, got.want)
		}
	}
	if links := d.get(t, ticketPath(mine)).Doc.Find("a.file").Length(); links != 1 {
		t.Errorf("%d files are offered, want the clean one alone", links)
	}
}

func TestReplyOfAnotherTicketIsSafe(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	mine, other := d.open(t), d.open(t)
	d.reply(t, mine, url.Values{"body": {"Hello."}})
	action := d.get(t, ticketPath(mine)).Doc.Find(".message--reply form").AttrOr("action", "")
	if page := d.agent.Post(strings.Replace(action, mine, other, 1), nil); page.Status != http.StatusConflict {
		t.Errorf("withdrawing it through another ticket: status %d, want 409", page.Status)
	}
	thread, err := d.Tickets.Thread(t.Context(), d.ticket(t, mine).ID)
	if err != nil || thread[1].Delivery != ticket.DeliveryWaiting {
		t.Errorf("the reply is %s (%v), want waiting", thread[1].Delivery, err)
	}
}

func TestWhatApplicantsTypeIsText(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const evil = `<script>alert("1")</script><img src=x onerror=alert(1)>`
	reference := d.open(t, about(evil, evil), from(evil, "a@example.org"))
	for _, path := range []string{"/console/tickets", ticketPath(reference)} {
		page := d.get(t, path)
		if page.Doc.Find("main script, main img").Length() > 0 || strings.Contains(page.Body, "<script>alert") {
			t.Errorf("%s runs what an applicant typed", path)
		}
	}
	if got := d.get(t, ticketPath(reference)).Doc.Find(".message__body").Text(); got != evil {
		t.Errorf("the question shows as %q", got)
	}
}

func TestLive(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	reference := d.open(t)
	for _, path := range []string{ticketPath(reference), "/console/tickets"} {
		live := d.get(t, path).Doc.Find("[hx-get*='/live']").AttrOr("hx-get", "")
		if got := d.agent.Get(live); got.Status != http.StatusNoContent {
			t.Errorf("%s: status %d while nothing happened, want 204", live, got.Status)
		}
		d.post(t, ticketPath(reference)+"/notes", url.Values{"body": {"Something happened."}})
		got := d.agent.Get(live)
		if got.Status != http.StatusOK || got.Doc.Find("textarea, html body header").Length() > 0 {
			t.Errorf("%s: status %d, want the part that changed and no form: %s", live, got.Status, got.Body)
		}
	}
}
