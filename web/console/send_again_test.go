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

// exec changes rows as the workers would.
func (d *desk) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := d.DB.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

func (d *desk) count(t *testing.T, sql string, args ...any) (n int) {
	t.Helper()
	if err := d.DB.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// unsure opens a ticket with a reply of which nobody knows whether it arrived, and gives its reference and the reply.
func (d *desk) unsure(t *testing.T) (reference string, message int64) {
	t.Helper()
	reference = d.open(t)
	d.reply(t, reference, url.Values{"body": {"Your card was mailed."}})
	if err := d.DB.QueryRow(t.Context(), `UPDATE message SET delivery = 'unconfirmed' WHERE kind = 'reply' AND ticket_id = $1 RETURNING id`,
		d.ticket(t, reference).ID).Scan(&message); err != nil {
		t.Fatal(err)
	}
	d.exec(t, `
		INSERT INTO outgoing_mail (key, task_id, kind, subject_id, ticket_id, state, claimed_until)
		VALUES ('reply/' || $1::bigint, $1, 'send_reply', $1, $2, 'unconfirmed', now())`, message, d.ticket(t, reference).ID)
	d.exec(t, `DELETE FROM outbox`)
	return reference, message
}

// The button at a reply of which nobody knows: the same message goes out once, however often it is pressed.
func TestSendAgainIsPressedTwice(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	reference, message := d.unsure(t)
	page := d.get(t, ticketPath(reference))
	form := page.Doc.Find(`.message--reply form[action$="/again"]`)
	if form.Length() != 1 || !strings.Contains(form.Text(), "Send again") {
		t.Fatalf("the reply has no button: %s", page.Text(".message--reply"))
	}
	action, fields := form.AttrOr("action", ""), page.Form(`.message--reply form[action$="/again"]`)
	d.post(t, action, fields)
	if again := d.agent.Post(action, fields); again.Status != http.StatusConflict || !strings.Contains(again.Text("[role=alert]"), "not waiting to be sent again") {
		t.Errorf("pressed twice: status %d, %q", again.Status, again.Text("[role=alert]"))
	}
	if n := d.count(t, `SELECT count(*) FROM outbox WHERE event = $1 AND subject_id = $2`, ticket.OutboxReplied, message); n != 1 {
		t.Errorf("it is to be sent %d times, want once", n)
	}
	if n := d.count(t, `SELECT count(*) FROM message WHERE kind = 'reply' AND delivery = 'waiting'`); n != 1 {
		t.Errorf("%d replies wait, want the one", n)
	}
	if d.get(t, ticketPath(reference)).Doc.Find(`form[action$="/again"]`).Length() != 0 {
		t.Error("the button is still there")
	}
}

// A reply is sent again on its own ticket and nowhere else, and what waits, was sent or never was is not sent again at all.
func TestSendAgainOfWhatIsNotThere(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	mine, _ := d.unsure(t)
	_, others := d.unsure(t)
	last := d.get(t, ticketPath(mine)).Value("seen")
	for message, want := range map[string]int{fmt.Sprint(others): http.StatusNotFound, "0": http.StatusNotFound, "x": http.StatusNotFound, "9223372036854775808": http.StatusNotFound} {
		if got := d.agent.Post(ticketPath(mine)+"/replies/"+message+"/again", url.Values{"seen": {last}}); got.Status != want {
			t.Errorf("message %s: status %d, want %d", message, got.Status, want)
		}
	}
	sent := d.open(t)
	d.reply(t, sent, url.Values{"body": {"Hello"}})
	d.exec(t, `DELETE FROM outbox`)
	page := d.get(t, ticketPath(sent))
	for _, delivery := range []string{"waiting", "sending", "sent", "withdrawn"} {
		d.exec(t, `UPDATE message SET delivery = $1 WHERE id = $2`, delivery, page.Value("seen"))
		if got := d.agent.Post(ticketPath(sent)+"/replies/"+page.Value("seen")+"/again", url.Values{"seen": {page.Value("seen")}}); got.Status != http.StatusConflict {
			t.Errorf("one that is %s: status %d, want 409", delivery, got.Status)
		}
	}
	if n := d.count(t, `SELECT count(*) FROM outbox WHERE event = $1`, ticket.OutboxReplied); n != 0 {
		t.Errorf("%d mails are to be sent, want none", n)
	}
}

// The acknowledgement has a button of its own.
func TestAcknowledgeAgainIsPressedTwice(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	reference, other := d.open(t), d.open(t)
	d.exec(t, `
		INSERT INTO outgoing_mail (key, task_id, kind, subject_id, ticket_id, state, claimed_until, fault, code, status, words)
		VALUES ('acknowledge/' || $1::bigint, 1, 'acknowledge', $1, $1, 'refused', now(), 'recipient', 550, '5.1.1', 'No such user')`, d.ticket(t, reference).ID)
	d.exec(t, `DELETE FROM outbox`)
	page := d.get(t, ticketPath(reference))
	if banner := page.Text(".banner"); !strings.Contains(banner, "550 5.1.1") || !strings.Contains(banner, "No such user") {
		t.Errorf("the page says %q, and not why", banner)
	}
	action := page.Doc.Find(`form[action$="/acknowledgement/again"]`).AttrOr("action", "none")
	d.post(t, action, page.Form(`form[action$="/acknowledgement/again"]`))
	for _, reference := range []string{reference, other} {
		if got := d.agent.Post(ticketPath(reference)+"/acknowledgement/again", nil); got.Status != http.StatusConflict {
			t.Errorf("one that does not wait: status %d, want 409", got.Status)
		}
	}
	if n := d.count(t, `SELECT count(*) FROM outbox WHERE event = $1`, ticket.OutboxOpened); n != 1 {
		t.Errorf("it is to be sent %d times, want once", n)
	}
}

// On the page of tasks an administrator has every other mail sent again. Replies are sent again on their tickets.
func TestMailsAreSentAgainByAdministrators(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	reference, _ := d.unsure(t)
	d.exec(t, `
		INSERT INTO outgoing_mail (key, task_id, kind, subject_id, state, claimed_until, fault, code, words)
		VALUES ('notice/7', 1, 'tell_owner', 7, 'expired', now(), 'configuration', 504, '<Helo> command rejected'),
			('notice/8', 2, 'tell_owner', 8, 'waiting', now(), 'temporary', 451, 'Later')`)
	boss := d.SignIn(t, staff.RoleAdministrator)
	page := boss.Get("/console/task-queues")
	for _, want := range []string{"<Helo> command rejected", "504", "Later", reference} {
		if !strings.Contains(page.Text("main"), want) {
			t.Errorf("the page lacks %q: %s", want, page.Text("main"))
		}
	}
	forms := page.Doc.Find(`form[action*="/mails/"]`)
	if forms.Length() != 1 {
		t.Fatalf("%d mails can be sent again here, want the one that is over and no reply", forms.Length())
	}
	action := forms.AttrOr("action", "")
	for _, role := range []staff.Role{staff.RoleAgent, staff.RoleSupervisor} {
		if got := d.SignIn(t, role).Post(action, nil); got.Status != http.StatusForbidden {
			t.Errorf("%s: status %d, want 403", role, got.Status)
		}
	}
	if d.SignIn(t, staff.RoleSupervisor).Get("/console/task-queues").Doc.Find(`form[action*="/mails/"]`).Length() != 0 {
		t.Error("a supervisor is offered what only administrators may do")
	}
	for range 2 {
		if got := boss.Post(action, nil); got.Status != http.StatusSeeOther {
			t.Errorf("status %d, want 303", got.Status)
		}
	}
	if flash := boss.Get("/console/task-queues").Text(".flashes"); flash == "" {
		t.Error("nothing is said")
	}
	if n := d.count(t, `SELECT count(*) FROM outbox_task WHERE task = 'tell_owner' AND subject_id = 7`); n != 1 {
		t.Errorf("it is to be sent %d times, want once", n)
	}
	var reply int
	if err := d.DB.QueryRow(t.Context(), `SELECT id FROM outgoing_mail WHERE key LIKE 'reply/%'`).Scan(&reply); err != nil {
		t.Fatal(err)
	}
	for _, mail := range []string{fmt.Sprint(reply), fmt.Sprint(1 << 40)} {
		if got := boss.Post("/console/task-queues/mails/"+mail+"/again", nil); got.Status != http.StatusSeeOther {
			t.Errorf("mail %s: status %d, want 303", mail, got.Status)
		}
	}
	if got := boss.Post("/console/task-queues/mails/x/again", nil); got.Status != http.StatusNotFound {
		t.Errorf("no mail: status %d, want 404", got.Status)
	}
	if n := d.count(t, `SELECT count(*) FROM outbox_task WHERE task = 'send_reply'`); n != 0 {
		t.Error("a reply is sent again past its ticket")
	}
}

func TestWhoMaySendAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	all := []staff.Role{staff.RoleAgent, staff.RoleSupervisor, staff.RoleAdministrator}
	reference, message := d.unsure(t)
	webtest.CheckAccess(t, d.Desk, http.MethodPost, fmt.Sprintf("%s/replies/%d/again", ticketPath(reference), message), all...)
	webtest.CheckAccess(t, d.Desk, http.MethodPost, ticketPath(reference)+"/acknowledgement/again", all...)
	webtest.CheckAccess(t, d.Desk, http.MethodPost, "/console/task-queues/mails/1/again", staff.RoleAdministrator)
}
