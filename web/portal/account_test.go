package portal_test

import (
	"archive/zip"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/web/webtest"
	"github.com/askwell/askwell/workers/workertest"
)

// registration is a form as an applicant would fill it in.
func registration(changes ...string) url.Values {
	values := url.Values{
		"name": {"Ana María Núñez"}, "birth_day": {"29"}, "birth_month": {"2"}, "birth_year": {"1988"}, "address": {"12 Harbor Street"},
		"email": {"ana@mail.example"}, "password": {password}, "homepage": {""},
	}
	for i := 0; i+1 < len(changes); i += 2 {
		values.Set(changes[i], changes[i+1])
	}
	return values
}

// pathOf is the part of a link that a visitor of the desk asks for.
func pathOf(t *testing.T, desk *webtest.Desk, link string) string {
	t.Helper()
	path, ours := strings.CutPrefix(link, desk.URL)
	if !ours {
		t.Fatalf("the link %q is not the desk's", link)
	}
	return path
}

// registered gives a visitor who is signed in to a new account.
func registered(t *testing.T, desk *webtest.Desk, box *workertest.Post, email string) *webtest.Visitor {
	t.Helper()
	v := desk.NewVisitor(t)
	if p := v.Post("/register", registration("email", email)); p.Status != http.StatusSeeOther {
		t.Fatalf("register: status %d: %s", p.Status, p.Text("main"))
	}
	path := pathOf(t, desk, linkIn(t, box.Next(t, email)))
	if p := v.Post(path, url.Values{"password": {password}}); p.Status != http.StatusSeeOther || p.Location() != "/account" {
		t.Fatalf("confirm: status %d to %q: %s", p.Status, p.Location(), p.Text("main"))
	}
	box.Next(t, email) // the number
	return v
}

func problems(p webtest.Page) map[string]string {
	found := map[string]string{}
	for i := range p.Doc.Find(".error-summary li").Length() {
		line := p.Doc.Find(".error-summary li").Eq(i)
		found[strings.TrimPrefix(line.Find("a").AttrOr("href", "#"), "#")] = strings.TrimSpace(line.Text())
	}
	return found
}

func TestOwnersPagesAreForTheOwner(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	for _, path := range []string{"/account", "/account/questions", "/account/details", "/account/email", "/account/security", "/account/security/password", "/account/data"} {
		p := desk.NewVisitor(t).Get(path)
		if want := "/account/sign-in?next=" + url.QueryEscape(path); p.Status != http.StatusSeeOther || p.Location() != want {
			t.Errorf("GET %s, not signed in: status %d to %q, want 303 to %q", path, p.Status, p.Location(), want)
		}
	}
	for _, path := range []string{"/account/details", "/account/email", "/account/security/password", "/account/security/end-sessions", "/account/data"} {
		if p := desk.NewVisitor(t).Post(path, url.Values{}); p.Status != http.StatusSeeOther || p.Location() != "/account/sign-in" {
			t.Errorf("POST %s, not signed in: status %d to %q", path, p.Status, p.Location())
		}
	}
	staff := desk.SignIn(t, "administrator")
	if p := staff.Get("/account"); p.Status != http.StatusSeeOther {
		t.Errorf("a member of staff is somebody's owner: status %d", p.Status)
	}
}

func TestRegisterRefusesWhatIsWrong(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	for name, c := range map[string]struct {
		change []string
		field  string
	}{
		"no name":                {[]string{"name", " "}, "name"},
		"a name of 129":          {[]string{"name", strings.Repeat("ñ", 129)}, "name"},
		"29 February 1989":       {[]string{"birth_year", "1989"}, "date_of_birth"},
		"letters":                {[]string{"birth_day", "first"}, "date_of_birth"},
		"tomorrow's child":       {[]string{"birth_year", "2096"}, "date_of_birth"},
		"two digits of a year":   {[]string{"birth_year", "88"}, "date_of_birth"},
		"born in 1888":           {[]string{"birth_year", "1888"}, "date_of_birth"},
		"no address":             {[]string{"address", ""}, "address"},
		"no email":               {[]string{"email", "ana"}, "email"},
		"two addresses":          {[]string{"email", "ana@mail.example, ben@mail.example"}, "email"},
		"a short password":       {[]string{"password", "fourteen chars"}, "password"},
		"a common password":      {[]string{"password", "correct horse battery staple"}, "password"},
		"an unreadable password": {[]string{"password", "seven lamps \xff in the harbour"}, "password"},
	} {
		form := registration(c.change...)
		p := desk.Post("/register", form)
		found := problems(p)
		if p.Status != http.StatusUnprocessableEntity || found[c.field] == "" || len(found) != 1 {
			t.Errorf("%s: status %d, problems %v, want one of %s", name, p.Status, found, c.field)
		}
		for _, field := range []string{"name", "birth_day", "birth_year", "email"} {
			if got, want := p.Value(field), strings.TrimSpace(form.Get(field)); got != want {
				t.Errorf("%s: %s holds %q, want %q", name, field, got, want)
			}
		}
		if strings.Contains(p.Body, form.Get("password")) {
			t.Errorf("%s: the page holds the password", name)
		}
	}
	for _, name := range []string{"O", "王秀英", "Zoë", "محمد", "Иван Петров", strings.Repeat("n", 128)} {
		if p := desk.Post("/register", registration("name", name)); p.Status != http.StatusSeeOther {
			t.Errorf("the name %q is refused: %v", name, problems(p))
		}
	}
}

// Whoever tries addresses sees nothing; who owns the mailbox is told.
func TestRegisterTellsNothing(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	box := mailed(t, desk)
	registered(t, desk, box, "ana@mail.example")
	known := desk.NewVisitor(t).Post("/register", registration("email", "ANA@mail.example"))
	unknown := desk.NewVisitor(t).Post("/register", registration("email", "eve@mail.example"))
	if known.Status != unknown.Status || known.Location() != unknown.Location() || known.Body != unknown.Body {
		t.Errorf("known: %d %q; unknown: %d %q", known.Status, known.Location(), unknown.Status, unknown.Location())
	}
	if m := box.Next(t, "ANA@mail.example"); link.MatchString(m.Text) || !strings.Contains(m.Subject, "already have an account") {
		t.Errorf("the owner is told %q:\n%s", m.Subject, m.Text)
	}
}

// Two registrations of one address at once: both get a link, the first one used makes the account, with one number; no link works twice.
func TestTwoRegistrationsOfOneAddress(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	box := mailed(t, desk)
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() { desk.NewVisitor(t).Post("/register", registration()) })
	}
	both.Wait()
	var paths []string
	for range 2 {
		paths = append(paths, pathOf(t, desk, linkIn(t, box.Next(t, "ana@mail.example"))))
	}
	answers := make([]webtest.Page, 4)
	for i, path := range append(paths, paths...) {
		both.Go(func() { answers[i] = desk.NewVisitor(t).Post(path, url.Values{"password": {password}}) })
	}
	both.Wait()
	made := 0
	for _, p := range answers {
		switch p.Status {
		case http.StatusSeeOther:
			made++
		case http.StatusNotFound, http.StatusConflict:
		default:
			t.Errorf("a link is answered with status %d: %s", p.Status, p.Text("main"))
		}
	}
	var accounts int
	if err := desk.DB.QueryRow(t.Context(), `SELECT count(*) FROM account`).Scan(&accounts); err != nil {
		t.Fatal(err)
	}
	if made != 1 || accounts != 1 {
		t.Errorf("%d were let in, %d accounts; want one of each", made, accounts)
	}
	if p := desk.NewVisitor(t).Get(paths[0] + "x"); p.Status != http.StatusNotFound {
		t.Errorf("a link that nobody got: status %d", p.Status)
	}
}

func TestLinksExpire(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	box := mailed(t, desk)
	registered(t, desk, box, "ana@mail.example")
	desk.NewVisitor(t).Post("/account/password", url.Values{"email": {"ana@mail.example"}})
	path := pathOf(t, desk, linkIn(t, box.Next(t, "ana@mail.example")))
	if p := desk.NewVisitor(t).Get(path); p.Status != http.StatusOK {
		t.Fatalf("a fresh link: status %d", p.Status)
	}
	if _, err := desk.DB.Exec(t.Context(), `UPDATE mail_request SET expires_at = now() - interval '1 second'`); err != nil {
		t.Fatal(err)
	}
	v := desk.NewVisitor(t)
	if p := v.Post(path, url.Values{"password": {"another seven lamps"}}); p.Status != http.StatusNotFound {
		t.Errorf("an old link: status %d", p.Status)
	}
	if p := v.Post("/account/sign-in", url.Values{"email": {"ana@mail.example"}, "password": {password}}); p.Status != http.StatusSeeOther {
		t.Errorf("the password has changed: status %d", p.Status)
	}
}

// A lock that a stranger causes does not hold for a browser that the owner has used, and a link from the mailbox opens any.
func TestNobodyIsLockedOutByAnother(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	box := mailed(t, desk)
	owner := registered(t, desk, box, "ana@mail.example")
	owner.Post("/account/sign-out", url.Values{})
	stranger := desk.NewVisitor(t)
	in := func(v *webtest.Visitor, typed string) int {
		return v.Post("/account/sign-in", url.Values{"email": {"ana@mail.example"}, "password": {typed}}).Status
	}
	for range 5 {
		if got := in(stranger, "not the password at all"); got != http.StatusUnprocessableEntity {
			t.Fatalf("a wrong password: status %d", got)
		}
	}
	if got := in(stranger, password); got != http.StatusTooManyRequests {
		t.Errorf("the sixth try of a stranger: status %d, want 429", got)
	}
	if got := in(owner, password); got != http.StatusSeeOther {
		t.Errorf("the owner's own browser: status %d, want 303", got)
	}
	phone := desk.NewVisitor(t) // new, and from where the stranger is
	if got := in(phone, password); got != http.StatusTooManyRequests {
		t.Errorf("a new phone in the locked network: status %d, want 429", got)
	}
	phone.Post("/account/password", url.Values{"email": {"ana@mail.example"}})
	path := pathOf(t, desk, linkIn(t, box.Next(t, "ana@mail.example")))
	if p := phone.Post(path, url.Values{"password": {"another seven lamps"}}); p.Status != http.StatusSeeOther {
		t.Fatalf("the link: status %d: %s", p.Status, p.Text("main"))
	}
	if p := phone.Get("/account"); p.Status != http.StatusOK {
		t.Errorf("after the link: status %d", p.Status)
	}
	if p := owner.Get("/account"); p.Status != http.StatusSeeOther {
		t.Errorf("a new password leaves another session open: status %d", p.Status)
	}
}

func TestChangesAreAuditedAndTold(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	box := mailed(t, desk)
	v := registered(t, desk, box, "ana@mail.example")
	form := v.Get("/account/details").Form(`form[action="/account/details"]`)
	form.Set("address", "7 Pier Road")
	if p := v.Post("/account/details", form); p.Status != http.StatusSeeOther {
		t.Fatalf("status %d: %s", p.Status, p.Text("main"))
	}
	box.Next(t, "ana@mail.example")
	v.Post("/account/details", form) // nothing differs now
	ask := func(email, typed string) webtest.Page {
		return v.Post("/account/email", url.Values{"email": {email}, "old_password": {typed}})
	}
	if p := ask("new@mail.example", "not my password at all"); p.Status != http.StatusUnprocessableEntity {
		t.Errorf("another email address without the password: status %d", p.Status)
	}
	if p := ask("Ana@mail.example", password); p.Status != http.StatusUnprocessableEntity {
		t.Errorf("the same address: status %d", p.Status)
	}
	if p := ask("new@mail.example", password); p.Status != http.StatusSeeOther {
		t.Fatalf("another address: status %d: %s", p.Status, p.Text("main"))
	}
	box.Next(t, "ana@mail.example") // somebody asked
	path := pathOf(t, desk, linkIn(t, box.Next(t, "new@mail.example")))
	if p := desk.NewVisitor(t).Get(path); p.Status != http.StatusOK || p.Doc.Find("form").Length() == 0 {
		t.Errorf("opening the link: status %d", p.Status)
	}
	if p := desk.NewVisitor(t).Post(path, url.Values{}); p.Status != http.StatusOK {
		t.Fatalf("using the link: status %d", p.Status)
	}
	for _, to := range []string{"ana@mail.example", "new@mail.example"} {
		if m := box.Next(t, to); !strings.Contains(m.Subject, "was changed") {
			t.Errorf("%s is told %q", to, m.Subject)
		}
	}
	events, err := account.Store{DB: desk.DB}.History(t.Context(), 1, 20)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range events {
		line := string(e.Kind)
		for field, before := range e.Data.Before {
			line += " " + field + " was " + before
		}
		got = append(got, line)
	}
	want := []string{"email_changed email was ana@mail.example", "email_asked", "details_changed address was 12 Harbor Street", "registered"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestSignOutEverywhere(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	box := mailed(t, desk)
	first := registered(t, desk, box, "ana@mail.example")
	second := desk.NewVisitor(t)
	second.Post("/account/sign-in", url.Values{"email": {"ana@mail.example"}, "password": {password}})
	if p := second.Get("/account/security"); p.Status != http.StatusOK || !strings.Contains(p.Text("main"), "Signed in") {
		t.Fatalf("the second browser: status %d: %s", p.Status, p.Text("main"))
	}
	first.Post("/account/security/end-sessions", url.Values{})
	for name, v := range map[string]*webtest.Visitor{"first": first, "second": second} {
		if p := v.Get("/account"); p.Status != http.StatusSeeOther {
			t.Errorf("the %s browser is still in: status %d", name, p.Status)
		}
	}
}

// A question from the account is the owner's without a doubt, and its copy comes along with everything else.
func TestAskAndTakeACopy(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	box := mailed(t, desk)
	v := registered(t, desk, box, "ana@mail.example")
	form := v.Get("/inquiries/new").Form("main form")
	for name, value := range map[string]string{"category": "case-question", "subject": "My interview", "question": "When is it?", "name": "Eve", "email": "eve@mail.example"} {
		form.Set(name, value)
	}
	p := v.Post("/inquiries", form)
	if p.Status != http.StatusSeeOther {
		t.Fatalf("ask: status %d: %s", p.Status, p.Text("main"))
	}
	reference := strings.TrimPrefix(p.Location(), "/inquiries/")
	got, err := desk.Tickets.ByReference(t.Context(), reference)
	if err != nil {
		t.Fatal(err)
	}
	if got.LinkState != "verified" || got.Channel != "portal" || got.NumberGroup != "with" || got.ApplicantName != "Ana María Núñez" || got.ApplicantEmail != "ana@mail.example" {
		t.Errorf("the ticket is %s, %s, %s, of %s <%s>", got.LinkState, got.Channel, got.NumberGroup, got.ApplicantName, got.ApplicantEmail)
	}
	if p := v.Get("/account"); !strings.Contains(p.Text(".question-list"), "My interview") {
		t.Errorf("the dashboard lacks the question: %s", p.Text("main"))
	}
	if p := v.Get("/account/questions/" + reference); p.Status != http.StatusOK {
		t.Errorf("the question: status %d", p.Status)
	}
	other := registered(t, desk, box, "ben@mail.example")
	if p := other.Get("/account/questions/" + reference); p.Status != http.StatusNotFound {
		t.Errorf("another's question: status %d, want 404", p.Status)
	}
	data := copied(t, v.Post("/account/data", url.Values{}))
	if len(data.Questions) != 1 || data.Questions[0].Messages[0].Text != "When is it?" || data.Account.Email != "ana@mail.example" || data.Account.DateOfBirth != "1988-02-29" {
		t.Errorf("the copy holds %+v", data)
	}
}

type copyOfAll struct {
	Account struct {
		Email, Number string
		DateOfBirth   string `json:"date_of_birth"`
	}
	Questions []struct{ Messages []struct{ From, Text string } }
}

func copied(t *testing.T, p webtest.Page) (data copyOfAll) {
	t.Helper()
	archive, err := zip.NewReader(strings.NewReader(p.Body), int64(len(p.Body)))
	if err != nil {
		t.Fatal(err)
	}
	file, err := archive.Open("data.json")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(file)
	if err == nil {
		err = json.Unmarshal(text, &data)
	}
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// A form that was begun before signing in says itself who asks: nobody's question lands in another's account by a second tab.
func TestAFormFromBeforeSigningInStaysItsOwn(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	box := mailed(t, desk)
	v := registered(t, desk, box, "ana@mail.example")
	form := desk.NewVisitor(t).Get("/inquiries/new").Form("main form")
	for name, value := range map[string]string{"category": "case-question", "subject": "S", "question": "Q", "name": "Ben", "email": "ben@mail.example"} {
		form.Set(name, value)
	}
	p := v.Post("/inquiries", form)
	got, err := desk.Tickets.ByReference(t.Context(), strings.TrimPrefix(p.Location(), "/inquiries/"))
	if err != nil || got.AccountID != nil || got.ApplicantName != "Ben" {
		t.Errorf("the ticket is of %q, account %v (%v)", got.ApplicantName, got.AccountID, err)
	}
}

// Who signs in is asked for the password that they have, and not to choose one.
func TestSignInAsksForTheirPassword(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	for lang, want := range map[string]string{"en": "Your password", "es": "Su contraseña"} {
		if got := desk.Get("/account/sign-in?lang=" + lang).Text(`label[for="password"]`); got != want {
			t.Errorf("%s: the field is %q, want %q", lang, got, want)
		}
	}
}

func TestPasswordChangeEndsOtherSessions(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	box := mailed(t, desk)
	first := registered(t, desk, box, "ana@mail.example")
	second := desk.NewVisitor(t)
	second.Post("/account/sign-in", url.Values{"email": {"ana@mail.example"}, "password": {password}})
	change := func(old, fresh string) webtest.Page {
		return first.Post("/account/security/password", url.Values{"old_password": {old}, "password": {fresh}})
	}
	if p := change("not the password at all", "nine boats at anchor"); p.Status != http.StatusUnprocessableEntity || problems(p)["old_password"] == "" {
		t.Errorf("a wrong old password: status %d, %v", p.Status, problems(p))
	}
	if p := change(password, "short"); p.Status != http.StatusUnprocessableEntity || problems(p)["password"] == "" {
		t.Errorf("a short new password: status %d, %v", p.Status, problems(p))
	}
	if p := change(password, "nine boats at anchor"); p.Status != http.StatusSeeOther {
		t.Fatalf("status %d: %s", p.Status, p.Text("main"))
	}
	if p := first.Get("/account"); p.Status != http.StatusOK {
		t.Errorf("this browser is signed out: status %d", p.Status)
	}
	if p := second.Get("/account"); p.Status != http.StatusSeeOther {
		t.Errorf("the other browser is still in: status %d", p.Status)
	}
	box.Next(t, "ana@mail.example")
}

// What was asked for and never used is forgotten a day after it has expired.
func TestRequestsAreForgotten(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	desk := webtest.New(t, webtest.Options{Now: func() time.Time { return now }})
	desk.Post("/register", registration())
	for _, c := range []struct {
		after time.Duration
		want  int64
	}{{47 * time.Hour, 0}, {2 * time.Hour, 1}, {time.Hour, 0}} {
		now = now.Add(c.after)
		if n, err := desk.Accounts.Sweep(t.Context()); err != nil || n != c.want {
			t.Errorf("after %s: %d forgotten (%v), want %d", c.after, n, err, c.want)
		}
	}
}
