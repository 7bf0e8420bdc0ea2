package limit

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/askwell/askwell/internal/failure"
)

// ErrFull says that there is no slot.
var ErrFull = failure.Unavailable("There are too many requests at this moment.", nil)

// waitersEach is how many may wait for each slot: the others would wait in vain.
const waitersEach = 8

// Slots bounds how many requests of a kind are worked on at once, and how many wait for that.
type Slots struct {
	taken   chan struct{}
	wait    time.Duration
	waiting atomic.Int64
}

// NewSlots makes most slots. Wait is how long Take waits for one.
func NewSlots(most int, wait time.Duration) *Slots {
	return &Slots{taken: make(chan struct{}, most), wait: wait}
}

// Take reports whether a slot is free, at once or soon, first come first served. Done frees it again.
func (s *Slots) Take(ctx context.Context) bool {
	select {
	case s.taken <- struct{}{}:
		return true
	default:
	}
	defer s.waiting.Add(-1)
	if s.waiting.Add(1) > int64(waitersEach*cap(s.taken)) {
		return false
	}
	wait := time.NewTimer(s.wait)
	defer wait.Stop()
	select {
	case s.taken <- struct{}{}:
		return true
	case <-wait.C:
	case <-ctx.Done():
	}
	return false
}

// Done frees a slot.
func (s *Slots) Done() { <-s.taken }
