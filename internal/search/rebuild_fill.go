package search

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"github.com/askwell/askwell/internal/postgres"
)

const (
	// fillPage is how many rows are read by one query, fillReaders how many queries run at once.
	fillPage    = 2000
	fillReaders = 3
	// fillAhead is how many pages Meilisearch may be behind. It is small, because what a worker sends waits behind them.
	fillAhead = 4
)

// page is a range of rows on its way: IDs after one and up to another.
type page struct {
	after, upTo int64
	rows        int64
	tasks       chan []int64 // what Meilisearch made of it
}

// fill sends every row to the new indexes.
func (e *Engine) fill(ctx context.Context, turn *pgxpool.Conn, b building, progress func(Progress)) error {
	p, err := e.count(ctx, turn, b)
	if err != nil {
		return err
	}
	progress(p)
	for _, i := range e.indexes() {
		err := e.fillIndex(ctx, turn, b, i, func(rows int64) {
			p.Done += rows
			p.Total = max(p.Total, p.Done)
			progress(p)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// count says how far a rebuild is when it begins or goes on.
func (e *Engine) count(ctx context.Context, turn *pgxpool.Conn, b building) (p Progress, err error) {
	err = turn.QueryRow(ctx, `
		SELECT (SELECT count(*) FROM ticket) + (SELECT count(*) FROM account),
			(SELECT count(*) FROM ticket WHERE id <= $1) + (SELECT count(*) FROM account WHERE id <= $2)`,
		b.TicketsTo, b.AccountsTo).Scan(&p.Total, &p.Resumed)
	if err != nil {
		return p, fmt.Errorf("count what to index: %w", postgres.Failure(err))
	}
	p.Done = p.Resumed
	return p, nil
}

// fillIndex cuts the table into pages, reads and sends some of them at a time, and keeps how far it is once Meilisearch has
// worked off a page and all before it. Rows that come behind its back are noted by whoever indexes them.
func (e *Engine) fillIndex(ctx context.Context, turn *pgxpool.Conn, b building, i indexed, done func(rows int64)) error {
	group, ctx := errgroup.WithContext(ctx)
	toRead, toAwait := make(chan page), make(chan page, fillAhead)
	group.Go(func() error {
		defer close(toRead)
		defer close(toAwait)
		return e.cutPages(ctx, i, b.to(i), func(p page) error {
			for _, to := range []chan page{toAwait, toRead} {
				select {
				case to <- p:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			return nil
		})
	})
	for range fillReaders {
		group.Go(func() error {
			for p := range toRead {
				tasks, err := e.sendPage(ctx, i, p)
				if err != nil {
					return err
				}
				p.tasks <- tasks
			}
			return nil
		})
	}
	group.Go(func() error {
		for p := range toAwait {
			select {
			case tasks := <-p.tasks:
				if err := e.worked(ctx, tasks...); err != nil {
					return err
				}
			case <-ctx.Done():
				return ctx.Err()
			}
			if err := e.keep(ctx, turn, b, i, p.upTo); err != nil {
				return err
			}
			done(p.rows)
		}
		return nil
	})
	return group.Wait()
}

// cutPages calls each with the pages after an ID, in their order, up to the newest row that there is when it begins.
func (e *Engine) cutPages(ctx context.Context, i indexed, after int64, each func(page) error) error {
	var newest int64
	if err := e.db.QueryRow(ctx, `SELECT COALESCE(max(id), 0) FROM `+i.kind).Scan(&newest); err != nil {
		return fmt.Errorf("list what to index: %w", postgres.Failure(err))
	}
	for {
		p := page{after: after, tasks: make(chan []int64, 1)}
		err := e.db.QueryRow(ctx, `
			SELECT COALESCE(max(id), 0), count(*)
			FROM (SELECT id FROM `+i.kind+` WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3) AS page`,
			after, newest, e.fillPage).Scan(&p.upTo, &p.rows)
		if err != nil {
			return fmt.Errorf("list what to index: %w", postgres.Failure(err))
		}
		if p.rows == 0 {
			return nil
		}
		if err := each(p); err != nil {
			return err
		}
		after = p.upTo
	}
}

func (e *Engine) sendPage(ctx context.Context, i indexed, p page) ([]int64, error) {
	documents, err := i.read(ctx, e.db, rowsBetween(p.after, p.upTo))
	if err != nil {
		return nil, err
	}
	if err := e.writeFullText(ctx, e.db, i.kind, mapped(documents, document.key)); err != nil { // where it lacks
		return nil, err
	}
	return e.put(ctx, double(i.uid), documents)
}
