package web_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/web"
	"github.com/askwell/askwell/web/webtest"
)

func TestAddressesThatAreNoText(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	supervisor := desk.SignIn(t, staff.RoleSupervisor)
	for _, address := range []string{
		"/inquiries/new?category=%00", "/inquiries/new?from=%ff", "/?x=%ed%a0%80", "/?%00=x", "/inquiries/%00", "/status/%ff", "/%00",
		"/console/tickets?category=%00", "/console/search?q=%00", "/console/search.json?q=a%00b", "/console/reports/response-times?category=%00",
		"/console/tickets/%00", "/console/accounts/%ff", "/console/reports/response-times.csv?queue=%00", "/console/tickets?after=%00", "/account?after=%00",
	} {
		p := supervisor.Get(address)
		if p.Status != http.StatusBadRequest {
			t.Errorf("%s: status %d, want 400", address, p.Status)
		}
		if !strings.Contains(address, ".json") && p.Text("h1") != "We cannot read this address or form" {
			t.Errorf("%s: %q", address, p.Text("h1"))
		}
	}
	if p := desk.Get("/inquiries/new?from=50%&x=;"); p.Status != http.StatusOK {
		t.Errorf("a percent sign that encodes nothing: status %d, want the page", p.Status)
	}
}

// TestWhatIsTypedIsKeptWithoutNUL sends a reply with bytes that PostgreSQL cannot keep.
func TestWhatIsTypedIsKeptWithoutNUL(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	form := desk.Get("/inquiries/new").Form("form.form")
	for field, value := range map[string]string{"category": "feedback", "name": "x", "email": "x@mail.example", "subject": "x", "question": "x"} {
		form.Set(field, value)
	}
	reference := strings.TrimPrefix(desk.Post("/inquiries", form).Location(), "/inquiries/")
	agent := desk.SignIn(t, staff.RoleAgent)
	for name, send := range map[string]func(path string, form url.Values) webtest.Page{
		"urlencoded": agent.Post, "multipart": func(path string, form url.Values) webtest.Page { return agent.PostFiles(path, form) },
	} {
		if p := send("/console/tickets/"+reference+"/notes", url.Values{"body": {name + ": it\x00 was caf\xe9"}}); p.Status != http.StatusSeeOther {
			t.Errorf("%s: status %d, want 303", name, p.Status)
		}
		var n int
		err := desk.DB.QueryRow(t.Context(), `SELECT count(*) FROM message WHERE body = $1`, name+": it was caf\uFFFD").Scan(&n)
		if err != nil || n != 1 {
			t.Errorf("%s: %d notes: %v", name, n, err)
		}
	}
}

func TestTooMuchForASmallForm(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	agent := desk.SignIn(t, staff.RoleAgent)
	body := "email=" + strings.Repeat("x", 400_000)
	for path, v := range map[string]*webtest.Visitor{
		"/console/sign-in": desk.Visitor, "/account/sign-in": desk.Visitor, "/register": desk.Visitor, "/status": desk.Visitor,
		"/help/account-number": desk.Visitor, "/account/password": desk.Visitor, "/console/tickets/bulk": agent, "/console/search/recent": agent,
	} {
		p := v.Send(http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(body))
		if p.Status != http.StatusRequestEntityTooLarge || p.Text("h1") != "This is too big to send" {
			t.Errorf("%s: status %d, %q; want 413", path, p.Status, p.Text("h1"))
		}
	}
}

// TestSlowBody sends half of a form, and nothing more.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t, webtest.Options{Change: func(cfg *web.Config) { cfg.BodyTime = 300 * time.Millisecond }})
	for path, further := range map[string]string{"/console/sign-in": "", "/register": "Accept-Encoding: gzip\r\n", "/status?lang=es": "Accept-Encoding: gzip\r\n"} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(desk.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n%s\r\nemail=x", path, further)
		_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		res.Body.Close()
		if res.StatusCode != http.StatusRequestTimeout {
			t.Errorf("%s: status %d, want 408: %v", path, res.StatusCode, err)
		}
	}
}

// TestNextLeadsToPages signs in with a next that only takes a form.
func TestNextLeadsToPages(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	desk.Member(t, staff.RoleAgent, "next@staff.test")
	desk.Applicant(t, "next@mail.example")
	for next, want := range map[string]string{
		"/console/tickets/ASK-2222-2226":                  "/console/tickets/ASK-2222-2226",
		"/console/tickets?view=mine":                      "/console/tickets?view=mine",
		"/console/tickets/bulk":                           "/console/tickets",
		"/console/sign-out":                               "/console/tickets",
		"/console/tickets/ASK-2222-2226/replies":          "/console/tickets",
		"/console/nowhere":                                "/console/tickets",
		"/console/search/recent/clear":                    "/console/tickets",
		"/console/tickets?q=" + strings.Repeat("a", 7900): "/console/tickets",
	} {
		p := desk.NewVisitor(t).Post("/console/sign-in", url.Values{"email": {"next@staff.test"}, "password": {webtest.Password}, "next": {next}})
		if p.Status != http.StatusSeeOther || p.Location() != want {
			t.Errorf("staff, next %.60s: %d to %q, want %q", next, p.Status, p.Location(), want)
		}
	}
	for next, want := range map[string]string{
		"/account/details":                          "/account/details",
		"/account/sign-out":                         "/account",
		"/account/security/end-sessions":            "/account",
		"/account/questions/ASK-2222-2226/messages": "/account",
	} {
		p := desk.NewVisitor(t).Post("/account/sign-in", url.Values{"email": {"next@mail.example"}, "password": {webtest.Password}, "next": {next}})
		if p.Status != http.StatusSeeOther || p.Location() != want {
			t.Errorf("applicant, next %s: %d to %q, want %q", next, p.Status, p.Location(), want)
		}
	}
}

// TestAddressesThatAreNearlyAPage asks for what only takes a form, and with a slash too many, as a client that names a prefix of its own.
func TestAddressesThatAreNearlyAPage(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	for address, want := range map[string]string{
		"/console/tickets/ASK-2222-2226/replies": "/console/tickets/ASK-2222-2226",
		"/console/sign-out":                      "/console",
		"/account/sign-out":                      "/account",
		"/privacy/":                              "/privacy",
		"/inquiries/new/?lang=es":                "/inquiries/new?lang=es",
		"//privacy/":                             "/privacy",
	} {
		p := desk.Send(http.MethodGet, address, "", nil, "X-Forwarded-Prefix", "/evil")
		if p.Status != http.StatusSeeOther || p.Location() != want || p.Header.Get("Cache-Control") != "no-store" || p.Header.Get("Content-Security-Policy") == "" {
			t.Errorf("%s: %d to %q, %v; want 303 to %s", address, p.Status, p.Location(), p.Header, want)
		}
	}
	for _, address := range []string{"/nowhere/", "//evil.example/", "/%5Cevil.example/"} {
		if p := desk.Send(http.MethodGet, address, "", nil, "X-Forwarded-Prefix", "/evil"); p.Status != http.StatusNotFound || p.Location() != "" {
			t.Errorf("%s: %d to %q, want 404", address, p.Status, p.Location())
		}
	}
	if p := desk.Send(http.MethodPost, "/privacy", "", nil); p.Status != http.StatusMethodNotAllowed || !strings.Contains(p.Header.Get("Allow"), "GET") {
		t.Errorf("POST to a page: %d, Allow %q", p.Status, p.Header.Get("Allow"))
	}
}
