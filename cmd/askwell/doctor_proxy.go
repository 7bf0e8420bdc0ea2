package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/askwell/askwell/internal/config"
	"github.com/askwell/askwell/web/remote"
)

const (
	// claimed is what the doctor's requests claim to come from: an address that documentation alone has (RFC 5737).
	claimed = "192.0.2.1"
	// largestBody is what Askwell reads of a body that is too large before its own page answers, and a little more (docs/proxy.md).
	largestBody = 320 << 20
)

// checkProxy looks at the settings about what stands in front, and asks BASE_URL, through it, how a request arrives.
func checkProxy(ctx context.Context, cfg config.Config) (string, error) {
	found := trustedFindings(cfg)
	if cfg.BaseURL.Scheme == "http" && loopback(cfg.BaseURL) {
		return "BASE_URL is http at this machine: nothing stands in front", errors.Join(found...)
	}
	if len(cfg.SecretKeys) == 0 {
		return "", errors.Join(append(found, cautionf("BASE_URL was not asked how requests arrive, because SECRET_KEY is not set here."))...)
	}
	well, err := newFront(cfg).look(ctx)
	return well, errors.Join(append(found, err)...)
}

// trustedFindings is what is wrong with TRUSTED_PROXIES by itself.
func trustedFindings(cfg config.Config) (found []error) {
	if cfg.BaseURL.Scheme == "https" && len(cfg.TrustedProxies) == 0 {
		found = append(found, advice("BASE_URL is https, so a proxy stands in front, and TRUSTED_PROXIES names none: all visitors count as one, and FORM_RATE sends their questions to quarantine. "+
			"Set TRUSTED_PROXIES to the address from which the proxy connects (docs/proxy.md).", nil))
	}
	for _, network := range cfg.TrustedProxies {
		switch bits := network.Bits(); {
		case ours(network):
		case network.Addr().Is4() && bits < 8, network.Addr().Is6() && bits < 16:
			found = append(found, advice(fmt.Sprintf("TRUSTED_PROXIES trusts a part of the whole internet (%s): anybody there can pretend to be another. Name the proxy's own addresses.", network), nil))
		case network.Addr().Is4() && bits < 12, network.Addr().Is6() && bits < 28:
			found = append(found, cautionf("TRUSTED_PROXIES trusts a very large public network (%s): whoever has an address there can pretend to be another. Name the proxy's own addresses if they are known.", network))
		}
	}
	return found
}

// privateNetworks are in nobody's hands but the operator's, or a provider's for its own machines.
var privateNetworks = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"), netip.MustParsePrefix("127.0.0.0/8"),
	netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("fc00::/7"), netip.MustParsePrefix("fe80::/10"), netip.MustParsePrefix("::1/128"),
}

func ours(network netip.Prefix) bool {
	return slices.ContainsFunc(privateNetworks, func(p netip.Prefix) bool { return p.Bits() <= network.Bits() && p.Contains(network.Addr()) })
}

// front is what stands in front of the desk, as far as requests through it tell.
type front struct {
	cfg    config.Config
	client http.Client
	server string // what the proxy calls itself
	got    remote.Arrival
}

func newFront(cfg config.Config) *front {
	// HTTP/1.1, in which a body is announced before it is sent, and a connection for each request.
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, ExpectContinueTimeout: 4 * time.Second, DisableKeepAlives: true}
	return &front{cfg: cfg, client: http.Client{
		Transport: transport, Timeout: 6 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// send makes a request with a probe and a forged address.
func (f *front) send(ctx context.Context, method, path string, body io.Reader, size int64) (*http.Response, remote.Probe, error) {
	probe := remote.NewProbe(f.cfg.SecretKeys[0], time.Now())
	r, err := http.NewRequestWithContext(ctx, method, f.cfg.BaseURL.String()+path, body)
	if err != nil {
		return nil, probe, err
	}
	probe.Send(r)
	r.Header.Set("X-Forwarded-For", claimed)
	if body != nil {
		r.ContentLength = size
		r.Header.Set("Expect", "100-continue")
	}
	res, err := f.client.Do(r)
	return res, probe, err
}

// ask finds out how a request arrives, or why that cannot be found out.
func (f *front) ask(ctx context.Context) error {
	res, probe, err := f.send(ctx, http.MethodGet, remote.ProbePath, nil, 0)
	if err != nil {
		return caution{advice("BASE_URL cannot be asked from here, so nobody looked how requests arrive. If browsers reach it, all may be well: run the doctor on a machine that reaches it, too.", err)}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<16))
	if err != nil {
		return caution{advice("BASE_URL breaks off while it answers.", err)}
	}
	f.server = res.Header.Get("Server")
	if f.got, err = probe.Read(f.cfg.SecretKeys[0], body); err == nil {
		return nil
	}
	said := fmt.Errorf("%s %s", res.Proto, res.Status)
	switch {
	case res.StatusCode >= 500:
		return advice("BASE_URL answers, but reaches no serve: see that one runs, and that the proxy sends requests to its LISTEN.", said)
	case res.StatusCode >= 300 && res.StatusCode < 400:
		return advice("BASE_URL leads elsewhere, to "+withoutQuery(res.Header.Get("Location"))+": set BASE_URL to the address that browsers end at.", said)
	}
	return advice("BASE_URL answers, and it is not this desk: another program is there, a serve with another SECRET_KEY, or the proxy does not pass "+remote.ProbePath+" on. See where the proxy sends requests to.", said)
}

// look asks, and says what it found.
func (f *front) look(ctx context.Context) (well string, err error) {
	if err := f.ask(ctx); err != nil {
		return "", err
	}
	well = "requests come from " + f.got.Peer + ", which is trusted to name its visitors"
	if !f.got.Trusted {
		well = "requests come to this desk with nothing in between"
	}
	return well, errors.Join(f.addressFinding(), f.addressBarFindings(), f.sharedFinding(), f.bodyFinding(ctx), f.metricsFinding(ctx))
}

func withoutQuery(address string) string {
	address, _, _ = strings.Cut(address, "?")
	return address
}

// addressFinding is about whom Askwell takes for the visitor.
func (f *front) addressFinding() error {
	switch chain := f.got.Chain; {
	case !f.got.Trusted && f.cfg.BaseURL.Scheme == "http" && f.server == "" && len(f.cfg.TrustedProxies) == 0:
		return nil // nothing stands in between
	case !f.got.Trusted:
		return advice(fmt.Sprintf("Requests come to Askwell from %s, which is none of TRUSTED_PROXIES: all visitors count as one. Set TRUSTED_PROXIES=%s, or its network.", f.got.Peer, f.got.Peer), nil)
	case len(chain) == 0:
		return advice("The proxy sends no X-Forwarded-For: all visitors count as one. Write into its configuration "+f.line("X-Forwarded-For")+".", nil)
	case slices.Equal(chain, []string{claimed}):
		return advice("The proxy hands X-Forwarded-For on as the visitor sent it: anybody can pretend to come from another address, past every limit. Write into its configuration "+f.line("X-Forwarded-For")+".", nil)
	}
	return nil
}

// addressBarFindings is about the scheme and the host that Askwell takes for the visitor's.
func (f *front) addressBarFindings() error {
	var found []error
	if f.got.Trusted && f.cfg.BaseURL.Scheme == "https" {
		switch f.got.Scheme {
		case "":
			found = append(found, cautionf("The proxy does not say that a visitor came over https, so nobody who comes over http is led there. Write into its configuration %s.", f.line("X-Forwarded-Proto")))
		case "http":
			found = append(found, advice("The proxy says that a visitor over https came over http: older browsers would be led in a circle. Write into its configuration "+f.line("X-Forwarded-Proto")+
				", in the proxy that TLS ends at, and let the ones behind it pass the header on.", nil))
		}
	}
	if f.got.Host != f.cfg.BaseURL.Host {
		found = append(found, cautionf("The proxy passes another host on (%s) than the visitor's, %s. Write into its configuration %s.", f.got.Host, f.cfg.BaseURL.Host, f.line("Host")))
	}
	return errors.Join(found...)
}

func (f *front) sharedFinding() error {
	if !f.got.Shared {
		return nil
	}
	return cautionf("Nearly all visitors whom this serve saw last came from one address and shared what FORM_RATE and REQUEST_RATE allow one: see that each proxy in front names its visitor and that TRUSTED_PROXIES has all of them.")
}

// errBegun says that the other side wants a body, which the doctor does not have.
var errBegun = errors.New("the body was asked for")

type noBody struct{}

func (noBody) Read([]byte) (int, error) { return 0, errBegun }

// bodyFinding announces the largest body that Askwell answers itself, and sends none of it.
func (f *front) bodyFinding(ctx context.Context) error {
	res, _, err := f.send(ctx, http.MethodPost, remote.ProbePath, noBody{}, largestBody)
	if err != nil {
		return nil //nolint:nilerr // it would be taken
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusRequestEntityTooLarge {
		return nil
	}
	return advice("The proxy refuses files by itself, with a page that does not say what to do, before Askwell sees them. Write into its configuration "+f.line("body")+".", fmt.Errorf("%s for %d MB", res.Status, largestBody>>20))
}

func (f *front) metricsFinding(ctx context.Context) error {
	res, _, err := f.send(ctx, http.MethodGet, "/metrics", nil, 0)
	if err != nil {
		return nil //nolint:nilerr // nobody reads it
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil
	}
	return advice("Anybody can read /metrics: another program answers there, or the proxy hides that it is one. Set METRICS_TOKEN, and refuse /metrics in the proxy.", nil)
}

// lines are what to write into the configuration of each proxy, by the name it gives itself; docs/proxy.md has them in their places.
var lines = map[string]map[string]string{
	"nginx": {
		"X-Forwarded-For": "proxy_set_header X-Forwarded-For $remote_addr;", "X-Forwarded-Proto": "proxy_set_header X-Forwarded-Proto $scheme;",
		"Host": "proxy_set_header Host $host;", "body": "client_max_body_size 320m;",
	},
	"apache": {
		"X-Forwarded-For": "RequestHeader unset X-Forwarded-For (and leave ProxyAddHeaders on)", "X-Forwarded-Proto": "RequestHeader set X-Forwarded-Proto https",
		"Host": "ProxyPreserveHost On", "body": "LimitRequestBody 335544320",
	},
	"caddy": {
		"X-Forwarded-For": "header_up X-Forwarded-For {remote_host}", "X-Forwarded-Proto": "header_up X-Forwarded-Proto {scheme}",
		"Host": "header_up Host {host}", "body": "request_body { max_size 320MB }",
	},
	"haproxy": {
		"X-Forwarded-For": "http-request set-header X-Forwarded-For %[src]", "X-Forwarded-Proto": "http-request set-header X-Forwarded-Proto https if { ssl_fc }",
		"Host": "no http-request set-header Host", "body": "no limit on req.body_size",
	},
}

// line is what to write: for the proxy that is there when it says its name, else for each.
func (f *front) line(what string) string {
	for name, of := range lines {
		if strings.HasPrefix(strings.ToLower(f.server), name) {
			return `"` + of[what] + `"`
		}
	}
	return fmt.Sprintf("%q (nginx), %q (HAProxy), %q (Apache) or %q (Caddy)", lines["nginx"][what], lines["haproxy"][what], lines["apache"][what], lines["caddy"][what])
}
