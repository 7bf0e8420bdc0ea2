package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/postgres"
)

// MailState is what became of a letter.
type MailState string

// The states of a letter that somebody has to be told of.
const (
	MailSent        MailState = "sent"
	MailWaiting     MailState = "waiting"     // not taken; its task tries again
	MailRefused     MailState = "refused"     // for good, because of its recipient
	MailExpired     MailState = "expired"     // not taken for days
	MailUnconfirmed MailState = "unconfirmed" // handed over, and nobody knows whether it was taken; not sent again by itself
)

// Answer is what a mail server said, and what that is about. Words may quote an address: they may stand in the database, not in a log.
type Answer struct {
	Fault  string
	Code   int    // RFC 5321; 0 when no answer came
	Status string // RFC 3463, such as 5.1.1; "" for none
	Words  string
}

// Answered is an error that holds a mail server's answer.
type Answered interface {
	error
	Answer() Answer
}

// ErrUnconfirmed says that a mail's content was handed over and no answer came.
var ErrUnconfirmed = errors.New("handed over without an answer")

// Letter is one mail that a task sends. Key names it: the same mail has the same key whenever it is sent. One with a NotBefore is not
// sent now, and its task is put off until then.
type Letter[T any] struct {
	Task      int64
	Key       string
	Ticket    int64 // that it is about; 0 for none
	Content   T
	NotBefore time.Time
}

// Outcome is what became of a letter; Err says why it was not sent.
type Outcome[T any] struct {
	Letter[T]
	State  MailState
	Answer Answer
	Err    error
}

// Mailing is how tasks of one kind send their letters. No transaction is open while the mail server is asked: one claims the letters, the
// mails go out, another one records.
type Mailing[T any] struct {
	DB    *pgxpool.Pool
	Lease time.Duration // of an attempt, which renews it: after its process died it is over; mailLease when 0

	// Claim gives the letters of tasks that are pending, in the claim's transaction: here it is decided whether and where to a mail goes, and
	// here whoever wants to stop it comes too late. A task without a letter is finished.
	Claim func(ctx context.Context, tx pgx.Tx, tasks []Task) ([]Letter[T], error)
	// Send hands them to the mail server and calls Leaving for each before its content leaves. An error that is failure.KindInvalid
	// is final, one that is ErrUnconfirmed leaves unknown whether the mail was taken, after any other it was not.
	Send func(ctx context.Context, letters []T) []error
	// Record writes down what became of them, in the transaction that finishes their tasks; nil when there is nothing to write.
	Record func(ctx context.Context, tx pgx.Tx, outcomes []Outcome[T]) error
}

const (
	mailLease    = 90 * time.Second
	mailExpires  = 5 * 24 * time.Hour
	recordWithin = 2 * time.Minute // what became of a mail is worth some tries while the database is unavailable
)

// Run sends what the tasks have to send. What another process is at is put off without an error. Errors: those of Claim and Record; the
// first of Send for a letter that is tried again.
func (m Mailing[T]) Run(ctx context.Context, tasks ...Task) error {
	if m.Lease == 0 {
		m.Lease = mailLease
	}
	claimed, err := m.claim(ctx, tasks)
	if err != nil || len(claimed) == 0 {
		return err
	}
	sending, stop := context.WithCancel(context.WithValue(ctx, handingKey{}, m.handing(claimed)))
	beating := make(chan struct{})
	go func() {
		defer close(beating)
		m.heartbeat(sending, claimed)
	}()
	contents := make([]T, len(claimed))
	for i, c := range claimed {
		contents[i] = c.Content
	}
	failures := m.Send(sending, contents)
	stop()
	<-beating
	outcomes := make([]Outcome[T], len(claimed))
	var first error
	for i, c := range claimed {
		outcomes[i] = outcomeOf(c, failures[i])
		if first == nil && outcomes[i].State == MailWaiting {
			first = failures[i]
		}
	}
	if err := m.persist(ctx, claimed, outcomes); err != nil {
		return err
	}
	tell(ctx, outcomes)
	return first
}

// claimed is a letter that this attempt may send.
type claimed[T any] struct {
	Letter[T]
	attempt int
	expired bool // this is its last attempt
}

// claim locks the tasks and takes their letters, finishes the tasks that have none left, and puts off what is not due or what another
// attempt is at.
func (m Mailing[T]) claim(ctx context.Context, tasks []Task) (ours []claimed[T], err error) {
	var over []Outcome[T] // of an attempt whose process died
	err = postgres.InTx(ctx, m.DB, func(tx pgx.Tx) error {
		ours, over = nil, nil
		pending, err := lockPending(ctx, tx, tasks)
		if err != nil || len(pending) == 0 {
			return err
		}
		letters, err := m.Claim(ctx, tx, pending)
		if err != nil {
			return err
		}
		later := map[int64]time.Time{}
		letters = slices.DeleteFunc(letters, func(l Letter[T]) bool {
			if !l.NotBefore.IsZero() {
				later[l.Task] = l.NotBefore
			}
			return !l.NotBefore.IsZero()
		})
		if ours, over, err = take(ctx, tx, m.Lease, pending, letters, later); err != nil {
			return err
		}
		if err := m.record(ctx, tx, over); err != nil {
			return err
		}
		var done []int64
		for _, t := range pending {
			if until, put := later[t.ID]; put {
				if err := PutOff(ctx, tx, until, t.ID); err != nil {
					return err
				}
			} else if !slices.ContainsFunc(ours, func(c claimed[T]) bool { return c.Task == t.ID }) {
				done = append(done, t.ID)
			}
		}
		return finish(ctx, tx, done)
	})
	if err == nil {
		tell(ctx, over)
	}
	return ours, err
}

// Each is a Send for letters that send themselves, one after the other.
func Each(ctx context.Context, letters []func(context.Context) error) []error {
	failures := make([]error, len(letters))
	for i, send := range letters {
		failures[i] = send(LeavingAs(ctx, i))
	}
	return failures
}

func (m Mailing[T]) record(ctx context.Context, tx pgx.Tx, outcomes []Outcome[T]) error {
	if m.Record == nil || len(outcomes) == 0 {
		return nil
	}
	return m.Record(ctx, tx, outcomes)
}

func outcomeOf[T any](c claimed[T], err error) Outcome[T] {
	o := Outcome[T]{Letter: c.Letter, Err: err}
	var answered Answered
	if errors.As(err, &answered) {
		o.Answer = answered.Answer()
	}
	switch {
	case err == nil:
		o.State = MailSent
	case errors.Is(err, ErrUnconfirmed):
		o.State = MailUnconfirmed
	case failure.Is(err, failure.KindInvalid):
		o.State = MailRefused
	case c.expired:
		o.State = MailExpired
	default:
		o.State = MailWaiting
	}
	return o
}

// persist records what became of the letters. The mails are out: so it tries for a while, whatever becomes of ctx, and a connection that breaks
// between the mail server's answer and the commit changes nothing. Where it fails for good, the letters are known as handed over and not
// recorded.
func (m Mailing[T]) persist(ctx context.Context, letters []claimed[T], outcomes []Outcome[T]) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordWithin)
	defer cancel()
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		err := postgres.InTx(ctx, m.DB, func(tx pgx.Tx) error { return m.settle(ctx, tx, letters, outcomes) })
		if err == nil || !postgres.IsAway(err) && !failure.Is(err, failure.KindUnavailable) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
	}
}

// settle records the outcomes of those letters that no later attempt has taken, and finishes the tasks that have none left.
func (m Mailing[T]) settle(ctx context.Context, tx pgx.Tx, letters []claimed[T], outcomes []Outcome[T]) error {
	ids := make([]int64, len(letters))
	for i, l := range letters {
		ids[i] = l.Task
	}
	if _, err := tx.Exec(ctx, `SELECT FROM outbox_task WHERE id = ANY ($1) ORDER BY id FOR UPDATE`, ids); err != nil { // before the letters, as claim does
		return fmt.Errorf("lock tasks: %w", err)
	}
	var ours []Outcome[T]
	for i, o := range outcomes {
		stood, err := keep(ctx, tx, letters[i].Key, letters[i].attempt, o.State, o.Answer)
		if err != nil {
			return err
		}
		if stood {
			ours = append(ours, o)
		}
	}
	if err := m.record(ctx, tx, ours); err != nil {
		return err
	}
	waits := map[int64]bool{}
	for _, o := range outcomes {
		waits[o.Task] = waits[o.Task] || o.State == MailWaiting
	}
	return finish(ctx, tx, slices.DeleteFunc(ids, func(id int64) bool { return waits[id] }))
}

// heartbeat renews the claim until the context ends: a mail server may take its time.
func (m Mailing[T]) heartbeat(ctx context.Context, letters []claimed[T]) {
	keys, ids := make([]string, len(letters)), make([]int64, len(letters))
	for i, l := range letters {
		keys[i], ids[i] = l.Key, l.Task
	}
	tick := time.NewTicker(m.Lease / 6)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			_ = renew(ctx, m.DB, m.Lease, keys, ids) // the next beat tries again; the lease outlasts five that fail
		}
	}
}

type (
	handingKey  struct{}
	observerKey struct{}
)

// WithObserver has fn told what became of every letter that is sent under the context, once it is recorded.
func WithObserver(ctx context.Context, fn func(task int64, state MailState, answer Answer)) context.Context {
	return context.WithValue(ctx, observerKey{}, fn)
}

func tell[T any](ctx context.Context, outcomes []Outcome[T]) {
	if fn, ok := ctx.Value(observerKey{}).(func(int64, MailState, Answer)); ok {
		for _, o := range outcomes {
			fn(o.Task, o.State, o.Answer)
		}
	}
}

// handing is told how far a Mailing's letters are.
type handing struct {
	leaving func(ctx context.Context, i int) error
	taken   func(ctx context.Context, i int)
}

func handingOf(ctx context.Context) (h handing, ok bool) {
	h, ok = ctx.Value(handingKey{}).(handing)
	return h, ok
}

// Leaving is called by whoever sends letters for a Mailing just before the content of the i-th leaves: from then on it is known to be
// handed over. After an error the content must not leave. Outside a Mailing it does nothing.
func Leaving(ctx context.Context, i int) error {
	if h, ok := handingOf(ctx); ok {
		return h.leaving(ctx, i)
	}
	return nil
}

// Taken is called once the mail server has taken the content of the i-th, where others follow: when the process dies over one of those, of this
// one it is known that it was sent. Outside a Mailing it does nothing.
func Taken(ctx context.Context, i int) {
	if h, ok := handingOf(ctx); ok {
		h.taken(ctx, i)
	}
}

// LeavingAs numbers letters for Leaving and Taken anew: the n-th of what is sent under the context that it gives is the letter of[n].
func LeavingAs(ctx context.Context, of ...int) context.Context {
	outer, ok := handingOf(ctx)
	if !ok {
		return ctx
	}
	return context.WithValue(ctx, handingKey{}, handing{
		leaving: func(ctx context.Context, n int) error { return outer.leaving(ctx, of[n]) },
		taken:   func(ctx context.Context, n int) { outer.taken(ctx, of[n]) },
	})
}

func (m Mailing[T]) handing(letters []claimed[T]) handing {
	return handing{
		leaving: func(ctx context.Context, i int) error {
			return leave(ctx, m.DB, m.Lease, letters[i].Key, letters[i].attempt)
		},
		taken: func(ctx context.Context, i int) {
			if len(letters) > 1 { // else what became of it is recorded at once
				_ = known(ctx, m.DB, letters[i].Key, letters[i].attempt) // persist tries again, for as long as it lives
			}
		},
	}
}
