package workers

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/askwell/askwell/internal/outbox"
)

// busyFor is how long a mail waits that found every place taken.
const busyFor = time.Second

// places are the conversations with the mail server that may go on at once in a process: half of its tasks. A mail server that takes ten
// minutes over each mail, as it may, keeps nobody from linking and indexing, and acknowledgements leave one place to replies.
type places struct{ all, patient chan struct{} }

func newPlaces(concurrency int) places {
	n := max(2, concurrency/2)
	return places{all: make(chan struct{}, n), patient: make(chan struct{}, n-1)}
}

// enter takes a place for a task that sends mails, without waiting for one; leave gives it back.
func (w *Workers) enter(k kind) (leave func(), ok bool) {
	taken := make([]chan struct{}, 0, 2)
	leave = func() {
		for _, c := range taken {
			<-c
		}
	}
	var wanted []chan struct{}
	switch k.mails {
	case urgent:
		wanted = []chan struct{}{w.places.all}
	case patient:
		wanted = []chan struct{}{w.places.patient, w.places.all}
	}
	for _, c := range wanted {
		select {
		case c <- struct{}{}:
			taken = append(taken, c)
		default:
			leave()
			return nil, false
		}
	}
	return leave, true
}

// putOff lets a task come again soon; this was no attempt.
func (w *Workers) putOff(ctx context.Context, k kind, t outbox.Task) error {
	if err := outbox.Release(ctx, w.db, busyFor, t.ID); err != nil {
		return fmt.Errorf("%s: %w", k.name, err)
	}
	return nil
}

// mailed counts what became of a mail and says what somebody may have to do something about: the code of the answer, never its words.
func (w *Workers) mailed(k kind, task int64, state outbox.MailState, a outbox.Answer) {
	w.metrics.mails.WithLabelValues(k.name, string(state)).Inc()
	if state == outbox.MailSent || state == outbox.MailWaiting { // "a task failed" tells of the latter
		return
	}
	w.log.Warn("mail not sent", slog.String("kind", k.name), slog.Int64("task", task), slog.String("state", string(state)),
		slog.String("fault", a.Fault), slog.Int("code", a.Code), slog.String("status", a.Status))
}
