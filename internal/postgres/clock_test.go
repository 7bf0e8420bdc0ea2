package postgres_test

import (
	"context"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/testkit"
)

func newClock(t *testing.T, db *pgxpool.Pool) *postgres.Clock {
	t.Helper()
	return postgres.NewClock(db, slog.New(slog.DiscardHandler))
}

func measure(t *testing.T, c *postgres.Clock) {
	t.Helper()
	if err := c.Measure(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// about fails when the clock is further from this machine's than it should be. Two seconds are for a busy machine.
func about(t *testing.T, c *postgres.Clock, want time.Duration) {
	t.Helper()
	if got := time.Until(c.Now()); (got - want).Abs() > 2*time.Second {
		t.Errorf("the clock is %v from this machine's, want %v", got, want)
	}
}

func TestClockTellsTheDatabasesTime(t *testing.T) {
	t.Parallel()
	for name, shift := range map[string]time.Duration{"fast": 10 * time.Minute, "slow": -10 * time.Minute, "right": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := testkit.Database(t)
			testkit.ShiftClock(t, db, shift)
			c := newClock(t, db)
			about(t, c, 0) // nothing is known yet
			measure(t, c)
			about(t, c, shift)
			if skew, known := c.Skew(); !known || (skew+shift).Abs() > 2*time.Second {
				t.Errorf("skew %v (known: %v), want %v", skew, known, -shift)
			}
			err := c.Check(t.Context())
			switch {
			case shift == 0 && err != nil:
				t.Errorf("clocks agree, and the check says %v", err)
			case shift > 0 && (err == nil || !strings.Contains(err.Error(), "behind")):
				t.Errorf("this machine's clock is behind, and the check says %v", err)
			case shift < 0 && (err == nil || !strings.Contains(err.Error(), "ahead of")):
				t.Errorf("this machine's clock is ahead, and the check says %v", err)
			}
		})
	}
}

func TestClockGoesOnWhileTheDatabaseIsUnavailable(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	testkit.ShiftClock(t, db, time.Hour)
	pool, err := pgxpool.NewWithConfig(context.Background(), db.Config())
	if err != nil {
		t.Fatal(err)
	}
	c := newClock(t, pool)
	measure(t, c)
	pool.Close()
	if err := c.Measure(t.Context()); err == nil {
		t.Fatal("a closed pool was measured")
	}
	before := c.Now()
	about(t, c, time.Hour)
	began := time.Now()
	for c.Now().Sub(before) < 20*time.Millisecond {
		if time.Since(began) > 5*time.Second {
			t.Fatalf("%v passed in 5 s", c.Now().Sub(before))
		}
		runtime.Gosched()
	}
}

func TestClockFollowsOneThatIsSet(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	testkit.ShiftClock(t, db, time.Hour)
	c := newClock(t, db)
	measure(t, c)
	before := c.Now()

	testkit.ShiftClock(t, db, time.Hour-700*time.Millisecond)
	measure(t, c)
	if now := c.Now(); now.Before(before) {
		t.Errorf("the clock went back by %v", before.Sub(now))
	}

	testkit.ShiftClock(t, db, -time.Hour)
	measure(t, c)
	about(t, c, -time.Hour)
}
