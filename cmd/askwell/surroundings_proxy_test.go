//go:build surroundings

package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/trust"
)

// proxied is a desk of two serve behind a proxy, on free ports of this machine.
type proxied struct {
	*split
	testkit.Certified
	dir          string // certificates, logs and the page, for any account to read
	https, http  string // host:port of the proxy
	https6       string // the same over IPv6
	backs        [2]string
	serves       [2]*process
	roots        *x509.CertPool
	leadsTo      string // where http leads; name when empty
	accessLogged func() string
}

// visitor is an address of this machine that is no proxy.
const visitor = "127.0.0.9"

// startProxied makes everything but the proxy.
func startProxied(t *testing.T) *proxied {
	t.Helper()
	p := &proxied{split: startSplit(t), dir: openFolder(t)}
	p.https, p.http, p.https6 = freeAddress(t, "127.0.0.1:0"), freeAddress(t, "127.0.0.1:0"), freeAddress(t, "[::1]:0")
	p.makeCertificate()
	for _, name := range []string{"www", "log"} {
		p.must(os.MkdirAll(filepath.Join(p.dir, name), 0o777))
		p.must(os.Chmod(filepath.Join(p.dir, name), 0o777)) //nolint:gosec // the proxy's own account writes there
	}
	p.write("www/unavailable.html", docBlock(t, "proxy.md", "unavailable"))
	p.env = append(p.env, "BASE_URL=https://"+p.name(), "TRUSTED_PROXIES=127.0.0.1", "REQUEST_RATE=address:3/1h", "SHUTDOWN_GRACE=3s", "SHUTDOWN_DRAIN=60s", "LOG_LEVEL=warn")
	for i := range p.serves {
		p.backs[i] = freeAddress(t, "127.0.0.1:0")
		p.serveAt(i)
	}
	return p
}

// name is the proxy's as BASE_URL has it.
func (p *proxied) name() string { return "localhost:" + portIn(p.https) }

func (p *proxied) write(name, text string) string {
	p.t.Helper()
	return writeFileAt(p.t, p.dir, name, text)
}

func (p *proxied) makeCertificate() {
	p.Certified = testkit.Certificate(p.t, p.dir, func(c *x509.Certificate) { c.IPAddresses = append(c.IPAddresses, net.IPv6loopback) })
	var both []byte // as HAProxy wants them
	for _, name := range []string{p.CertFile, p.KeyFile} {
		text, err := os.ReadFile(name)
		p.must(err)
		both = append(both, text...)
	}
	p.write("both.pem", string(both))
	var err error
	p.roots, err = trust.Roots("CAFile", p.CAFile)
	p.must(err)
}

func (p *proxied) serveAt(i int) {
	p.t.Helper()
	p.serves[i] = start(p.t, p.env, "serve", "--listen", p.backs[i])
	eventually(p.t, 30*time.Second, func() error { return answers("http://"+p.backs[i]+"/readyz", http.StatusOK) })
}

// from is a browser at an address of this machine that asks the proxy.
func (p *proxied) from(address, base string) *browser {
	b := newBrowser(p.t, base)
	dialer := net.Dialer{Timeout: 10 * time.Second}
	if address != "" {
		dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(address)}
	}
	b.http.Transport = &http.Transport{
		DialContext: dialer.DialContext, TLSClientConfig: &tls.Config{RootCAs: p.roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 32,
	}
	b.http.Timeout = time.Minute
	return b
}

// visit is a browser of a visitor.
func (p *proxied) visit() *browser { return p.from(visitor, "https://"+p.https) }

// hold runs everything that has to hold behind any proxy.
func (p *proxied) hold() {
	t := p.t
	t.Helper()
	eventually(t, 30*time.Second, func() error {
		status, _, _, err := p.ask("https://"+p.https, visitor, http.MethodGet, "/readyz", nil, nil)
		if err != nil || status != http.StatusOK {
			return fmt.Errorf("/readyz through the proxy: %d: %w", status, err)
		}
		return nil
	})
	p.holdArrival()
	p.holdLimit()
	p.holdClosed()
	p.holdBodies()
	p.holdLocations()
	p.holdDoctor()
	p.holdRestart()
	p.holdLog()
	p.holdUnavailable()
}

// ask makes one request on a connection of its own.
func (p *proxied) ask(base, from, method, path string, body io.Reader, header http.Header) (int, string, http.Header, error) {
	b := p.from(from, base)
	b.http.Transport.(*http.Transport).DisableKeepAlives = true
	req, err := http.NewRequestWithContext(p.t.Context(), method, base+path, body)
	if err != nil {
		return 0, "", nil, err
	}
	for name, values := range header {
		req.Header[name] = values
	}
	return b.do(req)
}

// answer fails the test when there is no answer.
func (p *proxied) answer(base, from, method, path string, body io.Reader, header http.Header) (int, string, http.Header) {
	p.t.Helper()
	status, text, headers, err := p.ask(base, from, method, path, body, header)
	if err != nil {
		p.t.Fatalf("%s %s: %v", method, path, err)
	}
	return status, text, headers
}

// holdArrival asks how requests arrive, forged headers and all.
// holdLimit asks six times from one address, each time with another forged one.
// holdClosed looks at what is for this machine alone, and at http.
// holdBodies sends more than Askwell takes.
// holdLocations writes a note out of a search for 400 letters that take six bytes each, and more such.
// question sends one and gives its reference.
// holdDoctor asks as an operator does.
// holdRestart restarts both processes one after the other, as docs/proxy.md says, while visitors come and an upload is under way.
// holdLog asks for addresses with tokens and looks for them in the proxy's log.
// holdUnavailable stops both processes.
// errorsLogged is what stands in the proxy's other log, where it has one.
func (p *proxied) errorsLogged() string { return p.logFile("askwell.error.log")() }

// logFile gives what a log of the proxy holds.
func (p *proxied) logFile(name string) func() string {
	return func() string {
		text, err := os.ReadFile(filepath.Join(p.dir, "log", name))
		if err != nil {
			return ""
		}
		return string(text)
	}
}
