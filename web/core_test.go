package web_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/askwell/askwell/web"
	"github.com/askwell/askwell/web/ops"
	"github.com/askwell/askwell/web/webtest"
)

// book is a log that a test can read.
type book struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *book) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *book) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	for _, path := range []string{"/", "/inquiries/new", "/nowhere", "/console/sign-in", "/healthz"} {
		h := desk.Get(path).Header
		policy := h.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: the policy lacks %s: %s", path, want, policy)
			}
		}
		if strings.Contains(policy, "unsafe") || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", path, h)
		}
		want := map[string]string{
			"/console/sign-in": "no-store",
			"/inquiries/new":   "private, no-cache", // empty, and nobody's: Back shows it as it was left; a draft's page is another address
		}
		if want[path] != "" && h.Get("Cache-Control") != want[path] {
			t.Errorf("%s: Cache-Control %q, want %q", path, h.Get("Cache-Control"), want[path])
		}
	}
	if got := desk.Get("/inquiries/new?draft=AAAAAAAAAAAAAAAAAAAAAA").Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("a draft's page may be cached: %q", got)
	}
	secure := webtest.New(t, webtest.Options{Env: map[string]string{"BASE_URL": "https://help.example"}})
	if h := secure.Get("/").Header.Get("Strict-Transport-Security"); h != "max-age=31536000; includeSubDomains" {
		t.Errorf("Strict-Transport-Security on https: %q", h)
	}
	if h := desk.Get("/").Header.Get("Strict-Transport-Security"); h != "" {
		t.Errorf("Strict-Transport-Security on http: %q", h)
	}
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t, webtest.Options{Env: map[string]string{"BASE_URL": "https://help.example"}})
	for name, tc := range map[string]struct {
		headers []string
		refused bool
	}{
		"no browser":               {nil, false},
		"same origin":              {[]string{"Sec-Fetch-Site", "same-origin"}, false},
		"typed address":            {[]string{"Sec-Fetch-Site", "none"}, false},
		"other site":               {[]string{"Sec-Fetch-Site", "cross-site"}, true},
		"same site, other host":    {[]string{"Sec-Fetch-Site", "same-site"}, true},
		"old browser, other site":  {[]string{"Origin", "https://evil.example"}, true},
		"old browser behind proxy": {[]string{"Origin", "https://help.example"}, false},
	} {
		p := desk.Send(http.MethodPost, "/inquiries/check", "application/x-www-form-urlencoded", strings.NewReader("name=x"), tc.headers...)
		if refused := p.Status == http.StatusForbidden; refused != tc.refused {
			t.Errorf("%s: status %d", name, p.Status)
		}
	}
}

func TestBodyLimit(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	body := func(size int) io.Reader { return strings.NewReader("email=" + strings.Repeat("x", size)) }
	p := desk.Send(http.MethodPost, "/console/sign-in", "application/x-www-form-urlencoded", body(200<<10))
	if p.Status == http.StatusSeeOther || p.Status == http.StatusOK {
		t.Errorf("200 kB to sign in: status %d", p.Status)
	}
	if p := desk.Send(http.MethodPost, "/inquiries/check", "application/x-www-form-urlencoded", body(200<<10)); p.Status != http.StatusUnprocessableEntity {
		t.Errorf("200 kB of text to the form: status %d, want 422", p.Status)
	}
}

func TestPagesAreCompressed(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t)
	p := desk.Send(http.MethodGet, "/", "", nil, "Accept-Encoding", "gzip")
	if p.Header.Get("Content-Encoding") != "gzip" || !strings.Contains(strings.Join(p.Header.Values("Vary"), ","), "Accept-Encoding") {
		t.Fatalf("headers %v", p.Header)
	}
	r, err := gzip.NewReader(strings.NewReader(p.Body))
	if err != nil {
		t.Fatal(err)
	}
	if page, err := io.ReadAll(r); err != nil || !strings.HasSuffix(strings.TrimSpace(string(page)), "</html>") {
		t.Errorf("the page does not end: %v", err)
	}
	if p := desk.Send(http.MethodGet, "/", "", nil, "Accept-Encoding", "identity"); p.Header.Get("Content-Encoding") != "" {
		t.Error("compressed for whoever did not ask")
	}
}

func TestHeadIsGetWithoutABody(t *testing.T) {
	t.Parallel()
	p := webtest.New(t).Send(http.MethodHead, "/", "", nil)
	if p.Status != http.StatusOK || p.Body != "" {
		t.Errorf("status %d, %d bytes", p.Status, len(p.Body))
	}
}

func TestClientAddress(t *testing.T) {
	t.Parallel()
	// Two addresses behind a proxy that is trusted are two; behind one that is not they are the proxy.
	for name, tc := range map[string]struct {
		trusted string
		want    int
	}{"trusted": {"127.0.0.0/8,::1", 0}, "not trusted": {"", 1}} {
		desk := webtest.New(t, webtest.Options{Env: map[string]string{"FORM_RATE": "address:1/1h", "TRUSTED_PROXIES": tc.trusted}})
		for _, from := range []string{"203.0.113.7", "203.0.113.8"} {
			form := desk.Get("/inquiries/new").Form("form.form")
			form.Set("category", "feedback")
			for _, field := range []string{"name", "subject", "question"} {
				form.Set(field, "x")
			}
			form.Set("email", "x@mail.example")
			p := desk.Send(http.MethodPost, "/inquiries", "application/x-www-form-urlencoded", strings.NewReader(form.Encode()), "X-Forwarded-For", from)
			if p.Status != http.StatusSeeOther {
				t.Fatalf("%s: status %d", name, p.Status)
			}
		}
		var n int
		if err := desk.DB.QueryRow(t.Context(), `SELECT count(*) FROM ticket WHERE suspected_of <> '{}'`).Scan(&n); err != nil || n != tc.want {
			t.Errorf("%s: %d quarantined, want %d: %v", name, n, tc.want, err)
		}
	}
}

func TestMetricsAreForMonitoring(t *testing.T) {
	t.Parallel()
	desk := webtest.New(t, webtest.Options{Env: map[string]string{"METRICS_TOKEN": "the monitoring's own token"}})
	desk.Get("/inquiries/ASK-2222-2222?secret=1")
	for name, tc := range map[string]struct {
		headers []string
		status  int
	}{
		"this machine":    {nil, http.StatusOK},
		"through a proxy": {[]string{"X-Forwarded-For", "203.0.113.7"}, http.StatusForbidden},
		"claims loopback": {[]string{"X-Forwarded-For", "127.0.0.1"}, http.StatusForbidden},
		"with the token":  {[]string{"X-Forwarded-For", "203.0.113.7", "Authorization", "Bearer the monitoring's own token"}, http.StatusOK},
		"another token":   {[]string{"Authorization", "Bearer guess"}, http.StatusForbidden},
	} {
		p := desk.Send(http.MethodGet, "/metrics", "", nil, tc.headers...)
		if p.Status != tc.status {
			t.Errorf("%s: status %d, want %d", name, p.Status, tc.status)
		}
		if p.Status == http.StatusOK && !strings.Contains(p.Body, `askwell_http_requests_total{method="GET",route="/inquiries/:reference",status="404"} 1`) {
			t.Errorf("%s: the figures lack the request before", name)
		}
		if strings.Contains(p.Body, "ASK-2222") {
			t.Errorf("%s: the figures name an address", name)
		}
	}
}

// TestMailboxIsForThisMachine asks for the mailbox and for the figures as this machine, a proxy and a rebound name would.
func TestMailboxIsForThisMachine(t *testing.T) {
	t.Parallel()
	const own, https = "http://localhost:8080", "https://help.example"
	for name, tc := range map[string]struct {
		base, host, header string
		mailbox, metrics   int
	}{
		"this machine":                     {own, "", "", http.StatusOK, http.StatusOK},
		"by name":                          {own, "localhost", "", http.StatusOK, http.StatusOK},
		"a rebound name":                   {own, "evil.example", "", http.StatusForbidden, http.StatusForbidden},
		"a proxy that names the client":    {own, "", "X-Forwarded-For", http.StatusForbidden, http.StatusForbidden},
		"a proxy that names the scheme":    {own, "", "X-Forwarded-Proto", http.StatusForbidden, http.StatusForbidden},
		"a proxy that names itself":        {own, "", "Via", http.StatusForbidden, http.StatusForbidden},
		"a tunnel":                         {own, "", "Cf-Ray", http.StatusForbidden, http.StatusForbidden},
		"https, a proxy that names nobody": {https, "help.example", "", http.StatusForbidden, http.StatusForbidden},
		"https, on the machine":            {https, "", "", http.StatusForbidden, http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			desk := webtest.New(t, webtest.Options{Env: map[string]string{"BASE_URL": tc.base}, Change: func(cfg *web.Config) {
				cfg.Mailbox = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "an applicant's mail") })
			}})
			for path, want := range map[string]int{"/dev/mail": tc.mailbox, "/dev/mail/": tc.mailbox, "/dev/mail/1/raw": tc.mailbox, "/metrics": tc.metrics} {
				r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, desk.URL+path, nil)
				if err != nil {
					t.Fatal(err)
				}
				r.Host = tc.host
				if tc.header != "" {
					r.Header.Set(tc.header, "1")
				}
				res, err := http.DefaultClient.Do(r)
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(res.Body)
				res.Body.Close()
				if err != nil || res.StatusCode != want {
					t.Errorf("%s: %d, want %d: %v", path, res.StatusCode, want, err)
				}
				if strings.Contains(string(body), "an applicant's mail") != (want == http.StatusOK && path != "/metrics") {
					t.Errorf("%s: %q", path, body)
				}
			}
		})
	}
}

func TestReadinessNamesWhatIsAway(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		required bool
		status   int
		word     string
	}{"needed": {true, 503, "not ready"}, "not needed": {false, 200, "degraded"}} {
		desk := webtest.New(t, webtest.Options{Change: func(cfg *web.Config) {
			cfg.Ready = []ops.Dependency{{Name: "search", Required: tc.required, Check: func(context.Context) error { return errors.New("secret detail") }}}
		}})
		p := desk.Get("/readyz")
		if p.Status != tc.status || !strings.Contains(p.Body, `"status":"`+tc.word+`"`) || !strings.Contains(p.Body, `"name":"search","ok":false`) {
			t.Errorf("%s: status %d: %s", name, p.Status, p.Body)
		}
		if strings.Contains(p.Body, "secret detail") {
			t.Errorf("%s: the answer tells what is wrong inside", name)
		}
	}
}

// TestLogsHoldNothingPersonal sends an inquiry and reads the log.
func TestLogsHoldNothingPersonal(t *testing.T) {
	t.Parallel()
	var log book
	desk := webtest.New(t, webtest.Options{Change: func(cfg *web.Config) {
		cfg.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}})
	form := desk.Get("/inquiries/new?from=Zacharias").Form("form.form")
	for field, value := range map[string]string{
		"category": "feedback", "name": "Zacharias", "email": "zacharias@mail.example", "subject": "Zacharias asks", "question": "Zacharias?",
	} {
		form.Set(field, value)
	}
	place := desk.Post("/inquiries", form).Location()
	desk.Get(place)
	text := log.String()
	if !strings.Contains(text, `"route":"/inquiries"`) || !strings.Contains(text, `"status":303`) {
		t.Errorf("the log lacks the request: %s", text)
	}
	own := netip.MustParseAddr("127.0.0.1").String()
	for _, personal := range []string{"acharias", "mail.example", strings.TrimPrefix(place, "/inquiries/"), own} {
		if strings.Contains(text, personal) {
			t.Errorf("the log holds %q", personal)
		}
	}
}

func TestPanicIsAPage(t *testing.T) {
	t.Parallel()
	var log book
	desk := webtest.New(t, webtest.Options{Change: func(cfg *web.Config) {
		cfg.Mailbox = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("a secret of the inside") })
		cfg.Logger = slog.New(slog.NewJSONHandler(&log, nil))
	}})
	p := desk.Get("/dev/mail")
	if p.Status != http.StatusInternalServerError || p.Text("h1") != "Something went wrong on our side" {
		t.Errorf("status %d, %q", p.Status, p.Text("h1"))
	}
	id := p.Header.Get("X-Request-Id")
	if id == "" || !strings.Contains(p.Text("main"), id) || !strings.Contains(log.String(), id) {
		t.Errorf("page and log do not share the number %q", id)
	}
	if strings.Contains(p.Body, "secret") {
		t.Error("the page tells of the inside")
	}
}
