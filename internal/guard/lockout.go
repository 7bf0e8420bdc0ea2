package guard

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/postgres"
)

// limit is how many failures in how long close the door until the oldest of them is old enough.
type limit struct {
	failures int
	within   time.Duration
	counts   string // which failures, as SQL over the try's arguments
}

// knownDevice holds for a browser that has signed in to the account before: only its own failures count, so nobody else can
// lock it out.
var knownDevice = []limit{
	{failures: 10, within: 15 * time.Minute, counts: `account_hash = ANY (@account) AND device = @device`},
}

// strangers hold for every other browser. The last one slows down guessing from many networks at once; it cannot keep the
// account's owner out of the browsers that they use.
var strangers = []limit{
	{failures: 5, within: 15 * time.Minute, counts: `email_hash = ANY (@typed) AND network = @network AND device IS NULL`},
	{failures: 50, within: 15 * time.Minute, counts: `network = @network AND device IS NULL`},
	{failures: 100, within: time.Hour, counts: `email_hash = ANY (@typed) AND device IS NULL`},
}

// silent hold for strangers too, over all names of an account. They lock nothing that could be seen: what is typed is refused even when it
// is right. Where an account has been tried by one name alone, strangers lock first.
var silent = []limit{
	{failures: 5, within: 15 * time.Minute, counts: `account_hash = ANY (@account) AND network = @network AND device IS NULL`},
	{failures: 100, within: time.Hour, counts: `account_hash = ANY (@account) AND device IS NULL`},
}

// Locked says when to try again. Its kind is too_many_tries.
type Locked struct {
	Until time.Time
	cause error
}

func locked(until time.Time) error {
	return &Locked{Until: until, cause: failure.New(failure.KindTooManyTries, "Too many tries failed. Wait, then try again.", nil)}
}

func (l *Locked) Error() string {
	return "locked until " + l.Until.Format(time.RFC3339) + ": " + l.cause.Error()
}

// Unwrap gives the failure.
func (l *Locked) Unwrap() error { return l.cause }

// record writes the try down as failed, or says that it comes too soon. Tries on one account or from one network queue up
// here, each seeing the ones before.
func (g *Guard) record(ctx context.Context, t *Try) (id int64, err error) {
	err = postgres.InTx(ctx, g.db, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			SELECT pg_advisory_xact_lock(k)
			FROM (VALUES (hashtextextended(encode($1::bytea, 'hex'), 0)), (hashtextextended(encode($2::bytea, 'hex'), 0)),
				(hashtextextended($3::inet::text, 1))) AS keys (k)
			ORDER BY k`, t.typed[0], t.account[0], t.network)
		if err != nil {
			return fmt.Errorf("queue up: %w", err)
		}
		limits := strangers
		if t.device != nil {
			limits = knownDevice
		}
		for _, l := range limits {
			if err := l.check(ctx, tx, t); err != nil {
				return err
			}
		}
		counted := t.account
		if t.device == nil {
			for _, l := range silent {
				var full *Locked
				if err := l.check(ctx, tx, t); errors.As(err, &full) {
					t.refused, counted = true, t.typed // as a lock that can be seen, it does not make itself longer
				} else if err != nil {
					return err
				}
			}
		}
		return tx.QueryRow(ctx, `
			INSERT INTO sign_in_failure (email_hash, account_hash, network, device, failed_at) VALUES ($1, $2, $3, $4, $5)
			RETURNING id`, t.typed[0], counted[0], t.network, t.device, t.at).Scan(&id)
	})
	return id, err
}

// check finds the failure that must leave the window before the next try.
func (l limit) check(ctx context.Context, tx pgx.Tx, t *Try) error {
	var oldest time.Time
	err := tx.QueryRow(ctx, `
		SELECT failed_at
		FROM sign_in_failure
		WHERE `+l.counts+` AND failed_at > @since
		ORDER BY failed_at DESC
		OFFSET @before
		LIMIT 1`, pgx.NamedArgs{
		"typed": t.typed, "account": t.account, "network": t.network, "device": t.device, "since": t.at.Add(-l.within), "before": l.failures - 1,
	}).Scan(&oldest)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("count failures: %w", err)
	}
	return locked(oldest.Add(l.within))
}
