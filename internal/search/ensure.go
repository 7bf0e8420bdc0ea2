package search

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/meilisearch/meilisearch-go"

	"github.com/askwell/askwell/internal/postgres"
)

// need is what the indexes lack.
type need int

const (
	needNothing need = iota
	needIndexes      // a desk without a row has no indexes yet
	needRebuild      // another version's, none, or empty ones beside rows; or a rebuild that has swapped and not tidied up
	needNewer        // a later version of Askwell has built them
)

// Prepare brings the indexes to this version of Askwell: it makes those of an empty desk, and rebuilds those that are missing,
// of an earlier version, or empty beside a database that is not. What is as it should be costs two small questions. The
// processes that call it take turns, and who comes second finds the work done. For the workers. Errors: unavailable.
//
// Indexes of a later version are left alone: while an upgrade is under way a worker of the old version that starts again would
// undo it. Who goes back to an earlier version runs askwell reindex.
func (e *Engine) Prepare(ctx context.Context) error {
	if err := e.named(ctx); err != nil {
		return err
	}
	need, err := e.need(ctx)
	if need == needNewer {
		e.newer.Do(func() {
			e.log.Warn("the search indexes were built by a later version; after going back to this one, run askwell reindex")
		})
	}
	if err != nil || need != needIndexes && need != needRebuild {
		return err
	}
	return e.inTurn(ctx, func() {}, func(turn *pgxpool.Conn) error {
		need, err := e.need(ctx)
		switch {
		case err != nil:
			return err
		case need == needIndexes:
			return e.furnish(ctx)
		case need == needRebuild:
			return e.rebuild(ctx, turn, RebuildOptions{})
		}
		return nil
	})
}

// Stale reports whether the indexes are not what this version needs, so that PostgreSQL answers searches. Errors: unavailable.
func (e *Engine) Stale(ctx context.Context) (bool, error) {
	if err := e.named(ctx); err != nil {
		return true, err
	}
	s, err := e.stamp(ctx, e.stampIndex())
	if err != nil || s.Version != settingsVersion {
		return true, err
	}
	return e.lacking(ctx)
}

func (e *Engine) need(ctx context.Context) (need, error) {
	s, err := e.stamp(ctx, e.stampIndex())
	if err != nil {
		return needNothing, err
	}
	b, err := e.building(ctx, e.db)
	if err != nil {
		return needNothing, err
	}
	if b.Run != 0 && b.Run == s.Run {
		return needRebuild, nil
	}
	switch {
	case s.Version == settingsVersion:
		lacking, err := e.lacking(ctx)
		if err != nil || !lacking {
			return needNothing, err
		}
	case s.Version > settingsVersion:
		return needNewer, nil
	case s.Version == 0:
		for _, i := range e.indexes() {
			if some, err := e.someRows(ctx, i); err != nil || some {
				return needRebuild, err
			}
		}
		return needIndexes, nil
	}
	return needRebuild, nil
}

// lacking reports whether an index is missing, or empty beside a table that is not.
func (e *Engine) lacking(ctx context.Context) (bool, error) {
	for _, i := range e.indexes() {
		some, err := e.reader.Index(i.uid).SearchWithContext(ctx, "", &meilisearch.SearchRequest{Limit: 1, AttributesToRetrieve: []string{"id"}})
		if isCode(err, "index_not_found") {
			return true, nil
		}
		if err != nil {
			return false, failed("look for documents", err)
		}
		if len(some.Hits) > 0 {
			continue
		}
		if rows, err := e.someRows(ctx, i); err != nil || rows {
			return rows, err
		}
	}
	return false, nil
}

func (e *Engine) someRows(ctx context.Context, i indexed) (some bool, err error) {
	if err := e.db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM `+i.kind+`)`).Scan(&some); err != nil {
		return false, fmt.Errorf("look for %ss: %w", i.kind, postgres.Failure(err))
	}
	return some, nil
}

// furnish makes the indexes of a desk that has nothing to be found yet. What comes meanwhile is sent to them as it always is.
func (e *Engine) furnish(ctx context.Context) error {
	for _, i := range e.all() {
		if err := e.ensure(ctx, i.uid, i.settings); err != nil {
			return err
		}
	}
	if err := e.mark(ctx, e.stampIndex(), 0); err != nil {
		return err
	}
	e.log.Info("the search indexes are made", slog.Int("version", settingsVersion))
	return e.inUse(ctx, e.db, settingsVersion)
}

// ensure makes an index unless it is there, and applies its settings.
func (e *Engine) ensure(ctx context.Context, uid string, settings *meilisearch.Settings) error {
	if err := e.create(ctx, uid); err != nil {
		return err
	}
	changed, err := e.write.Index(uid).UpdateSettingsWithContext(ctx, settings)
	if err != nil {
		return failed("apply the settings of "+uid, err)
	}
	if err := e.worked(ctx, changed.TaskUID); err != nil {
		return fmt.Errorf("apply the settings of %s: %w", uid, err)
	}
	return nil
}

// create makes an index that may be there already.
func (e *Engine) create(ctx context.Context, uid string) error {
	made, err := e.write.CreateIndexWithContext(ctx, &meilisearch.IndexConfig{Uid: uid, PrimaryKey: "id"})
	if err != nil {
		return failed("make the index "+uid, err)
	}
	if err := e.workedBut(ctx, made.TaskUID, "index_already_exists"); err != nil {
		return fmt.Errorf("make the index %s: %w", uid, err)
	}
	return nil
}

// drop deletes an index that may not be there.
func (e *Engine) drop(ctx context.Context, uid string) error {
	gone, err := e.write.DeleteIndexWithContext(ctx, uid)
	if err != nil {
		return failed("drop the index "+uid, err)
	}
	if err := e.workedBut(ctx, gone.TaskUID, "index_not_found"); err != nil {
		return fmt.Errorf("drop the index %s: %w", uid, err)
	}
	return nil
}

// there reports whether an index exists.
func (e *Engine) there(ctx context.Context, uid string) (bool, error) {
	_, err := e.write.GetIndexWithContext(ctx, uid)
	if isCode(err, "index_not_found") {
		return false, nil
	}
	return err == nil, failed("look for the index "+uid, err)
}

// workedBut is worked for a task that may fail with this code.
func (e *Engine) workedBut(ctx context.Context, uid int64, code string) error {
	err := e.worked(ctx, uid)
	var task *taskError
	if errors.As(err, &task) && task.code == code {
		return nil
	}
	return err
}

// Ping asks whether Meilisearch answers. Errors: unavailable.
func (e *Engine) Ping(ctx context.Context) error {
	if _, err := e.reader.HealthWithContext(ctx); err != nil {
		return failed("ask Meilisearch", err)
	}
	return nil
}
