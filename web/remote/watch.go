package remote

import (
	"context"
	"errors"
	"hash/maphash"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// One address is taken for that of a proxy which is not trusted when all but a twentieth of so many pages were asked for from there, by as many
// different browsers as no household has.
const (
	watched        = 300
	fewestBrowsers = 6
	sayAgainAfter  = time.Hour
)

var errShared = errors.New("nearly all visitors come from one address and share its rates")

// Watch notices when TRUSTED_PROXIES lacks a proxy. It keeps hashes of addresses, for as long as it takes to see so many requests.
type Watch struct {
	log     *slog.Logger
	now     func() time.Time
	ignored prometheus.Counter

	mu       sync.Mutex
	seed     maphash.Seed
	pages    int
	from     map[uint64]map[uint64]int // address, browser, pages
	shared   bool
	saidAt   time.Time
	saidName bool
}

// NewWatch makes a Watch.
func NewWatch(registry prometheus.Registerer, log *slog.Logger, now func() time.Time) *Watch {
	w := &Watch{log: log, now: now, seed: maphash.MakeSeed(), from: map[uint64]map[uint64]int{}}
	w.ignored = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "askwell_forwarded_ignored_total", Help: "Requests whose X-Forwarded-For came from a peer that is none of TRUSTED_PROXIES.",
	})
	registry.MustRegister(w.ignored)
	return w
}

// See looks at a request for one of the pages that are open to anybody.
func (w *Watch) See(r *http.Request) {
	s := Of(r)
	if s.Named && !s.Trusted {
		w.ignored.Inc()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if s.Named && !s.Trusted && !w.saidName {
		w.saidName = true
		w.log.Warn("X-Forwarded-For ignored: the peer is none of TRUSTED_PROXIES", slog.String("peer", peerName(s.Peer)))
	}
	w.count(s, r.UserAgent())
}

// count adds a page, and judges when there are enough of them.
func (w *Watch) count(s Source, browser string) {
	network := s.Address
	if network.Is6() {
		if p, err := network.Prefix(64); err == nil {
			network = p.Addr()
		}
	}
	address, agent := maphash.Comparable(w.seed, network), maphash.String(w.seed, browser)
	if w.from[address] == nil {
		w.from[address] = map[uint64]int{}
	}
	w.from[address][agent]++
	if w.pages++; w.pages < watched {
		return
	}
	w.shared = false
	for _, browsers := range w.from {
		pages := 0
		for _, n := range browsers {
			pages += n
		}
		w.shared = w.shared || pages >= watched*19/20 && len(browsers) >= fewestBrowsers
	}
	clear(w.from)
	w.pages = 0
	if w.shared && w.now().Sub(w.saidAt) > sayAgainAfter {
		w.saidAt = w.now()
		w.log.Warn(errShared.Error(), slog.String("peer", peerName(s.Peer)))
	}
}

// Shared reports whether the visitors seen last share an address.
func (w *Watch) Shared() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.shared
}

// Check is Shared, for /readyz.
func (w *Watch) Check(context.Context) error {
	if w.Shared() {
		return errShared
	}
	return nil
}

// peerName is a peer as a log may name it: a public address may be a person's.
func peerName(peer netip.Addr) string {
	if peer.IsPrivate() || peer.IsLoopback() || peer.IsLinkLocalUnicast() {
		return peer.String()
	}
	return "a public address"
}
