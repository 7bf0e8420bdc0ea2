package workers

import (
	"context"

	"github.com/askwell/askwell/internal/outbox"
)

// linkAccounts links tickets by the numbers that came with them.
func (w *Workers) linkAccounts(ctx context.Context, tasks []outbox.Task) error {
	if len(tasks) == 1 {
		return w.Tickets.LinkByNumber(ctx, tasks[0].ID, tasks[0].Subject)
	}
	return w.Tickets.LinkAllByNumber(ctx, tasks)
}
