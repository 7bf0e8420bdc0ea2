package remote_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/askwell/askwell/web/remote"
)

func TestARateThatAllVisitorsShareIsNoticed(t *testing.T) {
	t.Parallel()
	each := func(n int) (string, string) {
		return fmt.Sprintf("203.0.%d.%d:40000", n/200, n%200), fmt.Sprintf("browser %d", n%40)
	}
	for name, tc := range map[string]struct {
		visit func(n int) (peer, browser string)
		want  bool
	}{
		"everybody from one proxy":          {func(n int) (string, string) { return "10.0.0.5:40000", fmt.Sprintf("browser %d", n%40) }, true},
		"all but a few":                     {func(n int) (string, string) { p, b := each(n); return pick(n%25 == 0, p, "172.18.0.1:40000"), b }, true},
		"each from their own":               {each, false},
		"one person tries everything":       {func(int) (string, string) { return "10.0.0.5:40000", "one browser" }, false},
		"half of them from one big network": {func(n int) (string, string) { p, b := each(n); return pick(n%2 == 0, p, "198.51.100.1:40000"), b }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			w := remote.NewWatch(prometheus.NewRegistry(), slog.New(slog.NewTextHandler(&log, nil)), time.Now)
			for n := range 900 {
				peer, browser := tc.visit(n)
				w.See(&http.Request{RemoteAddr: peer, Header: http.Header{"User-Agent": {browser}}})
			}
			if got := w.Check(t.Context()) != nil; got != tc.want || w.Shared() != tc.want {
				t.Errorf("shared is %v, want %v", got, tc.want)
			}
			if said := strings.Count(log.String(), "nearly all visitors come from one address"); said != map[bool]int{true: 1}[tc.want] {
				t.Errorf("said %d times: %s", said, log.String())
			}
		})
	}
}

func pick(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

// What a peer claims that is no proxy of ours is said once, and no visitor's address stands in the log.
func TestIgnoredClaimsAreSaidOnce(t *testing.T) {
	t.Parallel()
	for peer, want := range map[string]string{"10.0.0.5:40000": "peer=10.0.0.5", "203.0.113.7:40000": `peer="a public address"`, "[::1]:40000": "peer=::1"} {
		var log bytes.Buffer
		w := remote.NewWatch(prometheus.NewRegistry(), slog.New(slog.NewTextHandler(&log, nil)), time.Now)
		for range 5 {
			w.See(&http.Request{RemoteAddr: peer, Header: http.Header{"X-Forwarded-For": {"198.51.100.9"}}})
		}
		if strings.Count(log.String(), "X-Forwarded-For ignored") != 1 || !strings.Contains(log.String(), want) || strings.Contains(log.String(), "198.51") || strings.Contains(log.String(), "203.0") {
			t.Errorf("%s: %s", peer, log.String())
		}
		trusted := remote.Proxies{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("::1/128")}
		log.Reset()
		w = remote.NewWatch(prometheus.NewRegistry(), slog.New(slog.NewTextHandler(&log, nil)), time.Now)
		w.See(trusted.Locate(&http.Request{RemoteAddr: peer, Header: http.Header{"X-Forwarded-For": {"198.51.100.9"}}}))
		if log.Len() > 0 {
			t.Errorf("%s, trusted: %s", peer, log.String())
		}
	}
}
