package search

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/postgres"
)

// fullTextComparison compares PostgreSQL's own full text. One snapshot shows rows, what waits for them, and the text as they are
// at the same moment.
func (e *Engine) fullTextComparison(name, kind, task string) comparison {
	return comparison{
		name: name + "_fulltext", table: kind, task: task,
		ready: func(context.Context) error { return nil },
		held: func(ctx context.Context, db postgres.Querier, s span) (versions, error) {
			return textVersions(ctx, db, kind, s)
		},
		mend: func(ctx context.Context, ids []int64) error { return e.mendFullText(ctx, kind, ids) },
		still: func(ctx context.Context, look func(postgres.Querier) error) error {
			return postgres.InTx(ctx, e.db, func(tx pgx.Tx) error {
				if _, err := tx.Exec(ctx, `SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY`); err != nil {
					return fmt.Errorf("hold on to a snapshot: %w", postgres.Failure(err))
				}
				return look(tx)
			})
		},
	}
}

func (s span) rows() rows {
	if s.ids != nil {
		return rowsWith(s.ids)
	}
	return rowsBetween(s.after, s.upTo)
}

// textVersions reads the versions of texts; one of an older form counts as older than any row.
func textVersions(ctx context.Context, db postgres.Querier, kind string, s span) (versions, error) {
	which := s.rows()
	texts, err := db.Query(ctx, fmt.Sprintf(`
		SELECT id, CASE WHEN form < %d THEN 0 ELSE version END
		FROM %s_search
		WHERE %s`, fullTextForm, kind, which.on("id")), which.args...)
	if err != nil {
		return nil, fmt.Errorf("read versions of the full text: %w", postgres.Failure(err))
	}
	return readVersions(texts)
}

// mendFullText writes texts again. One that is newer than its row would stay: it goes first.
func (e *Engine) mendFullText(ctx context.Context, kind string, ids []int64) error {
	_, err := e.db.Exec(ctx, `
		DELETE FROM `+kind+`_search s
		USING `+kind+` t
		WHERE t.id = s.id AND s.id = ANY ($1) AND s.version > t.version`, ids)
	if err != nil {
		return fmt.Errorf("take out newer texts: %w", postgres.Failure(err))
	}
	return e.writeFullText(ctx, e.db, kind, ids)
}
