package search

import (
	"context"
	"time"

	"github.com/askwell/askwell/internal/failure"
)

// madeAt says when an index was made; a swap takes that along. Errors: unavailable.
func (e *Engine) madeAt(ctx context.Context, uid string) (time.Time, error) {
	info, err := e.write.Index(uid).FetchInfoWithContext(ctx)
	if err != nil {
		return time.Time{}, failed("look at the index "+uid, err)
	}
	return info.CreatedAt, nil
}

// awaitSwap waits until uid names the index that was made at a time. The task cannot be awaited: Meilisearch shows tasks of
// several indexes only to keys for all indexes, and ours is for Askwell's alone. Errors: unavailable.
func (e *Engine) awaitSwap(ctx context.Context, uid string, made time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, taskTimeout)
	defer cancel()
	for pause := 5 * time.Millisecond; ; pause = min(pause*3/2, 250*time.Millisecond) {
		now, err := e.madeAt(ctx, uid)
		if err != nil || now.Equal(made) {
			return err
		}
		select {
		case <-ctx.Done():
			return failure.Unavailable("Search is slow.", ctx.Err())
		case <-time.After(pause):
		}
	}
}
