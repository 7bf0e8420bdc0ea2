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
// RFC 6454: scheme and host in any case, and the scheme's own port or none, are one origin.
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
