package replay

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Config says where to send and how fast.
type Config struct {
	To          *url.URL      // the desk's address, http or https
	Concurrency int           // requests in flight at once
	Rate        float64       // visitors who begin each second; 0 for as many as there is room for
	Think       time.Duration // what a visitor takes to fill the form in; it holds no request slot
	Patience    time.Duration // how long one inquiry is tried again after 503, 429 and broken connections
	Backoff     time.Duration // the first pause before another try; doubled each time, up to 5 s
	Progress    func(Progress)
}

// Progress is how far a replay is.
type Progress struct {
	Accepted, Failed, Thinking, Total int
}

// visitors bounds how many are on the form at once, and so the memory.
const visitors = 10_000

// CheckURL reads the address of a desk.
func CheckURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("%q is no address like http://localhost:8080", text)
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Path != "" && u.Path != "/" {
		return nil, fmt.Errorf("%q must be a desk's address alone, like http://localhost:8080", text)
	}
	u.Path = ""
	return u, nil
}

// runner is one replay.
type runner struct {
	Config
	transport http.RoundTripper
	slots     chan struct{}
	collector
}

// Run sends every inquiry and reports what came of it; ctx ends it early, and what was not sent by then is among the failed.
// An inquiry that the desk did not acknowledge is in Report.Failed, never an error.
func Run(ctx context.Context, cfg Config, inquiries []Inquiry) (Report, error) {
	if cfg.Concurrency < 1 || cfg.Rate < 0 || cfg.Think < 0 {
		return Report{}, errors.New("the concurrency must be at least 1, and neither rate nor think may be negative")
	}
	if cfg.Backoff <= 0 {
		cfg.Backoff = 250 * time.Millisecond
	}
	if cfg.Progress == nil {
		cfg.Progress = func(Progress) {}
	}
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, MaxIdleConns: cfg.Concurrency, MaxIdleConnsPerHost: cfg.Concurrency,
		IdleConnTimeout: 30 * time.Second, ForceAttemptHTTP2: true, ResponseHeaderTimeout: 30 * time.Second,
	}
	defer transport.CloseIdleConnections()
	r := &runner{Config: cfg, transport: transport, slots: make(chan struct{}, cfg.Concurrency)}
	r.init(len(inquiries))
	pace := rate.NewLimiter(rate.Inf, 1)
	if cfg.Rate > 0 {
		pace = rate.NewLimiter(rate.Limit(cfg.Rate), 1)
	}
	room := make(chan struct{}, visitors)
	var all sync.WaitGroup
	for _, in := range inquiries {
		if err := pace.Wait(ctx); err != nil {
			r.fail(in.ID, "", errStopped)
			continue
		}
		select {
		case room <- struct{}{}:
		case <-ctx.Done():
			r.fail(in.ID, "", errStopped)
			continue
		}
		all.Go(func() {
			defer func() { <-room }()
			r.visit(ctx, in)
			r.Progress(r.progress())
		})
	}
	all.Wait()
	return r.report(), nil
}

var errStopped = errors.New("not sent: the replay was stopped")
