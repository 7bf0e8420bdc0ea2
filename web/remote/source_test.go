package remote_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/web/remote"
)

// Addresses are those that RFC 5737 and RFC 3849 keep for documentation, and private ones for proxies.
const (
	outside = "192.0.2.66:40000" // no proxy of ours
	proxy   = "10.0.0.5:40000"
	visitor = "203.0.113.7"
	forged  = "198.51.100.9"
)

func TestWhereARequestComesFrom(t *testing.T) {
	t.Parallel()
	trusted := remote.Proxies{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:aaaa::/48"), netip.MustParsePrefix("::1/128")}
	for name, tc := range map[string]struct {
		peer string
		xff  []string // lines of X-Forwarded-For
		want string
	}{
		"nobody in between":                         {outside, nil, "192.0.2.66"},
		"nobody in between, IPv6":                   {"[2001:db8::66]:40000", nil, "2001:db8::66"},
		"nobody in between, IPv6 with a zone":       {"[fe80::1%eth0]:40000", nil, "fe80::1"},
		"IPv4 in IPv6":                              {"[::ffff:192.0.2.66]:40000", nil, "192.0.2.66"},
		"a peer that is not trusted claims another": {outside, []string{forged}, "192.0.2.66"},
		"no peer":                              {"", []string{forged}, "invalid IP"},
		"a socket":                             {"@", []string{forged}, "invalid IP"},
		"a proxy":                              {proxy, []string{visitor}, visitor},
		"a proxy over IPv6":                    {"[2001:db8:aaaa::5]:40000", []string{visitor}, visitor},
		"a proxy, IPv4 in IPv6":                {"[::ffff:10.0.0.5]:40000", []string{visitor}, visitor},
		"a proxy that names nobody":            {proxy, nil, "10.0.0.5"},
		"a proxy that adds to what was forged": {proxy, []string{forged + ", " + visitor}, visitor},
		"in a line of its own":                 {proxy, []string{forged, visitor}, visitor},
		"two proxies":                          {proxy, []string{visitor + ", 10.0.0.6"}, visitor},
		"two proxies, forged in front":         {proxy, []string{forged + ", " + visitor + ", 10.0.0.6"}, visitor},
		"three proxies of two families":        {proxy, []string{visitor + ",2001:db8:aaaa::6", "10.0.0.7"}, visitor},
		"a proxy of ours is claimed in front":  {proxy, []string{"10.0.0.9, " + visitor}, visitor},
		"a visitor in the proxies' network":    {proxy, []string{"10.0.0.99"}, "10.0.0.99"},
		"with a port":                          {proxy, []string{visitor + ":51234"}, visitor},
		"two proxies, with ports":              {proxy, []string{visitor + ":51234, 10.0.0.6:443"}, visitor},
		"IPv6":                                 {proxy, []string{"2001:db8::7"}, "2001:db8::7"},
		"IPv6 in brackets":                     {proxy, []string{"[2001:db8::7]"}, "2001:db8::7"},
		"IPv6 with a port":                     {proxy, []string{"[2001:db8::7]:51234"}, "2001:db8::7"},
		"IPv4 in IPv6, named":                  {proxy, []string{"::ffff:" + visitor}, visitor},
		"blanks and tabs":                      {proxy, []string{"  " + forged + "\t,\t " + visitor + " "}, visitor},
		"empty elements":                       {proxy, []string{"", " , " + visitor + ", ,"}, visitor},
		"empty":                                {proxy, []string{""}, "10.0.0.5"},
		"unknown":                              {proxy, []string{"unknown"}, "10.0.0.5"},
		"unknown behind another proxy":         {proxy, []string{"unknown, 10.0.0.6"}, "10.0.0.6"},
		"unknown, forged in front":             {proxy, []string{forged + ", unknown"}, "10.0.0.5"},
		"a name":                               {proxy, []string{"_hidden"}, "10.0.0.5"},
		"garbage in front":                     {proxy, []string{"<script>, " + visitor}, visitor},
		"garbage at the end":                   {proxy, []string{visitor + ", \x01;DROP"}, "10.0.0.5"},
		"an address and more":                  {proxy, []string{visitor + " x"}, "10.0.0.5"},
		"a port that is none":                  {proxy, []string{visitor + ":99999"}, "10.0.0.5"},
		"quotes, as in Forwarded":              {proxy, []string{`"` + visitor + `"`}, "10.0.0.5"},
		"very long":                            {proxy, []string{strings.Repeat(forged+", ", 5000) + visitor}, visitor},
		"one very long element":                {proxy, []string{"fe80::1%" + strings.Repeat("z", 20_000)}, "10.0.0.5"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &http.Request{RemoteAddr: tc.peer, Header: http.Header{}}
			if tc.xff != nil {
				r.Header["X-Forwarded-For"] = tc.xff
			}
			if got := trusted.Source(r).Address.String(); got != tc.want {
				t.Errorf("peer %s, X-Forwarded-For %.80q: %s, want %s", tc.peer, tc.xff, got, tc.want)
			}
			if none := (remote.Proxies{}).Source(r); none.Address != none.Peer || none.Trusted {
				t.Errorf("without a trusted proxy: %+v", none)
			}
		})
	}
}

func TestSchemeAndHost(t *testing.T) {
	t.Parallel()
	trusted := remote.Proxies{netip.MustParsePrefix("10.0.0.0/8")}
	type want struct{ Scheme, Host string }
	for name, tc := range map[string]struct {
		peer, host string
		tls        bool
		headers    map[string]string
		want       want
	}{
		"nobody in between":                   {outside, "desk.test", false, nil, want{"", "desk.test"}},
		"TLS of our own":                      {outside, "desk.test:443", true, nil, want{"https", "desk.test"}},
		"claims of anybody":                   {outside, "desk.test", false, map[string]string{"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.test"}, want{"", "desk.test"}},
		"a proxy tells the scheme":            {proxy, "desk.test", false, map[string]string{"X-Forwarded-Proto": "https"}, want{"https", "desk.test"}},
		"in capitals":                         {proxy, "DESK.test", false, map[string]string{"X-Forwarded-Proto": "HTTPS"}, want{"https", "desk.test"}},
		"http":                                {proxy, "desk.test:80", false, map[string]string{"X-Forwarded-Proto": "http"}, want{"http", "desk.test"}},
		"of two proxies the visitor's counts": {proxy, "desk.test", false, map[string]string{"X-Forwarded-Proto": "https, http"}, want{"https", "desk.test"}},
		"no scheme":                           {proxy, "desk.test", false, map[string]string{"X-Forwarded-Proto": "javascript"}, want{"", "desk.test"}},
		"a proxy tells the host":              {proxy, "127.0.0.1:8080", false, map[string]string{"X-Forwarded-Host": "Desk.test:443", "X-Forwarded-Proto": "https"}, want{"https", "desk.test"}},
		"another port stays":                  {proxy, "x", false, map[string]string{"X-Forwarded-Host": "desk.test:8443", "X-Forwarded-Proto": "https"}, want{"https", "desk.test:8443"}},
		"of two hosts the visitor's counts":   {proxy, "x", false, map[string]string{"X-Forwarded-Host": "desk.test, inner.test"}, want{"", "desk.test"}},
		"IPv6":                                {outside, "[2001:DB8::1]:80", false, nil, want{"", "[2001:db8::1]"}},
		"no host":                             {proxy, "desk.test", false, map[string]string{"X-Forwarded-Host": "a/b?c"}, want{"", "desk.test"}},
		"the other scheme's port":             {proxy, "desk.test:443", false, map[string]string{"X-Forwarded-Proto": "http"}, want{"http", "desk.test:443"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr, r.Host = tc.peer, tc.host
			if tc.tls {
				r.TLS = &tls.ConnectionState{}
			}
			for header, value := range tc.headers {
				r.Header.Set(header, value)
			}
			got := trusted.Source(r)
			if diff := cmp.Diff(tc.want, want{got.Scheme, got.Host}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// RFC 6454, 6.2: scheme and host in small letters, and the port only if it is not the scheme's own.
func TestOrigin(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"https://desk.test": "https://desk.test", "https://DESK.test": "https://desk.test", "HTTPS://desk.test:443": "https://desk.test", "http://desk.test:80": "http://desk.test",
		"https://desk.test:80": "https://desk.test:80", "http://desk.test:443": "http://desk.test:443", "https://[2001:DB8::1]:443": "https://[2001:db8::1]", "null": "null", "": "",
	} {
		if got := remote.Origin(given); got != want {
			t.Errorf("%q: %q, want %q", given, got, want)
		}
	}
}
