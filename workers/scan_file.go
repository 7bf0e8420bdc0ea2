package workers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/files"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/ticket"
)

// Scanner looks for viruses; files.Clamd is one. Signatures tells of when those are that it goes by; the zero time when it does not say.
type Scanner interface {
	Scan(ctx context.Context, file io.Reader) (files.Verdict, error)
	Signatures(ctx context.Context) (time.Time, error)
}

const (
	scansFailed = 3                // in a row: then the scanner is left alone
	scannerRest = 15 * time.Second // and then one scan tries
)

// newScanBreaker keeps scans from waiting for a scanner that does not answer.
func newScanBreaker(log *slog.Logger) *gobreaker.CircuitBreaker[files.Verdict] {
	return gobreaker.NewCircuitBreaker[files.Verdict](gobreaker.Settings{
		Name: "scanner", MaxRequests: 1, Timeout: scannerRest,
		ReadyToTrip:  func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= scansFailed },
		IsSuccessful: func(err error) bool { return err == nil || !failure.Is(err, failure.KindUnavailable) },
		OnStateChange: func(_ string, from, to gobreaker.State) {
			log.Warn("virus scanner", slog.String("from", from.String()), slog.String("to", to.String()))
		},
	})
}

// scanFile has a file looked at for viruses; until then nobody can download it. Without a scanner nothing waits for one.
func (w *Workers) scanFile(ctx context.Context, task outbox.Task) error {
	if w.Scanner == nil {
		return w.Tickets.RecordScan(ctx, task.ID, task.Subject, ticket.Scanned{Scan: ticket.ScanNone})
	}
	a, err := w.Tickets.AttachmentByID(ctx, task.Subject)
	if failure.Is(err, failure.KindNotFound) {
		return outbox.Done(ctx, w.db, task.ID)
	}
	if err != nil {
		return err
	}
	verdict, err := w.scans.Execute(func() (files.Verdict, error) { return w.scan(ctx, a) })
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		return outbox.Release(ctx, w.db, scannerRest, task.ID) // it was not tried
	}
	if err != nil {
		return err
	}
	found := ticket.Scanned{Scan: ticket.ScanOf(verdict.Clean, verdict.Unscannable), Finding: verdict.Threat, SignaturesAt: verdict.SignaturesAt}
	if found.Scan == ticket.ScanInfected {
		w.log.Warn("file infected", slog.Int64("attachment", a.ID), slog.String("threat", verdict.Threat))
	}
	return w.Tickets.RecordScan(ctx, task.ID, a.ID, found)
}

func (w *Workers) scan(ctx context.Context, a ticket.Attachment) (files.Verdict, error) {
	file, err := w.Files.Open(ctx, a.StorageKey)
	if err != nil {
		return files.Verdict{}, fmt.Errorf("open file %d: %w", a.ID, err)
	}
	defer file.Close()
	return w.Scanner.Scan(ctx, file)
}

// scanJobs keep the files in step with the scanner.
func (w *Workers) scanJobs() []job {
	if w.Scanner == nil {
		return []job{{name: "offer files that wait for no scanner", every: time.Minute, run: w.Tickets.ScanNever}}
	}
	return []job{
		{name: "scan files from before the scanner", every: time.Minute, run: w.Tickets.ScanLater},
		{name: "scan files by new signatures", every: 24 * time.Hour, run: func(ctx context.Context) (int64, error) {
			at, err := w.Scanner.Signatures(ctx)
			if err != nil || at.IsZero() {
				return 0, err
			}
			return w.Tickets.ScanAgain(ctx, at)
		}},
	}
}
