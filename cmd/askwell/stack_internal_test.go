package main

import (
	"net"
	"net/url"
	"testing"
)

func TestUpPrintsWhereTheMailboxIsReadOnThisMachine(t *testing.T) {
	t.Parallel()
	for listens, tc := range map[string]map[string]string{
		"127.0.0.1:8080": {
			"http://localhost:8080": "kept here, read it on this machine at http://localhost:8080/dev/mail",
			"https://help.example":  "kept in /data/mail; no page shows it, because BASE_URL is https",
		},
		"0.0.0.0:8080": {"http://192.0.2.7:8080": "kept here, read it on this machine at http://localhost:8080/dev/mail"},
		"[::]:8080":    {"http://help.example": "kept here, read it on this machine at http://localhost:8080/dev/mail"},
		"[::1]:8080":   {"http://[::1]:8080": "kept here, read it on this machine at http://[::1]:8080/dev/mail"},
		"192.0.2.7:80": {"http://192.0.2.7": "kept in /data/mail; a page shows it when this desk listens on a loopback address, too"},
	} {
		address, err := net.ResolveTCPAddr("tcp", listens)
		if err != nil {
			t.Fatal(err)
		}
		s := &stack{dir: "/data", listens: address}
		for base, want := range tc {
			u, err := url.Parse(base)
			if err != nil {
				t.Fatal(err)
			}
			if got := s.whereMailIsRead(u); got != want {
				t.Errorf("on %s, BASE_URL %s:\n got %q\nwant %q", listens, base, got, want)
			}
		}
	}
}
