package public_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/web/webtest"
)

// statements notes the SQL that runs.
type statements struct {
	mu  sync.Mutex
	ran []string
}

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ran = append(s.ran, strings.Join(strings.Fields(data.SQL), " "))
	return ctx
}

func (s *statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// take gives what ran since it was asked last.
func (s *statements) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	ran := s.ran
	s.ran = nil
	return ran
}

// traced is a database of the test's own whose statements are noted.
func traced(t *testing.T) (*pgxpool.Pool, *statements) {
	t.Helper()
	cfg := testkit.Database(t).Config()
	noted := &statements{}
	cfg.ConnConfig.Tracer = noted
	db, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db, noted
}

func addAccount(t *testing.T, db *pgxpool.Pool, number, name, email string) {
	t.Helper()
	if _, err := db.Exec(t.Context(), `INSERT INTO account (number, name, name_words, email) VALUES ($1, $2, '{ana}', $3)`, number, name, email); err != nil {
		t.Fatal(err)
	}
}

// Nobody learns here whose address has an account: not by the status, not by a header, not by the page, not by what the database is asked.
func TestNumberAskedIsTheSameForEveryAddress(t *testing.T) {
	t.Parallel()
	db, noted := traced(t)
	desk := webtest.New(t, webtest.Options{DB: db})
	addAccount(t, db, "163920702842", "Ana Reyes", "ana@mail.example")
	type answer struct {
		Status int
		Header http.Header
		Body   string
		Next   string
		SQL    []string
	}
	ask := func(email string) answer {
		visitor := desk.NewVisitor(t)
		noted.take()
		page := visitor.Post("/help/account-number", url.Values{"email": {email}})
		next := visitor.Get(page.Location())
		for _, own := range []string{"Date", "X-Request-Id"} {
			page.Header.Del(own)
		}
		return answer{page.Status, page.Header, page.Body, next.Body, noted.take()}
	}
	known := ask("ana@mail.example")
	if known.Status != http.StatusSeeOther || known.Header.Get("Location") != "/help/account-number/sent" || len(known.SQL) != 1 {
		t.Fatalf("status %d to %q with %d statements, want 303 to the page that all see, with one", known.Status, known.Header.Get("Location"), len(known.SQL))
	}
	if !strings.Contains(known.Next, "If we know this address, we sent the number to it.") {
		t.Error("the page does not say what happens")
	}
	for name, email := range map[string]string{
		"unknown": "bo@mail.example", "known in capitals": "ANA@MAIL.EXAMPLE", "of no mail server": "ana@mail.invalid", "in another script": "анна@пример.example",
	} {
		if diff := cmp.Diff(known, ask(email)); diff != "" {
			t.Errorf("%s is answered otherwise (-known +%s):\n%s", email, name, diff)
		}
	}
	if n := count(t, desk, `SELECT count(*) FROM mail_request WHERE kind = 'number' AND language = 'en'`); n != 5 {
		t.Errorf("%d requests, want 5", n)
	}
}

// What is no address at all is told, whoever has it: that goes by what was typed and by nothing else.
func TestNumberAskedWithoutAnAddress(t *testing.T) {
	t.Parallel()
	db, noted := traced(t)
	desk := webtest.New(t, webtest.Options{DB: db})
	for typed, want := range map[string]string{
		"":                                      "Enter your email address",
		"  ":                                    "Enter your email address",
		"ana":                                   "Enter an email address like name@example.com",
		"163920702842":                          "Enter an email address like name@example.com",
		"<b>@mail.example":                      "Enter an email address like name@example.com",
		strings.Repeat("a", 250) + "@b.example": "Enter an email address like name@example.com",
		"a\xff@mail.example":                    "Some characters of your email address could not be read",
	} {
		noted.take()
		page := desk.Post("/help/account-number", url.Values{"email": {typed}})
		if page.Status != http.StatusUnprocessableEntity || !strings.Contains(page.Text(".error-summary"), want) {
			t.Errorf("%q: status %d, summary %q; want 422 and %q", typed, page.Status, page.Text(".error-summary"), want)
		}
		if kept := page.Value("email"); !strings.HasPrefix(kept, strings.TrimSpace(strings.ToValidUTF8(typed, "\uFFFD"))) {
			t.Errorf("%q is not kept: %q", typed, kept)
		}
		if ran := noted.take(); len(ran) > 0 {
			t.Errorf("%q asks the database: %q", typed, ran)
		}
	}
}

func TestNumberAskedTooOften(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t, webtest.Options{Env: map[string]string{"REQUEST_RATE": "email:2/1h"}})
	var got []int
	for range 3 {
		got = append(got, desk.Post("/help/account-number", url.Values{"email": {"ana@mail.example"}}).Status)
	}
	page := desk.Post("/help/account-number", url.Values{"email": {"Ana@mail.example"}})
	got = append(got, page.Status)
	if want := []int{303, 303, 429, 429}; !slices.Equal(got, want) {
		t.Errorf("status %v, want %v", got, want)
	}
	if page.Value("email") != "Ana@mail.example" || page.Header.Get("Retry-After") == "" || !strings.Contains(page.Text(".note--error"), "Try again in") {
		t.Errorf("the page keeps %q and says %q", page.Value("email"), page.Text(".note--error"))
	}
	if other := desk.Post("/help/account-number", url.Values{"email": {"bo@mail.example"}}); other.Status != http.StatusSeeOther {
		t.Errorf("another address: status %d", other.Status)
	}
}

func TestNumberAskedWhileTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	db, _ := traced(t)
	desk := webtest.New(t, webtest.Options{DB: db})
	db.Close()
	page := desk.Post("/help/account-number", url.Values{"email": {"ana@mail.example"}})
	if page.Status != http.StatusServiceUnavailable || page.Value("email") != "ana@mail.example" || !strings.Contains(page.Text(".note--error"), "right now") {
		t.Errorf("status %d, the field holds %q, the page says %q", page.Status, page.Value("email"), page.Text(".note--error"))
	}
}

// Both pages are led to from where somebody looks for the number, and lead on to what one can do without.
func TestNumberHelpLinks(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	for path, links := range map[string][]string{
		"/":                         {"/help/account-number"},
		"/inquiries/new":            {"/help/account-number", "/register", "/account/sign-in"},
		"/help/account-number":      {"/register", "/account/sign-in", "/inquiries/new", "/privacy"},
		"/help/account-number/sent": {"/register", "/inquiries/new", "/help/account-number#get"},
	} {
		page := desk.Get(path)
		for _, link := range links {
			if page.Doc.Find(`main a[href="`+link+`"]`).Length() == 0 {
				t.Errorf("%s does not lead to %s", path, link)
			}
		}
	}
}
