package workers

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/ticket"
)

// scanFile has a file looked at for viruses; until then nobody can download it.
func (w *Workers) scanFile(ctx context.Context, task outbox.Task) error {
	if w.Scanner == nil {
		return failure.Unavailable("A file waits for a virus scan, and no scanner is configured (CLAMD_URL).", nil)
	}
	a, err := w.Tickets.AttachmentByID(ctx, task.Subject)
	if failure.Is(err, failure.KindNotFound) {
		return outbox.Done(ctx, w.db, task.ID)
	}
	if err != nil {
		return err
	}
	file, err := w.Files.Open(ctx, a.StorageKey)
	if err != nil {
		return fmt.Errorf("open file %d: %w", a.ID, err)
	}
	defer file.Close()
	verdict, err := w.Scanner.Scan(ctx, file)
	if err != nil {
		return err
	}
	found := ticket.ScanClean
	if !verdict.Clean {
		found = ticket.ScanInfected
		w.log.Warn("a file is infected", slog.Int64("attachment", a.ID), slog.String("threat", verdict.Threat))
	}
	return w.Tickets.RecordScan(ctx, task.ID, a.ID, found)
}
