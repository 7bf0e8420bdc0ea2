package workers

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/files"
	"github.com/askwell/askwell/internal/staff"
)

// job is something that runs by the clock, in one process at a time.
type job struct {
	name  string
	every time.Duration
	run   func(ctx context.Context) (int64, error)
}

const failuresKept = 30 * 24 * time.Hour

func (w *Workers) jobs() []job {
	jobs := []job{
		{"prune expired sessions", 15 * time.Minute, func(ctx context.Context) (int64, error) {
			return w.exec(ctx, `DELETE FROM sessions WHERE expiry < now()`)
		}},
		{"prune old failures to sign in", time.Hour, func(ctx context.Context) (int64, error) {
			return w.exec(ctx, `DELETE FROM sign_in_failure WHERE failed_at < $1`, w.Now().Add(-failuresKept))
		}},
		{"prune old searches", time.Hour, func(ctx context.Context) (int64, error) {
			return w.exec(ctx, `DELETE FROM recent_search WHERE at < $1`, w.Now().Add(-staff.SearchesKept))
		}},
	}
	if w.Files != nil {
		jobs = append(jobs, job{"prune files of no ticket", time.Hour, func(ctx context.Context) (int64, error) {
			n, err := files.Prune(ctx, w.Files, w.Now().Add(-files.Staged), w.Tickets.AttachedKeys)
			return int64(n), err
		}})
	}
	return jobs
}

func (w *Workers) exec(ctx context.Context, sql string, args ...any) (int64, error) {
	tag, err := w.db.Exec(ctx, sql, args...)
	return tag.RowsAffected(), err
}

// schedule runs the jobs, the first time a minute after the start, so that nothing slows a start down.
func (w *Workers) schedule(ctx context.Context) {
	jobs := w.jobs()
	next := make([]time.Time, len(jobs))
	for i := range next {
		next[i] = time.Now().Add(time.Minute)
	}
	for sleep(ctx, 10*time.Second); ctx.Err() == nil; sleep(ctx, 10*time.Second) {
		for i, j := range jobs {
			if time.Now().Before(next[i]) {
				continue
			}
			next[i] = time.Now().Add(j.every)
			w.runJob(ctx, j)
		}
	}
}

// runJob runs a job unless another process is at it.
func (w *Workers) runJob(ctx context.Context, j job) {
	var n int64
	err := pgx.BeginFunc(ctx, w.db, func(tx pgx.Tx) (err error) {
		var ours bool
		err = tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock(hashtextextended('askwell job ' || $1, 0))`, j.name).Scan(&ours)
		if err != nil || !ours {
			return err
		}
		n, err = j.run(ctx)
		return err
	})
	switch {
	case err != nil && ctx.Err() == nil:
		w.log.Warn("a job failed", slog.String("job", j.name), slog.Any("error", fmt.Errorf("%s: %w", j.name, err)))
	case n > 0:
		w.log.Info("a job ran", slog.String("job", j.name), slog.Int64("removed", n))
	}
}
