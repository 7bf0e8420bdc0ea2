package search

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/meilisearch/meilisearch-go"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/postgres"
)

// taskTimeout is how long Meilisearch may take over one batch.
const taskTimeout = 2 * time.Minute

// IndexTickets brings these tickets' documents up to date: read afresh, sent in one batch, and awaited, so that they can be
// found when it returns. Those that are gone from the database go from the index. For the workers. Errors: unavailable.
//
// An older document never overwrites a newer one. Reading the rows and handing the batch to Meilisearch happen under one
// PostgreSQL advisory lock per index, and Meilisearch works off its tasks in the order it got them: so whoever hands over
// later has read later. A caller whose lock was lost half-way (its connection broke) gets an error, keeps its task rows, and
// indexes the same tickets again.
func (e *Engine) IndexTickets(ctx context.Context, ids []int64) error {
	return index(ctx, e, e.ticketsIndex(), ids, readTickets)
}

// IndexAccounts is IndexTickets for accounts.
func (e *Engine) IndexAccounts(ctx context.Context, ids []int64) error {
	return index(ctx, e, e.accountsIndex(), ids, readAccounts)
}

type document interface{ key() int64 }

type read[D document] func(ctx context.Context, db postgres.Querier, ids []int64) ([]D, error)

func index[D document](ctx context.Context, e *Engine, uid string, ids []int64, read read[D]) error {
	if len(ids) == 0 {
		return nil
	}
	var tasks []int64
	err := e.locked(ctx, uid, func(tx pgx.Tx) (err error) {
		tasks, err = send(ctx, e, tx, uid, ids, read)
		return err
	})
	if err != nil {
		return fmt.Errorf("index %d documents: %w", len(ids), err)
	}
	if err := e.await(ctx, tasks...); err != nil {
		return fmt.Errorf("index %d documents: %w", len(ids), err)
	}
	return nil
}

// locked runs fn while nobody else hands documents to the index.
func (e *Engine) locked(ctx context.Context, uid string, fn func(tx pgx.Tx) error) error {
	return postgres.InTx(ctx, e.db, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('askwell search ' || $1, 0))`, uid); err != nil {
			return fmt.Errorf("lock the index: %w", err)
		}
		return fn(tx)
	})
}

// send reads the rows and hands their documents over; it gives the tasks that Meilisearch made of it.
func send[D document](ctx context.Context, e *Engine, db postgres.Querier, uid string, ids []int64, read read[D]) ([]int64, error) {
	documents, err := read(ctx, db, ids)
	if err != nil {
		return nil, err
	}
	var tasks []int64
	key := "id"
	if len(documents) > 0 {
		info, err := e.write.Index(uid).AddDocumentsWithContext(ctx, documents, &meilisearch.DocumentOptions{PrimaryKey: &key})
		if err != nil {
			return nil, failed("send documents", err)
		}
		tasks = append(tasks, info.TaskUID)
	}
	gone := missing(ids, documents)
	if len(gone) > 0 {
		info, err := e.write.Index(uid).DeleteDocumentsWithContext(ctx, gone, nil)
		if err != nil {
			return nil, failed("take documents out", err)
		}
		tasks = append(tasks, info.TaskUID)
	}
	return tasks, nil
}

func missing[D document](ids []int64, documents []D) []string {
	there := make(map[int64]bool, len(documents))
	for _, d := range documents {
		there[d.key()] = true
	}
	var gone []string
	for _, id := range ids {
		if !there[id] {
			gone = append(gone, strconv.FormatInt(id, 10))
		}
	}
	return gone
}

// await waits until Meilisearch has worked the tasks off. It asks more and more slowly: a batch takes from some milliseconds
// to some seconds.
func (e *Engine) await(ctx context.Context, tasks ...int64) error {
	ctx, cancel := context.WithTimeout(ctx, taskTimeout)
	defer cancel()
	pause := 5 * time.Millisecond
	for _, uid := range tasks {
		for {
			task, err := e.write.GetTaskWithContext(ctx, uid)
			if err != nil {
				return failed("await a task", err)
			}
			done, err := finished(task)
			if err != nil {
				return err
			}
			if done {
				break
			}
			select {
			case <-ctx.Done():
				return failure.Unavailable("Search is slow.", ctx.Err())
			case <-time.After(pause):
			}
			pause = min(pause*3/2, 250*time.Millisecond)
		}
	}
	return nil
}

// finished tells how a task ended. An index that is not there, or a task that was cancelled, is no fault of the documents.
func finished(task *meilisearch.Task) (bool, error) {
	switch task.Status {
	case meilisearch.TaskStatusSucceeded:
		return true, nil
	case meilisearch.TaskStatusFailed, meilisearch.TaskStatusCanceled:
		err := fmt.Errorf("meilisearch task %d (%s) %s: %s", task.UID, task.Type, task.Status, task.Error.Code)
		if task.Error.Code == "index_not_found" || task.Error.Type != "invalid_request" {
			return false, failure.Unavailable("Search is away.", err)
		}
		return false, err
	default:
		return false, nil
	}
}
