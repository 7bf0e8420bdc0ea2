package workers

import (
	"context"
	"log/slog"
	"time"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/outbox"
)

// receiveMail files a mail that came in.
func (w *Workers) receiveMail(ctx context.Context, task outbox.Task) error {
	if w.Inbound == nil {
		return failure.Unavailable("A mail waits to be filed, and no REPLY_ADDRESS is set.", nil)
	}
	return w.Inbound.File(ctx, task.ID, task.Subject)
}

// takeIn runs a source of mails, again when it fails: a port that is taken, or a mailbox that is unavailable, must not stop the workers.
func (w *Workers) takeIn(ctx context.Context, source Source) {
	for wait := time.Second; ctx.Err() == nil; wait = min(2*wait, time.Minute) {
		began := time.Now()
		if err := source.Run(ctx); err != nil && ctx.Err() == nil {
			w.log.Warn("no mail comes in", slog.Any("error", err))
		}
		if time.Since(began) > time.Minute {
			wait = time.Second
		}
		sleep(ctx, wait)
	}
}
