package files

import (
	"context"
	"fmt"
	"time"

	"github.com/askwell/askwell/internal/failure"
)

// Staged is how long a file waits for its inquiry to be sent. It is longer than a form token is good for, and whoever sends
// an inquiry touches its files first: so no file is pruned under the hands of its sender.
const Staged = 25 * time.Hour

// Prune deletes the files put or touched before a moment that no ticket has, and says how many. attached gives those of the
// keys that tickets have.
func Prune(ctx context.Context, store Store, before time.Time, attached func(ctx context.Context, keys []string) ([]string, error)) (int, error) {
	pruned := 0
	err := store.Old(ctx, before, func(keys []string) error {
		kept, err := attached(ctx, keys)
		if err != nil {
			return err
		}
		keep := make(map[string]bool, len(kept))
		for _, key := range kept {
			keep[key] = true
		}
		for _, key := range keys {
			if keep[key] {
				continue
			}
			if err := store.Delete(ctx, key); err != nil && !failure.Is(err, failure.KindNotFound) {
				return err
			}
			pruned++
		}
		return nil
	})
	if err != nil {
		return pruned, fmt.Errorf("prune files: %w", err)
	}
	return pruned, nil
}
