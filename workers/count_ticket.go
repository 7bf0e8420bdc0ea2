package workers

import (
	"context"

	"github.com/askwell/askwell/internal/outbox"
)

// countTickets packs the days of what has changed for the reports.
func (w *Workers) countTickets(ctx context.Context, tasks []outbox.Task) error {
	return w.recorder.Record(ctx, subjects(tasks), rowIDs(tasks))
}
