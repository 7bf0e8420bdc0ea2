//go:build surroundings

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// proxied is a desk of two serve behind a proxy, on free ports of this machine.
type proxied struct {
	*split
	dir          string // certificates, logs and the page, for any account to read
	https, http  string // host:port of the proxy
	https6       string // the same over IPv6
	backs        [2]string
	serves       [2]*process
	certificate  string
	roots        *x509.CertPool
	leadsTo      string // where http leads; name when empty
	accessLogged func() string
}

// visitor is an address of this machine that is no proxy.
const visitor = "127.0.0.9"

// startProxied makes everything but the proxy.
func startProxied(t *testing.T) *proxied {
	t.Helper()
	p := &proxied{split: startSplit(t), dir: openDir(t)}
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

func portIn(address string) string {
	_, port, _ := net.SplitHostPort(address)
	return port
}

func freeAddress(t *testing.T, at string) string {
	t.Helper()
	l, err := net.Listen("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// openDir is a folder that other accounts can reach.
func openDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{filepath.Dir(dir), dir} {
		if err := os.Chmod(d, 0o755); err != nil { //nolint:gosec // daemons have accounts of their own
			t.Fatal(err)
		}
	}
	return dir
}

func (p *proxied) write(name, text string) string {
	p.t.Helper()
	path := filepath.Join(p.dir, name)
	p.must(os.WriteFile(path, []byte(text), 0o644)) //nolint:gosec // for any account
	return path
}

func (p *proxied) makeCertificate() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	p.must(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	p.must(err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	p.must(err)
	certificate := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	private := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}))
	p.certificate = p.write("desk.pem", certificate)
	p.write("desk.key", private)
	p.write("both.pem", certificate+private)
	p.roots = x509.NewCertPool()
	p.roots.AppendCertsFromPEM([]byte(certificate))
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
