package replay

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"
)

// Report is what came of a replay. Times are in milliseconds, of every POST that was answered, tries included.
type Report struct {
	Inquiries         int                       `json:"inquiries"`
	Accepted          int                       `json:"accepted"`
	Retries           int                       `json:"retries"`
	Seconds           float64                   `json:"seconds"`             // from the first request to the last answer
	AcceptedPerSecond float64                   `json:"accepted_per_second"` // from the first POST to the last
	Post              Latency                   `json:"post_ms"`
	Statuses          map[string]map[string]int `json:"statuses"` // request -> status -> how often
	Failed            []Failed                  `json:"failed"`
	References        []Acknowledged            `json:"-"`
}

// Latency sums a distribution up, in milliseconds.
type Latency struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// Failed is an inquiry that was not acknowledged, or whose confirmation did not come.
type Failed struct {
	ID        string `json:"id"`
	Reference string `json:"reference,omitempty"`
	Why       string `json:"why"`
}

// Acknowledged says which ticket an inquiry became.
type Acknowledged struct{ ID, Reference string }

// collector gathers what happens in all visits.
type collector struct {
	mu        sync.Mutex
	began     time.Time
	firstPost time.Time
	lastPost  time.Time
	thinking  int
	posts     []time.Duration
	owner     map[string]string // reference -> id
	r         Report
}

func (c *collector) init(inquiries int) {
	c.began, c.owner = time.Now(), map[string]string{}
	c.r = Report{Inquiries: inquiries, Statuses: map[string]map[string]int{}, Failed: []Failed{}}
}

func (c *collector) answered(what, status string, took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.r.Statuses[what] == nil {
		c.r.Statuses[what] = map[string]int{}
	}
	c.r.Statuses[what][status]++
	if what != "inquiry" {
		return
	}
	now := time.Now()
	if sent := now.Add(-took); c.firstPost.IsZero() || sent.Before(c.firstPost) {
		c.firstPost = sent
	}
	c.lastPost = now
	if status != "no answer" {
		c.posts = append(c.posts, took)
	}
}

func (c *collector) retried() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.r.Retries++
}

func (c *collector) think(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.thinking += n
}

func (c *collector) fail(id, reference string, why error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.r.Failed = append(c.r.Failed, Failed{id, reference, why.Error()})
	if reference != "" {
		c.r.References = append(c.r.References, Acknowledged{id, reference})
	}
}

var errShared = errors.New("another inquiry has the same reference")

func (c *collector) accept(id, reference string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.r.References = append(c.r.References, Acknowledged{id, reference})
	if other, shared := c.owner[reference]; shared {
		c.r.Failed = append(c.r.Failed, Failed{id, reference, fmt.Sprintf("%v: %s", errShared, other)})
		return
	}
	c.owner[reference] = id
	c.r.Accepted++
}

func (c *collector) progress() Progress {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Progress{Accepted: c.r.Accepted, Failed: len(c.r.Failed), Thinking: c.thinking, Total: c.r.Inquiries}
}

func (c *collector) report() Report {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.r
	r.Seconds = round(time.Since(c.began).Seconds())
	if span := c.lastPost.Sub(c.firstPost).Seconds(); span > 0 {
		r.AcceptedPerSecond = round(float64(r.Accepted) / span)
	}
	r.Post = latency(c.posts)
	return r
}

// latency gives nearest-rank percentiles.
func latency(all []time.Duration) Latency {
	if len(all) == 0 {
		return Latency{}
	}
	sorted := slices.Sorted(slices.Values(all))
	at := func(p float64) float64 {
		rank := int(math.Ceil(p * float64(len(sorted))))
		return round(float64(sorted[max(rank, 1)-1].Microseconds()) / 1000)
	}
	return Latency{P50: at(0.5), P95: at(0.95), P99: at(0.99), Max: at(1)}
}

func round(x float64) float64 { return math.Round(x*100) / 100 }
