package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/webtest"
)

// desk is a site with an agent who is signed in.
type desk struct {
	*webtest.Desk
	agent *webtest.Visitor
}

func newDesk(t *testing.T, options ...webtest.Options) *desk {
	t.Helper()
	d := &desk{Desk: webtest.New(t, options...)}
	d.agent = d.SignIn(t, staff.RoleAgent)
	return d
}

// inquiry is what most tests begin with; change alters it.
func (d *desk) open(t *testing.T, change ...func(*ticket.Inquiry)) string {
	t.Helper()
	in := ticket.Inquiry{
		Channel: ticket.ChannelForm, Language: "en", Category: "case-question", Name: "Amara Okafor", Email: "amara@example.org",
		Subject: "When will my card come?", Question: "I was approved in March.", Number: identifier.Read(""),
	}
	token := time.Now().UnixNano()
	for i := range 8 {
		in.Token[i] = byte(token >> (8 * i))
	}
	for _, fn := range change {
		fn(&in)
	}
	opened, err := d.Tickets.Open(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return opened.Reference
}

func (d *desk) ticket(t *testing.T, reference string) ticket.Ticket {
	t.Helper()
	found, err := d.Tickets.ByReference(t.Context(), reference)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// post sends a form that must be accepted.
func (d *desk) post(t *testing.T, path string, form url.Values) webtest.Page {
	t.Helper()
	answer := d.agent.Post(path, form)
	if answer.Status != http.StatusSeeOther {
		t.Fatalf("POST %s: status %d, want 303: %s", path, answer.Status, answer.Text("main"))
	}
	return answer
}

func (d *desk) get(t *testing.T, path string) webtest.Page {
	t.Helper()
	answer := d.agent.Get(path)
	if answer.Status != http.StatusOK {
		t.Fatalf("GET %s: status %d: %s", path, answer.Status, answer.Text("main"))
	}
	return answer
}

func TestPagesRender(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	reference := d.open(t)
	for _, path := range []string{"/console/tickets", "/console/tickets/" + reference, "/console/search", "/console/tickets?view=quarantine"} {
		page := d.get(t, path)
		if page.Text("h1") == "" || strings.Contains(page.Body, "ZgotmplZ") {
			t.Errorf("%s is broken: %s", path, page.Body)
		}
	}
}
