package search

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/meilisearch/meilisearch-go"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/postgres"
)

// catchUpBatch bounds what is sent to the new indexes under a lock that every writer needs: as much as a worker sends at once,
// so that a writer waits for it no longer than for another writer.
const catchUpBatch = 500

// Progress is how far a rebuild has come, in rows of both indexes. Resumed of those that are done were so when it began:
// an earlier one was broken off.
type Progress struct{ Done, Resumed, Total int64 }

// RebuildOptions say how to rebuild. Restart begins anew where an earlier rebuild was broken off. Waiting is called when another
// process is rebuilding, whose end is waited for. Both functions may be nil.
type RebuildOptions struct {
	Restart  bool
	Progress func(Progress)
	Waiting  func()
}

// Rebuild fills new indexes beside those in use, with this version's settings, and swaps both and their stamp in one request,
// so that no search ever finds less than before. One that was broken off, by whatever, goes on where it was. Errors: unavailable.
//
// What changes meanwhile goes to the indexes in use as ever, and its ID is noted under the same lock, before (note). When the new
// indexes are filled, what was noted is sent to them in small batches until little is left; the rest, and the swap, are handed
// over while both locks are held: Meilisearch works off its tasks in the order it got them, so that what a writer hands over
// before is in the new indexes, and what it hands over later comes into them. Noting was chosen over writing to both: a worker
// of the old version cannot write the new form of a document, an ID it can; and only the process whose turn it is writes to the
// new indexes, which therefore needs no lock to fill them. The locks are held for one batch, however long filling took.
//
// A process may die at any point. Before the swap is handed over: the rows that were awaited are kept in search_index, the rest
// is sent again. After that: the stamp that bears our run says whether the swap was done. Until the very end writers go on
// noting, and whatever was noted is sent again.
func (e *Engine) Rebuild(ctx context.Context, o RebuildOptions) error {
	if err := e.named(ctx); err != nil {
		return err
	}
	if o.Waiting == nil {
		o.Waiting = func() {}
	}
	return e.inTurn(ctx, o.Waiting, func(turn *pgxpool.Conn) error { return e.rebuild(ctx, turn, o) })
}

func (e *Engine) rebuild(ctx context.Context, turn *pgxpool.Conn, o RebuildOptions) error {
	began := e.now()
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	b, swapped, err := e.resume(ctx, turn)
	if err != nil {
		return fmt.Errorf("go on with the new indexes: %w", err)
	}
	if swapped && o.Restart {
		swapped = false
		if err := e.inUse(ctx, turn, b.Version); err != nil {
			return err
		}
	}
	if !swapped {
		if b, err = e.build(ctx, turn, b, o); err != nil {
			return err
		}
	}
	if err := e.tidy(ctx, turn, b); err != nil {
		return fmt.Errorf("tidy up after the swap: %w", err)
	}
	e.log.Info("the search indexes are built again", slog.Int("version", b.Version), slog.Duration("took", e.now().Sub(began)))
	return nil
}

// build goes on with b, or starts anew, up to the swap.
func (e *Engine) build(ctx context.Context, turn *pgxpool.Conn, b building, o RebuildOptions) (building, error) {
	var err error
	if b.Run == 0 || o.Restart {
		if b, err = e.start(ctx, turn); err != nil {
			return b, fmt.Errorf("start new indexes: %w", err)
		}
	}
	if err := e.fill(ctx, turn, b, o.Progress); err != nil {
		return b, fmt.Errorf("fill the new indexes: %w", err)
	}
	if err := e.swap(ctx, turn, b); err != nil {
		return b, fmt.Errorf("swap the indexes: %w", err)
	}
	return b, nil
}

// double is the name of an index while it is built.
func double(uid string) string { return uid + "_next" }

// stampKept is the index of the stamp; nothing of it comes from a table.
func (e *Engine) stampKept() indexed { return indexed{uid: e.stampIndex(), settings: stampSettings()} }

// all lists the three indexes that are swapped together.
func (e *Engine) all() []indexed { return append(e.indexes(), e.stampKept()) }

// resume looks for a rebuild that was broken off: one of our version whose indexes are there yet, or one whose indexes are
// in use already. Run is 0 when there is none.
func (e *Engine) resume(ctx context.Context, turn *pgxpool.Conn) (b building, swapped bool, err error) {
	b, err = e.building(ctx, turn)
	if err != nil || b.Run == 0 {
		return b, false, err
	}
	if swapped, err = e.swapped(ctx, b); err != nil || swapped && b.Version == settingsVersion {
		return b, swapped, err
	}
	if swapped { // another version's; ours are yet to be built
		return building{}, false, e.inUse(ctx, turn, b.Version)
	}
	s, err := e.stamp(ctx, double(e.stampIndex()))
	if err != nil || s.Run != b.Run || b.Version != settingsVersion {
		return building{}, false, err
	}
	for _, i := range e.indexes() {
		if there, err := e.there(ctx, double(i.uid)); err != nil || !there {
			return building{}, false, err
		}
	}
	return b, false, nil
}

// swapped reports whether b's indexes are in use, after whatever was handed over before. A task that changes nothing is
// awaited, behind a swap that may be on its way: the swap's own task is not shown to a key for Askwell's indexes alone.
func (e *Engine) swapped(ctx context.Context, b building) (bool, error) {
	if err := e.create(ctx, double(e.stampIndex())); err != nil {
		return false, err
	}
	s, err := e.stamp(ctx, e.stampIndex())
	return s.Run == b.Run, err
}

// start makes empty indexes beside those in use. The stamp on them comes last: one that was broken off here begins anew.
func (e *Engine) start(ctx context.Context, turn *pgxpool.Conn) (building, error) {
	if err := e.dropDoubles(ctx); err != nil {
		return building{}, err
	}
	b, err := e.announce(ctx, turn, 1+rand.Int64N(1<<53-1)) // exact in any JSON
	if err != nil {
		return b, err
	}
	// Whoever holds a lock now may not have seen the announcement. What it sends is in the database already.
	for _, i := range e.indexes() {
		if err := e.locked(ctx, i.uid, func(postgres.Querier) error { return nil }); err != nil {
			return b, err
		}
	}
	if err := e.standIn(ctx); err != nil {
		return b, err
	}
	for _, i := range e.all() {
		if err := e.ensure(ctx, double(i.uid), i.settings); err != nil {
			return b, err
		}
	}
	return b, e.mark(ctx, double(e.stampIndex()), b.Run)
}

// standIn makes the indexes in use that are missing, because a swap needs two. When they lack what they should hold their stamp
// goes first: an empty index must not answer for a full one.
func (e *Engine) standIn(ctx context.Context) error {
	s, err := e.stamp(ctx, e.stampIndex())
	if err != nil {
		return err
	}
	if s.Version != 0 {
		lacking, err := e.lacking(ctx)
		if err != nil {
			return err
		}
		if lacking {
			if err := e.unmark(ctx); err != nil {
				return err
			}
		}
	}
	for _, i := range e.all() {
		there, err := e.there(ctx, i.uid)
		if err != nil {
			return err
		}
		if !there {
			if err := e.ensure(ctx, i.uid, i.settings); err != nil {
				return err
			}
		}
	}
	return nil
}

// swap brings the new indexes up to date and puts all three in the place of those in use, or none.
func (e *Engine) swap(ctx context.Context, turn *pgxpool.Conn, b building) error {
	if err := e.catchUp(ctx, turn, double); err != nil {
		return err
	}
	err := e.caughtUp(ctx, turn, double, func() error {
		var pairs []*meilisearch.SwapIndexesParams
		for _, i := range e.all() {
			pairs = append(pairs, &meilisearch.SwapIndexesParams{Indexes: []string{i.uid, double(i.uid)}})
		}
		_, err := e.write.SwapIndexesWithContext(ctx, pairs)
		return failed("hand the swap over", err)
	})
	if err != nil {
		return err
	}
	swapped, err := e.swapped(ctx, b)
	if err == nil && !swapped {
		err = failure.Unavailable("Search is unavailable.", errors.New("meilisearch did not swap the indexes"))
	}
	e.seen.Store(nil)
	return err
}

// tidy drops what was in use before and ends the noting. What was noted since the swap was handed over is sent again: a worker
// of an earlier version may have written it in its own form. Doing it twice does no harm.
func (e *Engine) tidy(ctx context.Context, turn *pgxpool.Conn, b building) error {
	if err := e.dropDoubles(ctx); err != nil {
		return err
	}
	itself := func(uid string) string { return uid }
	if err := e.catchUp(ctx, turn, itself); err != nil {
		return err
	}
	return e.caughtUp(ctx, turn, itself, func() error { return e.inUse(ctx, turn, b.Version) })
}

// catchUp sends what was noted to the indexes that name gives, batch by batch, until no batch is full. Between two batches the writers of
// an index have their turn.
func (e *Engine) catchUp(ctx context.Context, turn *pgxpool.Conn, name func(uid string) string) error {
	for _, i := range e.indexes() {
		for sent := catchUpBatch; sent == catchUpBatch; {
			err := holding(ctx, turn, func() (err error) {
				sent, err = e.sendNoted(ctx, turn, i, name(i.uid))
				return err
			}, i.uid)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// caughtUp sends the rest of what was noted and calls then, both while nobody else hands documents to an index.
func (e *Engine) caughtUp(ctx context.Context, turn *pgxpool.Conn, name func(uid string) string, then func() error) error {
	return holding(ctx, turn, func() error {
		for _, i := range e.indexes() {
			for sent := catchUpBatch; sent == catchUpBatch; {
				var err error
				if sent, err = e.sendNoted(ctx, turn, i, name(i.uid)); err != nil {
					return err
				}
			}
		}
		return then()
	}, e.ticketsIndex(), e.accountsIndex())
}

// sendNoted sends a batch of what was noted and says how many rows that were. The notes go once Meilisearch has done the batch: whatever
// breaks before that, it is sent again. The caller holds the index's lock on turn, so that nobody notes one of them again meanwhile.
func (e *Engine) sendNoted(ctx context.Context, turn *pgxpool.Conn, i indexed, uid string) (int, error) {
	ids, err := e.noted(ctx, turn, i, catchUpBatch)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	tasks, err := e.send(ctx, turn, i, uid, ids)
	if err != nil {
		return 0, err
	}
	if err := e.await(ctx, tasks...); err != nil {
		return 0, err
	}
	return len(ids), e.forgetNoted(ctx, turn, i, ids)
}

// dropDoubles takes the stamp first: it must not vouch for what is half gone.
func (e *Engine) dropDoubles(ctx context.Context) error {
	for _, uid := range []string{e.stampIndex(), e.ticketsIndex(), e.accountsIndex()} {
		if err := e.drop(ctx, double(uid)); err != nil {
			return err
		}
	}
	return nil
}
