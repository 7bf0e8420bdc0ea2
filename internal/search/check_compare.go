package search

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/postgres"
)

const (
	checkRange = 1000          // rows, and documents, that are compared at a time
	endOfRows  = math.MaxInt64 // behind every row
)

// comparison is an index, the table whose rows it holds, and the task that brings rows into it. held reads what it holds; still
// runs a second look while nothing that has a hand in it moves; mend brings rows into it, and takes out those that are gone.
type comparison struct {
	name, table, task string

	ready func(ctx context.Context) error // whether it makes sense to compare
	held  func(ctx context.Context, db postgres.Querier, s span) (versions, error)
	still func(ctx context.Context, look func(db postgres.Querier) error) error
	mend  func(ctx context.Context, ids []int64) error
}

// comparisons begin with those that need no Meilisearch.
func (e *Engine) comparisons() []comparison {
	return []comparison{
		e.fullTextComparison("tickets", KindTicket, TaskIndexTicket),
		e.fullTextComparison("accounts", KindAccount, TaskIndexAccount),
		e.meiliComparison("tickets", KindTicket, e.ticketsIndex(), TaskIndexTicket, e.IndexTickets),
		e.meiliComparison("accounts", KindAccount, e.accountsIndex(), TaskIndexAccount, e.IndexAccounts),
	}
}

// versions are what is compared: versions of rows or documents by their IDs.
type versions map[int64]int64

// span is the IDs behind one and up to another, or those listed.
type span struct {
	after, upTo int64
	ids         []int64
}

// compareRange compares the rows behind an ID, and every document that stands where they do: ranges meet, so that each document
// is in one of them. What seems to differ is looked at again, and mended.
func (e *Engine) compareRange(ctx context.Context, c comparison, after int64) (compared, last int64, found Differences, err error) {
	rows, last, err := e.rowVersions(ctx, c, after)
	if err != nil {
		return 0, after, found, err
	}
	held, err := c.held(ctx, e.db, span{after: after, upTo: last})
	if err != nil {
		return 0, after, found, err
	}
	for ids := range slices.Chunk(differing(rows, held), checkRange) {
		different, kinds, err := e.lookAgain(ctx, c, ids)
		if err != nil {
			return 0, after, found, err
		}
		if len(different) == 0 {
			continue
		}
		if err := c.mend(ctx, different); err != nil {
			return 0, after, found, err
		}
		found.add(kinds)
	}
	return int64(len(rows)), last, found, nil
}

// differing lists the IDs, in order, that are on one side alone or have another version on the other.
func differing(rows, held versions) []int64 {
	var ids []int64
	for id, version := range rows {
		if got, there := held[id]; !there || got != version {
			ids = append(ids, id)
		}
	}
	for id := range held {
		if _, there := rows[id]; !there {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// rowVersions reads the next rows; last is where they end, and the end of everything when no row comes behind them.
func (e *Engine) rowVersions(ctx context.Context, c comparison, after int64) (versions, int64, error) {
	rows, err := e.db.Query(ctx, `SELECT id, version FROM `+c.table+` WHERE id > $1 ORDER BY id LIMIT $2`, after, checkRange)
	if err != nil {
		return nil, 0, fmt.Errorf("read versions of rows: %w", postgres.Failure(err))
	}
	found, err := readVersions(rows)
	if err != nil || len(found) < checkRange {
		return found, endOfRows, err
	}
	return found, slices.Max(slices.Collect(maps.Keys(found))), nil
}

func readVersions(rows pgx.Rows) (versions, error) {
	found := versions{}
	var id, version int64
	_, err := pgx.ForEachRow(rows, []any{&id, &version}, func() error {
		found[id] = version
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read versions: %w", postgres.Failure(err))
	}
	return found, nil
}

// lookAgain tells what really differs from what has only just changed. Nothing is handed over meanwhile. Rows are read first and
// with them whether a change of theirs waits, which it does until it is in the index: so what differs from a row without a
// change that waits will stay so.
func (e *Engine) lookAgain(ctx context.Context, c comparison, ids []int64) (different []int64, kinds Differences, err error) {
	err = c.still(ctx, func(db postgres.Querier) error {
		settled, err := settledRows(ctx, db, c, ids)
		if err != nil {
			return err
		}
		held, err := c.held(ctx, db, span{ids: ids})
		if err != nil {
			return err
		}
		for id, row := range settled {
			if kind := kinds.of(row, held, id); kind != nil {
				*kind++
				different = append(different, id)
			}
		}
		return nil
	})
	slices.Sort(different)
	return different, kinds, err
}

// of gives the counter for what is wrong with a document; nil when nothing is.
func (d *Differences) of(row *int64, held versions, id int64) *int64 {
	document, there := held[id]
	switch {
	case row == nil && there:
		return &d.LeftOver
	case row == nil:
		return nil
	case !there:
		return &d.Missing
	case document < *row:
		return &d.Outdated
	case document > *row:
		return &d.Newer
	}
	return nil
}

// settledRows reads versions of rows, nil for those that are gone, and leaves out those with a change that waits. A task that was
// given up brings nothing any more. Every event counts, whenever it is due: its time is a process's, and may lie a little ahead.
func settledRows(ctx context.Context, tx postgres.Querier, c comparison, ids []int64) (map[int64]*int64, error) {
	rows, err := tx.Query(ctx, `
		SELECT c.id, t.version
		FROM unnest($1::bigint[]) AS c (id)
		LEFT JOIN `+c.table+` t ON t.id = c.id
		WHERE c.id NOT IN (SELECT subject_id FROM outbox)
			AND NOT EXISTS (SELECT FROM outbox_task o WHERE o.subject_id = c.id AND o.task = $2 AND o.given_up_at IS NULL)`, ids, c.task)
	if err != nil {
		return nil, fmt.Errorf("read rows again: %w", postgres.Failure(err))
	}
	settled := map[int64]*int64{}
	var id int64
	var version *int64
	_, err = pgx.ForEachRow(rows, []any{&id, &version}, func() error {
		settled[id] = version
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read rows again: %w", postgres.Failure(err))
	}
	return settled, nil
}
