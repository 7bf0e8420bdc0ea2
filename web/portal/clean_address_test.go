package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/transfer"
	"github.com/askwell/askwell/web/webtest"
)

// TestWhatDoesNotShowIsNoPartOfAnAddress walks through every place that reads one, with what comes along when an address is copied: a
// direction mark, a zero-width space, a variation selector, and a dot at its end.
func TestWhatDoesNotShowIsNoPartOfAnAddress(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	box := mailed(t, desk)
	dirty := func(name string) string { return "\u202a" + name + "\u200b@mail\u00ad.example.\ufe0f\u202c" }
	ana := registered(t, desk, box, "ana@mail.example") // as a control: what is clean works

	v := desk.NewVisitor(t)
	if p := v.Post("/register", registration("email", dirty("bo"))); p.Status != http.StatusSeeOther {
		t.Fatalf("register: status %d: %s", p.Status, p.Text("main"))
	}
	path := pathOf(t, desk, linkIn(t, box.Next(t, "bo@mail.example")))
	if p := v.Post(path, url.Values{"password": {password}}); p.Location() != "/account" {
		t.Fatalf("confirm: status %d to %q: %s", p.Status, p.Location(), p.Text("main"))
	}
	box.Next(t, "bo@mail.example")
	if p := desk.NewVisitor(t).Post("/account/sign-in", url.Values{"email": {dirty("BO")}, "password": {password}}); p.Status != http.StatusSeeOther {
		t.Errorf("sign in: status %d: %s", p.Status, p.Text("main"))
	}
	for _, path := range []string{"/account/password", "/help/account-number"} {
		if p := desk.NewVisitor(t).Post(path, url.Values{"email": {dirty("bo")}}); p.Status != http.StatusSeeOther {
			t.Errorf("%s: status %d: %s", path, p.Status, p.Text("main"))
		}
		box.Next(t, "bo@mail.example")
	}
	if p := ana.Post("/account/email", url.Values{"email": {dirty("ana.new")}, "old_password": {password}}); p.Status != http.StatusSeeOther {
		t.Errorf("another address: status %d: %s", p.Status, p.Text("main"))
	}
	box.Next(t, "ana.new@mail.example")

	form := v.Get("/inquiries/new")
	sent := v.Post("/inquiries", url.Values{
		"form_token": {form.Value("form_token")}, "category": {"card-not-received"}, "account_number": {""}, "name": {"Cy"}, "email": {dirty("cy")},
		"subject": {"My card"}, "question": {"Where is it?"},
	})
	if sent.Status != http.StatusSeeOther {
		t.Errorf("the form: status %d: %s", sent.Status, sent.Text("main"))
	}
	var reference string
	if err := desk.DB.QueryRow(t.Context(), `SELECT reference FROM ticket WHERE applicant_email = 'cy@mail.example'`).Scan(&reference); err != nil {
		t.Errorf("the form's address is not stored clean: %v", err)
	}
	if p := v.Post("/status", url.Values{"reference": {reference}, "email": {dirty("cy")}}); p.Status != http.StatusSeeOther {
		t.Errorf("/status: status %d: %s", p.Status, p.Text("main"))
	}

	_, err := staff.Store{DB: desk.DB}.Add(t.Context(), staff.New{Email: dirty("dee"), Name: "Dee", Role: staff.RoleAgent, Password: password})
	if err != nil {
		t.Errorf("add a member: %v", err)
	}
	if p := desk.NewVisitor(t).Post("/console/sign-in", url.Values{"email": {dirty("dee")}, "password": {password}}); p.Status != http.StatusSeeOther {
		t.Errorf("staff sign in: status %d: %s", p.Status, p.Text("main"))
	}
	if _, err := (account.Store{DB: desk.DB}).ByEmail(t.Context(), dirty("bo")); err != nil {
		t.Errorf("an account is looked for: %v", err)
	}
	imports(t, desk, dirty)
	settings := webtest.Settings(t, map[string]string{
		"AGENCY_EMAIL": dirty("help"), "MAIL_FROM": dirty("help"), "REPLY_ADDRESS": dirty("reply"), "INBOUND_ADDRESSES": dirty("a") + ", " + dirty("b"),
	})
	got := strings.Join([]string{settings.Agency.Email, settings.MailFrom, settings.ReplyAddress, strings.Join(settings.InboundAddresses, " ")}, " ")
	if want := "help@mail.example help@mail.example reply@mail.example a@mail.example b@mail.example"; got != want {
		t.Errorf("settings: %q, want %q", got, want)
	}

	var left []string
	err = desk.DB.QueryRow(t.Context(), `
		SELECT COALESCE(array_agg(email), '{}')
		FROM (SELECT email FROM account UNION ALL SELECT email FROM staff UNION ALL SELECT applicant_email FROM ticket UNION ALL SELECT email FROM mail_request) e
		WHERE email !~ '^[ -~]*example$'`).Scan(&left)
	if err != nil || len(left) > 0 {
		t.Errorf("stored as typed: %q, %v", left, err)
	}
}

// imports takes an account and a ticket in from files.
func imports(t *testing.T, desk *webtest.Desk, dirty func(string) string) {
	t.Helper()
	nothing := func(int) {}
	file := strings.NewReader("number,name,email\n123456789092,Eli," + dirty("eli") + "\n")
	if r, err := transfer.ImportAccounts(t.Context(), desk.DB, file, transfer.AccountOptions{}, &transfer.Rejects{Path: t.TempDir() + "/a"}, nothing); err != nil || r.Added != 1 {
		t.Errorf("import accounts: %+v, %v", r, err)
	}
	file = strings.NewReader("opened_at,applicant_email,question\n2026-01-02T10:00:00Z," + dirty("flo") + ",Where?\n")
	if r, err := transfer.ImportTickets(t.Context(), desk.DB, file, transfer.TicketOptions{}, &transfer.Rejects{Path: t.TempDir() + "/t"}, nothing); err != nil || r.Added != 1 {
		t.Errorf("import tickets: %+v, %v", r, err)
	}
	var n int
	err := desk.DB.QueryRow(t.Context(), `
		SELECT (SELECT count(*) FROM account WHERE email = 'eli@mail.example') + (SELECT count(*) FROM ticket WHERE applicant_email = 'flo@mail.example')`).Scan(&n)
	if err != nil || n != 2 {
		t.Errorf("%d of two imported addresses are clean: %v", n, err)
	}
}

// TestANameWithoutLettersIsAName registers, changes details and comes back with names that have no word to compare.
func TestANameWithoutLettersIsAName(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	box := mailed(t, desk)
	v := desk.NewVisitor(t)
	if p := v.Post("/register", registration("name", "-", "email", "ana@mail.example")); p.Status != http.StatusSeeOther {
		t.Fatalf("register: status %d: %s", p.Status, p.Text("main"))
	}
	path := pathOf(t, desk, linkIn(t, box.Next(t, "ana@mail.example")))
	if p := v.Post(path, url.Values{"password": {password}}); p.Status != http.StatusSeeOther || p.Location() != "/account" {
		t.Fatalf("confirm: status %d to %q: %s", p.Status, p.Location(), p.Text("main"))
	}
	if p := v.Post("/account/details", registration("name", "🙂")); p.Status != http.StatusSeeOther {
		t.Errorf("details: status %d: %s", p.Status, p.Text("main"))
	}
	file := strings.NewReader("number,name,email\n123456789092,...,eli@mail.example\n234567890185,Wei Li,wei@mail.example\n")
	r, err := transfer.ImportAccounts(t.Context(), desk.DB, file, transfer.AccountOptions{}, &transfer.Rejects{Path: t.TempDir() + "/a"}, func(int) {})
	if err != nil || r.Added != 2 {
		t.Errorf("import: %+v, %v", r, err)
	}
	form := v.Get("/inquiries/new")
	sent := desk.NewVisitor(t).Post("/inquiries", url.Values{
		"form_token": {form.Value("form_token")}, "category": {"card-not-received"}, "account_number": {"123456789092"}, "name": {"🙂"},
		"email": {"cy@mail.example"}, "subject": {"My card"}, "question": {"Where is it?"},
	})
	if sent.Status != http.StatusSeeOther {
		t.Errorf("the form: status %d: %s", sent.Status, sent.Text("main"))
	}
	var names []string
	err = desk.DB.QueryRow(t.Context(), `SELECT array_agg(name ORDER BY name) FROM account WHERE name_words = '{}'`).Scan(&names)
	if err != nil || len(names) != 2 {
		t.Errorf("names without words: %q, %v", names, err)
	}
}
