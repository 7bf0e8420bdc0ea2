package workers

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/askwell/askwell/internal/draft"
	"github.com/askwell/askwell/internal/files"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/staff"
)

// job is something that runs by the clock, in one process at a time: every so often, or when at says that it is next due. run
// says how many rows it changed.
type job struct {
	name  string
	every time.Duration
	at    func(after time.Time) time.Time
	run   func(ctx context.Context) (int64, error)
}

const (
	failuresKept = 30 * 24 * time.Hour
	reportsEvery = 30 * time.Second
	// checkPause keeps a second process from checking the indexes again in the same night.
	checkPause = 6 * time.Hour
)

// first is when a job runs the first time: not in the minute after the start, so that nothing slows a start down.
func (j job) first(started time.Time) time.Time {
	if j.at != nil {
		return j.at(started)
	}
	return started.Add(time.Minute)
}

func (j job) next(ran time.Time) time.Time {
	if j.at != nil {
		return j.at(ran)
	}
	return ran.Add(j.every)
}

func (w *Workers) jobs() []job {
	jobs := []job{
		{name: "prune expired sessions", every: 15 * time.Minute, run: func(ctx context.Context) (int64, error) {
			return w.exec(ctx, `DELETE FROM sessions WHERE expiry < now()`)
		}},
		{name: "prune old failures to sign in", every: time.Hour, run: func(ctx context.Context) (int64, error) {
			return w.exec(ctx, `DELETE FROM sign_in_failure WHERE failed_at < $1`, w.Now().Add(-failuresKept))
		}},
		{name: "prune old searches", every: time.Hour, run: func(ctx context.Context) (int64, error) {
			return w.exec(ctx, `DELETE FROM recent_search WHERE at < $1`, w.Now().Add(-staff.SearchesKept))
		}},
	}
	jobs = append(jobs, job{name: "sweep drafts of forms", every: 15 * time.Minute, run: draft.Store{DB: w.db}.Sweep})
	jobs = append(jobs, job{name: "forget mails that were not sent", every: time.Hour, run: func(ctx context.Context) (int64, error) {
		return outbox.SweepUnsent(ctx, w.db)
	}})
	if w.Tickets != nil {
		jobs = append(jobs, job{name: "take up replies whose task is gone", every: time.Minute, run: w.Tickets.ResumeReplies})
	}
	if w.Accounts != nil {
		jobs = append(jobs, job{name: "forget what was answered by mail", every: time.Hour, run: w.Accounts.Sweep})
	}
	if w.TellReport != nil {
		jobs = append(jobs, job{name: "mail the reports that are due", every: reportsEvery, run: w.schedules.Due})
	}
	if w.Files != nil {
		jobs = append(jobs, job{name: "prune files of no ticket", every: time.Hour, run: func(ctx context.Context) (int64, error) {
			n, err := files.Prune(ctx, w.Files, w.Now().Add(-files.Staged), w.Tickets.AttachedKeys)
			return int64(n), err
		}})
	}
	if w.Tickets != nil {
		jobs = append(jobs, w.scanJobs()...)
	}
	if w.Inbound != nil {
		jobs = append(jobs,
			job{name: "seal mails in the clear", every: 5 * time.Minute, run: w.Inbound.SealClear},
			job{name: "remove mails as they came", every: time.Hour, run: w.Inbound.Sweep})
	}
	if w.CheckIndexAt != nil {
		jobs = append(jobs, job{name: "check the search indexes", at: w.CheckIndexAt, run: w.checkIndexes})
	}
	return jobs
}

// checkIndexes compares the search indexes with the database, unless that has been done tonight. While Meilisearch is unavailable it
// says so and comes again the next night.
func (w *Workers) checkIndexes(ctx context.Context) (int64, error) {
	before, err := search.LastChecks(ctx, w.db)
	if err != nil {
		return 0, err
	}
	for _, c := range before {
		if w.Now().Sub(c.StartedAt) < checkPause {
			return 0, nil
		}
	}
	var mended int64
	checks, err := w.Search.Verify(ctx, nil)
	for _, c := range checks {
		mended += c.All()
	}
	return mended, err
}

func (w *Workers) exec(ctx context.Context, sql string, args ...any) (int64, error) {
	tag, err := w.db.Exec(ctx, sql, args...)
	return tag.RowsAffected(), err
}

// schedule runs the jobs as they become due. It looks at the clock at least every ten seconds: clocks are put right, and machines
// sleep.
func (w *Workers) schedule(ctx context.Context) {
	jobs := w.jobs()
	next := make([]time.Time, len(jobs))
	for i := range next {
		next[i] = jobs[i].first(w.Now())
	}
	for ctx.Err() == nil {
		soonest := slices.MinFunc(next, time.Time.Compare)
		sleep(ctx, min(10*time.Second, soonest.Sub(w.Now())))
		for i, j := range jobs {
			if w.Now().Before(next[i]) || ctx.Err() != nil {
				continue
			}
			w.runJob(ctx, j)
			next[i] = j.next(w.Now())
		}
	}
}

// jobLease is how soon another process may run a job whose process died under it; the one that runs it renews it.
const jobLease = 90 * time.Second

// hold runs fn unless another process is at the job, and keeps others off meanwhile, without a transaction: jobs ask other services.
func (w *Workers) hold(ctx context.Context, name string, fn func(context.Context) error) error {
	const sql = `
		INSERT INTO job_hold AS h (name, held_until) VALUES ($1, clock_timestamp() + $2)
		ON CONFLICT (name) DO UPDATE SET held_until = clock_timestamp() + $2 WHERE h.held_until < clock_timestamp() OR $3`
	tag, err := w.db.Exec(ctx, sql, name, jobLease, false)
	if err != nil || tag.RowsAffected() == 0 {
		return err
	}
	held, release := context.WithCancel(ctx)
	var beating sync.WaitGroup
	beating.Go(func() {
		for sleep(held, jobLease/6); held.Err() == nil; sleep(held, jobLease/6) {
			_, _ = w.db.Exec(held, sql, name, jobLease, true) // the next beat tries again
		}
	})
	defer func() {
		release()
		beating.Wait()
		free, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_, _ = w.db.Exec(free, `UPDATE job_hold SET held_until = clock_timestamp() WHERE name = $1`, name) // else its lease ends
	}()
	return fn(ctx)
}

// runJob runs a job unless another process is at it.
func (w *Workers) runJob(ctx context.Context, j job) {
	var n int64
	err := w.hold(ctx, j.name, func(ctx context.Context) (err error) {
		n, err = j.run(ctx)
		return err
	})
	switch {
	case err != nil && ctx.Err() == nil:
		w.log.Warn("a job failed", slog.String("job", j.name), slog.Any("error", fmt.Errorf("%s: %w", j.name, err)))
	case n > 0:
		w.log.Info("a job ran", slog.String("job", j.name), slog.Int64("rows", n))
	}
}
