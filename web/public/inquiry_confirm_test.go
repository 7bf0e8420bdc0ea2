package public_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/askwell/askwell/web/webtest"
)

func TestConfirmation(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 15, 0, 0, 0, time.UTC)
	desk := webtest.New(t, webtest.Options{Now: func() time.Time { return now }, Env: map[string]string{"AGENCY_ANSWER_WITHIN_DAYS": "10"}})
	sender, stranger := desk.NewVisitor(t), desk.NewVisitor(t)
	place := sender.Post("/inquiries", filled(t, sender)).Location()

	mine := sender.Get(place)
	holds(t, mine, "March 12, 2026", "ana@mail.example", "Where is it?")
	if got := "/inquiries/" + mine.Text(".reference"); got != place {
		t.Errorf("the page shows %q, its address is %q", got, place)
	}
	theirs := stranger.Get(place)
	if theirs.Status != http.StatusOK || theirs.Text(".reference") != mine.Text(".reference") {
		t.Errorf("a bookmark: status %d, reference %q", theirs.Status, theirs.Text(".reference"))
	}
	for _, personal := range []string{"ana@mail.example", "Ana María", "My card", "May", "Card not received"} {
		if strings.Contains(theirs.Body, personal) {
			t.Errorf("whoever has the reference reads %q", personal)
		}
	}
	for _, cookie := range sender.Cookies(place) {
		if strings.Contains(cookie.Value, "ana") || strings.Contains(cookie.Value, "@") {
			t.Errorf("the cookie %s holds personal data", cookie.Name)
		}
	}
	for _, header := range sender.Post("/inquiries", filled(t, sender)).Header.Values("Set-Cookie") {
		if !strings.Contains(header, "HttpOnly") || !strings.Contains(header, "SameSite=Lax") || strings.Contains(header, "Max-Age") || strings.Contains(header, "Expires") {
			t.Errorf("the cookie outlives the session, or scripts read it: %s", header)
		}
	}
	if again := sender.Get(place); !strings.Contains(again.Body, "Where is it?") {
		t.Error("a second inquiry took the first one's copy away")
	}
	now = now.Add(3 * time.Hour)
	if late := sender.Get(place); strings.Contains(late.Body, "ana@mail.example") {
		t.Error("the copy is still there three hours later")
	}
}

func TestConfirmationForgivesHowAReferenceIsWritten(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	place := desk.Post("/inquiries", filled(t, desk.Visitor)).Location()
	plain := strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(place, "/inquiries/ASK-"), "-", ""))
	for _, written := range []string{plain, "ask-" + plain, "ASK" + strings.ToUpper(plain), "ask%20" + plain[:4] + "%20" + plain[4:]} {
		p := desk.Get("/inquiries/" + written)
		if p.Status != http.StatusSeeOther || p.Location() != place {
			t.Errorf("%s: status %d to %q, want 303 to %q", written, p.Status, p.Location(), place)
		}
	}
}

func TestConfirmationUnknown(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	for _, written := range []string{"ASK-2222-2222", "ASK-7F3K-92QD", "nonsense", "1%27%20OR%201=1", strings.Repeat("A", 3000)} {
		p := desk.Get("/inquiries/" + written)
		if p.Status != http.StatusNotFound || p.Text("h1") != "We cannot find this question" {
			t.Errorf("%.40s: status %d, %q", written, p.Status, p.Text("h1"))
		}
	}
	if p := desk.Get("/inquiries/%ff%fe"); p.Status != http.StatusBadRequest {
		t.Errorf("an address that is no text: status %d, want 400", p.Status)
	}
}

func TestReloadedFormAddressesLeadToTheForm(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	for _, path := range []string{"/inquiries", "/inquiries/check"} {
		if p := desk.Get(path); p.Status != http.StatusSeeOther || p.Location() != "/inquiries/new" {
			t.Errorf("%s: status %d to %q", path, p.Status, p.Location())
		}
	}
}
