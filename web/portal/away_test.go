package portal_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/web/webtest"
)

// awayDesk is a desk whose database can be unavailable.
func awayDesk(t *testing.T) (desk *webtest.Desk, away func(bool)) {
	t.Helper()
	cfg := testkit.Database(t).Config()
	var gone atomic.Bool
	dial := cfg.ConnConfig.DialFunc
	cfg.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		if gone.Load() {
			return nil, errors.New("the database is unavailable")
		}
		return dial(ctx, network, address)
	}
	db, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return webtest.New(t, webtest.Options{DB: db}), func(is bool) {
		gone.Store(is)
		db.Reset()
	}
}

func TestDatabaseAwayKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	desk, away := awayDesk(t)
	away(true)
	form := registration()
	p := desk.Post("/register", form)
	if p.Status != http.StatusServiceUnavailable || p.Header.Get("Retry-After") == "" {
		t.Errorf("register: status %d", p.Status)
	}
	for _, field := range []string{"name", "birth_day", "birth_month", "birth_year", "address", "email"} {
		if got := strings.TrimPrefix(p.Value(field), "\n"); got != form.Get(field) {
			t.Errorf("%s holds %q, want %q", field, got, form.Get(field))
		}
	}
	if p := desk.Post("/account/password", url.Values{"email": {"ana@mail.example"}}); p.Status != http.StatusServiceUnavailable || p.Value("email") != "ana@mail.example" {
		t.Errorf("a new password: status %d, %q", p.Status, p.Value("email"))
	}
	if p := desk.Post("/account/sign-in", url.Values{"email": {"ana@mail.example"}, "password": {password}}); p.Status != http.StatusServiceUnavailable || p.Value("email") != "ana@mail.example" {
		t.Errorf("sign in: status %d, %q", p.Status, p.Value("email"))
	}
	away(false)
	if p := desk.Post("/register", form); p.Status != http.StatusSeeOther {
		t.Errorf("when it is back: status %d", p.Status)
	}
}

// Who is signed in and sends a question while the database is unavailable gets every word back, and one ticket later, their own.
func TestDatabaseAwayWhileAskingFromTheAccount(t *testing.T) {
	t.Parallel()
	desk, away := awayDesk(t)
	v := registered(t, desk, mailed(t, desk), "ana@mail.example")
	form := v.Get("/inquiries/new").Form("main form")
	for name, value := range map[string]string{"category": "case-question", "subject": "My interview", "question": "When is it?"} {
		form.Set(name, value)
	}
	away(true)
	p := v.Post("/inquiries", form)
	if p.Status != http.StatusServiceUnavailable {
		t.Fatalf("status %d: %s", p.Status, p.Text("main"))
	}
	kept := p.Form("main form")
	for _, field := range []string{"category", "subject", "question", "form_token", "asking_as"} {
		if kept.Get(field) != form.Get(field) {
			t.Errorf("%s holds %q, want %q", field, kept.Get(field), form.Get(field))
		}
	}
	away(false)
	p = v.Post("/inquiries", kept)
	got, err := desk.Tickets.ByReference(t.Context(), strings.TrimPrefix(p.Location(), "/inquiries/"))
	if err != nil || got.LinkState != "verified" {
		t.Errorf("the ticket is %q (%v)", got.LinkState, err)
	}
}

func TestRequestsAreLimited(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t, webtest.Options{Env: map[string]string{"REQUEST_RATE": "email:2/1h,network:3/1h"}})
	ask := func(email string) webtest.Page { return desk.Post("/register", registration("email", email)) }
	for range 2 {
		if p := ask("ana@mail.example"); p.Status != http.StatusSeeOther {
			t.Fatalf("status %d", p.Status)
		}
	}
	if p := ask("Ana@mail.example"); p.Status != http.StatusTooManyRequests || p.Header.Get("Retry-After") == "" || p.Value("name") != "Ana María Núñez" {
		t.Errorf("a third time with one address: status %d, %q", p.Status, p.Value("name"))
	}
	if p := ask("ben@mail.example"); p.Status != http.StatusTooManyRequests {
		t.Errorf("a fourth time from one network: status %d", p.Status)
	}
}

// A case tells its status, what it means and what has happened, in plain words; one that nobody foresaw tells its code.
func TestCasesInPlainWords(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	v := registered(t, desk, mailed(t, desk), "ana@mail.example")
	_, err := desk.DB.Exec(t.Context(), `
		WITH made AS (
			INSERT INTO account_case (account_id, receipt_number, form, status, received_on)
			SELECT id, r, f, s, '2025-01-05' FROM account, (VALUES
				('IOE0000000001', 'I-485', 'evidence-requested'), ('IOE0000000002', 'I-765', 'sent-to-mars')) AS c (r, f, s)
			RETURNING id, receipt_number)
		INSERT INTO account_case_status (case_id, at, status) SELECT id, '2025-01-05 12:00Z', 'received' FROM made WHERE receipt_number = 'IOE0000000001'`)
	if err != nil {
		t.Fatal(err)
	}
	p := v.Get("/account")
	for _, want := range []string{"We need more papers from you", "It says what we need and by when", "IOE0000000001", "I-485", "We have your application", "Status: sent-to-mars"} {
		if !strings.Contains(p.Text("main"), want) {
			t.Errorf("the page lacks %q: %s", want, p.Text("main"))
		}
	}
}
