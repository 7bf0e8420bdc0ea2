package limit

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/askwell/askwell/internal/failure"
)

// ErrFull says that there is no turn.
var ErrFull = failure.Unavailable("There are too many requests at this moment.", nil)

// waitersEach is how many may wait for each turn that there is: the others would wait in vain.
const waitersEach = 8

// Turns bounds how many requests of a kind are worked on at once, and how many wait for that.
type Turns struct {
	taken   chan struct{}
	wait    time.Duration
	waiting atomic.Int64
}

// NewTurns makes most turns. Wait is how long Take waits for one.
func NewTurns(most int, wait time.Duration) *Turns {
	return &Turns{taken: make(chan struct{}, most), wait: wait}
}

// Take reports whether there is a turn, at once or soon, first come first served. Who has one gives it back by Done.
func (t *Turns) Take(ctx context.Context) bool {
	select {
	case t.taken <- struct{}{}:
		return true
	default:
	}
	defer t.waiting.Add(-1)
	if t.waiting.Add(1) > int64(waitersEach*cap(t.taken)) {
		return false
	}
	wait := time.NewTimer(t.wait)
	defer wait.Stop()
	select {
	case t.taken <- struct{}{}:
		return true
	case <-wait.C:
	case <-ctx.Done():
	}
	return false
}

// Await waits until there is a turn, or ctx ends: then it reports false.
func (t *Turns) Await(ctx context.Context) bool {
	select {
	case t.taken <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// Done gives a turn back.
func (t *Turns) Done() { <-t.taken }
