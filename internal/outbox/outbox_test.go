package outbox_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/testkit"
)

var reactions = map[string][]outbox.Reaction{"opened": {{Task: "index"}, {Task: "acknowledge"}}, "changed": {{Task: "index"}}}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func expand(t *testing.T, db *pgxpool.Pool, events ...outbox.Event) {
	t.Helper()
	must(t, outbox.Add(t.Context(), db, events...))
	_, err := outbox.Expand(t.Context(), db, reactions, 100)
	must(t, err)
}

func claim(t *testing.T, db *pgxpool.Pool, lease time.Duration, kinds ...string) []outbox.Task {
	t.Helper()
	tasks, err := outbox.Claim(t.Context(), db, kinds, 100, lease)
	must(t, err)
	return tasks
}

func TestExpandMakesATaskForEachReaction(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	must(t, outbox.Add(t.Context(), db, outbox.Event{Kind: "opened", Subject: 1}, outbox.Event{Kind: "changed", Subject: 2}, outbox.Event{Kind: "unheard of", Subject: 3}))
	n, err := outbox.Expand(t.Context(), db, reactions, 2)
	must(t, err)
	m, err := outbox.Expand(t.Context(), db, reactions, 2)
	must(t, err)
	if n != 2 || m != 1 {
		t.Errorf("took %d, then %d events, want 2 and 1", n, m)
	}
	got := map[string]int{}
	for _, task := range claim(t, db, time.Minute, "index", "acknowledge") {
		got[task.Kind]++
	}
	if diff := cmp.Diff(map[string]int{"index": 2, "acknowledge": 1}, got); diff != "" {
		t.Errorf("tasks (-want +got):\n%s", diff)
	}
}

func TestAnEventLivesAndDiesWithItsTransaction(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	tx, err := db.Begin(t.Context())
	must(t, err)
	must(t, outbox.Add(t.Context(), tx, outbox.Event{Kind: "opened", Subject: 1}))
	must(t, tx.Rollback(t.Context()))
	if n, err := outbox.Expand(t.Context(), db, reactions, 10); err != nil || n != 0 {
		t.Errorf("took %d events of a transaction that was rolled back (%v)", n, err)
	}
}

func TestClaimHidesUntilTheLeaseEnds(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	expand(t, db, outbox.Event{Kind: "changed", Subject: 1})
	first := claim(t, db, 0, "index")
	if len(first) != 1 || first[0].Attempts != 0 {
		t.Fatalf("claimed %+v", first)
	}
	again := claim(t, db, time.Hour, "index")
	if len(again) != 1 || again[0].ID != first[0].ID || again[0].Attempts != 1 {
		t.Errorf("after its lease: %+v, want the same task at its second attempt", again)
	}
	if hidden := claim(t, db, time.Hour, "index"); len(hidden) != 0 {
		t.Errorf("within its lease: %+v", hidden)
	}
	must(t, outbox.Release(t.Context(), db, 0, first[0].ID))
	if back := claim(t, db, time.Hour, "index"); len(back) != 1 || back[0].Attempts != 1 {
		t.Errorf("given back: %+v, want no attempt counted", back)
	}
}

func TestTwoClaimersShareTheWork(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	for i := range 50 {
		expand(t, db, outbox.Event{Kind: "changed", Subject: int64(i)})
	}
	found := make(chan []outbox.Task)
	for range 4 {
		go func() {
			tasks, err := outbox.Claim(context.Background(), db, []string{"index"}, 50, time.Hour)
			if err != nil {
				t.Error(err)
			}
			found <- tasks
		}()
	}
	seen := map[int64]int{}
	for range 4 {
		for _, task := range <-found {
			seen[task.ID]++
		}
	}
	for _, task := range claim(t, db, time.Hour, "index") {
		seen[task.ID]++
	}
	if len(seen) != 50 {
		t.Errorf("%d tasks were claimed, want 50", len(seen))
	}
	for id, n := range seen {
		if n > 1 {
			t.Errorf("task %d was claimed %d times", id, n)
		}
	}
}

func TestNotBefore(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	expand(t, db, outbox.Event{Kind: "changed", Subject: 1, NotBefore: time.Now().Add(time.Hour)})
	if tasks := claim(t, db, time.Minute, "index"); len(tasks) != 0 {
		t.Errorf("claimed before its time: %+v", tasks)
	}
}

func TestDoneLastsOnlyWithItsTransaction(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	expand(t, db, outbox.Event{Kind: "changed", Subject: 1})
	task := claim(t, db, 0, "index")[0]
	failed := failure.Unavailable("The search server is unavailable.", nil)
	err := postgres.InTx(t.Context(), db, func(tx pgx.Tx) error {
		must(t, outbox.Done(t.Context(), tx, task.ID))
		return failed
	})
	if !failure.Is(err, failure.KindUnavailable) {
		t.Fatal(err)
	}
	if pending, err := outbox.Pending(t.Context(), db, task.ID); err != nil || !pending {
		t.Errorf("after a rollback the task is pending: %v (%v)", pending, err)
	}
	must(t, outbox.Done(t.Context(), db, task.ID))
	if pending, err := outbox.Pending(t.Context(), db, task.ID); err != nil || pending {
		t.Errorf("after Done the task is pending: %v (%v)", pending, err)
	}
}

func TestGivenUpTasksWaitForAPerson(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	expand(t, db, outbox.Event{Kind: "changed", Subject: 7})
	task := claim(t, db, 0, "index")[0]
	must(t, outbox.FailAll(t.Context(), db, []int64{task.ID}, "No such ticket.", 0, true))
	if tasks := claim(t, db, time.Minute, "index"); len(tasks) != 0 {
		t.Errorf("a task that was given up is claimed: %+v", tasks)
	}
	stuck, err := outbox.ListStuck(t.Context(), db, 100, 10)
	if err != nil || len(stuck) != 1 || stuck[0].LastError != "No such ticket." || stuck[0].GivenUpAt == nil || stuck[0].Subject != 7 {
		t.Errorf("stuck: %+v (%v)", stuck, err)
	}
	backlog, err := outbox.Backlog(t.Context(), db)
	if err != nil || len(backlog) != 1 || backlog[0].GivenUp != 1 || backlog[0].Waiting != 0 {
		t.Errorf("backlog: %+v (%v)", backlog, err)
	}
	must(t, outbox.Retry(t.Context(), db, task.ID))
	if tasks := claim(t, db, time.Minute, "index"); len(tasks) != 1 {
		t.Errorf("after a retry: %+v", tasks)
	}
	if err := outbox.Retry(t.Context(), db, 12345); !failure.Is(err, failure.KindNotFound) {
		t.Errorf("a retry of nothing: %v, want not found", err)
	}
}

// The waker's notification reaches whoever listens, and the last signal is never lost.
func TestWakerWakes(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	listener, err := db.Acquire(t.Context())
	must(t, err)
	defer listener.Release()
	_, err = listener.Exec(t.Context(), "LISTEN "+outbox.Channel)
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	waker := outbox.NewWaker(db, nil)
	go waker.Run(ctx)
	for range 3 {
		waker.Wake()
		if _, err := listener.Conn().WaitForNotification(ctx); err != nil {
			t.Fatalf("no notification: %v", err)
		}
	}
}

func TestTasksThatGatherComeTogether(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	begin := time.Date(2026, 11, 25, 12, 0, 1, 0, time.UTC)
	must(t, outbox.Add(t.Context(), db,
		outbox.Event{Kind: "changed", Subject: 1, NotBefore: begin}, outbox.Event{Kind: "changed", Subject: 1, NotBefore: begin.Add(28 * time.Second)},
		outbox.Event{Kind: "changed", Subject: 1, NotBefore: begin.Add(30 * time.Second)}))
	_, err := outbox.Expand(t.Context(), db, map[string][]outbox.Reaction{"changed": {{Task: "count", Gather: 30 * time.Second}}}, 10)
	must(t, err)
	var due []time.Time
	must(t, db.QueryRow(t.Context(), `SELECT array_agg(due_at ORDER BY due_at) FROM outbox_task`).Scan(&due))
	for i, want := range []time.Duration{29, 29, 59} {
		if !due[i].Equal(begin.Add(want * time.Second)) {
			t.Errorf("task %d is due at %s, want %s after the first event", i, due[i], want*time.Second)
		}
	}
}
