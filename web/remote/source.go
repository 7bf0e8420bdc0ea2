// Package remote says where a request comes from: the visitor's address, and the scheme and host of their address bar.
package remote

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// Source is where a request comes from. It is worked out here and nowhere else.
type Source struct {
	Address netip.Addr // the visitor's; the nearest known one where a proxy names none, and the zero value where nothing is known
	Peer    netip.Addr // who holds the connection
	Trusted bool       // the peer is one of TRUSTED_PROXIES, and so its headers are believed
	Scheme  string     // "http" or "https" of the address bar; "" where nobody who is trusted tells
	Host    string     // of the address bar as far as is known: small letters, without the port that its scheme has anyway
	Named   bool       // X-Forwarded-For came with it, believed or not
}

// Proxies are the networks of TRUSTED_PROXIES.
type Proxies []netip.Prefix

// Source works out where a request comes from. X-Forwarded-For is read from its end, which the nearest proxy wrote, up to the first address that
// is no proxy of ours: what stands before it is anybody's claim. Where something else than an address stands, the one after it counts.
func (p Proxies) Source(r *http.Request) Source {
	s := Source{Peer: address(r.RemoteAddr), Named: len(r.Header["X-Forwarded-For"]) > 0}
	s.Address, s.Trusted = s.Peer, p.trust(s.Peer)
	host := r.Host
	if r.TLS != nil {
		s.Scheme = "https"
	}
	if s.Trusted {
		s.Address = p.client(s.Peer, Chain(r.Header))
		s.Scheme = schemeOf(s.Scheme, first(r.Header, "X-Forwarded-Proto"))
		if forwarded := first(r.Header, "X-Forwarded-Host"); hostShape(forwarded) {
			host = forwarded
		}
	}
	s.Host = canonicalHost(s.Scheme, host)
	return s
}

func (p Proxies) trust(a netip.Addr) bool {
	return a.IsValid() && slices.ContainsFunc(p, func(network netip.Prefix) bool { return network.Contains(a) })
}

func (p Proxies) client(nearest netip.Addr, chain []string) netip.Addr {
	for _, hop := range slices.Backward(chain) {
		named := address(hop)
		if !named.IsValid() {
			return nearest
		}
		if nearest = named; !p.trust(named) {
			return nearest
		}
	}
	return nearest
}

// Chain is what X-Forwarded-For names, the visitor's end first. Some proxies add a line of their own to the client's; several lines are one list,
// and empty elements are none (RFC 9110, 5.3 and 5.6.1.2).
func Chain(h http.Header) (hops []string) {
	for hop := range strings.SplitSeq(strings.Join(h["X-Forwarded-For"], ","), ",") {
		if hop = strings.Trim(hop, " \t"); hop != "" {
			hops = append(hops, hop)
		}
	}
	return hops
}

// longestHop is more than any address with zone and port.
const longestHop = 100

// address reads an address as connections and proxies write it: with or without a port, IPv6 in brackets if with one. An IPv4 address in IPv6 is
// the former; a zone is of no use elsewhere.
func address(text string) netip.Addr {
	if len(text) > longestHop {
		return netip.Addr{}
	}
	a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	if err != nil {
		port, errPort := netip.ParseAddrPort(text)
		if errPort != nil {
			return netip.Addr{}
		}
		a = port.Addr()
	}
	return a.Unmap().WithZone("")
}

// first is the first element of a list in a header, which the proxy next to the visitor wrote.
func first(h http.Header, name string) string {
	value, _, _ := strings.Cut(h.Get(name), ",")
	return strings.ToLower(strings.Trim(value, " \t"))
}

func schemeOf(known, forwarded string) string {
	if known == "" && (forwarded == "http" || forwarded == "https") {
		return forwarded
	}
	return known
}

func hostShape(host string) bool {
	u, err := url.Parse("//" + host)
	return err == nil && host != "" && u.Host == host && u.Hostname() != "" && len(host) <= 260
}

// canonicalHost is the host as browsers write it in an origin (RFC 6454, 4 and 6.2).
func canonicalHost(scheme, host string) string {
	host = strings.ToLower(host)
	name, port, err := net.SplitHostPort(host)
	if err == nil && (port == "" || scheme != "http" && port == "443" || scheme != "https" && port == "80") {
		if strings.Contains(name, ":") {
			return "[" + name + "]"
		}
		return name
	}
	return host
}

// Origin is an origin as browsers write it; as it was given when it is none.
func Origin(given string) string {
	u, err := url.Parse(given)
	if err != nil || u.Host == "" {
		return given
	}
	return u.Scheme + "://" + canonicalHost(u.Scheme, u.Host)
}

type key struct{}

// Locate works out where a request comes from, for Of.
func (p Proxies) Locate(r *http.Request) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), key{}, p.Source(r)))
}

// Of is where a request comes from, as Locate has found.
func Of(r *http.Request) Source {
	if s, ok := r.Context().Value(key{}).(Source); ok {
		return s
	}
	return Proxies(nil).Source(r)
}

// Address is the visitor's address as text.
func Address(r *http.Request) string { return Of(r).Address.String() }
