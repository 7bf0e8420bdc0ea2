package postgres

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	clockEvery  = 3 * time.Second // between two measurements
	clockWithin = 2 * time.Second // for one
	// clockHold is the longest that Now stands still when the database's clock was put back; beyond, it goes back too.
	clockHold = time.Second
)

// MaxSkew is how far the clock of a machine may be from the database's before somebody should be told.
const MaxSkew = 5 * time.Second

// Clock tells the time of the database's clock, so that processes on machines whose clocks differ agree about what is due and what has
// expired, with each other and with the now() of a statement. Between two measurements it runs by this machine's monotonic clock, and it
// goes on with the last offset while the database is unavailable; before the first measurement it tells this machine's time. Safe for
// concurrent use.
type Clock struct {
	db    *pgxpool.Pool
	log   *slog.Logger
	start time.Time // with its monotonic reading: a clock of this machine that is set later does not move ours

	mu     sync.Mutex
	offset time.Duration // the database's clock less (start + what has passed since)
	known  bool
	last   time.Time
}

// NewClock makes a Clock. It knows the database's time once Measure has succeeded; Run keeps it right.
func NewClock(db *pgxpool.Pool, log *slog.Logger) *Clock {
	return &Clock{db: db, log: log, start: time.Now()}
}

// Now is the time of the database's clock, in UTC. It stands still for up to a second rather than go back; only when the database's own clock was
// put back by more does it follow.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.at(time.Since(c.start))
	if back := c.last.Sub(now); back > 0 && back <= clockHold {
		return c.last
	}
	c.last = now
	return now
}

// at is the database's time when a while has passed since start.
func (c *Clock) at(passed time.Duration) time.Time {
	return c.start.Round(0).Add(passed + c.offset).UTC()
}

// Skew is how far this machine's clock is ahead of the database's, negative when it is behind, and whether that is known.
func (c *Clock) Skew() (time.Duration, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Round(0).Sub(c.at(time.Since(c.start))), c.known
}

// Check says what is wrong when this machine's clock is more than MaxSkew from the database's. It asks nothing of the database.
func (c *Clock) Check(context.Context) error {
	if skew, known := c.Skew(); known {
		return SkewError(skew)
	}
	return nil
}

// SkewError says what is wrong with a clock that is this far ahead of the database's; nil up to MaxSkew.
func SkewError(skew time.Duration) error {
	how := "ahead of"
	if skew < 0 {
		how, skew = "behind", -skew
	}
	if skew <= MaxSkew {
		return nil
	}
	return fmt.Errorf("this machine's clock is %s %s the database's: set both by a time server (NTP)", skew.Round(100*time.Millisecond), how)
}

// Measure compares the clocks once. It takes the moment half-way through a round trip, and keeps the offset that it has as long as the
// measurement is no more exact than to agree with it, so that a busy network does not make the clock tremble.
func (c *Clock) Measure(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, clockWithin)
	defer cancel()
	conn, err := c.db.Acquire(ctx) // before the first look at the clock: waiting for a connection is no part of the round trip
	if err != nil {
		return fmt.Errorf("measure the database's clock: %w", Failure(err))
	}
	defer conn.Release()
	var there time.Time
	asked := time.Since(c.start)
	if err := conn.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&there); err != nil {
		return fmt.Errorf("measure the database's clock: %w", Failure(err))
	}
	answered := time.Since(c.start)
	c.adjust(there, asked, answered)
	return nil
}

// adjust takes in that the database's clock said there at a moment between asked and answered, both since start.
func (c *Clock) adjust(there time.Time, asked, answered time.Duration) {
	half := (answered - asked) / 2
	c.mu.Lock()
	defer c.mu.Unlock()
	found := there.Sub(c.start.Round(0)) - (asked + half)
	moved := found - c.offset
	if c.known && moved.Abs() <= half {
		return
	}
	if c.known && moved.Abs() > clockHold {
		c.log.Warn("the database's clock was set", slog.Duration("moved", moved))
	}
	c.offset, c.known = found, true
}

// Run measures every few seconds until the context ends.
func (c *Clock) Run(ctx context.Context) {
	tick := time.NewTicker(clockEvery)
	defer tick.Stop()
	told := false
	for {
		if err := c.Measure(ctx); err == nil {
			err = c.Check(ctx)
			if err != nil && !told {
				c.log.Warn("clocks differ", slog.Any("error", err))
			}
			told = err != nil
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
