package search_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// fate is what becomes of a request on its way to the search server.
type fate int

const (
	arrives    fate = iota
	lost            // it never arrives
	unanswered      // it arrives, and its answer is lost
	spoilt          // it arrives with documents that are accepted and cannot be indexed
)

// road is the way to a search server. What the process behind it sees when a request gets lost is what one sees that dies there.
type road struct {
	mu   sync.Mutex
	seen []seenRequest
}

type seenRequest struct{ method, path, body string }

func (r seenRequest) is(method, path string) bool { return r.method == method && r.path == path }

// changes reports whether the request is one that changes something.
func (r seenRequest) changes() bool {
	return r.method != http.MethodGet && !bytes.HasSuffix([]byte(r.path), []byte("search"))
}

// newRoad leads to the server at address and lets decide what becomes of each request, which it calls with how many came before.
// Requests are decided on at the same time when they come at the same time.
func newRoad(t testing.TB, address string, decide func(n int, r seenRequest) fate) (*road, string) {
	t.Helper()
	target, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	way := &road{}
	proxy := httputil.NewSingleHostReverseProxy(target)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		seen := seenRequest{r.Method, r.URL.Path, string(body)}
		way.mu.Lock()
		n := len(way.seen)
		way.seen = append(way.seen, seen)
		way.mu.Unlock()
		switch decide(n, seen) {
		case lost:
			panic(http.ErrAbortHandler)
		case unanswered:
			proxy.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		case spoilt:
			const body = `[{"id": "no/identifier"}]`
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
			r.Header.Del("Content-Encoding")
			proxy.ServeHTTP(w, r)
		default:
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return way, server.URL
}

// count says how many requests were seen that fit.
func (r *road) count(fits func(seenRequest) bool) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.seen {
		if fits(s) {
			n++
		}
	}
	return n
}

func freely(int, seenRequest) fate { return arrives }
