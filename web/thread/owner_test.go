package thread_test

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/session"
	"github.com/askwell/askwell/web/webtest"
)

// owner is a visitor who is signed in to an account.
type owner struct {
	*webtest.Visitor
	id             int64
	number, cookie string
}

// owner puts an account on file and signs its owner in; how that is done is another page's.
func (d *desk) owner(name, email string) *owner {
	d.t.Helper()
	o := &owner{Visitor: d.NewVisitor(d.t)}
	var err error
	o.number, err = identifier.NewAccountNumber(rand.Reader)
	d.must(err)
	d.must(d.DB.QueryRow(d.t.Context(), `
		WITH opened AS (INSERT INTO account (number, name, name_words, email) VALUES ($1, $2, $3, $4) RETURNING id)
		INSERT INTO account_credential (account_id, password_hash, changed_at) SELECT id, '$argon2id$none', now() FROM opened
		RETURNING account_id`, o.number, name, identifier.NameWords(name), email).Scan(&o.id))
	sessions := session.NewApplicants(session.ApplicantConfig{DB: d.DB, Accounts: d.Accounts, Now: d.now})
	door := gin.New()
	door.POST("/", func(c *gin.Context) {
		d.must(sessions.Load(c))
		a, err := d.Accounts.ForSession(c.Request.Context(), o.id)
		d.must(err)
		d.must(sessions.SignIn(c, a))
	})
	answer := httptest.NewRecorder()
	door.ServeHTTP(answer, httptest.NewRequest(http.MethodPost, "/", nil))
	o.cookie = strings.Split(answer.Header().Get("Set-Cookie"), ";")[0]
	return o
}

func (o *owner) get(path string) webtest.Page {
	return o.Send(http.MethodGet, path, "", nil, "Cookie", o.cookie)
}

func (o *owner) post(path string, form url.Values) webtest.Page {
	return o.Send(http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()), "Cookie", o.cookie)
}

func (d *desk) linked(o *owner, change func(*ticket.Inquiry)) ticket.Ticket {
	d.t.Helper()
	t := d.open(func(in *ticket.Inquiry) { in.Number = identifier.Read(o.number) }, change)
	var task int64
	d.must(d.DB.QueryRow(d.t.Context(), `
		INSERT INTO outbox_task (task, subject_id, due_at, created_at) VALUES ('link_account', $1, now(), now()) RETURNING id`, t.ID).Scan(&task))
	d.must(d.Tickets.LinkByNumber(d.t.Context(), task, t.ID))
	t, err := d.Tickets.ByReference(d.t.Context(), t.Reference)
	d.must(err)
	return t
}

// An owner reads and writes the questions of the account, from the same page; anybody else's is none, and so is one that only claims to
// be the owner's.
func TestOwnersQuestions(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ana, bo := d.owner("Ana Núñez", "ana@mail.example"), d.owner("Bo Li", "bo@mail.example")
	mine := d.linked(ana, func(*ticket.Inquiry) {})
	claimed := d.linked(ana, func(in *ticket.Inquiry) { in.Email = "somebody@mail.example" })
	if mine.LinkState != ticket.LinkCorroborated || claimed.LinkState != ticket.LinkClaimed {
		t.Fatalf("%s and %s", mine.LinkState, claimed.LinkState)
	}
	path := func(t ticket.Ticket) string { return "/account/questions/" + t.Reference }
	d.answer(mine, "It was mailed on Monday.")
	p := ana.get(path(mine))
	holds(t, p, "It was mailed on Monday.", "Back to my account")
	if sent := ana.post(path(mine)+"/messages", typed(p, "It is not there.")); sent.Status != http.StatusSeeOther || sent.Location() != path(mine) {
		t.Errorf("a message: status %d to %q", sent.Status, sent.Location())
	}
	if n := d.count(`SELECT count(*) FROM ticket_event WHERE kind = 'applicant_wrote' AND data->>'reason' = 'portal'`); n != 1 {
		t.Errorf("%d messages from the account", n)
	}
	holds(t, ana.get(path(mine)), "Your message is sent.", "It is not there.") // and the next page does not say so again
	notAnas := typed(p, "Hello?")
	notAnas.Del("typed_as")
	for name, answer := range map[string][2]webtest.Page{
		"another's":       {bo.get(path(mine)), bo.get("/account/questions/" + identifier.ReferenceOf(77))},
		"claimed":         {ana.get(path(claimed)), ana.get("/account/questions/" + identifier.ReferenceOf(77))},
		"another's, to a": {bo.post(path(mine)+"/solve", nil), bo.post("/account/questions/"+identifier.ReferenceOf(77)+"/solve", nil)},
		"its message": {
			bo.post(path(mine)+"/messages", notAnas), bo.post("/account/questions/"+identifier.ReferenceOf(77)+"/messages", notAnas),
		},
		"by the follower's address": {ana.get(questionPath(mine.Reference)), ana.get(questionPath(identifier.ReferenceOf(77)))},
	} {
		if answer[0].Status != http.StatusNotFound || sameAnswer(answer[0]) != sameAnswer(answer[1]) {
			t.Errorf("%s: status %d, %d for none", name, answer[0].Status, answer[1].Status)
		}
	}
	signedOut := d.NewVisitor(t).Post(path(mine)+"/messages", typed(p, "Are you there?"))
	if signedOut.Status != http.StatusUnauthorized || strings.TrimSpace(signedOut.Value("message")) != "Are you there?" {
		t.Errorf("signed out: status %d, keeps %q", signedOut.Status, signedOut.Value("message"))
	}
	if again := ana.post(path(mine)+"/messages", signedOut.Form(`form[action$="/messages"]`)); again.Status != http.StatusSeeOther {
		t.Errorf("signed in again: status %d", again.Status)
	}
}

// The account lists what its owner may read, with what is new, and leads there.
func TestAccountListsItsQuestions(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ana, bo := d.owner("Ana Núñez", "ana@mail.example"), d.owner("Bo Li", "bo@mail.example")
	mine := d.linked(ana, func(*ticket.Inquiry) {})
	d.linked(ana, func(in *ticket.Inquiry) { in.Email, in.Subject = "somebody@mail.example", "Only claimed" })
	d.answer(mine, "It was mailed on Monday.")
	for _, path := range []string{"/account", "/account/questions"} {
		p := ana.get(path)
		holds(t, p, "My card has not come", "New answer", "We wait for you")
		if got := p.Doc.Find(".question-list a"); got.Length() != 1 || got.AttrOr("href", "") != "/account/questions/"+mine.Reference {
			t.Errorf("%s lists %d questions", path, got.Length())
		}
		if p := bo.get(path); p.Status != http.StatusOK || p.Doc.Find(".question-list a").Length() != 0 {
			t.Errorf("%s of another account: status %d, %d questions", path, p.Status, p.Doc.Find(".question-list a").Length())
		}
		if p := d.NewVisitor(t).Get(path); p.Status != http.StatusSeeOther || !strings.HasPrefix(p.Location(), "/account/sign-in") {
			t.Errorf("%s, signed out: status %d to %q", path, p.Status, p.Location())
		}
	}
	ana.get("/account/questions/" + mine.Reference)
	if strings.Contains(ana.get("/account").Text("main"), "New answer") {
		t.Error("what was read is still new")
	}
	if p := ana.get("/account/questions?after=nonsense"); p.Status != http.StatusUnprocessableEntity {
		t.Errorf("a page that does not exist: status %d", p.Status)
	}
	for range questionsOnPage {
		d.linked(ana, func(*ticket.Inquiry) {})
	}
	first := ana.get("/account/questions")
	second := ana.get(first.Doc.Find(`a[href*="after="]`).AttrOr("href", ""))
	if a, b := first.Doc.Find(".question-list a").Length(), second.Doc.Find(".question-list a").Length(); a != questionsOnPage || b != 1 {
		t.Errorf("%d and %d questions on two pages", a, b)
	}
}

const questionsOnPage = 20
