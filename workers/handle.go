package workers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/hibiken/asynq"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/outbox"
)

// handler runs tasks of one kind: all of a batch at once, or one after the other. It finishes their rows itself.
type handler struct {
	all func(ctx context.Context, tasks []outbox.Task) error
	one func(ctx context.Context, task outbox.Task) error
}

// serve runs one asynq task. What became of a row stands in the row; asynq hears only of what can never succeed, so that its
// own pages show it too.
func (w *Workers) serve(ctx context.Context, t *asynq.Task) error {
	k, known := kindOf(t.Type())
	h, handled := w.handlers[t.Type()]
	if !known || !handled {
		return fmt.Errorf("no handler for %q: %w", t.Type(), asynq.SkipRetry)
	}
	if k.batched() {
		w.drain(ctx, k, h)
		return nil
	}
	var p outbox.Payload
	if err := json.Unmarshal(t.Payload(), &p); err != nil {
		return fmt.Errorf("read the payload of %s: %w: %w", t.Type(), err, asynq.SkipRetry)
	}
	task := outbox.Task{ID: p.Task, Kind: t.Type(), Subject: p.Subject, Attempts: p.Attempts}
	leave, wait := w.enter(ctx, k)
	if leave == nil {
		return w.putOff(ctx, k, task, wait)
	}
	defer leave()
	err := w.runOne(ctx, k, h, task)
	w.relay.wake() // what was done has reactions of its own
	if err != nil && hopeless(err) {
		return fmt.Errorf("%s: %w", reason(err), asynq.SkipRetry)
	}
	return nil
}

// drain claims and runs rows of a kind until none is due, or the window ends and another asynq task takes over. While
// inquiries pour in it rests as long as it worked, and three times as long over what is indexed and counted: that can wait.
func (w *Workers) drain(ctx context.Context, k kind, h handler) {
	leave, _ := w.enter(ctx, k)
	if leave == nil {
		return // the relay says again that there is work
	}
	defer leave()
	for end := time.Now().Add(window); time.Now().Before(end) && ctx.Err() == nil && !w.stopping() && !w.givesWay(ctx, k); {
		started := time.Now()
		tasks, err := outbox.Claim(ctx, w.db, []string{k.name}, k.batch, k.lease)
		if err != nil {
			w.log.Debug("tasks cannot be claimed", slog.String("kind", k.name), slog.Any("error", err))
			return
		}
		if len(tasks) == 0 || !w.runBatch(ctx, k, h, tasks) {
			return
		}
		w.relay.wake() // what was done has reactions of its own
		if w.relay.busy() {
			rest := min(time.Since(started), 200*time.Millisecond)
			if k.queue == queueIndex {
				rest *= 3
			}
			sleep(ctx, rest)
		}
	}
}

// runBatch reports whether it makes sense to go on: not while what the tasks need is unavailable.
func (w *Workers) runBatch(ctx context.Context, k kind, h handler, tasks []outbox.Task) bool {
	if h.all != nil {
		err := w.guard(ctx, k, func(ctx context.Context) error { return h.all(ctx, tasks) })
		if err == nil {
			w.metrics.done(k.name, len(tasks))
			return true
		}
		if len(tasks) == 1 || failure.Is(err, failure.KindUnavailable) || ctx.Err() != nil {
			w.failed(ctx, k, err, tasks...)
			return !failure.Is(err, failure.KindUnavailable)
		}
		// One of them spoils the batch: by themselves the others succeed.
	}
	for i, t := range tasks {
		if err := w.runOne(ctx, k, h, t); failure.Is(err, failure.KindUnavailable) {
			if i+1 < len(tasks) {
				w.failed(ctx, k, err, tasks[i+1:]...)
			}
			return false
		}
	}
	return true
}

func (w *Workers) runOne(ctx context.Context, k kind, h handler, t outbox.Task) error {
	err := w.guard(ctx, k, func(ctx context.Context) error {
		if h.one != nil {
			return h.one(ctx, t)
		}
		return h.all(ctx, []outbox.Task{t})
	})
	if err != nil {
		w.failed(ctx, k, err, t)
		return err
	}
	w.metrics.done(k.name, 1)
	return nil
}

// guard bounds the time and turns a panic into an error: the row must not stay claimed until its lease ends.
func (w *Workers) guard(ctx context.Context, k kind, fn func(context.Context) error) (err error) {
	ctx, cancel := context.WithTimeout(ctx, k.timeout)
	defer cancel()
	ctx = outbox.WithObserver(ctx, func(task int64, state outbox.MailState, a outbox.Answer) { w.mailed(k, task, state, a) })
	defer func() {
		if p := recover(); p != nil {
			w.log.Error("a task panicked", slog.String("kind", k.name), slog.Any("panic", p))
			err = errPanic
		}
	}()
	return fn(ctx)
}

var errPanic = errors.New("the handler panicked; the log says where")

// hopeless: what was asked for does not exist or can never be accepted.
func hopeless(err error) bool {
	return failure.Is(err, failure.KindInvalid) || failure.Is(err, failure.KindNotFound) || failure.Is(err, failure.KindForbidden)
}

// failed writes into the rows why and when the next attempt is due, or that there is none. It must work while the process
// stops, too: a row whose failure is not written comes back when its lease ends.
func (w *Workers) failed(ctx context.Context, k kind, err error, tasks ...outbox.Task) {
	attempts := tasks[0].Attempts
	for _, t := range tasks {
		attempts = min(attempts, t.Attempts)
	}
	stopping := ctx.Err() != nil && errors.Is(ctx.Err(), context.Canceled)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if stopping {
		if err := outbox.Release(ctx, w.db, 0, rowIDs(tasks)...); err != nil {
			w.log.Debug("tasks come back when their lease ends", slog.String("kind", k.name), slog.Any("error", err))
		}
		return
	}
	giveUp := hopeless(err) || k.exhausted(err, attempts)
	w.metrics.failed(k.name, len(tasks), giveUp)
	level := slog.LevelWarn
	if giveUp {
		level = slog.LevelError
	} else if failure.Is(err, failure.KindUnavailable) && attempts > 0 {
		level = slog.LevelDebug // said at the first attempt
	}
	w.log.Log(ctx, level, "a task failed", slog.String("kind", k.name), slog.Int64("task", tasks[0].ID),
		slog.Int("tasks", len(tasks)), slog.Int("attempts", attempts+1), slog.Bool("given_up", giveUp), slog.Any("error", err))
	if err := outbox.FailAll(ctx, w.db, rowIDs(tasks), reason(err), k.backoff(attempts), giveUp); err != nil {
		w.log.Debug("a failure was not recorded", slog.String("kind", k.name), slog.Any("error", err))
	}
}

func (k kind) exhausted(err error, attempts int) bool {
	return !failure.Is(err, failure.KindUnavailable) && k.tries > 0 && attempts+1 >= k.tries
}

// reason is what the page of stuck tasks says: texts that the code itself wrote, as an error of a database may quote a person, and what a
// mail server answered, as nobody could mend it without.
func reason(err error) string {
	var answered outbox.Answered
	switch {
	case errors.Is(err, errPanic):
		return errPanic.Error()
	case errors.As(err, &answered) && answered.Answer().Code > 0:
		a := answered.Answer() // words may quote an address: this is for the page, not for the log
		return failure.Text(err, "") + fmt.Sprintf(" (%d) %s", a.Code, a.Words)
	case errors.Is(err, context.DeadlineExceeded):
		return failure.Text(err, "It took too long.")
	}
	return failure.Text(err, "It failed for a reason that nobody expected; the log says more.")
}
