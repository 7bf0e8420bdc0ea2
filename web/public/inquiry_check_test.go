package public_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/askwell/askwell/web/webtest"
)

// TestCheckTellsNothingOfAccounts is the promise that nobody learns here which numbers there are: a number on file, one that is
// on none and one with wrong check digits give the same page.
func TestCheckTellsNothingOfAccounts(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	// ISO 7064 MOD 97-10: a right number leaves 1 when divided by 97.
	const known, unknown, malformed = "123456789092", "100000000093", "123456789012"
	if _, err := desk.DB.Exec(t.Context(), `
		INSERT INTO account (number, name, name_words, email)
		VALUES ($1, 'Ana', '{ana}', 'ana@mail.example')`, known); err != nil {
		t.Fatal(err)
	}
	if n := count(t, desk, `SELECT ($1::bigint % 97)::int`, unknown); n != 1 {
		t.Fatalf("the unknown number is no right one: %d", n)
	}
	form := filled(t, desk.Visitor)
	for _, path := range []string{"/inquiries/check", "/inquiries"} {
		var first webtest.Page
		for i, number := range []string{known, unknown, malformed} {
			form.Set("account_number", number)
			if path == "/inquiries" {
				form.Set("form_token", filled(t, desk.Visitor).Get("form_token"))
			}
			p := desk.NewVisitor(t).Post(path, form)
			if path == "/inquiries" {
				if p.Status != http.StatusSeeOther {
					t.Errorf("%s: status %d", number, p.Status)
				}
				p = desk.NewVisitor(t).Get(p.Location())
				p.Body = strings.ReplaceAll(p.Body, strings.TrimSpace(p.Text(".reference")), "REFERENCE")
			}
			p.Body = strings.ReplaceAll(p.Body, number, "NUMBER")
			if i == 0 {
				first = p
			}
			if p.Status != first.Status || p.Body != first.Body {
				t.Errorf("%s: the page for %s is another one than for %s", path, number, known)
			}
		}
	}
}

func TestCheckSaysWhatANumberLooksLike(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	form := filled(t, desk.Visitor)
	for number, want := range map[string]string{
		"":                    "",
		"no tengo":            "",
		"1234-5678-9012":      "",
		"A 123-456-789":       "This looks like an A-Number, not an account number.",
		"ioe0123456789":       "This looks like a receipt number, not an account number.",
		"ana@mail.example":    "This looks like an email address, not an account number.",
		"it is in my drawer!": "This does not look like an account number.",
		"078-05-1120":         "This looked like a Social Security number. We removed it",
		"4111 1111 1111 1111": "This looked like the number of a bank card. We removed it",
	} {
		form.Set("account_number", number)
		p := desk.Post("/inquiries/check", form)
		row := p.Doc.Find(".summary-list__row").FilterFunction(func(_ int, s *goquery.Selection) bool { return s.Find("dt").Text() == "Account number" })
		if p.Status != http.StatusOK {
			t.Errorf("%q: status %d", number, p.Status)
		}
		note := strings.TrimSpace(row.Find(".note").Text())
		if want == "" && note != "" || !strings.HasPrefix(note, want) {
			t.Errorf("%q: the page says %q, want %q", number, note, want)
		}
		if given := strings.TrimSpace(row.Find("dd").First().Text()); (number == "") != (given == "Not provided") {
			t.Errorf("%q: the page shows %q", number, given)
		}
	}
}

func TestSensitiveNumbersNeverComeBack(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	const ssn, card = "078-05-1120", "4111 1111 1111 1111"
	v := desk.NewVisitor(t)
	form := filled(t, v, "account_number", ssn, "subject", "Card "+card, "question", "My number is "+ssn+". Where is my card?", "name", "Ana "+ssn)
	check := v.Post("/inquiries/check", form)
	if check.Status != http.StatusOK || check.Text(".note__title") != "We removed a number" {
		t.Errorf("status %d, notice %q", check.Status, check.Text(".note__title"))
	}
	holds(t, check, "My number is [number removed]. Where is my card?")
	bad := v.Post("/inquiries/check", form)
	form.Set("email", "nobody")
	again := v.Post("/inquiries", form)
	if again.Status != http.StatusUnprocessableEntity || again.Value("account_number") != "" {
		t.Errorf("status %d, the number field holds %q", again.Status, again.Value("account_number"))
	}
	sent := v.Post("/inquiries", check.Form("form[action='/inquiries']"))
	copied := v.Get(sent.Location())
	for i, p := range []webtest.Page{check, bad, again, sent, copied} {
		if strings.Contains(p.Body, ssn) || strings.Contains(p.Body, card) {
			t.Errorf("page %d holds the number", i)
		}
	}
	if n := count(t, desk, `
		SELECT count(*) FROM ticket t JOIN message m ON m.ticket_id = t.id
		WHERE concat(t.*::text, m.*::text) LIKE '%1120%' OR concat(t.*::text, m.*::text) LIKE '%4111%'`); n != 0 {
		t.Error("the database holds the number")
	}
}

func TestCheckAndChangeKeepEverything(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	v := desk.NewVisitor(t)
	form := filled(t, v, "account_number", "A123456789", "question", "\n  Two lines,\n\n  \"quotes\" & <tags>, é, 你好, ’tis.")
	check := v.Post("/inquiries/check", form)
	values := check.Form("form[action='/inquiries']")
	if check.Doc.Find(`button[name="change"][formaction^="/inquiries/check#"]`).Length() != 7 {
		t.Error("not every answer can be changed")
	}
	values.Set("change", "subject")
	changed := v.Post("/inquiries/check", values)
	if changed.Status != http.StatusOK || changed.Doc.Find(".error-summary").Length() > 0 {
		t.Errorf("status %d, problems %v", changed.Status, problems(changed))
	}
	form.Set("question", strings.TrimSpace(form.Get("question")))
	keeps(t, changed, form)
	if changed.Value("account_number") != "A123456789" || changed.Value("form_token") != form.Get("form_token") {
		t.Errorf("the number is %q", changed.Value("account_number"))
	}
}
