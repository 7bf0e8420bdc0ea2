package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/config"
	"github.com/askwell/askwell/web/webtest"
)

// faultyProxy stands in front of a desk over https. Rewrite is what it does to each request, and a proxy without a fault sets what docs/proxy.md
// says.
type faultyProxy struct {
	trusted string // TRUSTED_PROXIES; the proxy itself when empty
	key     string // SECRET_KEY of the doctor; the desk's when empty
	base    func(own string) string
	rewrite func(r *http.Request)
	answer  func(w http.ResponseWriter, r *http.Request) (done bool)
	visits  int // that it has seen
	want    []string
}

// look starts proxy and desk, and gives what the doctor finds.
func (p faultyProxy) look(t *testing.T) (well string, found []error) {
	t.Helper()
	var handler http.Handler
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	base, trusted := strings.Replace(server.URL, "127.0.0.1", "localhost", 1), p.trusted
	if trusted == "" {
		trusted = "127.0.0.1,::1"
	}
	env := map[string]string{"BASE_URL": base, "TRUSTED_PROXIES": trusted, "SECRET_KEY": "a key that only the tests have and share"}
	if p.base != nil {
		env["BASE_URL"] = p.base(base)
	}
	desk := webtest.New(t, webtest.Options{Env: env})
	target, err := url.Parse(desk.URL)
	if err != nil {
		t.Fatal(err)
	}
	forward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host
		r.Out.Header.Set("X-Forwarded-For", "203.0.113.7")
		r.Out.Header.Set("X-Forwarded-Proto", "https")
		if p.rewrite != nil {
			r.Out.Header["X-Given"] = r.In.Header["X-Forwarded-For"]
			p.rewrite(r.Out)
		}
	}}
	handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.answer == nil || !p.answer(w, r) {
			forward.ServeHTTP(w, r)
		}
	})
	for n := range p.visits {
		desk.Send(http.MethodGet, "/privacy", "", nil, "User-Agent", fmt.Sprint("browser ", n%9))
	}
	if p.key != "" {
		env["SECRET_KEY"] = p.key
	}
	cfg, err := config.Load(func(name string) string { return env[name] }, config.NeedNothing)
	if err != nil {
		t.Fatal(err)
	}
	f := newFront(cfg)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	f.client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: roots, ServerName: "example.com", MinVersion: tls.VersionTLS12}
	well, err = f.look(t.Context())
	return well, findings(err)
}

// The doctor asks a desk through proxies that have one fault each.
func TestDoctorLooksThroughTheProxy(t *testing.T) {
	t.Parallel()
	status := func(path string, code int, headers ...string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != path && path != "" {
				return false
			}
			for i := 0; i+1 < len(headers); i += 2 {
				w.Header().Set(headers[i], headers[i+1])
			}
			w.WriteHeader(code)
			return true
		}
	}
	for name, tc := range map[string]faultyProxy{
		"as it should be": {},
		"it adds to what the visitor sent": {rewrite: func(r *http.Request) {
			r.Header["X-Forwarded-For"] = append(slices.Clone(r.Header["X-Given"]), "203.0.113.7")
		}},
		"it is not trusted":          {trusted: "10.1.2.3", want: []string{"FAIL Requests come to Askwell from 127.0.0.1, which is none of TRUSTED_PROXIES", "Set TRUSTED_PROXIES=127.0.0.1"}},
		"it hands on what is forged": {rewrite: func(r *http.Request) { r.Header["X-Forwarded-For"] = r.Header["X-Given"] }, want: []string{"FAIL The proxy hands X-Forwarded-For on as the visitor sent it", "proxy_set_header X-Forwarded-For $remote_addr;", "http-request set-header X-Forwarded-For %[src]"}},
		"it names nobody":            {rewrite: func(r *http.Request) { r.Header["X-Forwarded-For"] = nil }, want: []string{"FAIL The proxy sends no X-Forwarded-For: all visitors count as one"}},
		"it says its name": {answer: func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Server", "nginx/1.22.1")
			return false
		}, rewrite: func(r *http.Request) { r.Header["X-Forwarded-For"] = nil }, want: []string{`FAIL The proxy sends no X-Forwarded-For`, `configuration "proxy_set_header X-Forwarded-For $remote_addr;".`}},
		"it does not say https": {rewrite: func(r *http.Request) { r.Header.Del("X-Forwarded-Proto") }, want: []string{"WARN The proxy does not say that a visitor came over https"}},
		"it says http":          {rewrite: func(r *http.Request) { r.Header.Set("X-Forwarded-Proto", "http") }, want: []string{"FAIL The proxy says that a visitor over https came over http"}},
		"it changes the host":   {rewrite: func(r *http.Request) { r.Host = "inner:8080" }, want: []string{"WARN The proxy passes another host on (inner:8080) than the visitor's"}},
		"it refuses files": {answer: func(w http.ResponseWriter, r *http.Request) bool {
			return r.ContentLength > 1<<20 && status("", 413)(w, r)
		}, want: []string{"FAIL The proxy refuses files by itself", "client_max_body_size 320m;", "413"}},
		"it answers for /metrics":       {answer: status("/metrics", 200), want: []string{"FAIL Anybody can read /metrics"}},
		"nothing is behind it":          {answer: status("", 502), want: []string{"FAIL BASE_URL answers, but reaches no serve", "502 Bad Gateway"}},
		"another program is behind it":  {answer: status("", 200), want: []string{"FAIL BASE_URL answers, and it is not this desk"}},
		"another desk is behind it":     {key: "the key of another desk that is just as long", want: []string{"FAIL BASE_URL answers, and it is not this desk", "404"}},
		"it leads elsewhere":            {answer: status("", 301, "Location", "https://www.desk.test/?x=secret"), want: []string{"FAIL BASE_URL leads elsewhere, to https://www.desk.test/: set BASE_URL", "301"}},
		"nothing listens":               {base: func(string) string { return "https://localhost:1" }, want: []string{"WARN BASE_URL cannot be asked from here", "refused"}},
		"all visitors share an address": {visits: 300, want: []string{"WARN Nearly all visitors whom this serve saw last came from one address"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			well, found := tc.look(t)
			var said string
			for _, finding := range found {
				label := "FAIL "
				if errors.As(finding, new(caution)) {
					label = "WARN "
				}
				said += label + finding.Error() + "\n"
			}
			if len(tc.want) == 0 && (len(found) > 0 || well == "") || len(tc.want) > 0 && len(found) != 1 {
				t.Errorf("%d findings: %s", len(found), said)
			}
			for _, want := range tc.want {
				if !strings.Contains(said, want) {
					t.Errorf("it says %s\nwant %q in it", said, want)
				}
			}
			if strings.Contains(said, "secret") {
				t.Errorf("it repeats a query: %s", said)
			}
		})
	}
}

// What TRUSTED_PROXIES says is judged without asking anybody.
func TestDoctorReadsTrustedProxies(t *testing.T) {
	t.Parallel()
	const https, http = "https://localhost:1", "http://localhost:8080"
	for trusted, tc := range map[string]struct{ base, want string }{
		"":                             {https, "FAIL BASE_URL is https, so a proxy stands in front, and TRUSTED_PROXIES names none"},
		" ":                            {http, ""},
		"10.0.0.0/8":                   {https, ""},
		"172.16.0.0/12,fc00::/7":       {https, ""},
		"104.16.0.0/13,2400:cb00::/32": {https, ""},
		"128.0.0.0/1":                  {https, "FAIL TRUSTED_PROXIES trusts a part of the whole internet (128.0.0.0/1)"},
		"2000::/3":                     {https, "FAIL TRUSTED_PROXIES trusts a part of the whole internet (2000::/3)"},
		"8.0.0.0/7":                    {https, "FAIL TRUSTED_PROXIES trusts a part of the whole internet (8.0.0.0/7)"},
		"52.0.0.0/10":                  {https, "WARN TRUSTED_PROXIES trusts a very large public network (52.0.0.0/10)"},
		"2600::/20":                    {https, "WARN TRUSTED_PROXIES trusts a very large public network (2600::/20)"},
	} {
		out, _ := try(t, []string{"BASE_URL=" + tc.base, "TRUSTED_PROXIES=" + trusted, "DATABASE_URL=postgres://127.0.0.1:1/x"}, "", "doctor")
		var said []string
		for line := range strings.Lines(out) {
			if label, rest, found := strings.Cut(line, " Proxy "); found {
				said = append(said, strings.TrimSpace(label)+" "+strings.TrimSpace(rest))
			}
		}
		if got := strings.Join(said, "\n"); tc.want != "" && !strings.Contains(got, tc.want) || tc.want == "" && (strings.Contains(got, "TRUSTED_PROXIES") || strings.Contains(got, "FAIL")) {
			t.Errorf("%q: %s", trusted, out)
		}
	}
}

// serve says at its start what would send everybody's questions to quarantine.
func TestServeSaysThatNoProxyIsTrusted(t *testing.T) {
	t.Parallel()
	const said = "TRUSTED_PROXIES names no proxy"
	for name, tc := range map[string]struct {
		settings []string
		want     bool
	}{
		"https and no proxy": {[]string{"BASE_URL=https://desk.test"}, true},
		"https and a proxy":  {[]string{"BASE_URL=https://desk.test", "TRUSTED_PROXIES=10.1.2.3"}, false},
		"http":               {[]string{"BASE_URL=http://desk.test"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, append(tc.settings, "DATABASE_URL=postgres://127.0.0.1:1/x", "REDIS_URL=redis://127.0.0.1:1", "MEILI_URL=http://127.0.0.1:1", "SMTP_URL=smtp://127.0.0.1:1",
				"SECRET_KEY=a key that only this test has and that is long", "FILES_DIR="+t.TempDir(), "SHUTDOWN_GRACE=0s"), "serve", "--listen", "127.0.0.1:0")
			eventually(t, 30*time.Second, func() error {
				if !strings.Contains(p.out.String(), `"msg":"serving"`) {
					return errors.New("it does not serve")
				}
				return nil
			})
			if got := strings.Contains(p.out.String(), said); got != tc.want {
				t.Errorf("it says so: %v, want %v", got, tc.want)
			}
		})
	}
}
