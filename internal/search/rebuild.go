package search

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/meilisearch/meilisearch-go"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/postgres"
)

const (
	rebuildBatch = 1000
	// overlap covers changes whose transaction was under way when their rows were read.
	overlap = 10 * time.Minute
)

// Prepare is Ensure, and Rebuild where an index is empty beside a database that is not, or of an older shape. The processes
// that call it take turns. Errors: unavailable.
func (e *Engine) Prepare(ctx context.Context) error {
	if err := e.Ensure(ctx); err != nil {
		return err
	}
	stale, err := e.Stale(ctx)
	if err != nil || !stale {
		return err
	}
	// Asked again in turn: whoever was first has rebuilt for all.
	return e.rebuildAll(ctx, e.Stale, func(int64, int64) {})
}

// Stale reports whether the indexes lack what only Rebuild brings. Errors: unavailable.
func (e *Engine) Stale(ctx context.Context) (bool, error) {
	if version, err := e.version(ctx); err != nil || version != settingsVersion {
		return true, err
	}
	for _, i := range e.indexes() {
		stale, err := e.staleIndex(ctx, i)
		if err != nil || stale {
			return stale, err
		}
	}
	return false, nil
}

func (e *Engine) staleIndex(ctx context.Context, i indexed) (bool, error) {
	some, err := e.reader.Index(i.uid).SearchWithContext(ctx, "", &meilisearch.SearchRequest{Limit: 1, AttributesToRetrieve: []string{"id"}})
	if err != nil {
		return false, failed("look for documents", err)
	}
	if len(some.Hits) > 0 {
		return false, nil
	}
	var rows bool
	if err := e.db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM `+i.table+`)`).Scan(&rows); err != nil {
		return false, fmt.Errorf("look for %ss: %w", i.table, postgres.Failure(err))
	}
	return rows, nil
}

// indexed is an index and the table whose rows it holds.
type indexed struct {
	uid, table string
	settings   *meilisearch.Settings
	send       func(ctx context.Context, db postgres.Querier, uid string, ids []int64) ([]int64, error)
}

func (e *Engine) indexes() []indexed {
	return []indexed{
		{e.ticketsIndex(), "ticket", ticketSettings(), func(ctx context.Context, db postgres.Querier, uid string, ids []int64) ([]int64, error) {
			return send(ctx, e, db, uid, ids, readTickets)
		}},
		{e.accountsIndex(), "account", accountSettings(), func(ctx context.Context, db postgres.Querier, uid string, ids []int64) ([]int64, error) {
			return send(ctx, e, db, uid, ids, readAccounts)
		}},
	}
}

// Rebuild fills new indexes beside those in use and swaps them in, so that search never finds less than before. progress, when
// not nil, hears how many rows are done and how many there are, over both indexes. Processes that rebuild take turns.
func (e *Engine) Rebuild(ctx context.Context, progress func(done, total int64)) error {
	if progress == nil {
		progress = func(int64, int64) {}
	}
	return e.rebuildAll(ctx, func(context.Context) (bool, error) { return true, nil }, progress)
}

func (e *Engine) rebuildAll(ctx context.Context, needed func(context.Context) (bool, error), progress func(done, total int64)) error {
	return postgres.InTx(ctx, e.db, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('askwell search rebuild', 0))`); err != nil {
			return fmt.Errorf("take turns to rebuild: %w", err)
		}
		if still, err := needed(ctx); err != nil || !still {
			return err
		}
		var total, done int64
		err := tx.QueryRow(ctx, `SELECT (SELECT count(*) FROM ticket) + (SELECT count(*) FROM account)`).Scan(&total)
		if err != nil {
			return fmt.Errorf("count what to index: %w", err)
		}
		for _, i := range e.indexes() {
			err := e.rebuild(ctx, i, func(n int) {
				done += int64(n)
				progress(done, max(done, total))
			})
			if err != nil {
				return fmt.Errorf("rebuild the index %s: %w", i.uid, err)
			}
		}
		return nil
	})
}

// rebuild fills i's double and swaps it in. Changes made while it was filled went to the index in use: they are sent to the
// double again under the lock that every writer needs, and the swap is handed over under the same lock, so that none is lost.
func (e *Engine) rebuild(ctx context.Context, i indexed, progress func(n int)) error {
	double := i.uid + "_next"
	if err := e.drop(ctx, double); err != nil {
		return err
	}
	if err := e.ensure(ctx, double, i.settings); err != nil {
		return err
	}
	started := e.now().Add(-overlap)
	if err := e.fill(ctx, e.db, i, double, "true", nil, progress); err != nil {
		return err
	}
	made, err := e.madeAt(ctx, double)
	if err != nil {
		return err
	}
	err = e.locked(ctx, i.uid, func(tx pgx.Tx) error {
		if err := e.fill(ctx, tx, i, double, "updated_at >= $3", []any{started}, func(int) {}); err != nil {
			return err
		}
		_, err := e.write.SwapIndexesWithContext(ctx, []*meilisearch.SwapIndexesParams{{Indexes: []string{i.uid, double}}})
		return failed("swap the indexes", err)
	})
	if err != nil {
		return err
	}
	if err := e.awaitSwap(ctx, i.uid, made); err != nil {
		return fmt.Errorf("swap the indexes: %w", err)
	}
	e.log.Info("an index was rebuilt", slog.String("index", i.uid))
	return e.drop(ctx, double)
}

// fill sends the rows of a condition in the order of their IDs. Two batches are on their way at a time: one is read while the
// other is worked off.
func (e *Engine) fill(ctx context.Context, db postgres.Querier, i indexed, uid, where string, args []any, progress func(n int)) error {
	var last int64
	var before []int64
	for {
		rows, err := db.Query(ctx, `
			SELECT id FROM `+i.table+`
			WHERE id > $1 AND `+where+`
			ORDER BY id
			LIMIT $2`, append([]any{last, rebuildBatch}, args...)...)
		if err != nil {
			return fmt.Errorf("list what to index: %w", postgres.Failure(err))
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return fmt.Errorf("list what to index: %w", postgres.Failure(err))
		}
		if len(ids) == 0 {
			return e.await(ctx, before...)
		}
		sent, err := i.send(ctx, db, uid, ids)
		if err != nil {
			return err
		}
		if err := e.await(ctx, before...); err != nil {
			return err
		}
		before, last = sent, ids[len(ids)-1]
		progress(len(ids))
	}
}

// drop deletes an index that may not be there.
func (e *Engine) drop(ctx context.Context, uid string) error {
	gone, err := e.write.DeleteIndexWithContext(ctx, uid)
	if err != nil {
		return failed("drop the index "+uid, err)
	}
	err = e.await(ctx, gone.TaskUID)
	if failure.Is(err, failure.KindUnavailable) {
		if task, asked := e.write.GetTaskWithContext(ctx, gone.TaskUID); asked == nil && task.Error.Code == "index_not_found" {
			return nil
		}
	}
	return err
}
