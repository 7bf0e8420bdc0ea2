package remote

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// Direct reports whether a person or program on this machine asks, without anything in between: the peer is a loopback address, no
// header tells of a proxy, and Host names this machine. It is the one rule for what is shown to this machine alone.
//
// A loopback peer is not enough: a proxy or a tunnel on this machine is one, too. Nor is it without its headers: a page of any website
// can have its own name resolve to 127.0.0.1 and so become the reader's own site here (DNS rebinding), which Host shows. base is
// BASE_URL; its host counts where it is a name of this machine.
func Direct(r *http.Request, base *url.URL) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !peer.Addr().Unmap().IsLoopback() {
		return false
	}
	// nginx, unless told otherwise, adds no header and sends its upstream's address as Host, but speaks HTTP/1.0.
	return r.ProtoAtLeast(1, 1) && !forwarded(r.Header) && NamesThisMachine(r.Host, base)
}

// forwardedPrefixes begin the names of headers that proxies, content networks, tunnels and load balancers add.
var forwardedPrefixes = []string{
	"Forwarded", "Via", "X-Forward", "X-Original-", "X-Real-", "X-Client-", "X-Cluster-Client-", "X-Proxy", "X-Envoy-", "X-Azure-", "X-Arr-",
	"X-Appengine-", "X-Amz", "X-Cloud-Trace-", "X-Scheme", "X-Remote-", "X-Host", "X-Http-Host-Override", "True-Client-", "Client-Ip", "Cf-", "Cdn-", "Fastly-", "Fly-",
	"Akamai-", "Incap-", "X-Sucuri-", "X-Vercel-", "X-Nf-", "X-Render-", "Tailscale-", "Ngrok-", "Proxy-", "Max-Forwards",
}

// forwarded reports whether a header tells of a proxy.
func forwarded(h http.Header) bool {
	for name := range h {
		for _, prefix := range forwardedPrefixes {
			if len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) {
				return true
			}
		}
	}
	return false
}

// NamesThisMachine reports whether host, with or without a port, is localhost, a loopback address or base's host, if that is a name
// below localhost, which no name server answers for (RFC 6761, 6.3).
func NamesThisMachine(host string, base *url.URL) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")); err == nil {
		return addr.Unmap().IsLoopback()
	}
	return host == "localhost" || base != nil && strings.HasSuffix(host, ".localhost") && strings.EqualFold(host, base.Hostname())
}
