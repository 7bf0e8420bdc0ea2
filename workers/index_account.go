package workers

import (
	"context"

	"github.com/askwell/askwell/internal/outbox"
)

// indexAccounts is indexTickets for accounts.
func (w *Workers) indexAccounts(ctx context.Context, tasks []outbox.Task) error {
	if err := w.Search.IndexAccounts(ctx, subjects(tasks)); err != nil {
		return err
	}
	return outbox.Done(ctx, w.db, rowIDs(tasks)...)
}
