package workers_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/ticket"
)

// days is every packed day without when it was made.
func (d *desk) days() (all []string) {
	d.t.Helper()
	err := d.db.QueryRow(d.t.Context(), `SELECT array_agg((to_jsonb(r) - 'made_at')::text ORDER BY day) FROM report_day r`).Scan(&all)
	if err != nil {
		d.t.Fatal(err)
	}
	return all
}

// A worker dies after it has gathered what changed and before it could write it: no half of it is there, its tasks are, and the next
// worker makes the days that a rebuild makes, with what happened meanwhile.
func TestAWorkerDiesWhileItCounts(t *testing.T) {
	t.Parallel()
	// Of this database: the tables of the others have the same numbers, for all are copies of one.
	const stuckAt = `
		SELECT pid FROM pg_locks
		WHERE relation = 'report_day'::regclass AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
	for name, die := range map[string]func(d *desk, stop func()){
		"its transaction is torn down": func(d *desk, stop func()) {
			if n := d.count(`SELECT count(pg_terminate_backend(pid)) FROM (` + stuckAt + `) AS stuck`); n != 1 {
				d.t.Fatalf("%d transactions torn down", n)
			}
			d.await("it is gone", func() bool { return d.count(`SELECT count(*) FROM (`+stuckAt+`) AS stuck`) == 0 })
			stop()
		},
		"it is stopped": func(_ *desk, stop func()) { stop() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, testkit.RedisURL(t))
			first, second := d.open(""), d.open("")
			if _, err := d.db.Exec(t.Context(), `UPDATE ticket SET opened_at = opened_at - interval '3 days' WHERE id = $1`, second.ID); err != nil {
				t.Fatal(err)
			}
			lock, err := d.db.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = lock.Rollback(context.WithoutCancel(t.Context())) }()
			if _, err := lock.Exec(t.Context(), `LOCK TABLE report_day IN EXCLUSIVE MODE`); err != nil {
				t.Fatal(err)
			}
			stop := d.work()
			d.await("the worker has packed a day and cannot write it", func() bool { return d.count(`SELECT count(*) FROM (`+stuckAt+`) AS stuck`) == 1 })
			die(d, stop)
			if n := d.count(`SELECT count(*) FROM report_day`); n != 0 {
				t.Errorf("%d days are written", n)
			}
			if n := d.count(`SELECT count(*) FROM outbox_task WHERE task = 'count_ticket' AND subject_id IN ($1, $2)`, first.ID, second.ID); n < 2 {
				t.Errorf("%d tasks are left, want those of both tickets", n)
			}
			if _, err := d.tickets.Exclude(t.Context(), ticket.Worker(), first.Reference, "spam"); err != nil {
				t.Fatal(err)
			}
			if err := lock.Rollback(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := d.db.Exec(t.Context(), `UPDATE outbox_task SET due_at = now()`); err != nil { // the lease has ended
				t.Fatal(err)
			}
			d.work()
			d.awaitIdle()
			counted := d.days()
			if len(counted) != 2 {
				t.Errorf("%d days are packed, want 2", len(counted))
			}
			if err := (report.Recorder{DB: d.db}).Rebuild(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(counted, d.days()); diff != "" {
				t.Errorf("(-counted +rebuilt)\n%s", diff)
			}
		})
	}
}
