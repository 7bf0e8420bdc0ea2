package search

import (
	"context"
	"fmt"

	"github.com/meilisearch/meilisearch-go"
)

// Ensure makes the indexes and applies their settings. Settings that have not changed cost Meilisearch nothing; any number of
// processes may call it at once. Errors: unavailable.
func (e *Engine) Ensure(ctx context.Context) error {
	if err := e.ensure(ctx, e.ticketsIndex(), ticketSettings()); err != nil {
		return err
	}
	if err := e.ensure(ctx, e.accountsIndex(), accountSettings()); err != nil {
		return err
	}
	if err := e.ensure(ctx, e.stampIndex(), stampSettings()); err != nil {
		return err
	}
	return e.mark(ctx, e.stampIndex())
}

func (e *Engine) ensure(ctx context.Context, uid string, settings *meilisearch.Settings) error {
	made, err := e.write.CreateIndexWithContext(ctx, &meilisearch.IndexConfig{Uid: uid, PrimaryKey: "id"})
	if err != nil {
		return failed("make the index "+uid, err)
	}
	if err := e.awaitIndex(ctx, made.TaskUID); err != nil {
		return fmt.Errorf("make the index %s: %w", uid, err)
	}
	changed, err := e.write.Index(uid).UpdateSettingsWithContext(ctx, settings)
	if err != nil {
		return failed("apply the settings of "+uid, err)
	}
	if err := e.await(ctx, changed.TaskUID); err != nil {
		return fmt.Errorf("apply the settings of %s: %w", uid, err)
	}
	return nil
}

// awaitIndex is await for the making of an index that may be there already.
func (e *Engine) awaitIndex(ctx context.Context, uid int64) error {
	err := e.await(ctx, uid)
	if err == nil {
		return nil
	}
	task, asked := e.write.GetTaskWithContext(ctx, uid)
	if asked == nil && task.Error.Code == "index_already_exists" {
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
