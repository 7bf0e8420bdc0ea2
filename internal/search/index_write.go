package search

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/meilisearch/meilisearch-go"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/postgres"
)

const (
	// taskTimeout is how long Meilisearch may take over one batch.
	taskTimeout = 2 * time.Minute
	// maxSend bounds one request in bytes: Meilisearch takes 100 MB, and holds what it takes in memory.
	maxSend = 4 << 20
)

// IndexTickets brings these tickets' documents up to date: read afresh, sent in one batch, and awaited, so that they can be
// found when it returns. Those that are gone from the database go from the index. For the workers. Errors: unavailable.
//
// PostgreSQL's full text comes first and stays whatever becomes of the rest: freshness counts on it.
//
// An older document never overwrites a newer one. Reading the rows and handing the batch to Meilisearch happen under one
// PostgreSQL advisory lock per index, and Meilisearch works off its tasks in the order it got them: so whoever hands over
// later has read later. A caller whose lock was lost half-way (its connection broke) gets an error, keeps its task rows, and
// indexes the same tickets again.
//
// While new indexes are being built (Rebuild), what is sent to those in use is noted for the new ones, under the same lock.
func (e *Engine) IndexTickets(ctx context.Context, ids []int64) error {
	if err := e.named(ctx); err != nil {
		return err
	}
	return e.index(ctx, e.ticketRows(), ids)
}

// IndexAccounts is IndexTickets for accounts.
func (e *Engine) IndexAccounts(ctx context.Context, ids []int64) error {
	if err := e.named(ctx); err != nil {
		return err
	}
	return e.index(ctx, e.accountRows(), ids)
}

func (e *Engine) index(ctx context.Context, i indexed, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	if err := e.writeFullText(ctx, e.db, i.kind, ids); err != nil {
		return fmt.Errorf("index %d documents: %w", len(ids), err)
	}
	var tasks []int64
	err := e.locked(ctx, i.uid, func(db postgres.Querier) (err error) {
		if err := e.note(ctx, db, i, ids); err != nil {
			return err
		}
		tasks, err = e.send(ctx, db, i, i.uid, ids)
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
func (e *Engine) locked(ctx context.Context, uid string, fn func(db postgres.Querier) error) error {
	conn, err := e.session(ctx)
	if err != nil {
		return fmt.Errorf("lock the index: %w", err)
	}
	defer conn.Release()
	return holding(ctx, conn, func() error { return fn(conn) }, uid)
}

// session gives a connection whose session stays its own, for locks.
func (e *Engine) session(ctx context.Context) (*pgxpool.Conn, error) {
	if err := postgres.RequireSession(ctx, e.sessions); err != nil {
		return nil, err
	}
	conn, err := e.sessions.Acquire(ctx)
	return conn, postgres.Failure(err)
}

// holding runs fn while nobody else hands documents to the indexes. The locks are of conn's session, for fn asks Meilisearch, and no
// transaction stays open over that. What fn changes in the database it changes on conn: who has lost it has lost the locks. When one
// cannot be given back, conn is closed.
func holding(ctx context.Context, conn *pgxpool.Conn, fn func() error, uids ...string) error {
	const key = `hashtextextended('askwell search ' || $1, 0)`
	for _, uid := range uids {
		if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock(`+key+`)`, uid); err != nil {
			return fmt.Errorf("lock the index: %w", postgres.Failure(err))
		}
		defer func() {
			free, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
			defer cancel()
			if _, err := conn.Exec(free, `SELECT pg_advisory_unlock(`+key+`)`, uid); err != nil {
				_ = conn.Conn().Close(free)
			}
		}()
	}
	return postgres.Failure(fn())
}

// send reads the rows and hands their documents to an index; it gives the tasks that Meilisearch made of it.
func (e *Engine) send(ctx context.Context, db postgres.Querier, i indexed, uid string, ids []int64) ([]int64, error) {
	documents, err := i.read(ctx, db, rowsWith(ids))
	if err != nil {
		return nil, err
	}
	tasks, err := e.put(ctx, uid, documents)
	if err != nil {
		return nil, err
	}
	if gone := missing(ids, documents); len(gone) > 0 {
		info, err := e.write.Index(uid).DeleteDocumentsWithContext(ctx, gone, nil)
		if err != nil {
			return nil, failed("take documents out", err)
		}
		tasks = append(tasks, info.TaskUID)
	}
	return tasks, nil
}

// put hands documents over, in requests of some megabytes.
func (e *Engine) put(ctx context.Context, uid string, documents []document) (tasks []int64, err error) {
	var body bytes.Buffer
	lines := json.NewEncoder(&body)
	lines.SetEscapeHTML(false)
	key := "id"
	for n, d := range documents {
		if err := lines.Encode(d); err != nil {
			return nil, fmt.Errorf("write a document: %w", err)
		}
		if body.Len() < maxSend && n < len(documents)-1 {
			continue
		}
		info, err := e.write.Index(uid).AddDocumentsNdjsonWithContext(ctx, body.Bytes(), &meilisearch.DocumentOptions{PrimaryKey: &key})
		if err != nil {
			return nil, failed("send documents", err)
		}
		tasks = append(tasks, info.TaskUID)
		body.Reset()
	}
	return tasks, nil
}

func missing(ids []int64, documents []document) []string {
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

// await is worked within taskTimeout. Errors: unavailable.
func (e *Engine) await(ctx context.Context, tasks ...int64) error {
	ctx, cancel := context.WithTimeout(ctx, taskTimeout)
	defer cancel()
	return e.worked(ctx, tasks...)
}

// worked waits until Meilisearch has worked the tasks off. It asks more and more slowly: a batch takes from some milliseconds
// to some seconds. Errors: unavailable.
func (e *Engine) worked(ctx context.Context, tasks ...int64) error {
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

// taskError is a task that Meilisearch could not do.
type taskError struct {
	uid                int64
	kind, status, code string
}

func (e *taskError) Error() string {
	return fmt.Sprintf("meilisearch task %d (%s) %s: %s", e.uid, e.kind, e.status, e.code)
}

// finished tells how a task ended. An index that is not there, or a task that was cancelled, is no fault of the documents.
func finished(task *meilisearch.Task) (bool, error) {
	switch task.Status {
	case meilisearch.TaskStatusSucceeded:
		return true, nil
	case meilisearch.TaskStatusFailed, meilisearch.TaskStatusCanceled:
		err := &taskError{task.UID, string(task.Type), string(task.Status), task.Error.Code}
		if task.Error.Code == "index_not_found" || task.Error.Type != "invalid_request" {
			return false, failure.Unavailable("Search is unavailable.", err)
		}
		return false, err
	default:
		return false, nil
	}
}
