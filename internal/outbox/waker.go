package outbox

import (
	"context"
	"log/slog"
	"time"

	"github.com/askwell/askwell/internal/postgres"
)

// wakePause is the least time between two notifications. PostgreSQL lets one transaction with a NOTIFY commit at a time,
// so that one inside every intake would put them all in a row.
const wakePause = 20 * time.Millisecond

// Waker wakes the relay soon after something was added to the outbox. It is a courtesy: a relay that missed it looks by
// itself a second later.
type Waker struct {
	db     postgres.Querier
	log    *slog.Logger
	signal chan struct{}
}

// NewWaker makes a Waker; it does nothing before Run.
func NewWaker(db postgres.Querier, log *slog.Logger) *Waker {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Waker{db: db, log: log, signal: make(chan struct{}, 1)}
}

// Wake says that there is something in the outbox. It never waits.
func (w *Waker) Wake() {
	select {
	case w.signal <- struct{}{}:
	default:
	}
}

// Run sends at most one notification per wakePause until the context ends. What is signalled during the pause is sent after
// it, so that the last one is never lost.
func (w *Waker) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.signal:
		}
		if _, err := w.db.Exec(ctx, `SELECT pg_notify($1, '')`, Channel); err != nil && ctx.Err() == nil {
			w.log.Debug("the relay was not woken", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wakePause):
		}
	}
}
