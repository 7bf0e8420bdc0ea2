package seed

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/askwell/askwell/internal/identifier"
)

// Two goroutines: one tells the stories of a batch while the other writes the one before. A single transaction is a single
// connection and a single process of PostgreSQL, which is busier than we are; so more of them would not be quicker.
const (
	batchSize = 1000 // tickets or accounts
	batches   = 4    // in memory
)

const references = identifier.References

// writer writes the demo in the transaction tx.
type writer struct {
	tx          pgx.Tx
	bare        *bareTables // nil on a desk that keeps its indexes while it is filled
	options     Options
	teller      *teller
	references  permutation
	firstTicket uint64
	zone        *time.Location
	ids         idPools
	result      Result
}

// write writes accounts and tickets.
func (w *writer) write(ctx context.Context, progress Progress) error {
	empty, full := make(chan *batch, batches), make(chan *batch, batches)
	for range batches {
		empty <- newBatch(w.result.Indexed, w.options.Lean)
	}
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error {
		defer close(full)
		line := &line{ctx: ctx, empty: empty, full: full}
		if err := w.tellAccounts(ctx, line); err != nil {
			return err
		}
		return w.tellTickets(ctx, line)
	})
	work.Go(func() error {
		for b := range full {
			if err := w.writeBatch(ctx, b); err != nil {
				return err
			}
			progress(w.result.Tickets, w.options.Tickets)
			empty <- b
		}
		return nil
	})
	return work.Wait()
}

func (w *writer) writeBatch(ctx context.Context, b *batch) error {
	for _, r := range b.all() {
		if err := r.copyInto(ctx, w.tx, w.bare.has(r.name)); err != nil {
			return err
		}
	}
	w.result.Accounts += b.accounts.count
	w.result.Cases += b.cases.count
	w.result.Tickets += b.tickets.count
	w.result.Messages += b.messages.count
	w.result.Events += b.events.count
	return nil
}

// line passes batches from the one who fills them to the one who writes them, and back.
type line struct {
	ctx         context.Context
	empty, full chan *batch
}

func (l *line) take() (*batch, error) {
	select {
	case b := <-l.empty:
		b.reset()
		return b, nil
	case <-l.ctx.Done():
		return nil, l.ctx.Err()
	}
}

// give never waits: there are as many places as batches.
func (l *line) give(b *batch) { l.full <- b }

func (w *writer) tellAccounts(ctx context.Context, line *line) error {
	for made := 0; made < w.options.Accounts; {
		b, err := line.take()
		if err != nil {
			return err
		}
		for range min(batchSize, w.options.Accounts-made) {
			if err := w.tellAccount(ctx, b, w.teller.first+uint64(made)); err != nil {
				return err
			}
			made++
		}
		line.give(b)
	}
	return nil
}

func (w *writer) tellAccount(ctx context.Context, b *batch, index uint64) error {
	a := w.teller.applicant(index)
	id, err := w.ids.account.next(ctx)
	if err != nil {
		return err
	}
	w.teller.accounts = append(w.teller.accounts, id)
	b.addAccount(id, a)
	for n, c := range a.cases {
		caseID, err := w.ids.accountCase.next(ctx)
		if err != nil {
			return err
		}
		b.addCase(caseID, id, w.teller.receipt(index, n), c)
	}
	return nil
}

func (w *writer) tellTickets(ctx context.Context, line *line) error {
	times := newArrivals(w.zone, w.teller.from, w.teller.until, w.options.Tickets, w.options.Seed)
	refs := &freeReferences{permutation: w.references, next: w.firstTicket, check: w.firstTicket > 0, db: w.ids.ticket.db}
	for made := 0; made < w.options.Tickets; {
		b, err := line.take()
		if err != nil {
			return err
		}
		names, err := refs.take(ctx, min(batchSize, w.options.Tickets-made))
		if err != nil {
			return err
		}
		for _, reference := range names {
			id, err := w.ids.ticket.next(ctx)
			if err != nil {
				return err
			}
			s, err := w.teller.tell(w.firstTicket+uint64(made), id, reference, times.next())
			if err != nil {
				return err
			}
			for i := range s.events {
				if s.events[i].ID, err = w.ids.event.next(ctx); err != nil {
					return err
				}
			}
			b.addStory(s)
			made++
		}
		line.give(b)
	}
	return nil
}
