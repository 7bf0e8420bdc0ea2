package remote_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/askwell/askwell/web/remote"
)

func TestDirect(t *testing.T) {
	t.Parallel()
	const here = "127.0.0.1:40000"
	for name, tc := range map[string]struct {
		peer, host, base string
		header           string
		http10           bool
		want             bool
	}{
		"localhost":                         {peer: here, host: "localhost:8080", want: true},
		"localhost without a port":          {peer: here, host: "localhost", want: true},
		"localhost in capitals, with a dot": {peer: here, host: "LocalHost.:8080", want: true},
		"IPv4":                              {peer: here, host: "127.0.0.1:8080", want: true},
		"IPv4, another of the network":      {peer: "127.8.0.1:40000", host: "127.9.9.9", want: true},
		"IPv6":                              {peer: "[::1]:40000", host: "[::1]:8080", want: true},
		"IPv6 without a port":               {peer: "[::1]:40000", host: "[::1]", want: true},
		"IPv4 in IPv6":                      {peer: "[::ffff:127.0.0.1]:40000", host: "[::ffff:127.0.0.1]:8080", want: true},
		"https site, asked on the machine":  {peer: here, host: "localhost:8080", base: "https://help.example.org", want: true},
		"BASE_URL below localhost":          {peer: here, host: "desk.localhost:8080", base: "http://desk.localhost:8080", want: true},

		"another machine":                 {peer: "192.0.2.1:40000", host: "localhost:8080"},
		"another machine, IPv6":           {peer: "[2001:db8::1]:40000", host: "[::1]:8080"},
		"no peer":                         {peer: "", host: "localhost"},
		"a socket":                        {peer: "@", host: "localhost"},
		"DNS rebinding":                   {peer: here, host: "evil.example:8080"},
		"DNS rebinding, like an address":  {peer: here, host: "127.0.0.1.evil.example"},
		"DNS rebinding, like the name":    {peer: here, host: "localhost.evil.example"},
		"a name below localhost":          {peer: here, host: "evil.localhost:8080", base: "http://desk.localhost:8080"},
		"BASE_URL's public name":          {peer: here, host: "help.example.org", base: "http://help.example.org"},
		"BASE_URL's address in a network": {peer: here, host: "192.0.2.7:8080", base: "http://192.0.2.7:8080"},
		"the unspecified address":         {peer: here, host: "0.0.0.0:8080"},
		"the unspecified address, IPv6":   {peer: here, host: "[::]:8080"},
		"no host":                         {peer: here, host: ""},
		"nginx without a line of its own": {peer: here, host: "127.0.0.1:8080", http10: true},

		"X-Forwarded-For":           {peer: here, host: "localhost", header: "X-Forwarded-For"},
		"X-Forwarded-Host":          {peer: here, host: "localhost", header: "X-Forwarded-Host"},
		"X-Forwarded-Proto":         {peer: here, host: "localhost", header: "X-Forwarded-Proto"},
		"X-Forwarded-Anything-Else": {peer: here, host: "localhost", header: "X-Forwarded-Anything-Else"},
		"in small letters":          {peer: here, host: "localhost", header: "x-forwarded-for"},
		"Forwarded":                 {peer: here, host: "localhost", header: "Forwarded"},
		"X-Real-IP":                 {peer: here, host: "localhost", header: "X-Real-IP"},
		"Via":                       {peer: here, host: "localhost", header: "Via"},
		"Cloudflare":                {peer: here, host: "localhost", header: "CF-Connecting-IP"},
		"Cloudflare's tunnel":       {peer: here, host: "localhost", header: "Cdn-Loop"},
		"Akamai":                    {peer: here, host: "localhost", header: "True-Client-IP"},
		"Google":                    {peer: here, host: "localhost", header: "X-Cloud-Trace-Context"},
		"Amazon":                    {peer: here, host: "localhost", header: "X-Amzn-Trace-Id"},
		"Fly":                       {peer: here, host: "localhost", header: "Fly-Client-IP"},
		"Tailscale's funnel":        {peer: here, host: "localhost", header: "Tailscale-User-Login"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr, r.Host = tc.peer, tc.host
			r.Header.Set("User-Agent", "a browser")
			if tc.header != "" {
				r.Header[tc.header] = []string{""} // an empty one tells of a proxy as well
			}
			if tc.http10 {
				r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/1.0", 1, 0
			}
			base, err := url.Parse(tc.base)
			if err != nil {
				t.Fatal(err)
			}
			if got := remote.Direct(r, base); got != tc.want {
				t.Errorf("peer %q, host %q, base %q, header %q: %v, want %v", tc.peer, tc.host, tc.base, tc.header, got, tc.want)
			}
		})
	}
}
