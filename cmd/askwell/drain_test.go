package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// balancer shares requests out among the web processes whose /readyz says 200, as load balancers do; it tries nothing twice.
type balancer struct {
	*httptest.Server
	ready []atomic.Bool
	next  atomic.Int64
}

func newBalancer(t *testing.T, backends ...string) *balancer {
	t.Helper()
	b := &balancer{ready: make([]atomic.Bool, len(backends))}
	proxies := make([]*httputil.ReverseProxy, len(backends))
	ctx, cancel := context.WithCancel(context.Background())
	var looking sync.WaitGroup
	for i, backend := range backends {
		target, err := url.Parse(backend)
		if err != nil {
			t.Fatal(err)
		}
		proxies[i] = httputil.NewSingleHostReverseProxy(target)
		proxies[i].Transport = &http.Transport{MaxIdleConnsPerHost: 32}
		proxies[i].ErrorHandler = func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, err.Error(), http.StatusBadGateway)
		}
		looking.Go(func() {
			for ctx.Err() == nil {
				b.ready[i].Store(b.isReady(backend, b.ready[i].Load()))
				select {
				case <-ctx.Done():
				case <-time.After(200 * time.Millisecond):
				}
			}
		})
	}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		turn := int(b.next.Add(1))
		for k := range backends {
			if i := (turn + k) % len(backends); b.ready[i].Load() {
				proxies[i].ServeHTTP(w, r)
				return
			}
		}
		http.Error(w, "no backend is ready", http.StatusServiceUnavailable)
	}))
	t.Cleanup(func() {
		cancel()
		looking.Wait()
		b.Close()
	})
	return b
}

// isReady asks a backend. One that was ready is taken out when it does not answer or is stopping: a database that a busy machine keeps from
// answering in time is not what is tested.
func (*balancer) isReady(backend string, was bool) bool {
	res, err := http.Get(backend + "/readyz")
	if err != nil {
		return false
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return err == nil && !strings.Contains(string(body), "stopping") && (was || res.StatusCode == http.StatusOK)
}

// TestNothingIsCutWhenOneOfTwoStops sends 6,000 requests through a load balancer while one of its two web processes is told to stop, with
// an upload under way there.
func TestNothingIsCutWhenOneOfTwoStops(t *testing.T) {
	t.Parallel()
	s := startSplit(t)
	s.env = append(s.env, "SHUTDOWN_GRACE=2s", "SHUTDOWN_DRAIN=60s")
	s.serve()
	stays := s.url
	stopped := s.serve()
	goes := s.url
	for _, url := range []string{stays, goes} {
		eventually(t, 30*time.Second, func() error { return answers(url+"/readyz", http.StatusOK) })
	}
	b := newBalancer(t, stays, goes)
	eventually(t, 10*time.Second, func() error { return answers(b.URL+"/healthz", http.StatusOK) })

	finishUpload, uploaded := startUpload(t, newBrowser(t, goes))
	const requests, clients = 6000, 12
	var sent, wrong atomic.Int64
	var all sync.WaitGroup
	var once sync.Once
	for range clients {
		all.Go(func() {
			for n := sent.Add(1); n <= requests || !stopped.ended(0) && n < 20*requests; n = sent.Add(1) {
				if n > requests/4 {
					once.Do(func() { stopped.signal(syscall.SIGTERM) })
				}
				if n == requests {
					finishUpload()
				}
				if err := answers(b.URL+"/privacy", http.StatusOK); err != nil && wrong.Add(1) < 5 {
					t.Errorf("request %d: %v", n, err)
				}
			}
		})
	}
	all.Wait()
	if n := wrong.Load(); n > 0 {
		t.Errorf("%d of %d requests were cut", n, sent.Load())
	}
	if err := <-uploaded; err != nil {
		t.Errorf("the upload that was under way: %v", err)
	}
	if !stopped.ended(time.Minute) || stopped.err != nil {
		t.Errorf("the process that was told to stop: %v", stopped.err)
	}
	t.Logf("%d requests", sent.Load())
}

func answers(address string, want int) error {
	res, err := http.Get(address)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != want {
		return fmt.Errorf("%s: %d: %s: %w", address, res.StatusCode, tail(string(body), 200), err)
	}
	return nil
}

// startUpload begins to send an inquiry with a file and holds the rest back until finish is called.
func startUpload(t *testing.T, b *browser) (finish func(), done chan error) {
	t.Helper()
	form := inquiryForm(b.token(), "An upload under way", unknownNumber)
	r, w := io.Pipe()
	parts := multipart.NewWriter(w)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.base+"/inquiries", r)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", parts.FormDataContentType())
	done = make(chan error, 1)
	go func() {
		slow := http.Client{Transport: b.http.Transport, CheckRedirect: b.http.CheckRedirect}
		res, err := slow.Do(req)
		if err == nil {
			res.Body.Close()
			if res.StatusCode != http.StatusSeeOther {
				err = fmt.Errorf("status %d", res.StatusCode)
			}
		}
		done <- err
	}()
	for name, values := range form {
		if err := parts.WriteField(name, values[0]); err != nil {
			t.Fatal(err)
		}
	}
	file, err := parts.CreateFormFile("attachments", "letter.pdf")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(file, "%PDF-1.7\n"+strings.Repeat("x", 100_000)); err != nil {
		t.Fatal(err)
	}
	return func() { w.CloseWithError(errors.Join(parts.Close(), w.Close())) }, done
}
