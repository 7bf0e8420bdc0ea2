package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/webtest"
)

// typist is a site with a person whose session ends while they type.
type typist struct {
	*webtest.Desk
	v      *webtest.Visitor
	signIn string // where this part of the site signs in
}

func (d typist) endSessions(t *testing.T) {
	t.Helper()
	if _, err := d.DB.Exec(t.Context(), `DELETE FROM sessions`); err != nil {
		t.Fatal(err)
	}
}

// signInAs follows a page that leads to the sign-in, and gives the page that signing in leads to.
func (d typist) signInAs(t *testing.T, at, email string) webtest.Page {
	t.Helper()
	form := d.v.Get(at).Form(`form[action^="` + d.signIn + `"]`)
	form.Set("email", email)
	form.Set("password", webtest.Password)
	in := d.v.Send(http.MethodPost, d.signIn, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
	if in.Status != http.StatusSeeOther {
		t.Fatalf("sign in as %s: status %d: %s", email, in.Status, in.Text("main"))
	}
	return d.v.Get(in.Location())
}

func (d typist) count(t *testing.T, sql string, args ...any) (n int) {
	t.Helper()
	if err := d.DB.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func staffTypist(t *testing.T) typist {
	t.Helper()
	d := typist{Desk: webtest.New(t), signIn: "/console/sign-in"}
	d.Member(t, staff.RoleAdministrator, "typist@staff.test")
	d.Member(t, staff.RoleAdministrator, "other@staff.test")
	d.v = d.NewVisitor(t)
	d.signInAs(t, d.signIn, "typist@staff.test")
	return d
}

func applicantTypist(t *testing.T) (d typist, question string) {
	t.Helper()
	d = typist{Desk: webtest.New(t), signIn: "/account/sign-in"}
	id := d.Applicant(t, "typist@mail.example")
	d.Applicant(t, "other@mail.example")
	d.v = d.NewVisitor(t)
	d.signInAs(t, d.signIn, "typist@mail.example")
	return d, openFor(t, d.Desk, &id)
}

func openFor(t *testing.T, d *webtest.Desk, owner *int64) string {
	t.Helper()
	opened, err := d.Tickets.Open(t.Context(), ticket.Inquiry{
		Channel: ticket.ChannelPortal, Language: "en", Category: "case-question", Name: "Ada Quill", Email: "typist@mail.example",
		Subject: "My interview", Question: "When is it?", Number: identifier.Read(""), AccountID: owner, Token: [16]byte{1},
	})
	if err != nil {
		t.Fatal(err)
	}
	return opened.Reference
}

// typedForm is a form in which something is typed. done counts what sending it makes.
type typedForm struct {
	name, page, form string // the page that shows it, and where it stands there
	fill             url.Values
	shows            string // the name of the field that has to come back
	done             string
}

func (f typedForm) filled(p webtest.Page) url.Values {
	values := p.Form(f.form)
	for name, v := range f.fill {
		values[name] = v
	}
	return values
}

// holdsThrough ends the session before the form is sent, and sends it without script from two windows.
func (f typedForm) holdsThrough(t *testing.T, d typist, typistIs, otherIs string) {
	t.Helper()
	before := d.count(t, f.done)
	shown := d.v.Get(f.page)
	action := shown.Doc.Find(f.form).First().AttrOr("action", "")
	values := f.filled(shown)
	want := values.Get(f.shows)
	if action == "" || want == "" {
		t.Fatalf("%s has no form %q: status %d", f.page, f.form, shown.Status)
	}
	d.endSessions(t)
	sent := d.v.Post(action, values)
	twice := d.v.Post(action, values)
	// A message may have files: its page holds them, and leads to the sign-in by a link.
	leads := func(p webtest.Page) string {
		return p.Location() + p.Doc.Find(`main a[href^="`+d.signIn+`?next="]`).AttrOr("href", "")
	}
	if !strings.HasPrefix(leads(sent), d.signIn+"?next=") || leads(twice) != leads(sent) {
		t.Fatalf("sent: status %d to %q, then to %q", sent.Status, leads(sent), leads(twice))
	}
	if n := d.count(t, f.done); n != before {
		t.Fatalf("without a session it was done %d times", n-before)
	}
	tells := func(p webtest.Page) bool {
		return p.Form(f.form).Get(f.shows) == want || len(want) > 5 && strings.Contains(p.Body, want)
	}
	if p := d.signInAs(t, leads(sent), otherIs); tells(p) {
		t.Error("another person sees it")
	}
	// In the other's session it is not the other's either.
	stopped := d.v.Post(action, values)
	if stopped.Status != http.StatusConflict || tells(stopped) || d.count(t, f.done) != before {
		t.Fatalf("in another's session: status %d, shown %v, done %d times", stopped.Status, tells(stopped), d.count(t, f.done)-before)
	}
	out := stopped.Form(`main form[action$="/sign-out"]`)
	to := d.v.Post(strings.TrimSuffix(d.signIn, "sign-in")+"sign-out", out)
	back := d.signInAs(t, to.Location(), typistIs)
	if got := strings.TrimPrefix(back.Form(f.form).Get(f.shows), "\n"); got != want {
		t.Fatalf("given back is %q, want %q: %s", got, want, back.Text("main"))
	}
	again := back.Form(f.form)
	for name, v := range f.fill { // passwords are not given back
		if strings.Contains(name, "password") {
			again[name] = v
		}
	}
	if p := d.v.Post(action, again); p.Status != http.StatusSeeOther {
		t.Fatalf("sent again: status %d: %s", p.Status, p.Text("main"))
	}
	if n := d.count(t, f.done); n != before+1 {
		t.Errorf("it was done %d times, want once", n-before)
	}
	// The second window with the form that was given back does not do it again, and loses nothing.
	second := d.v.Post(action, again)
	if n := d.count(t, f.done); n != before+1 {
		t.Errorf("from two windows it was done %d times, want once", n-before)
	}
	if p := d.v.Get(second.Location()); p.Doc.Find(f.form).Length() > 0 && strings.TrimPrefix(p.Form(f.form).Get(f.shows), "\n") != want && !strings.Contains(p.Text("main"), want) {
		t.Errorf("the second window leads to %q without the words", second.Location())
	}
}

func TestWhatIsTypedInTheConsoleOutlivesItsSession(t *testing.T) {
	t.Parallel()
	for _, f := range []typedForm{
		{name: "reply", form: "#panel-reply form", fill: url.Values{"body": {"Typed <for> ten minutes."}}, shows: "body", done: `SELECT count(*) FROM message WHERE kind = 'reply'`},
		{name: "note", form: "#panel-note form", fill: url.Values{"body": {"A long note."}}, shows: "body", done: `SELECT count(*) FROM message WHERE kind = 'note'`},
		{name: "a mail is set aside", form: `form[action$="/discard"]`, fill: url.Values{"reason": {"It is an advertisement."}}, shows: "reason", done: `SELECT count(*) FROM inbound_mail WHERE reason <> ''`},
		{name: "calendar", page: "/console/calendar", form: ".calendar-form", fill: url.Values{"monday": {"10:00-11:00"}}, shows: "monday", done: `SELECT count(*) FROM calendar`},
		{name: "scheduled report", page: "/console/reports/scheduled/new", form: ".schedule-form", fill: url.Values{"every": {"monthly"}, "month_day": {"17"}}, shows: "month_day", done: `SELECT count(*) FROM report_schedule`},
		{name: "scheduled report changed", form: ".schedule-form", fill: url.Values{"every": {"monthly"}, "month_day": {"23"}}, shows: "month_day", done: `SELECT count(*) FROM report_schedule WHERE month_day = 23`},
		{name: "a mail is added", form: `form[action$="/attach"]`, shows: "reference", done: `SELECT count(*) FROM message WHERE body LIKE '%Buy now%'`},
	} {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			d := staffTypist(t)
			switch {
			case strings.Contains(f.form, "discard"):
				f.page = fmt.Sprint("/console/mail/", waitingMail(t, d))
			case strings.Contains(f.form, "attach"):
				f.page, f.fill = fmt.Sprint("/console/mail/", waitingMail(t, d)), url.Values{"reference": {openFor(t, d.Desk, nil)}}
			case f.form == ".schedule-form" && f.page == "":
				f.page = scheduledReport(t, d)
			case f.page == "":
				f.page = "/console/tickets/" + openFor(t, d.Desk, nil)
			}
			f.holdsThrough(t, d, "typist@staff.test", "other@staff.test")
		})
	}
}

func TestWhatIsTypedInTheAccountOutlivesItsSession(t *testing.T) {
	t.Parallel()
	for _, f := range []typedForm{
		{name: "details", page: "/account/details", form: "#form", fill: url.Values{"name": {"Ada Quill"}, "address": {"12 Long Lane, Springfield"}, "birth_day": {"1"}, "birth_month": {"2"}, "birth_year": {"1990"}}, shows: "address",
			done: `SELECT count(*) FROM account WHERE address = '12 Long Lane, Springfield'`},
		{name: "email", page: "/account/email", form: "#form", fill: url.Values{"email": {"new@mail.example"}, "old_password": {webtest.Password}}, shows: "email",
			done: `SELECT count(*) FROM mail_request WHERE email = 'new@mail.example'`},
		{name: "message", form: "#message-form", fill: url.Values{"message": {"It is about my daughter, too."}}, shows: "message", done: `SELECT count(*) FROM message WHERE body LIKE '%daughter%'`},
		{name: "rating", form: ".rating form.form", fill: url.Values{"words": {"The office was closed on Monday."}}, shows: "words", done: `SELECT count(*) FROM ticket_rating WHERE words <> ''`},
	} {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			d, question := applicantTypist(t)
			switch {
			case f.name == "rating":
				f.page = ratedQuestion(t, d, question)
			case f.page == "":
				f.page = "/account/questions/" + question
			}
			f.holdsThrough(t, d, "typist@mail.example", "other@mail.example")
		})
	}
}

// scheduledReport is the page of one that the typist has.
func scheduledReport(t *testing.T, d typist) string {
	t.Helper()
	const scheduled = "/console/reports/scheduled"
	added := d.v.Post(scheduled, d.v.Get(scheduled+"/new").Form(".schedule-form"))
	if added.Status != http.StatusSeeOther {
		t.Fatalf("schedule a report: status %d: %s", added.Status, added.Text("main"))
	}
	return fmt.Sprint(scheduled, "/", d.count(t, `SELECT id FROM report_schedule`))
}

// ratedQuestion is the page of a question that is answered, and of which its owner has said that the answer helped.
func ratedQuestion(t *testing.T, d typist, question string) string {
	t.Helper()
	agent := ticket.Staff(d.Member(t, staff.RoleAgent, "agent@staff.test"))
	if _, err := d.Tickets.Reply(t.Context(), agent, question, ticket.Draft{Body: "On Monday at nine.", Status: ticket.StatusSolved}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.DB.Exec(t.Context(), `UPDATE message SET deliver_at = now() - interval '1 second' WHERE kind = 'reply'`); err != nil {
		t.Fatal(err)
	}
	at := "/account/questions/" + question
	if p := d.v.Post(at+"/rating", url.Values{"helpful": {"yes"}}); p.Status != http.StatusSeeOther {
		t.Fatalf("rate: status %d: %s", p.Status, p.Text("main"))
	}
	return at
}

func waitingMail(t *testing.T, d typist) (id int64) {
	t.Helper()
	err := d.DB.QueryRow(t.Context(), `
		INSERT INTO inbound_mail (source, fingerprint, received_at, state, why, decided_at, from_address, subject, body)
		VALUES ('smtp', decode(repeat('ab', 32), 'hex'), now(), 'quarantined', 'forged', now(), 'shop@mail.example', 'Sale', 'Buy now')
		RETURNING id`).Scan(&id)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// formTag finds the forms of a template, from tag to tag.
var formTag = regexp.MustCompile(`(?s)<form\b.*?</form>`)

// Every form of a signed-in person in which something is typed says for whom it was made.
func TestFormsSayWhoTypes(t *testing.T) {
	t.Parallel()
	// Nobody is signed in on these, or nothing but secrets is typed.
	without := []string{"console/sign_in", "portal/sign_in", "portal/second_step", "portal/register", "portal/link", "portal/password_ask", "portal/password_change",
		"portal/factors", "portal/factor_app", "portal/factor_passkey"}
	typed := regexp.MustCompile(`<textarea|<input class="input"|template "(field-input|field-textarea|report-field|password-field)"`)
	found := 0
	for _, area := range []string{"console", "reports", "portal", "thread"} {
		files, err := filepath.Glob(filepath.Join("templates", area, "*.html"))
		if err != nil || len(files) == 0 {
			t.Fatal(area, err)
		}
		for _, file := range files {
			name := strings.TrimSuffix(area+"/"+filepath.Base(file), ".html")
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, form := range formTag.FindAllString(string(text), -1) {
				if !strings.Contains(form, `method="post"`) || !typed.MatchString(form) || strings.Contains(strings.Join(without, " "), name) || name == "thread/status" {
					continue
				}
				found++
				if !strings.Contains(form, `{{template "typed" `) {
					t.Errorf("%s: a form does not say who types: %.120s", name, form)
				}
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d forms were found", found)
	}
}
