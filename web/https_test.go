package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/web/webtest"
)

func TestNoLocationOutgrowsAProxy(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	desk.Member(t, staff.RoleAgent, "long@staff.test")
	agent := desk.SignIn(t, staff.RoleAgent)
	letters := strings.Repeat("\u0633", 400) // of an alphabet that takes six bytes a letter in an address
	email := "applicant@mail.example"
	desk.Applicant(t, email)
	long := "/console/search?" + url.Values{"q": {letters}}.Encode()
	next := url.Values{"next": {long}, "email": {"long@staff.test"}, "password": {webtest.Password}}
	form := desk.Get("/inquiries/new").Form("form.form")
	for field, value := range map[string]string{"category": "feedback", "name": "x", "email": "x@mail.example", "subject": "x", "question": "x"} {
		form.Set(field, value)
	}
	sent := desk.Post("/inquiries", form)
	reference := strings.TrimPrefix(sent.Location(), "/inquiries/")
	ticket := "/console/tickets/" + reference
	from := "?" + url.Values{"from": {"search?" + url.Values{"q": {letters}}.Encode()}}.Encode()
	for name, p := range map[string]webtest.Page{
		"sign-in asked for":        desk.NewVisitor(t).Get(long),
		"sign-in asked for a page": desk.NewVisitor(t).Get(ticket + from),
		"account asked for":        desk.NewVisitor(t).Get("/account/questions?x=" + url.QueryEscape(letters)),
		"question asked for":       desk.NewVisitor(t).Get("/account/questions/" + reference + "?x=" + url.QueryEscape(letters)),
		"signed in":                desk.NewVisitor(t).Post("/console/sign-in", next),
		"signed out":               desk.SignIn(t, staff.RoleAgent).Post("/console/sign-out", next),
		"applicant signed in":      desk.NewVisitor(t).Post("/account/sign-in", url.Values{"next": {"/account?x=" + url.QueryEscape(letters)}, "email": {email}, "password": {webtest.Password}}),
		"note kept":                agent.Post(ticket+"/notes"+from, url.Values{"body": {"A note"}}),
		"status set":               agent.Post(ticket+"/status"+from, url.Values{"status": {"open"}}),
		"bulk":                     agent.Post("/console/tickets/bulk", url.Values{"back": {"/console/tickets?view=" + url.QueryEscape(letters)}}),
		"slash too many":           desk.Get("/inquiries/new/?x=" + url.QueryEscape(letters) + url.QueryEscape(letters)),
		"dates of a search":        agent.Get(long + "&since=2026-01-01"),
		"in another language":      desk.NewVisitor(t).Get("/console/tickets?lang=es&x=" + strings.Repeat("y", 3000)),
	} {
		to := p.Location()
		if p.Status != http.StatusSeeOther && name != "dates of a search" { // which is shown where it is
			t.Errorf("%s: status %d: %s", name, p.Status, p.Text("main"))
		}
		if len(to) > 2000 || to != "" && (to[0] != '/' || strings.HasPrefix(to, "//")) {
			t.Errorf("%s leads to %d bytes: %.90s", name, len(to), to)
		}
	}
	if to := desk.NewVisitor(t).Get(ticket + from).Location(); to != "/console/sign-in?next="+url.QueryEscape(ticket) {
		t.Errorf("signing in does not lead on to the ticket: %.90s", to)
	}
	agent.Get(ticket + from).Doc.Find("[href], [action]").Each(func(_ int, link *goquery.Selection) {
		if to := link.AttrOr("href", link.AttrOr("action", "")); len(to) > 2000 {
			t.Errorf("the ticket's page has an address of %d bytes: %.90s", len(to), to)
		}
	})
	if p := agent.Post(ticket+"/notes?from=view%3Dmine", url.Values{"body": {"A second note"}}); !strings.Contains(p.Location(), "from=view%3Dmine") {
		t.Errorf("a list is not carried along: %s", p.Location())
	}
}

func TestHTTPIsLedToHTTPS(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t, webtest.Options{Env: map[string]string{"BASE_URL": "https://help.example", "TRUSTED_PROXIES": everyLoopback}})
	untrusting := webtest.New(t, webtest.Options{Env: map[string]string{"BASE_URL": "https://help.example"}})
	plain := webtest.New(t, webtest.Options{Env: map[string]string{"BASE_URL": "http://help.example", "TRUSTED_PROXIES": everyLoopback}})
	http10, form := []string{"X-Forwarded-Proto", "http"}, url.Values{"email": {"x@mail.example"}, "password": {"x"}}.Encode()
	get, post := http.MethodGet, http.MethodPost
	for name, tc := range map[string]struct {
		desk         *webtest.Desk
		method, path string
		headers      []string
		status       int
		location     string
	}{
		"a page over http":                    {desk, get, "/inquiries/new?lang=es", http10, 307, "https://help.example/inquiries/new?lang=es"},
		"a page over https":                   {desk, get, "/inquiries/new", []string{"X-Forwarded-Proto", "https"}, 200, ""},
		"nobody tells":                        {desk, get, "/inquiries/new", nil, 200, ""},
		"a claim of anybody":                  {untrusting, get, "/inquiries/new", http10, 200, ""},
		"a site over http":                    {plain, get, "/inquiries/new", http10, 200, ""},
		"a proxy that knows its own hop only": {desk, get, "/inquiries/new", append([]string{"Sec-Fetch-Site", "none"}, http10...), 200, ""},
		"whoever has our cookie":              {desk, get, "/inquiries/new", append([]string{"Cookie", "__Host-askwell_session=x"}, http10...), 200, ""},
		"the health check":                    {desk, get, "/readyz", http10, 200, ""},
		"the stylesheet":                      {desk, get, "/agency.css", http10, 200, ""},
		"a path that looks like a host":       {desk, get, "//evil.example/x", http10, 307, "https://help.example//evil.example/x"},
		"the staff's sign-in":                 {desk, post, "/console/sign-in", http10, 403, ""},
		"an applicant's sign-in":              {desk, post, "/account/sign-in", http10, 403, ""},
		"a sign-in, where only its page says": {untrusting, post, "/console/sign-in", []string{"Origin", "http://help.example"}, 403, ""},
		"a question":                          {desk, post, "/help/account-number", http10, 303, "/help/account-number/sent"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := tc.desk.NewVisitor(t).Send(tc.method, tc.path, map[string]string{post: "application/x-www-form-urlencoded"}[tc.method], strings.NewReader(form), tc.headers...)
			if p.Status != tc.status || p.Location() != tc.location {
				t.Fatalf("status %d to %q, want %d to %q", p.Status, p.Location(), tc.status, tc.location)
			}
			if p.Status == 307 && p.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("the redirect may be cached: %v", p.Header)
			}
			if p.Status == 403 && (p.Text("h1") != "Open this page with https" || p.Doc.Find(`a[href="https://help.example`+tc.path+`"]`).Length() != 1) {
				t.Errorf("the page says %q", p.Text("main"))
			}
		})
	}
	es := desk.NewVisitor(t).Send(post, "/account/sign-in?lang=es", "application/x-www-form-urlencoded", strings.NewReader(form), http10...)
	if es.Text("h1") != "Abra esta página con https" {
		t.Errorf("in Spanish it says %q", es.Text("h1"))
	}
}

func TestOriginsAreComparedAsBrowsersMeanThem(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t, webtest.Options{Env: map[string]string{"BASE_URL": "https://DESK.test", "TRUSTED_PROXIES": everyLoopback}})
	for name, tc := range map[string]struct {
		host    string
		headers []string
		refused bool
	}{
		"as in BASE_URL":                      {"127.0.0.1:8080", []string{"Origin", "https://DESK.test"}, false},
		"in small letters":                    {"127.0.0.1:8080", []string{"Origin", "https://desk.test"}, false},
		"with its port":                       {"127.0.0.1:8080", []string{"Origin", "https://desk.test:443"}, false},
		"the host as given, in capitals":      {"Other.test", []string{"Origin", "https://other.TEST"}, false},
		"the host as the proxy gives it":      {"127.0.0.1:8080", []string{"Origin", "https://other.test", "X-Forwarded-Host", "other.test"}, false},
		"another port":                        {"127.0.0.1:8080", []string{"Origin", "https://desk.test:8443"}, true},
		"http, where https is known":          {"desk.test", []string{"Origin", "http://desk.test", "X-Forwarded-Proto", "https"}, true},
		"a host that only begins so":          {"127.0.0.1:8080", []string{"Origin", "https://desk.test.evil.test"}, true},
		"none":                                {"127.0.0.1:8080", []string{"Origin", "null"}, true},
		"of another site, though it matches":  {"desk.test", []string{"Origin", "https://evil.test", "Sec-Fetch-Site", "cross-site"}, true},
		"another host on the same domain":     {"desk.test", []string{"Origin", "https://www.desk.test", "Sec-Fetch-Site", "same-site"}, true},
		"in capitals, of a browser of today":  {"DESK.test:443", []string{"Origin", "https://desk.test", "Sec-Fetch-Site", "same-origin"}, false},
		"without an origin, as a program has": {"desk.test", nil, false},
	} {
		r := postRequest(t, desk.URL+"/help/account-number", url.Values{"email": {"x@mail.example"}})
		r.Host = tc.host
		for i := 0; i+1 < len(tc.headers); i += 2 {
			r.Header.Set(tc.headers[i], tc.headers[i+1])
		}
		if status, _ := answerTo(t, r); (status == http.StatusForbidden) != tc.refused {
			t.Errorf("%s: status %d", name, status)
		}
	}
}

func TestForwardedPrefixLeadsNowhere(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t, webtest.Options{Env: map[string]string{"TRUSTED_PROXIES": everyLoopback}})
	for _, path := range []string{"/inquiries/new/", "//inquiries/new", "/Inquiries/NEW", "/console/sign-in/"} {
		p := desk.Send(http.MethodGet, path, "", nil, "X-Forwarded-Prefix", "/evil", "X-Forwarded-Host", "evil.example")
		if strings.Contains(p.Location(), "evil") || strings.Contains(p.Body, "evil.example") || p.Status == http.StatusMovedPermanently {
			t.Errorf("%s: %d to %q", path, p.Status, p.Location())
		}
		if p.Location() != "" && (p.Header.Get("Cache-Control") != "no-store" || p.Header.Get("Content-Security-Policy") == "") {
			t.Errorf("%s: the redirect lacks headers: %v", path, p.Header)
		}
	}
}

func TestAddressesWithTokensAreInNoReferer(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	agent := desk.SignIn(t, staff.RoleAgent)
	for path, want := range map[string]string{
		"/": "same-origin", "/privacy": "same-origin", "/status": "same-origin", "/console/tickets": "same-origin",
		"/inquiries/new": "strict-origin", "/inquiries/new?draft=AAAAAAAAAAAAAAAAAAAAAA": "strict-origin", "/inquiries/check?draft=AAAAAAAAAAAAAAAAAAAAAA": "strict-origin",
		"/status/t0ken": "strict-origin", "/register/confirm/t0ken": "strict-origin", "/account/password/t0ken": "strict-origin", "/account/email/t0ken": "strict-origin", "/account/not-me/t0ken": "strict-origin",
		"/account/sign-in?next=%2Finquiries%2Fcheck%3Fdraft%3Dx": "strict-origin", "/console/search": "strict-origin", "/console/search?q=amara": "strict-origin", "/console/tickets?view=mine": "strict-origin",
	} {
		p := agent.Get(path)
		if got := p.Header.Get("Referrer-Policy"); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
		if p.Doc.Find(`meta[name="referrer"]`).Length() > 0 {
			t.Errorf("%s: the page says something else than its header", path)
		}
	}
}
