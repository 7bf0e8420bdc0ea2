package workers

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/askwell/askwell/internal/outbox"
)

const (
	// busyFor is how long a mail waits that found every place taken.
	busyFor = time.Second
	// giveWay is for how long patient mails begin nothing after an urgent one found every place taken: it is back by then.
	giveWay = busyFor + 500*time.Millisecond
	// heldFor is when a mail that is held asks again.
	heldFor = 10 * time.Second
)

// places are the conversations with the mail server that may go on at once in a process: up to half of its tasks. A mail server that takes ten
// minutes over each mail, as it may, keeps nobody from linking and indexing. Acknowledgements leave one place to replies, and begin nothing
// while a reply waits for one.
type places struct {
	all, patient chan struct{}
	scans        chan struct{} // conversations with the virus scanner: a quarter of the tasks
	turnedAway   *atomic.Int64 // when an urgent mail found none, in nanoseconds of Unix time
}

// searchLanes are the tasks that may wait for Meilisearch at once: one of tickets and one of accounts.
const searchLanes = 2

// newPlaces leaves a task to linking and whatever else needs PostgreSQL alone while mail server, scanner and search all hang, where a process runs
// eight at once (the default) or more.
func newPlaces(concurrency int) places {
	scans := max(1, concurrency/4)
	n := max(2, min(concurrency/2, concurrency-scans-searchLanes-1))
	return places{
		all: make(chan struct{}, n), patient: make(chan struct{}, n-1), scans: make(chan struct{}, scans), turnedAway: new(atomic.Int64),
	}
}

// enter takes a place for a task that asks the mail server or the virus scanner, without waiting for one; leave gives it back. Where it gets none,
// wait says when to come back.
func (w *Workers) enter(ctx context.Context, k kind) (leave func(), wait time.Duration) {
	switch {
	case k.name == TaskScanFile:
		select {
		case w.places.scans <- struct{}{}:
			return func() { <-w.places.scans }, 0
		default:
			return nil, busyFor
		}
	case k.mails == "":
		return func() {}, 0
	case w.NoMail || w.held.Load():
		return nil, heldFor
	}
	if w.givesWay(ctx, k) {
		return nil, busyFor
	}
	vacate, ok := w.places.take(k.mails)
	if !ok {
		w.turnedAway(k)
		return nil, busyFor
	}
	asked, wait := w.Mail.Admit(k.mails == urgent)
	if asked == nil {
		vacate()
		if wait <= busyFor { // a probe is under way
			w.turnedAway(k)
		}
		return nil, wait
	}
	return func() { asked(); vacate() }, 0
}

func (w *Workers) turnedAway(k kind) {
	if k.mails == urgent {
		w.places.turnedAway.Store(time.Now().UnixNano())
	}
}

// givesWay reports whether urgent mails go before those of this kind: any that found no place and, while the backlog of an outage goes out, all that
// wait in the database.
func (w *Workers) givesWay(ctx context.Context, k kind) bool {
	switch {
	case k.mails != patient:
		return false
	case time.Since(time.Unix(0, w.places.turnedAway.Load())) < giveWay:
		return true
	case !w.Mail.Recovering():
		return false
	}
	waiting, err := outbox.AnyWaiting(ctx, w.db, urgentMails, busyFor, mailLease)
	return err == nil && waiting
}

var urgentMails = names(func(k kind) bool { return k.mails == urgent })

func (p places) take(u urgency) (vacate func(), ok bool) {
	wanted := []chan struct{}{p.all}
	if u == patient {
		wanted = []chan struct{}{p.patient, p.all}
	}
	taken := 0
	vacate = func() {
		for _, c := range wanted[:taken] {
			<-c
		}
	}
	for _, c := range wanted {
		select {
		case c <- struct{}{}:
			taken++
		default:
			vacate()
			return nil, false
		}
	}
	return vacate, true
}

// putOff lets a task come again; this was no attempt.
func (w *Workers) putOff(ctx context.Context, k kind, t outbox.Task, wait time.Duration) error {
	if err := outbox.Release(ctx, w.db, wait, t.ID); err != nil {
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
