package limit

import (
	"sync"
	"time"

	"github.com/askwell/askwell/internal/config"
)

// localKeys bounds what the local limiter remembers.
const localKeys = 100_000

// localLimiter is the generic cell rate algorithm, as redis_rate has it: for each key the moment at which its allowance will
// be whole again.
type localLimiter struct {
	mu    sync.Mutex
	whole map[string]time.Time
}

func newLocalLimiter() *localLimiter { return &localLimiter{whole: map[string]time.Time{}} }

// take takes one and gives 0, or how long to wait for the next one.
func (l *localLimiter) take(key string, rate config.Rate, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	each := rate.Per / time.Duration(rate.Count)
	whole := l.whole[key]
	if whole.Before(now) {
		whole = now
	}
	whole = whole.Add(each)
	if wait := whole.Sub(now) - rate.Per; wait > 0 {
		return wait
	}
	if len(l.whole) >= localKeys {
		l.forget(now)
	}
	l.whole[key] = whole
	return 0
}

// forget drops what is whole; when that is too little, everything: better a limit too kind than a process without memory.
func (l *localLimiter) forget(now time.Time) {
	for key, whole := range l.whole {
		if whole.Before(now) {
			delete(l.whole, key)
		}
	}
	if len(l.whole) >= localKeys {
		clear(l.whole)
	}
}
