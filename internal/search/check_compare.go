package search

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/meilisearch/meilisearch-go"

	"github.com/askwell/askwell/internal/postgres"
)

const (
	checkRange = 1000          // rows, and documents, that are compared at a time
	endOfRows  = math.MaxInt64 // behind every row
)

// comparison is an index, the table whose rows it holds, the task that brings rows into it, and how that is done.
type comparison struct {
	name, uid, table, task string
	mend                   func(ctx context.Context, ids []int64) error
}

func (e *Engine) comparisons() []comparison {
	return []comparison{
		{"tickets", e.ticketsIndex(), "ticket", TaskIndexTicket, e.IndexTickets},
		{"accounts", e.accountsIndex(), "account", TaskIndexAccount, e.IndexAccounts},
	}
}

// versions are what is compared: versions of rows or documents by their IDs.
type versions map[int64]int64

// compareRange compares the rows behind an ID, and every document that stands where they do: ranges meet, so that each document
// is in one of them. What seems to differ is looked at again, and mended.
func (e *Engine) compareRange(ctx context.Context, c comparison, after int64) (compared, last int64, found Differences, err error) {
	rows, last, err := e.rowVersions(ctx, c, after)
	if err != nil {
		return 0, after, found, err
	}
	filter := fmt.Sprintf("id > %d", after)
	if last < endOfRows {
		filter += fmt.Sprintf(" AND id <= %d", last)
	}
	documents, err := e.documentVersions(ctx, c, filter)
	if err != nil {
		return 0, after, found, err
	}
	for ids := range slices.Chunk(differing(rows, documents), checkRange) {
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
func differing(rows, documents versions) []int64 {
	var ids []int64
	for id, version := range rows {
		if got, there := documents[id]; !there || got != version {
			ids = append(ids, id)
		}
	}
	for id := range documents {
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
	found := versions{}
	var id, version, last int64
	_, err = pgx.ForEachRow(rows, []any{&id, &version}, func() error {
		found[id], last = version, id
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("read versions of rows: %w", postgres.Failure(err))
	}
	if len(found) < checkRange {
		last = endOfRows
	}
	return found, last, nil
}

// documentVersions reads all documents of a filter, however many. Those that come and go between two pages seem to differ, and
// are looked at again.
func (e *Engine) documentVersions(ctx context.Context, c comparison, filter string) (versions, error) {
	found := versions{}
	for offset := int64(0); ; offset += checkRange {
		var page meilisearch.DocumentsResult
		err := e.reader.Index(c.uid).GetDocumentsWithContext(ctx, &meilisearch.DocumentsQuery{
			Filter: filter, Fields: []string{"id", "version"}, Offset: offset, Limit: checkRange,
		}, &page)
		if err != nil {
			return nil, failed("read versions of documents", err)
		}
		for _, hit := range page.Results {
			var id, version int64
			for name, into := range map[string]*int64{"id": &id, "version": &version} {
				if err := json.Unmarshal(hit[name], into); err != nil {
					return nil, fmt.Errorf("read %s of a document: %w", name, err)
				}
			}
			found[id] = version
		}
		if len(page.Results) < checkRange {
			return found, nil
		}
	}
}

// lookAgain tells what really differs from what has only just changed. Under the lock nobody hands documents over. Rows are read
// first and with them whether a change of theirs waits, which it does until its document is in the index: so a document that
// differs from a row without a change that waits will stay so.
func (e *Engine) lookAgain(ctx context.Context, c comparison, ids []int64) (different []int64, kinds Differences, err error) {
	err = e.locked(ctx, c.uid, func(tx pgx.Tx) error {
		settled, err := settledRows(ctx, tx, c, ids)
		if err != nil {
			return err
		}
		list := joined(ids, func(id int64) string { return strconv.FormatInt(id, 10) })
		documents, err := e.documentVersions(ctx, c, "id IN ["+list+"]")
		if err != nil {
			return err
		}
		for id, row := range settled {
			if kind := kinds.of(row, documents, id); kind != nil {
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
func (d *Differences) of(row *int64, documents versions, id int64) *int64 {
	document, there := documents[id]
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
// given up brings nothing any more.
func settledRows(ctx context.Context, tx pgx.Tx, c comparison, ids []int64) (map[int64]*int64, error) {
	rows, err := tx.Query(ctx, `
		SELECT c.id, t.version
		FROM unnest($1::bigint[]) AS c (id)
		LEFT JOIN `+c.table+` t ON t.id = c.id
		WHERE c.id NOT IN (SELECT subject_id FROM outbox WHERE not_before <= now())
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
