package search

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/postgres"
)

// Check is what a comparison of an index with the database found, and mended. Problem says why it broke off; it is empty when it
// went to its end.
type Check struct {
	Index      string `db:"index_name"` // tickets, accounts, or the full text of either: tickets_fulltext, accounts_fulltext
	StartedAt  time.Time
	FinishedAt time.Time
	Compared   int64 // rows
	Differences
	Problem string
}

// Differences count documents by what was wrong with them.
type Differences struct {
	Missing  int64 // a row without a document
	Outdated int64 // a document of an older version than its row
	Newer    int64 // a document of a newer version than its row, as after a restore from a backup
	LeftOver int64 // a document without a row
}

// All counts them together.
func (d Differences) All() int64 { return d.Missing + d.Outdated + d.Newer + d.LeftOver }

func (d *Differences) add(more Differences) {
	d.Missing += more.Missing
	d.Outdated += more.Outdated
	d.Newer += more.Newer
	d.LeftOver += more.LeftOver
}

// Verify compares the indexes with the database, document by document, mends what differs and keeps what it found (Checks).
// Changes that still wait for the workers are no differences. progress, when not nil, hears how many rows are compared and how
// many there are. It may run at any time and break off at any point. Errors: unavailable; what was compared before that is kept,
// too.
func (e *Engine) Verify(ctx context.Context, progress func(done, total int64)) ([]Check, error) {
	if err := e.named(ctx); err != nil {
		return nil, err
	}
	if progress == nil {
		progress = func(int64, int64) {}
	}
	var rows, done int64
	err := e.db.QueryRow(ctx, `SELECT (SELECT count(*) FROM ticket) + (SELECT count(*) FROM account)`).Scan(&rows)
	if err != nil {
		return nil, fmt.Errorf("count what to check: %w", postgres.Failure(err))
	}
	total := 2 * rows // in Meilisearch and in PostgreSQL's full text
	var checks []Check
	var wrong error
	for _, c := range e.comparisons() {
		began := done
		check, err := e.verify(ctx, c, func(compared int64) {
			done = began + compared
			progress(done, max(done, total))
		})
		if ctx.Err() != nil { // told to stop: that says nothing about the index
			return checks, ctx.Err()
		}
		checks = append(checks, check)
		if err = errors.Join(err, e.keepCheck(ctx, check)); err != nil {
			wrong = errors.Join(wrong, fmt.Errorf("check %s: %w", c.name, err))
		}
	}
	return checks, wrong
}

func (e *Engine) verify(ctx context.Context, c comparison, progress func(compared int64)) (Check, error) {
	check := Check{Index: c.name, StartedAt: e.now()}
	err := c.ready(ctx)
	for last := int64(0); err == nil && last < endOfRows; {
		var compared int64
		var found Differences
		if compared, last, found, err = e.compareRange(ctx, c, last); err != nil {
			break
		}
		check.Compared += compared
		check.add(found)
		progress(check.Compared)
	}
	check.FinishedAt = e.now()
	if err != nil {
		check.Problem = failure.Text(err, "It failed for a reason that nobody expected; the log says more.")
	}
	level := slog.LevelDebug
	if err != nil || check.All() > 0 {
		level = slog.LevelWarn // somebody should wonder why
	}
	e.log.Log(ctx, level, "an index was compared with the database", slog.String("index", c.name), slog.Int64("compared", check.Compared),
		slog.Int64("mended", check.All()), slog.String("problem", check.Problem))
	return check, err
}

func (e *Engine) keepCheck(ctx context.Context, c Check) error {
	_, err := e.db.Exec(ctx, `
		INSERT INTO index_check (index_name, started_at, finished_at, compared, missing, outdated, newer, left_over, problem)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		c.Index, c.StartedAt, c.FinishedAt, c.Compared, c.Missing, c.Outdated, c.Newer, c.LeftOver, c.Problem)
	if err != nil {
		return fmt.Errorf("keep what was found: %w", postgres.Failure(err))
	}
	return nil
}

// LastChecks gives each index's last check, none when there was none yet.
func LastChecks(ctx context.Context, db postgres.Querier) ([]Check, error) {
	return readChecks(ctx, db, `
		SELECT DISTINCT ON (index_name)
			index_name, started_at, finished_at, compared, missing, outdated, newer, left_over, problem
		FROM index_check
		ORDER BY index_name, id DESC`)
}

// AllChecks gives for each index the sums over all checks, and when the last one that went to its end began and finished; the
// zero time stands for never.
func AllChecks(ctx context.Context, db postgres.Querier) ([]Check, error) {
	return readChecks(ctx, db, `
		SELECT index_name,
			COALESCE(max(started_at) FILTER (WHERE problem = ''), '0001-01-01 00:00:00Z') AS started_at,
			COALESCE(max(finished_at) FILTER (WHERE problem = ''), '0001-01-01 00:00:00Z') AS finished_at,
			sum(compared)::bigint AS compared, sum(missing)::bigint AS missing, sum(outdated)::bigint AS outdated,
			sum(newer)::bigint AS newer, sum(left_over)::bigint AS left_over, '' AS problem
		FROM index_check
		GROUP BY index_name
		ORDER BY index_name`)
}

func readChecks(ctx context.Context, db postgres.Querier, query string) ([]Check, error) {
	rows, err := db.Query(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("read the checks of the indexes: %w", postgres.Failure(err))
	}
	checks, err := pgx.CollectRows(rows, pgx.RowToStructByName[Check])
	if err != nil {
		return nil, fmt.Errorf("read the checks of the indexes: %w", postgres.Failure(err))
	}
	return checks, nil
}
