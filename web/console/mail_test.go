package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/inbound"
	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/webtest"
)

const mailPath = "/console/mail"

// mailDesk is a desk to which mails come.
type mailDesk struct {
	*desk
	replies *mail.ReplyAddresses
	inbound *inbound.Desk
}

type plainTexts struct{}

func (plainTexts) T(key string, _ ...any) string       { return key }
func (plainTexts) Find(key, _ string, _ ...any) string { return key }

func newMailDesk(t *testing.T) *mailDesk {
	t.Helper()
	d := &mailDesk{desk: newDesk(t)}
	var err error
	if d.replies, err = mail.NewReplyAddresses("reply@help.example", [][]byte{[]byte(strings.Repeat("k", 32))}); err != nil {
		t.Fatal(err)
	}
	d.inbound = inbound.New(inbound.Config{
		DB: d.DB, Keys: d.Settings.SecretKeys, Tickets: d.Tickets, Replies: d.replies, Language: "en", Texts: func(string) mail.Texts { return plainTexts{} },
	})
	return d
}

// mail takes a mail in, files it, and gives its row.
func (d *mailDesk) mail(t *testing.T, from, to, subject, text string) (id int64) {
	t.Helper()
	return d.raw(t, fmt.Sprintf("From: %s\r\nTo: %s\r\nSubject: %s\r\nMessage-ID: <%s@mail.example>\r\n\r\n%s\r\n", from, to, subject, url.PathEscape(subject), text))
}

// raw is mail for one that stands there as it came.
func (d *mailDesk) raw(t *testing.T, raw string) (id int64) {
	t.Helper()
	if err := d.inbound.Receive(t.Context(), inbound.Arrived{Source: "smtp", Raw: []byte(raw)}); err != nil {
		t.Fatal(err)
	}
	var task int64
	err := d.DB.QueryRow(t.Context(), `SELECT id, subject_id FROM outbox_task WHERE task = $1`, inbound.TaskFile).Scan(&task, &id)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.inbound.File(t.Context(), task, id); err != nil {
		t.Fatal(err)
	}
	return id
}

// held is a mail to the ticket's address from somebody else.
func (d *mailDesk) held(t *testing.T, reference, subject string) (path string) {
	t.Helper()
	return fmt.Sprintf("%s/%d", mailPath, d.mail(t, "Eve <eve@evil.example>", d.replies.For(reference), subject, "Tell me <b>all</b> about it."))
}

func TestMailAccess(t *testing.T) {
	t.Parallel()
	d := newMailDesk(t)
	path := d.held(t, d.open(t), "A question")
	for _, get := range []string{mailPath, path} {
		webtest.CheckAccess(t, d.Desk, http.MethodGet, get, staff.Roles()...)
	}
	for _, post := range []string{"/attach", "/open", "/discard", "/looked"} {
		webtest.CheckAccess(t, d.Desk, http.MethodPost, path+post, staff.Roles()...)
	}
}

func TestMailOfAStrangerWaitsForAnAgent(t *testing.T) {
	t.Parallel()
	d := newMailDesk(t)
	reference := d.open(t)
	if page := d.get(t, mailPath); !strings.Contains(page.Text("main"), "No mail waits") {
		t.Errorf("the empty list says %s", page.Text("main"))
	}
	path := d.held(t, reference, "A question")
	list := d.get(t, mailPath)
	for _, want := range []string{"A question", "eve@evil.example", "by somebody else", reference} {
		if !strings.Contains(list.Text("main table"), want) {
			t.Errorf("the list does not say %q: %s", want, list.Text("main"))
		}
	}
	if got := list.Text(`.rail a[href="` + mailPath + `"] .rail__count`); got != "1" {
		t.Errorf("the rail counts %q", got)
	}
	thread := d.get(t, "/console/tickets/"+reference)
	if strings.Contains(thread.Text("#thread"), "Tell me") || !strings.Contains(thread.Text("#thread"), "held back a mail") {
		t.Errorf("the thread shows %s", thread.Text("#thread"))
	}
	page := d.get(t, path)
	if page.Doc.Find(".mail__body b").Length() != 0 || !strings.Contains(page.Text(".mail__body"), "<b>all</b>") {
		t.Error("the mail's markup came through")
	}
	for _, wrong := range []string{"nonsense", "ASK-2222-2222"} {
		if answer := d.agent.Post(path+"/attach", url.Values{"reference": {wrong}}); answer.Status != http.StatusUnprocessableEntity || answer.Value("reference") != wrong {
			t.Errorf("%q: status %d, kept %q", wrong, answer.Status, answer.Value("reference"))
		}
	}
	answer := d.post(t, path+"/attach", url.Values{"reference": {strings.ToLower(reference)}})
	if answer.Location() != "/console/tickets/"+reference {
		t.Errorf("it leads to %s", answer.Location())
	}
	thread = d.get(t, answer.Location())
	added := thread.Text(".message--other")
	for _, want := range []string{"Tell me", "Eve", "eve@evil.example", "Another sender", "added by"} {
		if !strings.Contains(added, want) {
			t.Errorf("the message does not say %q: %s", want, added)
		}
	}
	if strings.Contains(added, "Amara") {
		t.Errorf("a stranger's mail stands under the applicant's name: %s", added)
	}
	if whole := d.get(t, thread.Doc.Find(".message__mail a").AttrOr("href", "")); !strings.Contains(whole.Text(".mail__body"), "Tell me") {
		t.Error("the whole mail does not show")
	}
	if again := d.agent.Post(path+"/discard", url.Values{"reason": {"late"}}); again.Status != http.StatusConflict {
		t.Errorf("a second decision: status %d", again.Status)
	}
	if got := d.ticket(t, reference); got.ApplicantEmail != "amara@example.org" {
		t.Errorf("answers go to %s", got.ApplicantEmail)
	}
}

func TestMailIsDiscardedAndFoundAgain(t *testing.T) {
	t.Parallel()
	d := newMailDesk(t)
	path := d.held(t, d.open(t), "A question")
	if answer := d.agent.Post(path+"/discard", url.Values{"reason": {" "}}); answer.Status != http.StatusUnprocessableEntity {
		t.Errorf("without a reason: status %d", answer.Status)
	}
	d.post(t, path+"/discard", url.Values{"reason": {"Nothing to do with us"}})
	if page := d.get(t, mailPath+"?view=aside"); !strings.Contains(page.Text("main table"), "Nothing to do with us") {
		t.Errorf("laid aside: %s", page.Text("main"))
	}
	opened := d.ticket(t, strings.TrimPrefix(d.post(t, path+"/open", d.get(t, path).Form(`form[action$="/open"]`)).Location(), "/console/tickets/"))
	if opened.Channel != ticket.ChannelEmail || opened.ApplicantEmail != "eve@evil.example" || opened.Category != "something-else" {
		t.Errorf("opened %+v", opened)
	}
}

// A mail that a program may have written is on its ticket as any other, is flagged there, and is counted and listed until somebody has
// looked at it.
func TestAMailThatMayBeAutomaticIsFlaggedUntilSomebodyLooks(t *testing.T) {
	t.Parallel()
	d := newMailDesk(t)
	reference := d.open(t)
	ours := d.replies.For(reference)
	answered := d.mail(t, "Amara <amara@example.org>", ours, "Away from home, new address", "I live at 5 Oak Road now.")
	asked := d.mail(t, "Bo <bo@mail.example>", "reply@help.example", "Ausencia: mi cita", "¿Qué hago si no pude ir a mi cita?")
	count := func(page webtest.Page) string { return page.Text(`.rail a[href="` + mailPath + `"] .rail__count`) }
	list := d.get(t, mailPath+"?view=flagged")
	for _, want := range []string{"Away from home", "Ausencia", "begins like an automatic reply", reference} {
		if !strings.Contains(list.Text("main table"), want) {
			t.Errorf("the list does not say %q: %s", want, list.Text("main"))
		}
	}
	if got := count(list); got != "2" {
		t.Errorf("the rail counts %q, want 2", got)
	}
	if got := list.Text(`.mail-which [aria-current]`); !strings.Contains(got, "2") {
		t.Errorf("the list's own count is %q, want 2", got)
	}
	thread := d.get(t, "/console/tickets/"+reference)
	if got := thread.Text(".message--applicant"); !strings.Contains(got, "5 Oak Road") || !strings.Contains(got, "Possibly automatic") {
		t.Errorf("the message shows %s", got)
	}
	path := fmt.Sprintf("%s/%d", mailPath, answered)
	if page := d.get(t, path); !strings.Contains(page.Text("main"), "begins like an automatic reply") || page.Doc.Find(`form[action$="/attach"]`).Length() != 0 {
		t.Errorf("the mail's page shows %s", page.Text("main"))
	}
	d.post(t, path+"/looked", nil)
	d.post(t, path+"/looked", nil) // a second press changes nothing
	list = d.get(t, mailPath+"?view=flagged")
	if text := list.Text("main table"); strings.Contains(text, "Away from home") || !strings.Contains(text, "Ausencia") || count(list) != "1" {
		t.Errorf("after a look the rail counts %q, and the list shows %s", count(list), text)
	}
	if got := d.get(t, "/console/tickets/"+reference).Text(".message--applicant"); strings.Contains(got, "Possibly automatic") {
		t.Errorf("after a look the message shows %s", got)
	}
	if page := d.get(t, path); !strings.Contains(page.Text("main"), "seen by") {
		t.Errorf("the page does not say who looked: %s", page.Text("main"))
	}
	d.post(t, fmt.Sprintf("%s/%d/looked", mailPath, asked), nil)
	if page := d.get(t, mailPath+"?view=flagged"); !strings.Contains(page.Text("main"), "Nothing to review") || count(page) != "0" {
		t.Errorf("the empty list says %s", page.Text("main"))
	}
}

// What a mail repeats of its ticket stands folded below the answer's own words, and not on the applicant's page.
func TestWhatAMailQuotesIsFolded(t *testing.T) {
	t.Parallel()
	d := newMailDesk(t)
	reference := d.open(t)
	d.mail(t, "Amara <amara@example.org>", d.replies.For(reference), "Re: card", "It came.\r\n\r\nOn May 3, Amara <amara@example.org> wrote:\r\n> I was approved in March.")
	added := d.get(t, "/console/tickets/"+reference).Doc.Find(".message--applicant")
	if own := strings.TrimSpace(added.Find(".message__body").First().Text()); own != "It came." {
		t.Errorf("the message says %q", own)
	}
	if folded := added.Find("details.message__quoted:not([open])").Text(); !strings.Contains(folded, "I was approved in March.") {
		t.Errorf("folded below stands %q", folded)
	}
}

// A mail that names no address becomes a ticket by one that the agent types. What is typed wrong stays typed, and makes nothing.
func TestAMailWithoutAnAddressBecomesATicket(t *testing.T) {
	t.Parallel()
	d := newMailDesk(t)
	path := fmt.Sprintf("%s/%d", mailPath, d.raw(t, "Hello, my card has not come. Rosa\r\n"))
	other := d.raw(t, "My letter is lost. Bo\r\n")
	page := d.get(t, path)
	if path == fmt.Sprintf("%s/%d", mailPath, other) || !strings.Contains(page.Text(".mail__body"), "my card has not come") || page.Value("email") != "" {
		t.Fatalf("the mail's page shows %s", page.Text("main"))
	}
	for _, wrong := range []string{"", "rosa", "rosa@ext.test, bo@ext.test"} {
		answer := d.agent.Post(path+"/open", url.Values{"email": {wrong}})
		if answer.Status != http.StatusUnprocessableEntity || answer.Value("email") != wrong || answer.Text("#mail-alert") == "" {
			t.Errorf("%q: status %d, kept %q", wrong, answer.Status, answer.Value("email"))
		}
	}
	opened := d.ticket(t, strings.TrimPrefix(d.post(t, path+"/open", url.Values{"email": {" rosa@ext.test"}}).Location(), "/console/tickets/"))
	if opened.ApplicantEmail != "rosa@ext.test" || opened.ApplicantName != "rosa" {
		t.Errorf("opened for %s <%s>", opened.ApplicantName, opened.ApplicantEmail)
	}
	if again := d.agent.Post(path+"/open", url.Values{"email": {"rosa@ext.test"}}); again.Status != http.StatusConflict {
		t.Errorf("a second time: status %d", again.Status)
	}
}

// What came damaged, and where a form mailer's mail really came from, stands on the ticket and with the mail.
func TestWhatAMailLacksIsSaid(t *testing.T) {
	t.Parallel()
	d := newMailDesk(t)
	id := d.lacking(t)
	mail := d.get(t, fmt.Sprintf("%s/%d", mailPath, id))
	reference := mail.Text(`a.number[href^="/console/tickets/"]`)
	thread := d.get(t, "/console/tickets/"+reference)
	for where, c := range map[string]struct {
		text  string
		wants []string
	}{
		"the mail":   {mail.Text("main"), []string{"noreply@site.test", "Answers go torosa@ext.test", "Arrived damagedletter.pdf"}},
		"the ticket": {thread.Text("main"), []string{"Rosa Vega", "rosa@ext.test", "came from noreply@site.test", "Arrived damaged: letter.pdf"}},
	} {
		for _, want := range c.wants {
			if !strings.Contains(c.text, want) {
				t.Errorf("%s does not say %q: %s", where, want, c.text)
			}
		}
	}
	if got := d.ticket(t, reference); got.ApplicantEmail != "rosa@ext.test" || len(mail.Doc.Find(`.mail__files a`).Nodes) != 1 {
		t.Errorf("it is of %s, and %d files can be fetched", got.ApplicantEmail, len(mail.Doc.Find(`.mail__files a`).Nodes))
	}
}

// lacking is a form mailer's mail whose file came damaged, and which quotes.
func (d *mailDesk) lacking(t *testing.T) (id int64) {
	t.Helper()
	return d.raw(t, "From: Web form <noreply@site.test>\r\nReply-To: Rosa Vega <rosa@ext.test>\r\nTo: reply@help.example\r\nSubject: My letter\r\nMessage-ID: <d@site.test>\r\n"+
		"Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n\r\nSee the letter.\r\n--B\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=letter.pdf\r\n"+
		"Content-Transfer-Encoding: base64\r\n\r\nJVBERi0x!LjQK\r\n--B--\r\n")
}

// An automatic reply is noted on its ticket, and one press away there: a person may still make a message of it.
func TestAnAutomaticReplyCanBeReadAndAdded(t *testing.T) {
	t.Parallel()
	d := newMailDesk(t)
	reference := d.open(t)
	d.mail(t, "Amara <amara@example.org>", d.replies.For(reference)+"\r\nAuto-Submitted: auto-replied", "Re: card", "Write to my lawyer instead.")
	thread := d.get(t, "/console/tickets/"+reference)
	if strings.Contains(thread.Text(".message"), "lawyer") {
		t.Errorf("it stands in the thread: %s", thread.Text("#thread"))
	}
	path := thread.Doc.Find(`.event a[href^="`+mailPath+`"]`).AttrOr("href", "")
	if page := d.get(t, path); !strings.Contains(page.Text(".mail__body"), "lawyer") {
		t.Errorf("the mail shows %s", page.Text("main"))
	}
	d.post(t, path+"/attach", url.Values{"reference": {reference}})
	if thread := d.get(t, "/console/tickets/"+reference); !strings.Contains(thread.Text(".message--applicant"), "lawyer") {
		t.Errorf("the thread shows %s", thread.Text("#thread"))
	}
}

// A file that a mail brought and the ticket did not take over is named on the ticket, and fetched from the mail's page as a download.
func TestAFileOfAMailIsFetched(t *testing.T) {
	t.Parallel()
	d := newMailDesk(t)
	reference := d.open(t)
	const content = "MZ a program"
	id := d.mail(t, "Amara <amara@example.org>", d.replies.For(reference)+"\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=B", "Trips",
		"--B\r\nContent-Type: text/plain\r\n\r\nSee the file.\r\n--B\r\nContent-Disposition: attachment; filename=\"trips <b>.exe\"\r\n\r\n"+content+"\r\n--B--")
	if got := d.get(t, ticketPath(reference)).Text(".message--applicant"); !strings.Contains(got, "trips <b>.exe") {
		t.Errorf("the ticket does not name the file: %s", got)
	}
	path := fmt.Sprintf("%s/%d", mailPath, id)
	link := d.get(t, path).Doc.Find(".mail__files a").AttrOr("href", "")
	webtest.CheckAccess(t, d.Desk, http.MethodGet, link, staff.Roles()...)
	answer := d.get(t, link)
	for name, want := range map[string]string{
		"Content-Type": "application/octet-stream", "Content-Disposition": `attachment; filename="trips <b>.exe"`, "X-Content-Type-Options": "nosniff",
		"Content-Security-Policy": "default-src 'none'; sandbox", "Cache-Control": "private, no-store",
	} {
		if got := answer.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if answer.Body != content {
		t.Errorf("the file holds %q, want %q", answer.Body, content)
	}
	if got := d.get(t, ticketPath(reference)).Text(".event"); !strings.Contains(got, "fetched a file") {
		t.Errorf("the history says %q", got)
	}
	for _, wrong := range []string{"/files/0", "/files/nonsense", "/files/999999"} {
		if answer := d.agent.Get(path + wrong); answer.Status != http.StatusNotFound {
			t.Errorf("%s: status %d", wrong, answer.Status)
		}
	}
}

func TestMailByKeyboard(t *testing.T) {
	t.Parallel()
	d := newMailDesk(t)
	reference := d.open(t)
	path := d.held(t, reference, "A question with a long subject that must not make the page wider than a phone's screen, whatever it says")
	tab := d.browse(t, staff.RoleAgent, "mail@staff.test")
	lacking, unread := d.lacking(t), d.raw(t, "Hello, my card has not come. Rosa\r\n")
	d.mail(t, "Amara <amara@example.org>", d.replies.For(reference), "Re: card", "It came.\r\n\r\nOn May 3, Amara <amara@example.org> wrote:\r\n> I was approved in March.")
	inspect(t, tab, d.URL, map[string]string{
		"mail-list": mailPath, "mail-aside": mailPath + "?view=aside", "mail-flagged": mailPath + "?view=flagged", "mail": path, "mail-unread": fmt.Sprintf("%s/%d", mailPath, unread),
		"mail-damaged": fmt.Sprintf("%s/%d", mailPath, lacking), "ticket-quoted": ticketPath(reference),
		"ticket-damaged": d.get(t, fmt.Sprintf("%s/%d", mailPath, lacking)).Doc.Find(`a.number[href^="/console/tickets/"]`).AttrOr("href", ""),
	})
	tab.Goto(d.URL + mailPath)
	tab.TabTo(`main table a[href="` + path + `"]`)
	tab.PressAndLoad("Enter")
	tab.TabTo("#mail-reference")
	if tab.Value("#mail-reference") != reference {
		t.Errorf("the ticket that the mail names is not filled in: %q", tab.Value("#mail-reference"))
	}
	tab.PressAndLoad("Enter")
	if !strings.HasSuffix(tab.URL(), "/console/tickets/"+reference) || !strings.Contains(tab.Text("#thread"), "Tell me") {
		t.Errorf("at %s: %s", tab.URL(), tab.Text("#thread"))
	}
}

func TestBouncedReplyIsPointedOut(t *testing.T) {
	t.Parallel()
	d := newMailDesk(t)
	reference := d.open(t)
	d.reply(t, reference, url.Values{"body": {"Your card is on its way."}, "status": {"pending"}})
	var reply int64
	if err := d.DB.QueryRow(t.Context(), `UPDATE message SET delivery = 'sent' WHERE kind = 'reply' RETURNING id`).Scan(&reply); err != nil {
		t.Fatal(err)
	}
	if page := d.get(t, ticketPath(reference)); strings.Contains(page.Text("main"), "did not arrive") {
		t.Error("the reply is said to have come back")
	}
	if _, err := d.Tickets.Bounced(t.Context(), reference, reply, ticket.Data{Reason: string(ticket.BounceNoMailbox)}); err != nil {
		t.Fatal(err)
	}
	page := d.get(t, ticketPath(reference))
	if got := page.Text(".banner"); !strings.Contains(got, "did not arrive: there is no such mailbox") {
		t.Errorf("the page says %q", got)
	}
	list := d.get(t, "/console/tickets?view=unanswered")
	if text := list.Text("main"); !strings.Contains(text, reference) || !strings.Contains(text, "Not delivered") {
		t.Errorf("the list of unanswered tickets says %q", text)
	}
}

// A report that a reply is still on its way takes back the "Sent", and leads to what the mail server said.
func TestAReplyThatIsStillOnItsWay(t *testing.T) {
	t.Parallel()
	d := newMailDesk(t)
	reference := d.open(t)
	d.reply(t, reference, url.Values{"body": {"Your card is on its way."}, "status": {"pending"}})
	var reply int64
	if err := d.DB.QueryRow(t.Context(), `UPDATE message SET delivery = 'sent' WHERE kind = 'reply' RETURNING id`).Scan(&reply); err != nil {
		t.Fatal(err)
	}
	if list := d.get(t, "/console/tickets?view=all").Text("main"); strings.Contains(list, "Not delivered") {
		t.Errorf("the list says of a reply that was sent: %q", list)
	}
	err := d.Tickets.RecordMail(t.Context(), reference, ticket.EventReplyInTransit, ticket.Data{Message: reply, Mail: 7, Reason: string(ticket.BounceExpired)})
	if err != nil {
		t.Fatal(err)
	}
	page := d.get(t, ticketPath(reference))
	foot := page.Text(".message__foot")
	if !strings.Contains(foot, "Still on its way: the applicant’s mail server has not taken it yet") || page.Doc.Find(`.message__foot a[href="/console/mail/7"]`).Length() != 1 {
		t.Errorf("at the reply stands %q", foot)
	}
	if list := d.get(t, "/console/tickets?view=all").Text("main"); strings.Contains(list, "Not delivered") {
		t.Errorf("the list says of a reply that is on its way: %q", list)
	}
}

func TestTheAccountPageTellsOfABounce(t *testing.T) {
	t.Parallel()
	d := newMailDesk(t)
	owner := d.account(t, "Jean Horvat", "jean@mail.example")
	path := "/console/accounts/" + owner.Number
	if text := d.get(t, path).Text("main"); strings.Contains(text, "came back") {
		t.Errorf("the page says %q", text)
	}
	if err := account.RecordBounce(t.Context(), d.DB, owner.ID, 9, string(ticket.BounceNoMailbox)); err != nil {
		t.Fatal(err)
	}
	page := d.get(t, path)
	if text := page.Text("main"); !strings.Contains(text, "A mail to this address came back") || !strings.Contains(text, "there is no such mailbox") {
		t.Errorf("the page says %q", text)
	}
	if err := account.Record(t.Context(), d.DB, owner.ID, account.EventEmailChanged, time.Now(), account.Visit{}, account.EventData{}); err != nil {
		t.Fatal(err)
	}
	if text := d.get(t, path).Text("main"); strings.Contains(text, "came back") {
		t.Errorf("after a change of the address the page says %q", text)
	}
}
