package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/web"
	"github.com/askwell/askwell/web/remote"
	"github.com/askwell/askwell/web/webtest"
)

// queries counts what a pool is asked.
type queries struct{ n atomic.Int64 }

func (q *queries) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	q.n.Add(1)
	return ctx
}

func (q *queries) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// fullDesk is a site without a free slot, its twin that has some, and what their database is asked.
func fullDesk(t *testing.T) (full, desk *webtest.Desk, doors []string, asked *queries) {
	t.Helper()
	asked = &queries{}
	settings := testkit.Database(t).Config()
	settings.ConnConfig.Tracer = asked
	pool, err := pgxpool.NewWithConfig(t.Context(), settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	var cfg web.Config
	desk = webtest.New(t, webtest.Options{DB: pool, Change: func(c *web.Config) { cfg = *c }})
	handler, err := web.NewFull(cfg)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	routes, err := web.RoutesOf(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range routes {
		switch {
		case strings.HasPrefix(r.Path, "/console") && r.Method+r.Path != "POST/console/sign-in": // the staff's own
		case strings.HasPrefix(r.Path, "/assets"), r.Path == "/agency.css", r.Path == "/robots.txt", r.Path == "/healthz", r.Path == "/readyz", r.Path == "/metrics", r.Path == "/favicon.ico", r.Path == remote.ProbePath:
		default:
			doors = append(doors, r.Method+" "+strings.NewReplacer(":reference", identifier.ReferenceOf(1), ":token", "t0ken", ":file", "1", ":passkey", "1").Replace(r.Path))
		}
	}
	twin := *desk
	twin.URL = server.URL
	twin.Visitor = twin.NewVisitor(t)
	return &twin, desk, doors, asked
}

// TestEveryPublicDoorRefusesEarly: whatever anybody may ask for is refused when no slot is free, without the database, also for a browser
// with the cookies of a session and of a draft, in either language; and a form comes back with everything that was typed but passwords.
func TestEveryPublicDoorRefusesEarly(t *testing.T) {
	t.Parallel()
	full, _, doors, asked := fullDesk(t)
	if len(doors) < 60 {
		t.Fatalf("%d doors", len(doors))
	}
	form := url.Values{
		"words": {"Line <one> & é"}, "name": {"Line <one> & é"}, "message": {"Line <one> & é"}, "password": {"a long and quiet evening"}, "code": {"123456"},
	}
	cookies := "askwell_applicant=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA; askwell_form=AAAAAAAAAAAAAAAAAAAAAA"
	again := map[string]string{"en": "Try again", "es": "Intentar de nuevo"}
	before := asked.n.Load()
	for _, door := range doors {
		method, path, _ := strings.Cut(door, " ")
		for lang, button := range again {
			p := full.Send(method, path+"?lang="+lang, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()), "Cookie", cookies)
			if p.Status != http.StatusServiceUnavailable || p.Header.Get("Retry-After") != "10" {
				t.Errorf("%s in %s: status %d, Retry-After %q", door, lang, p.Status, p.Header.Get("Retry-After"))
				continue
			}
			if strings.HasSuffix(path, ".json") || path == "/console/sign-in" && lang != "en" {
				continue // a program has what it sent, and the staff's pages are in English
			}
			if p.Doc.Find("html").AttrOr("lang", "") != lang || !strings.Contains(p.Text("main"), button) || !strings.HasPrefix(p.Text("title"), "Error: ") {
				t.Errorf("%s in %s: title %q: %s", door, lang, p.Text("title"), p.Text("main"))
			}
			if strings.Contains(p.Body, form.Get("password")) || strings.Contains(p.Body, form.Get("code")) {
				t.Errorf("%s: a password or a code is sent back", door)
			}
			if method != http.MethodPost {
				continue
			}
			kept := p.Value("name") + p.Value("words") + p.Value("message")
			if !strings.Contains(kept, form.Get("words")) {
				t.Errorf("%s: what was typed is %q", door, kept)
			}
			retry := p.Doc.Find("main form").AttrOr("action", "")
			if retry, _, _ = strings.Cut(retry, "?"); retry != strings.Replace(path, "/inquiries/check", "/inquiries", 1) {
				t.Errorf("%s: it is sent again to %q", door, retry)
			}
			if p.Doc.Find(`main form [name="message"]`).Length() == 0 && !strings.HasPrefix(path, "/inquiries") && p.Doc.Find(`[type="password"][name="password"]`).Length() != 1 {
				t.Errorf("%s: the password cannot be typed again", door)
			}
		}
	}
	if n := asked.n.Load() - before; n != 0 {
		t.Errorf("the database was asked %d times", n)
	}
}

// A refused form that is sent again is what it was, and the page shows itself in another language without being taken for the form.
func TestRefusedFormIsSentAgain(t *testing.T) {
	t.Parallel()
	full, desk, _, _ := fullDesk(t)
	refused := full.Send(http.MethodPost, "/help/account-number", "application/x-www-form-urlencoded", strings.NewReader("email=ana%40mail.example"))
	if refused.Status != http.StatusServiceUnavailable {
		t.Fatalf("status %d", refused.Status)
	}
	button := refused.Doc.Find(`button.site-header__language[lang="es"]`)
	form := refused.Form("#form")
	form.Set(button.AttrOr("name", ""), button.AttrOr("value", ""))
	spanish := full.Post(button.AttrOr("formaction", ""), form)
	if spanish.Doc.Find("html").AttrOr("lang", "") != "es" || spanish.Status != http.StatusServiceUnavailable || spanish.Value("email") != "ana@mail.example" {
		t.Errorf("in Spanish: status %d, address %q", spanish.Status, spanish.Value("email"))
	}
	if p := desk.Post(spanish.Doc.Find("#form").AttrOr("action", ""), spanish.Form("#form")); p.Status != http.StatusSeeOther {
		t.Errorf("sent again: status %d", p.Status)
	}
}

// A browser that has a draft with files is refused without the database, too, and loses nothing: what the draft holds is there when the form
// is sent again, and what was to be removed is removed then.
func TestRefusalOfAFormWithADraft(t *testing.T) {
	t.Parallel()
	full, desk, _, asked := fullDesk(t)
	const cookie = "askwell_form=AAAAAAAAAAAAAAAAAAAAAA"
	for name, removed := range map[string]bool{"a file kept": false, "a file removed": true} {
		token := desk.Get("/inquiries/new").Value("form_token")
		file := stageWith(t, desk, token, cookie)
		form := url.Values{
			"form_token": {token}, "category": {"card-not-received"}, "name": {"Ana"}, "email": {"ana@mail.example"}, "subject": {name},
			"question": {"Where is it?"},
		}
		if removed {
			form["staged"], form["remove"] = []string{file.Staged}, []string{file.Key}
		}
		before := asked.n.Load()
		refused := full.Send(http.MethodPost, "/inquiries", "application/x-www-form-urlencoded", strings.NewReader(form.Encode()), "Cookie", cookie)
		if n := asked.n.Load() - before; n != 0 || refused.Status != http.StatusServiceUnavailable {
			t.Errorf("%s: status %d, the database was asked %d times", name, refused.Status, n)
		}
		if removed && refused.Doc.Find(".staged__file").Length() != 0 {
			t.Errorf("%s: it is shown", name)
		}
		retry := refused.Form("#inquiry")
		p := desk.Send(http.MethodPost, "/inquiries", "application/x-www-form-urlencoded", strings.NewReader(retry.Encode()), "Cookie", cookie)
		if p.Status != http.StatusSeeOther {
			t.Fatalf("%s, sent again: status %d: %s", name, p.Status, p.Text("main"))
		}
		var got int
		err := desk.DB.QueryRow(t.Context(), `SELECT count(a.id) FROM ticket t JOIN message m ON m.ticket_id = t.id LEFT JOIN attachment a ON a.message_id = m.id
			WHERE t.subject = $1`, name).Scan(&got)
		if want := map[bool]int{false: 1, true: 0}[removed]; err != nil || got != want {
			t.Errorf("%s: %d files on the ticket, want %d; %v", name, got, want, err)
		}
	}
}

// stageWith sends a file ahead of its form.
func stageWith(t *testing.T, desk *webtest.Desk, token, cookie string) (file struct{ Key, Staged string }) {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	_ = w.WriteField("form_token", token)
	part, err := w.CreateFormFile("attachments", "letter.pdf")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write([]byte("%PDF-1.7\n1 0 obj"))
	_ = w.Close()
	p := desk.Send(http.MethodPost, "/inquiries/files.json", w.FormDataContentType(), &body, "Cookie", cookie)
	var answer struct {
		Files []struct{ Key, Staged string }
		Draft string
	}
	if err := json.Unmarshal([]byte(p.Body), &answer); err != nil || p.Status != http.StatusOK || len(answer.Files) != 1 || answer.Draft == "" {
		t.Fatalf("status %d: %s", p.Status, p.Body)
	}
	return answer.Files[0]
}

// The page of a refused inquiry is filled into a stencil. A form with something more to show is rendered by the template: both are the same.
func TestStencilIsThePageThatTheTemplateMakes(t *testing.T) {
	t.Parallel()
	full, desk, _, _ := fullDesk(t)
	token := desk.Get("/inquiries/new").Value("form_token")
	const odd = "O'Neil & <b>\"x\"</b> + \uE0F0a\uE0F1 {{.}} é"
	for _, number := range []string{"", "1234 5678 9012"} {
		for _, query := range []string{"", "?lang=en", "?lang=es"} {
			form := url.Values{
				"form_token": {token}, "category": {"card-not-received"}, "account_number": {number}, "name": {odd}, "email": {"ana+x@mail.example"},
				"subject": {odd}, "question": {"Line one\n" + odd}, "homepage": {""}, "asking_as": {""},
			}
			send := func() webtest.Page {
				return full.Send(http.MethodPost, "/inquiries"+query, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
			}
			filled := send()
			form.Set("asking_as", "000000000000") // to whom the form was shown: no stencil has it
			rendered := send()
			field := rendered.Doc.Find(`[name="asking_as"]`)
			if field.AttrOr("value", "") == "" || filled.Value("question") != form.Get("question") {
				t.Fatalf("asking_as %q, question %q", field.AttrOr("value", ""), filled.Value("question"))
			}
			field.SetAttr("value", "")
			want, errWant := rendered.Doc.Html()
			got, errGot := filled.Doc.Html()
			if diff := cmp.Diff(want, got); diff != "" || errWant != nil || errGot != nil {
				t.Errorf("number %q, %s: (-want +got)\n%s", number, query, diff)
			}
		}
	}
}
