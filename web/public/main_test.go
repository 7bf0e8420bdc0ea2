package public_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/web/webtest"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// filled is a form as an applicant would fill it in, with a token from the form page.
func filled(t *testing.T, v *webtest.Visitor, changes ...string) url.Values {
	t.Helper()
	form := v.Get("/inquiries/new")
	if form.Status != http.StatusOK {
		t.Fatalf("the form: status %d", form.Status)
	}
	values := url.Values{
		"form_token": {form.Value("form_token")}, "category": {"card-not-received"}, "account_number": {""}, "name": {"Ana María Núñez"},
		"email": {"ana@mail.example"}, "subject": {"My card has not come"}, "question": {"It was mailed in May.\nWhere is it?"},
	}
	for i := 0; i+1 < len(changes); i += 2 {
		values.Set(changes[i], changes[i+1])
	}
	return values
}

// count runs a query that gives one number.
func count(t *testing.T, desk *webtest.Desk, sql string, args ...any) (n int) {
	t.Helper()
	if err := desk.DB.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// holds checks what a page says, whole and in order.
func holds(t *testing.T, p webtest.Page, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(p.Body, text) {
			t.Errorf("the page does not hold %q: %s", text, p.Text("main"))
		}
	}
}

// problems lists the lines of the error summary with where they lead.
func problems(p webtest.Page) map[string]string {
	found := map[string]string{}
	for i := range p.Doc.Find(".error-summary li").Length() {
		line := p.Doc.Find(".error-summary li").Eq(i)
		found[strings.TrimPrefix(line.Find("a").AttrOr("href", "#"), "#")] = strings.TrimSpace(line.Text())
	}
	return found
}

var typed = []string{"category", "name", "email", "subject", "question"}

// keeps checks that every field is still in the page as sent.
func keeps(t *testing.T, p webtest.Page, form url.Values) {
	t.Helper()
	for _, name := range typed {
		want := form.Get(name)
		if got := strings.TrimPrefix(p.Value(name), "\n"); got != want {
			t.Errorf("%s is %.80q in the page, want %.80q", name, got, want)
		}
	}
}
