package workers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/hibiken/asynq"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/postgres"
)

const (
	expandLimit = 1000
	claimLimit  = 500
	pollEvery   = time.Second            // the net under LISTEN, and how late a task due at a time may start
	gather      = 100 * time.Millisecond // rows that come within it share a batch
	slowestTry  = 5 * time.Second        // between two rounds while they fail
	busyFrom    = 50                     // events in one round that say an intake is in full swing
)

// relay turns events into tasks and hands those that are due to asynq. Any number of relays may run.
type relay struct {
	db       *pgxpool.Pool
	sessions *pgxpool.Pool // to listen on
	queues   string        // the prefix of this desk's
	redis    redis.UniversalClient
	client   *asynq.Client
	log      *slog.Logger
	now      func() time.Time
	woken    chan struct{}
	busyTill atomic.Int64 // unix nanoseconds
}

func newRelay(db, sessions *pgxpool.Pool, client redis.UniversalClient, log *slog.Logger, now func() time.Time) *relay {
	return &relay{
		db: db, sessions: sessions, redis: client, client: asynq.NewClientFromRedisClient(client), log: log, now: now,
		woken: make(chan struct{}, 1),
	}
}

// busy reports whether inquiries pour in, so that the workers leave room for them.
func (r *relay) busy() bool { return r.now().UnixNano() < r.busyTill.Load() }

// run goes on until the context ends. That it cannot go on is logged once, and once more when it can.
func (r *relay) run(ctx context.Context) {
	go r.listen(ctx)
	wait, failed := pollEvery, false
	for {
		err := r.round(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failed:
			r.log.Warn("task relay failed, trying again", slog.Any("error", err))
			failed, wait = true, gather
		case err != nil:
			wait = min(2*wait, slowestTry)
		case failed:
			r.log.Info("task relay recovered")
			failed, wait = false, pollEvery
		}
		r.pause(ctx, wait, failed)
	}
}

// pause waits until something was written, or for a time. After a wake-up it gives other writers a moment to share the round.
// After a failure no wake-up counts.
func (r *relay) pause(ctx context.Context, wait time.Duration, failed bool) {
	woken := r.woken
	if failed {
		woken = nil
	}
	select {
	case <-ctx.Done():
	case <-time.After(wait):
	case <-woken:
		sleep(ctx, gather)
	}
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// round expands what happened and hands over what is due.
func (r *relay) round(ctx context.Context) error {
	for {
		n, err := outbox.Expand(ctx, r.db, reactions, expandLimit)
		if err != nil {
			return err
		}
		if n >= busyFrom {
			r.busyTill.Store(r.now().Add(4 * gather).UnixNano())
		}
		if n < expandLimit {
			break
		}
	}
	due, err := outbox.Due(ctx, r.db, names(func(kind) bool { return true }))
	if err != nil || len(due) == 0 {
		return err
	}
	// Asked before a row is claimed, so that a Redis that is unavailable costs no attempt.
	if err := r.redis.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("ask Redis: %w", err)
	}
	for _, name := range due {
		k, _ := kindOf(name)
		hand := r.handRows
		if k.batched() {
			hand = r.handTriggers
		}
		if err := hand(ctx, k); err != nil {
			return err
		}
	}
	return nil
}

func kindOf(name string) (kind, bool) {
	for _, k := range kinds {
		if k.name == name {
			return k, true
		}
	}
	return kind{}, false
}

// handTriggers tells asynq that there is work of a batched kind, once a lane. The ID stands for the lane and the window of
// time: a handler at work keeps its ID, so that no second one starts beside it, and one whose process died blocks its lane no
// longer than the window.
func (r *relay) handTriggers(ctx context.Context, k kind) error {
	slot := r.now().UnixNano() / int64(window)
	for lane := range k.lanes {
		id := fmt.Sprintf("%s:%d:%d", k.name, lane, slot)
		if err := r.enqueue(ctx, k, id, nil, k.timeout+window); err != nil {
			return err
		}
	}
	return nil
}

// handRows claims due rows and makes an asynq task of each. What cannot be handed over is given back.
func (r *relay) handRows(ctx context.Context, k kind) error {
	tasks, err := outbox.Claim(ctx, r.db, []string{k.name}, claimLimit, k.lease)
	if err != nil {
		return err
	}
	for i, t := range tasks {
		payload := outbox.Payload{Task: t.ID, Subject: t.Subject, Attempts: t.Attempts}
		id := k.name + ":" + strconv.FormatInt(t.ID, 10) + ":" + strconv.Itoa(t.Attempts)
		if err := r.enqueue(ctx, k, id, payload.Marshal(), k.timeout); err != nil {
			back, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
			defer cancel()
			return errors.Join(err, outbox.Release(back, r.db, 0, rowIDs(tasks[i:])...))
		}
	}
	return nil
}

// enqueue hands one task to asynq. One with the same ID is as good.
func (r *relay) enqueue(ctx context.Context, k kind, id string, payload []byte, timeout time.Duration) error {
	_, err := r.client.EnqueueContext(ctx, asynq.NewTask(k.name, payload),
		asynq.TaskID(id), asynq.Queue(r.queues+k.queue), asynq.MaxRetry(0), asynq.Timeout(timeout))
	if err != nil && !errors.Is(err, asynq.ErrTaskIDConflict) {
		return fmt.Errorf("hand %s to asynq: %w", k.name, err)
	}
	return nil
}

func rowIDs(tasks []outbox.Task) []int64 {
	ids := make([]int64, len(tasks))
	for i, t := range tasks {
		ids[i] = t.ID
	}
	return ids
}

// wake asks for a round soon.
func (r *relay) wake() {
	select {
	case r.woken <- struct{}{}:
	default:
	}
}

// listen holds a connection on which PostgreSQL tells of new events, and takes another when it breaks. Polling covers the time
// between.
func (r *relay) listen(ctx context.Context) {
	for ctx.Err() == nil {
		err := r.listenOnce(ctx)
		switch {
		case ctx.Err() != nil:
		case errors.Is(err, postgres.ErrNoSession):
			r.log.Warn("relay polls, it cannot listen", slog.Any("error", err))
			sleep(ctx, 10*time.Minute)
		default:
			r.log.Debug("the relay listens again soon", slog.Any("error", err))
			sleep(ctx, pollEvery)
		}
	}
}

func (r *relay) listenOnce(ctx context.Context) error {
	if err := postgres.RequireSession(ctx, r.sessions); err != nil {
		return err
	}
	pooled, err := r.sessions.Acquire(ctx)
	if err != nil {
		return err
	}
	conn := pooled.Hijack() // a connection that listens must not go back among the others
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(closing) // nothing hangs on it
	}()
	if _, err := conn.Exec(ctx, "LISTEN "+outbox.Channel); err != nil {
		return err
	}
	r.wake() // for what was written before
	for {
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return err
		}
		r.wake()
	}
}
