package public_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/web/webtest"
)

var confirmation = regexp.MustCompile(`^/inquiries/ASK-[2-9A-HJ-NPR-Y]{4}-[2-9A-HJ-NPR-Y]{4}$`)

func TestSendAtOnce(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	answer := desk.Post("/inquiries", filled(t, desk.Visitor))
	if answer.Status != http.StatusSeeOther || !confirmation.MatchString(answer.Location()) {
		t.Fatalf("status %d to %q: %s", answer.Status, answer.Location(), answer.Text("main"))
	}
	var got struct{ Category, Name, Email, Subject, Question, Language, Channel, State string }
	err := desk.DB.QueryRow(t.Context(), `
		SELECT t.category, t.applicant_name, t.applicant_email, t.subject, m.body, t.language, t.channel, t.link_state
		FROM ticket t JOIN message m ON m.ticket_id = t.id`).
		Scan(&got.Category, &got.Name, &got.Email, &got.Subject, &got.Question, &got.Language, &got.Channel, &got.State)
	if err != nil {
		t.Fatal(err)
	}
	want := got
	want.Category, want.Name, want.Email, want.Subject = "card-not-received", "Ana María Núñez", "ana@mail.example", "My card has not come"
	want.Question, want.Language, want.Channel, want.State = "It was mailed in May.\nWhere is it?", "en", "form", "none"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ticket (-want +got):\n%s", diff)
	}
}

func TestSendWithoutAnything(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	empty := url.Values{"form_token": filled(t, desk.Visitor)["form_token"]}
	for _, path := range []string{"/inquiries", "/inquiries/check"} {
		p := desk.Post(path, empty)
		if p.Status != http.StatusUnprocessableEntity || !strings.HasPrefix(p.Text("title"), "Error: ") {
			t.Errorf("%s: status %d, title %q", path, p.Status, p.Text("title"))
		}
		want := map[string]string{
			"category": "Choose what your question is about", "name": "Enter your name", "email": "Enter your email address",
			"subject": "Enter a subject", "question": "Enter your question",
		}
		if diff := cmp.Diff(want, problems(p)); diff != "" {
			t.Errorf("%s: problems (-want +got):\n%s", path, diff)
		}
		for name := range want {
			field := p.Doc.Find("#" + name)
			if field.AttrOr("aria-invalid", "") != "true" || !strings.Contains(field.AttrOr("aria-describedby", ""), name+"-error") {
				t.Errorf("%s: the field %s is not marked", path, name)
			}
		}
		if p.Text(".error-summary h2") != "There is a problem" || p.Doc.Find("form[novalidate]").Length() == 0 {
			t.Errorf("%s: no summary, or the browser checks by itself", path)
		}
	}
}

func TestSendBadFields(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	long := strings.Repeat("é", 129)
	for name, tc := range map[string]struct {
		field, value, problem string
	}{
		"name too long":     {"name", long, "Your name can have up to 128 characters. It has 1 too many."},
		"name of blanks":    {"name", " \u200b ", "Enter your name"},
		"subject too long":  {"subject", strings.Repeat("x", 201), "The subject can have up to 200 characters. It has 1 too many."},
		"question too long": {"question", strings.Repeat("ж", 20_003), "Your question can have up to 20,000 characters. It has 3 too many."},
		"email of a name":   {"email", "Ana <ana@mail.example>", "Enter an email address like name@example.com"},
		"email without dot": {"email", "ana@mail", "Enter an email address like name@example.com"},
		"email too long":    {"email", strings.Repeat("a", 250) + "@b.example", "An email address can have up to 254 characters. Yours has 6 too many."},
		"unknown category":  {"category", "no-such-thing", "Choose what your question is about, from the list"},
		"broken bytes":      {"subject", "caf\xe9", "Some characters of the subject could not be read. They now show as \uFFFD. Replace them, then go on."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := desk.NewVisitor(t)
			form := filled(t, v, tc.field, tc.value)
			p := v.Post("/inquiries", form)
			if p.Status != http.StatusUnprocessableEntity {
				t.Errorf("status %d, want 422", p.Status)
			}
			if diff := cmp.Diff(map[string]string{tc.field: tc.problem}, problems(p)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			switch name {
			case "name of blanks", "unknown category":
				form.Set(tc.field, "")
			case "broken bytes":
				form.Set(tc.field, "caf\uFFFD")
			}
			keeps(t, p, form)
			if p.Value("form_token") != form.Get("form_token") {
				t.Error("the page has another token")
			}
		})
	}
}

func TestSendGoodFields(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	for name, change := range map[string][]string{
		"one letter":       {"name", "O"},
		"128 characters":   {"name", strings.Repeat("Ñ", 128)},
		"longest question": {"question", strings.Repeat("é ", 9_999) + "né"},
		"NUL in the text":  {"question", "Where\x00 is it?"},
		"markup":           {"question", "<script>alert(1)</script> & <b>bold</b>"},
		"other scripts":    {"name", "佐藤 さくら", "subject", "我的卡没有到", "question", "لم تصل بطاقتي"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := desk.NewVisitor(t)
			form := filled(t, v, change...)
			check := v.Post("/inquiries/check", form)
			if check.Status != http.StatusOK {
				t.Fatalf("check: status %d: %v", check.Status, problems(check))
			}
			sent := v.Post("/inquiries", check.Form("form[action='/inquiries']"))
			if sent.Status != http.StatusSeeOther {
				t.Fatalf("status %d: %v", sent.Status, problems(sent))
			}
			copied := v.Get(sent.Location())
			want := strings.ReplaceAll(change[len(change)-1], "\x00", "")
			if !strings.Contains(copied.Doc.Find(".copy").Text(), want) {
				t.Errorf("the copy does not say %.60q", want)
			}
			if copied.Doc.Find("main script, .copy b").Length() > 0 {
				t.Error("what was typed became markup")
			}
		})
	}
}

func TestSendTheSameTokenAtOnce(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	form := filled(t, desk.Visitor)
	var wg sync.WaitGroup
	places := make([]string, 20)
	for i := range places {
		wg.Go(func() { places[i] = desk.Post("/inquiries", form).Location() })
	}
	wg.Wait()
	for _, place := range places {
		if place != places[0] || !confirmation.MatchString(place) {
			t.Fatalf("the answers lead to %v", places)
		}
	}
	if n := count(t, desk, `SELECT count(*) FROM ticket`); n != 1 {
		t.Errorf("%d tickets, want 1", n)
	}
}

func TestSendOldToken(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	var mu sync.Mutex
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	desk := webtest.New(t, webtest.Options{Now: clock, Env: map[string]string{"FORM_MIN_FILL": "3s"}})
	sent, unsent := filled(t, desk.Visitor), filled(t, desk.Visitor, "account_number", "A123456789")
	mu.Lock()
	now = now.Add(time.Minute)
	mu.Unlock()
	first := desk.Post("/inquiries", sent)
	mu.Lock()
	now = now.Add(25 * time.Hour)
	mu.Unlock()

	if again := desk.Post("/inquiries", sent); again.Status != http.StatusSeeOther || again.Location() != first.Location() {
		t.Errorf("an old token that made a ticket: status %d to %q, want 303 to %q", again.Status, again.Location(), first.Location())
	}
	for _, path := range []string{"/inquiries", "/inquiries/check"} {
		p := desk.Post(path, unsent)
		if p.Status != http.StatusUnprocessableEntity || problems(p)["form_token"] == "" {
			t.Errorf("%s: status %d, problems %v", path, p.Status, problems(p))
		}
		keeps(t, p, unsent)
		if p.Value("account_number") != "A123456789" {
			t.Errorf("%s: the number is %q", path, p.Value("account_number"))
		}
		if p.Value("form_token") == unsent.Get("form_token") {
			t.Errorf("%s: the token is the old one", path)
		}
		if path == "/inquiries" {
			continue
		}
		retry := desk.Post("/inquiries", p.Form("form.form"))
		if retry.Status != http.StatusSeeOther {
			t.Errorf("sent again: status %d: %v", retry.Status, problems(retry))
		}
	}
	if n := count(t, desk, `SELECT count(*) FROM ticket WHERE suspected_of <> '{}'`); n != 0 {
		t.Errorf("%d tickets are quarantined: sending a renewed form at once is no sign of a program", n)
	}
}

func TestSendForgedToken(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	form := filled(t, desk.Visitor)
	good := form.Get("form_token")
	for name, bad := range map[string]string{
		"none": "", "no base64": "%%%", "short": good[:20], "changed": "A" + good[1:], "changed at the end": good[:len(good)-2] + "AA",
	} {
		if bad == good {
			continue
		}
		form.Set("form_token", bad)
		p := desk.Post("/inquiries", form)
		if p.Status != http.StatusUnprocessableEntity || p.Value("form_token") == bad || p.Value("form_token") == "" {
			t.Errorf("%s: status %d, token %q", name, p.Status, p.Value("form_token"))
		}
		keeps(t, p, form)
	}
	if n := count(t, desk, `SELECT count(*) FROM ticket`); n != 0 {
		t.Errorf("%d tickets, want none", n)
	}
}

func TestSendWithAnOlderKey(t *testing.T) {
	t.Parallel()
	const older, newer = "the key that was used until yesterday", "the key that is used from today on ...."
	before := webtest.New(t, webtest.Options{Env: map[string]string{"SECRET_KEY": older}})
	after := webtest.New(t, webtest.Options{DB: before.DB, Env: map[string]string{"SECRET_KEY": newer + "," + older}})
	if p := after.Post("/inquiries", filled(t, before.Visitor)); p.Status != http.StatusSeeOther {
		t.Errorf("status %d, want 303", p.Status)
	}
}

func TestSendQuarantine(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		minFill, trap string
		want          []string
	}{
		"a person":           {"0s", "", []string{}},
		"the trap filled in": {"0s", "http://spam.example", []string{"honeypot"}},
		"too fast":           {"1h", "", []string{"too_fast"}},
		"both":               {"1h", "x", []string{"honeypot", "too_fast"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			desk := webtest.New(t, webtest.Options{Env: map[string]string{"FORM_MIN_FILL": tc.minFill}})
			form := filled(t, desk.Visitor, "homepage", tc.trap)
			check := desk.Post("/inquiries/check", form) // the trap must survive the check page
			answer := desk.Post("/inquiries", check.Form("form[action='/inquiries']"))
			if answer.Status != http.StatusSeeOther || !confirmation.MatchString(answer.Location()) {
				t.Fatalf("status %d to %q", answer.Status, answer.Location())
			}
			if p := desk.Get(answer.Location()); p.Status != http.StatusOK || p.Text("h1") != "Your question is sent" {
				t.Errorf("the confirmation: status %d, %q", p.Status, p.Text("h1"))
			}
			var got []string
			if err := desk.DB.QueryRow(t.Context(), `SELECT suspected_of FROM ticket`).Scan(&got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("suspected of (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheTrapIsHidden(t *testing.T) {
	t.Parallel()
	trap := webtest.New(t).Get("/inquiries/new").Doc.Find(`input[name="homepage"]`)
	if trap.AttrOr("tabindex", "") != "-1" || trap.AttrOr("autocomplete", "") != "off" || trap.Closest(`[aria-hidden="true"].trap`).Length() != 1 {
		t.Error("people or screen readers come across the trap")
	}
}
