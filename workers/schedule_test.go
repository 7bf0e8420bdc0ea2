package workers_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/testkit"
)

// nights is a clock that strikes every 200 ms and counts how often it was asked.
type nights struct{ asked atomic.Int32 }

func (n *nights) next(after time.Time) time.Time {
	n.asked.Add(1)
	return after.Add(200 * time.Millisecond)
}

func (d *desk) checks() []search.Check {
	d.t.Helper()
	checks, err := search.LastChecks(context.Background(), d.db)
	if err != nil {
		d.t.Fatal(err)
	}
	return checks
}

func TestTheIndexesAreCheckedOnceANightByOneProcess(t *testing.T) {
	t.Parallel()
	d := newDesk(t, testkit.RedisURL(t))
	if err := d.engine.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	first, second := &nights{}, &nights{}
	d.checkIndexAt = first.next
	d.work()
	d.open("")
	d.awaitIdle()
	d.await("the first process has checked", func() bool { return len(d.checks()) == 4 })
	d.checkIndexAt = second.next
	d.work()
	d.await("the clock has struck again for both", func() bool { return first.asked.Load() > 3 && second.asked.Load() > 3 })
	if n := d.count(`SELECT count(*) FROM index_check`); n != 4 {
		t.Errorf("%d checks in one night, want one of each index", n)
	}
	// The next night.
	if _, err := d.db.Exec(t.Context(), `UPDATE index_check SET started_at = started_at - interval '1 day', finished_at = finished_at - interval '1 day'`); err != nil {
		t.Fatal(err)
	}
	d.await("the next night's check", func() bool { return d.count(`SELECT count(*) FROM index_check`) == 8 })
	for _, c := range d.checks() {
		if c.All() != 0 || c.Problem != "" {
			t.Errorf("found %+v", c)
		}
	}
}
