package session_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/web/session"
	"github.com/askwell/askwell/web/webtest"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func TestNext(t *testing.T) {
	t.Parallel()
	const home = "/console/tickets"
	for raw, want := range map[string]string{
		"": home, "/console/tickets?view=mine": "/console/tickets?view=mine", "/console": "/console",
		"https://evil.example/console/": home, "//evil.example/console/": home, "/\\evil.example": home, "/console/\\evil": home,
		"/console/../inquiries": home, "/inquiries/new": home, "/consolefoo": home, "javascript:alert(1)": home,
		"/console/sign-in?next=/console": home, "/console/a\r\nSet-Cookie: x": home, "%": home,
	} {
		if got := new(session.Manager).Next(raw); got != want {
			t.Errorf("Next(%q) = %q, want %q", raw, got, want)
		}
	}
}

func TestSessionEnds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		end  func(t *testing.T, d *webtest.Desk, v *webtest.Visitor, member int64, advance func(time.Duration))
		over bool
	}{
		{"not by itself", func(*testing.T, *webtest.Desk, *webtest.Visitor, int64, func(time.Duration)) {}, false},
		{"not after seven hours without a request", func(_ *testing.T, _ *webtest.Desk, _ *webtest.Visitor, _ int64, advance func(time.Duration)) {
			advance(7 * time.Hour)
		}, false},
		{"not while somebody works", func(_ *testing.T, _ *webtest.Desk, v *webtest.Visitor, _ int64, advance func(time.Duration)) {
			advance(5 * time.Hour)
			v.Get("/console/tickets")
			advance(5 * time.Hour)
		}, false},
		{"after eight hours without a request", func(_ *testing.T, _ *webtest.Desk, _ *webtest.Visitor, _ int64, advance func(time.Duration)) {
			advance(8*time.Hour + time.Minute)
		}, true},
		{"after eight hours in which only the page asked", func(_ *testing.T, _ *webtest.Desk, v *webtest.Visitor, _ int64, advance func(time.Duration)) {
			advance(5 * time.Hour)
			v.Get("/console/tickets/live")
			advance(5 * time.Hour)
		}, true},
		{"at sign-out", func(_ *testing.T, _ *webtest.Desk, v *webtest.Visitor, _ int64, _ func(time.Duration)) {
			v.Post("/console/sign-out", nil)
		}, true},
		{"when they leave", func(t *testing.T, d *webtest.Desk, _ *webtest.Visitor, member int64, _ func(time.Duration)) {
			if err := (staff.Changes{DB: d.DB}).Deactivate(t.Context(), member); err != nil {
				t.Error(err)
			}
		}, true},
		{"when they come back after they left", func(t *testing.T, d *webtest.Desk, _ *webtest.Visitor, member int64, _ func(time.Duration)) {
			changes := staff.Changes{DB: d.DB}
			if err := errors.Join(changes.Deactivate(t.Context(), member), changes.Activate(t.Context(), member)); err != nil {
				t.Error(err)
			}
		}, true},
		{"when the role changes", func(t *testing.T, d *webtest.Desk, _ *webtest.Visitor, member int64, _ func(time.Duration)) {
			if err := (staff.Changes{DB: d.DB}).SetRole(t.Context(), member, staff.RoleSupervisor); err != nil {
				t.Error(err)
			}
		}, true},
		{"when the password changes", func(t *testing.T, d *webtest.Desk, _ *webtest.Visitor, member int64, _ func(time.Duration)) {
			if err := (staff.Changes{DB: d.DB}).SetPassword(t.Context(), member, "eight lamps in the harbour"); err != nil {
				t.Error(err)
			}
		}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var later atomic.Int64
			d := webtest.New(t, webtest.Options{Now: func() time.Time { return time.Now().Add(time.Duration(later.Load())) }})
			member := d.Member(t, staff.RoleAgent, "ada@staff.test")
			v := d.NewVisitor(t)
			signIn(t, v)
			tt.end(t, d, v, member, func(by time.Duration) { later.Add(int64(by)) })
			if got := v.Get("/console/tickets").Status; (got != http.StatusOK) != tt.over {
				t.Errorf("status %d, over should be %v", got, tt.over)
			}
		})
	}
}

func signIn(t *testing.T, v *webtest.Visitor) {
	t.Helper()
	form := url.Values{"email": {"ada@staff.test"}, "password": {webtest.Password}, "next": {"/console/search"}}
	if got := v.Post("/console/sign-in", form); got.Status != http.StatusSeeOther || got.Location() != "/console/search" {
		t.Fatalf("status %d to %q", got.Status, got.Location())
	}
}

func TestSessionCookie(t *testing.T) {
	t.Parallel()
	d := webtest.New(t)
	d.Member(t, staff.RoleAgent, "ada@staff.test")
	v := d.NewVisitor(t)
	signIn(t, v)
	token := func() string {
		for _, c := range v.Cookies("/console") {
			if c.Name == "askwell_session" {
				return c.Value
			}
		}
		t.Fatal("no session cookie")
		return ""
	}
	first := token()
	var stored bool
	if err := d.DB.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM sessions WHERE token = $1)`, first).Scan(&stored); err != nil || stored {
		t.Errorf("the token stands in the database as it is (%v)", err)
	}
	signIn(t, v)
	if token() == first {
		t.Error("a second sign-in keeps the token of the first")
	}
	if got := v.Get("/console/sign-in?next=%2Fconsole%2Fsearch"); got.Status != http.StatusSeeOther || got.Location() != "/console/search" {
		t.Errorf("signed in already: status %d to %q", got.Status, got.Location())
	}
	wrong := d.NewVisitor(t)
	for i, want := range []int{422, 422, 422, 422, 422, 429} {
		got := wrong.Post("/console/sign-in", url.Values{"email": {"ada@staff.test"}, "password": {"nonsense"}})
		if got.Status != want || got.Value("email") != "ada@staff.test" || got.Value("password") != "" {
			t.Errorf("try %d: status %d, want %d; the form keeps the address and not the password", i+1, got.Status, want)
		}
		if want == 429 && got.Header.Get("Retry-After") == "" {
			t.Error("a lock does not say until when")
		}
	}
	if got := v.Post("/console/sign-in", url.Values{"email": {"ada@staff.test"}, "password": {webtest.Password}}); got.Status != http.StatusSeeOther {
		t.Errorf("the owner's browser is locked out by a stranger's tries: status %d", got.Status)
	}
}

// TestCookiesOfAnHTTPSSite holds that no neighbour under the same domain can plant a session.
func TestCookiesOfAnHTTPSSite(t *testing.T) {
	t.Parallel()
	for base, prefix := range map[string]string{"https://help.example": "__Host-", "http://localhost:8080": ""} {
		d := webtest.New(t, webtest.Options{Env: map[string]string{"BASE_URL": base}})
		d.Member(t, staff.RoleAgent, "cookie@staff.test")
		d.Applicant(t, "cookie@mail.example")
		for path, c := range map[string]struct{ email, cookie string }{
			"/console/sign-in": {"cookie@staff.test", prefix + "askwell_session="}, "/account/sign-in": {"cookie@mail.example", prefix + "askwell_applicant="},
		} {
			p := d.NewVisitor(t).Post(path, url.Values{"email": {c.email}, "password": {webtest.Password}})
			found := ""
			for _, line := range p.Header.Values("Set-Cookie") {
				if strings.HasPrefix(line, c.cookie) {
					found = line
				}
			}
			if p.Status != http.StatusSeeOther || found == "" {
				t.Fatalf("%s, %s: status %d, cookies %q", base, path, p.Status, p.Header.Values("Set-Cookie"))
			}
			if secure := strings.Contains(found, "Secure"); secure != (prefix != "") || !strings.Contains(found, "Path=/;") || strings.Contains(found, "Domain") {
				t.Errorf("%s, %s: %q", base, path, found)
			}
		}
	}
}
