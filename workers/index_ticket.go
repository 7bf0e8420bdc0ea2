package workers

import (
	"context"
	"slices"

	"github.com/askwell/askwell/internal/outbox"
)

// indexTickets brings the documents of what has changed up to date: each once, however often it changed. A change that comes
// while this runs has a row of its own.
func (w *Workers) indexTickets(ctx context.Context, tasks []outbox.Task) error {
	if err := w.Search.IndexTickets(ctx, subjects(tasks)); err != nil {
		return err
	}
	return outbox.Done(ctx, w.db, rowIDs(tasks)...)
}

func subjects(tasks []outbox.Task) []int64 {
	ids := make([]int64, len(tasks))
	for i, t := range tasks {
		ids[i] = t.Subject
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
