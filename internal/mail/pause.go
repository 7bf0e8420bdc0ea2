package mail

import (
	"math/rand/v2"
	"sync"
	"time"
)

// How long nothing is sent to a server that takes nothing: doubled with every probe that fails.
const (
	shortestPause = 2 * time.Second
	longestPause  = time.Minute
	// repliesFirst is how long after a pause only urgent mails may be the probe: they are handed over within a second of being due.
	repliesFirst = 1500 * time.Millisecond
	// recovery is how long after a pause a backlog is taken for one that it left.
	recovery = time.Minute
	// askAgain is when whoever was not admitted may ask again while a probe is under way.
	askAgain = time.Second
)

// pause keeps a process from asking a mail server that refuses everybody: when it does, nothing is sent for a while, then one task tries,
// and only when that succeeds do the others follow. What waits meanwhile has not been tried, and counts no attempt. Times are this
// process's: nothing but its own rest is measured by them.
type pause struct {
	mu      sync.Mutex
	now     func() time.Time
	length  time.Duration // of the last pause; 0 while the server takes mails
	until   time.Time
	probing bool
	back    time.Time // when the last pause ended
	why     error
}

// admit lets a task ask the server; done must be called when it has. Otherwise wait says when it may ask again. Urgent tasks are replies and what
// somebody waits for at this moment.
func (p *pause) admit(urgent bool) (done func(), wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.length == 0 {
		return func() {}, 0
	}
	from := p.until
	if !urgent {
		from = from.Add(repliesFirst)
	}
	switch now := p.now(); {
	case now.Before(from):
		return nil, from.Sub(now)
	case p.probing:
		return nil, askAgain
	}
	p.probing = true
	return p.probed, 0
}

// probed ends a probe, whatever became of it: one that asked nothing leaves the next one the place.
func (p *pause) probed() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.probing = false
}

// refused begins a pause, or a longer one after a probe; what fails while one lasts adds nothing. began says that the server took mails before.
func (p *pause) refused(why error) (until time.Time, began bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if p.length > 0 && now.Before(p.until) {
		return p.until, false
	}
	began = p.length == 0
	p.length = min(max(2*p.length, shortestPause), longestPause)
	p.until = now.Add(time.Duration(float64(p.length) * (0.8 + 0.4*rand.Float64()))) //nolint:gosec // no secret
	p.why = why
	return p.until, began
}

// taken ends the pause: the server takes mails. It reports whether there was one.
func (p *pause) taken() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	ended := p.length > 0
	if ended {
		p.back = p.now()
	}
	p.length, p.why = 0, nil
	return ended
}

// recovering reports whether a pause lasts or has ended a short while ago.
func (p *pause) recovering() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.length > 0 || p.now().Sub(p.back) < recovery
}

// state tells why nothing is sent, and until when; nil while the server takes mails.
func (p *pause) state() (until time.Time, why error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.length == 0 {
		return time.Time{}, nil
	}
	return p.until, p.why
}
