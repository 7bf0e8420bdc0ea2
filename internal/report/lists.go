package report

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/postgres"
)

// Item is a code with its name in English; another language's is a message.
type Item struct{ Code, Name string }

// Lists are what a report can be narrowed to.
type Lists struct {
	Categories, Queues  []Item
	Languages, Channels []string // those that packed days know
}

// Lists reads them. Errors: unavailable.
func (s *Service) Lists(ctx context.Context) (l Lists, err error) {
	batch := &pgx.Batch{}
	items := func(sql string, into *[]Item) {
		batch.Queue(sql).Query(func(rows pgx.Rows) (err error) {
			*into, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Item])
			return err
		})
	}
	codes := func(sql string, into *[]string) {
		batch.Queue(sql).Query(func(rows pgx.Rows) (err error) {
			*into, err = pgx.CollectRows(rows, pgx.RowTo[string])
			return err
		})
	}
	items(`SELECT code, label FROM category ORDER BY position, code`, &l.Categories)
	items(`SELECT code, name FROM queue ORDER BY position, code`, &l.Queues)
	codes(`SELECT DISTINCT unnest(language_names) AS code FROM report_day ORDER BY code`, &l.Languages)
	codes(`SELECT DISTINCT unnest(channel_names) AS code FROM report_day ORDER BY code`, &l.Channels)
	if err := s.db.SendBatch(ctx, batch).Close(); err != nil {
		return l, fmt.Errorf("list what reports can be narrowed to: %w", postgres.Failure(err))
	}
	return l, nil
}
