package web_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/web"
	"github.com/askwell/askwell/web/remote"
	"github.com/askwell/askwell/web/webtest"
)

const everyLoopback = "127.0.0.0/8,::1" // the tests' own peer is the proxy

// TestLimitHoldsWhateverIsForged asks six times, each with another forged address in front of the one that the proxy wrote.
func TestLimitHoldsWhateverIsForged(t *testing.T) {
	t.Parallel()
	for name, header := range map[string]func(n int) []string{
		"replaced by the proxy":           func(int) []string { return []string{"203.0.113.7"} },
		"added to by the proxy":           func(n int) []string { return []string{fmt.Sprintf("198.51.100.%d, 203.0.113.7", n)} },
		"in a line of its own":            func(n int) []string { return []string{fmt.Sprintf("198.51.100.%d", n), "203.0.113.7"} },
		"with the port of its connection": func(n int) []string { return []string{fmt.Sprintf("198.51.100.%d:80, 203.0.113.7:%d", n, 40000+n)} },
		"IPv6 with a port":                func(n int) []string { return []string{fmt.Sprintf("[2001:db8::%d]:%d", n, 40000+n)} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			desk := webtest.New(t, webtest.Options{Env: map[string]string{"REQUEST_RATE": "address:3/1h", "TRUSTED_PROXIES": everyLoopback}})
			refused := 0
			for n := range 6 {
				r := postRequest(t, desk.URL+"/help/account-number", url.Values{"email": {fmt.Sprintf("visitor%d@mail.example", n)}})
				r.Header["X-Forwarded-For"] = header(n)
				if status, _ := answerTo(t, r); status == http.StatusTooManyRequests {
					refused++
				}
			}
			if refused != 3 {
				t.Errorf("%d of 6 were refused at a rate of 3", refused)
			}
		})
	}
}

func postRequest(t *testing.T, address string, form url.Values) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func answerTo(t *testing.T, r *http.Request) (int, http.Header) {
	t.Helper()
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode, res.Header
}

// No answer leads to an address that a proxy has no room for, whatever is carried along, and nothing leads off the site.
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
		"signed out":               agent2(t, desk).Post("/console/sign-out", next),
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

func agent2(t *testing.T, desk *webtest.Desk) *webtest.Visitor {
	t.Helper()
	return desk.SignIn(t, staff.RoleAgent)
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

// RFC 6454: scheme and host in any case, and the scheme's own port or none, are one origin.
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

// RFC 9110, 9.3.7 and 15.5.6: Allow lists every method that the resource takes, HEAD included.
func TestOptionsAndAllow(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	for _, tc := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{http.MethodOptions, "/", 204, "GET, HEAD, OPTIONS"},
		{http.MethodOptions, "/status", 204, "GET, HEAD, OPTIONS, POST"},
		{http.MethodOptions, "/inquiries", 204, "GET, HEAD, OPTIONS, POST"},
		{http.MethodOptions, "/account/sign-out", 204, "OPTIONS, POST"},
		{http.MethodOptions, "/nowhere", 404, ""},
		{http.MethodDelete, "/", 405, "GET, HEAD, OPTIONS"},
		{http.MethodPut, "/readyz", 405, "GET, HEAD, OPTIONS"},
		{http.MethodPost, "/", 405, "GET, HEAD, OPTIONS"},
	} {
		p := desk.Send(tc.method, tc.path, "", nil)
		if p.Status != tc.status || p.Header.Get("Allow") != tc.allow {
			t.Errorf("%s %s: %d, Allow %q, want %d, %q", tc.method, tc.path, p.Status, p.Header.Get("Allow"), tc.status, tc.allow)
		}
		if p.Status == 204 && p.Header.Get("X-Request-Id") == "" {
			t.Errorf("%s %s has no number", tc.method, tc.path)
		}
	}
}

// A page whose address holds a token or something typed, or gets it while it is open, names its address to nobody.
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

// RFC 9110, 12.5.3, and the cases of its own examples.
func TestOnlyWhatIsAcceptedIsCompressed(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	for accept, want := range map[string]string{
		"gzip": "gzip", "GZIP": "gzip", "x-gzip": "gzip", "compress, gzip": "gzip", "gzip;q=1.0, identity; q=0.5, *;q=0": "gzip", "*": "gzip", "br, *;q=0.1": "gzip", "gzip ; q=0.001": "gzip",
		"": "", "identity": "", "gzip;q=0": "", "gzip;q=0.000": "", "gzip; Q=0": "", "*;q=0": "", "gzip;q=0, *": "", "br": "", "notgzip": "", "gzip;q=x": "", "gzip;q=-1": "", "compress;q=0.5": "",
	} {
		p := desk.Send(http.MethodGet, "/", "", nil, "Accept-Encoding", accept)
		if got := p.Header.Get("Content-Encoding"); got != want {
			t.Errorf("%q: %q, want %q", accept, got, want)
		}
		if !strings.Contains(strings.Join(p.Header.Values("Vary"), ","), "Accept-Encoding") {
			t.Errorf("%q: a cache is not told: %v", accept, p.Header)
		}
	}
}

func TestNumberOfATrustedProxyIsKept(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		trusted, given string
		kept           bool
	}{
		"nginx's":           {everyLoopback, "4bf92f3577b34da6a3ce929d0e0e4736", true},
		"a load balancer's": {everyLoopback, "Root=1-67891233-abcdef012345678912345678", true},
		"a UUID":            {everyLoopback, "f058ebd6-02f7-4d3f-942e-904344e8cde5", true},
		"of anybody":        {"", "4bf92f3577b34da6a3ce929d0e0e4736", false},
		"too long":          {everyLoopback, strings.Repeat("a", 129), false},
		"blanks":            {everyLoopback, "a b", false},
		"markup":            {everyLoopback, "<b>", false},
		"none":              {everyLoopback, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log book
			desk := webtest.New(t, webtest.Options{Env: map[string]string{"TRUSTED_PROXIES": tc.trusted}, Change: func(cfg *web.Config) {
				cfg.Logger = slog.New(slog.NewJSONHandler(&log, nil))
			}})
			number := desk.Send(http.MethodGet, "/", "", nil, "X-Request-Id", tc.given).Header.Get("X-Request-Id")
			if kept := number == tc.given; kept != tc.kept || number == "" || !strings.Contains(log.String(), `"id":"`+number+`"`) {
				t.Errorf("%q became %q: %s", tc.given, number, log.String())
			}
		})
	}
}

func TestFaviconIsThere(t *testing.T) {
	t.Parallel()
	p := webtest.New(t).Get("/favicon.ico")
	if p.Status != http.StatusOK || p.Header.Get("Content-Type") != "image/svg+xml" || !strings.Contains(p.Body, "<svg") {
		t.Errorf("status %d, %s", p.Status, p.Header.Get("Content-Type"))
	}
}

// Only who has SECRET_KEY hears how a request arrived.
func TestProbe(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t, webtest.Options{Env: map[string]string{"BASE_URL": "https://desk.test", "TRUSTED_PROXIES": everyLoopback}})
	key, now := desk.Settings.SecretKeys[0], time.Now()
	ask := func(p remote.Probe) (int, []byte) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, desk.URL+remote.ProbePath, nil)
		if err != nil {
			t.Fatal(err)
		}
		p.Send(r)
		r.Host = "Desk.test"
		r.Header["X-Forwarded-For"] = []string{"198.51.100.9", "203.0.113.7:4000"}
		r.Header.Set("X-Forwarded-Proto", "https")
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var body bytes.Buffer
		if _, err := body.ReadFrom(res.Body); err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, body.Bytes()
	}
	probe := remote.NewProbe(key, now)
	_, body := ask(probe)
	got, err := probe.Read(key, body)
	if err != nil || got.Address != "203.0.113.7" || got.Peer != "127.0.0.1" || !got.Trusted || got.Scheme != "https" || got.Host != "desk.test" || got.Shared ||
		!slices.Equal(got.Chain, []string{"198.51.100.9", "203.0.113.7:4000"}) {
		t.Errorf("%+v: %v", got, err)
	}
	if _, err := remote.NewProbe(key, now).Read(key, body); err == nil {
		t.Error("the answer to another probe is believed")
	}
	if _, err := probe.Read([]byte("another key, of another desk or a guess"), body); err == nil {
		t.Error("another desk's answer is believed")
	}
	for name, p := range map[string]remote.Probe{
		"unsigned": {}, "another key": remote.NewProbe([]byte("another key, of another desk or a guess"), now), "old": remote.NewProbe(key, now.Add(-11*time.Minute)), "of tomorrow": remote.NewProbe(key, now.Add(24*time.Hour)),
	} {
		if status, body := ask(p); status != http.StatusNotFound || bytes.Contains(body, []byte("203.0.113")) || !json.Valid(body) {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
}

// A desk that others open says in /readyz when all visitors share one address; one on this machine does not.
func TestReadinessTellsOfASharedAddress(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{"https://desk.test": `"name":"visitors","ok":false`, "http://localhost:8080": `"status":"ready"`} {
		desk := webtest.New(t, webtest.Options{Env: map[string]string{"BASE_URL": base}})
		for n := range 300 {
			desk.Send(http.MethodGet, "/privacy", "", nil, "User-Agent", fmt.Sprint("browser ", n%9))
		}
		if p := desk.Get("/readyz"); p.Status != http.StatusOK || !strings.Contains(p.Body, want) {
			t.Errorf("%s: %d %s", base, p.Status, p.Body)
		}
	}
}
