package inbound

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/postgres"
)

// holdFor is how long a worker that died still has a mailbox. It is prolonged three times in it; a worker that cannot stops reading.
const holdFor = 30 * time.Second

// hold makes this worker the one that reads the mailbox, unless another one is. It is a row and no lock of a session, which some poolers lose.
func (m *IMAP) hold(ctx context.Context) (bool, error) {
	tag, err := m.desk.DB.Exec(ctx, `
		INSERT INTO inbound_mailbox AS b (name, holder, held_until) VALUES ($1, $2, clock_timestamp() + $3)
		ON CONFLICT (name) DO UPDATE SET holder = $2, held_until = clock_timestamp() + $3
		WHERE b.holder IS NULL OR b.holder = $2 OR b.held_until < clock_timestamp()`, m.Name(), m.holder, holdFor)
	if err != nil {
		return false, fmt.Errorf("hold the mailbox: %w", unavailable(err))
	}
	return tag.RowsAffected() > 0, nil
}

var errNotHeld = errors.New("another worker reads the mailbox")

// holding runs fn for as long as the mailbox is this worker's.
func (m *IMAP) holding(ctx context.Context, fn func(context.Context) error) error {
	reading, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	go func() {
		until := time.Now().Add(holdFor - holdFor/6)
		for {
			wait(reading, holdFor/3)
			if reading.Err() != nil {
				return
			}
			renewing, cancel := context.WithTimeout(reading, holdFor/6)
			held, err := m.hold(renewing)
			cancel()
			switch {
			case err == nil && held:
				until = time.Now().Add(holdFor - holdFor/6)
			case err == nil || time.Now().After(until):
				stop(errNotHeld)
				return
			}
		}
	}()
	err := fn(reading)
	if ctx.Err() != nil {
		m.release(ctx)
		return nil
	}
	if errors.Is(context.Cause(reading), errNotHeld) {
		return nil
	}
	m.release(ctx)
	return err
}

// release lets another worker read at once.
func (m *IMAP) release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_, err := m.desk.DB.Exec(ctx, `UPDATE inbound_mailbox SET holder = NULL, held_until = NULL WHERE name = $1 AND holder = $2`, m.Name(), m.holder)
	if err != nil {
		m.desk.Logger.Debug("mailbox not released", slog.Any("error", err))
	}
}

// report writes down how reading goes.
func (m *IMAP) report(ctx context.Context, waiting int, oldest time.Time, problem error) {
	var at *time.Time
	if !oldest.IsZero() {
		at = &oldest
	}
	fault, detail := FaultOf(problem)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	_, err := m.desk.DB.Exec(ctx, `
		INSERT INTO inbound_mailbox AS b (name, problem, detail, problem_since, waiting, oldest, read_at)
		VALUES ($1, $2, left($3, 500), CASE WHEN $2 <> '' THEN now() END, $4, $5, CASE WHEN $2 = '' THEN now() END)
		ON CONFLICT (name) DO UPDATE SET
			problem = $2, detail = left($3, 500), problem_since = CASE WHEN $2 = '' THEN NULL WHEN b.problem = $2 THEN b.problem_since ELSE now() END,
			waiting = CASE WHEN $2 IN ('', $6) THEN $4 ELSE b.waiting END, oldest = CASE WHEN $2 IN ('', $6) THEN $5 ELSE b.oldest END,
			read_at = CASE WHEN $2 = '' THEN now() ELSE b.read_at END`,
		m.Name(), fault, detail, waiting, at, FaultNotBegun)
	if err != nil {
		m.desk.Logger.Debug("state of the mailbox not recorded", slog.Any("error", err))
	}
}

// begun reports whether mails may be taken from the mailbox; begin says that they are from now on.
func (m *IMAP) begun(ctx context.Context) (bool, error) {
	var at *time.Time
	err := m.desk.DB.QueryRow(ctx, `SELECT begun_at FROM inbound_mailbox WHERE name = $1`, m.Name()).Scan(&at)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for the mailbox: %w", unavailable(err))
	}
	return at != nil, nil
}

func (m *IMAP) begin(ctx context.Context) error {
	_, err := m.desk.DB.Exec(ctx, `
		INSERT INTO inbound_mailbox AS b (name, begun_at) VALUES ($1, now())
		ON CONFLICT (name) DO UPDATE SET begun_at = COALESCE(b.begun_at, now())`, m.Name())
	if err != nil {
		return fmt.Errorf("begin with the mailbox: %w", unavailable(err))
	}
	return nil
}

// Mailbox is how reading a mailbox goes.
type Mailbox struct {
	Name         string
	ReadAt       *time.Time // when it was looked into last, without a problem
	Problem      MailboxFault
	Detail       string // in the server's words
	ProblemSince *time.Time
	Waiting      int // mails in it
	Oldest       *time.Time
}

// Mailboxes tells how reading goes, of every mailbox that was read in the last month.
func Mailboxes(ctx context.Context, db postgres.Querier) ([]Mailbox, error) {
	rows, err := db.Query(ctx, `
		SELECT name, read_at, problem, detail, problem_since, waiting, oldest FROM inbound_mailbox
		WHERE GREATEST(read_at, problem_since, held_until) > now() - interval '30 days'
		ORDER BY name`)
	if err != nil {
		return nil, fmt.Errorf("list mailboxes: %w", postgres.Failure(err))
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[Mailbox])
	if err != nil {
		return nil, fmt.Errorf("list mailboxes: %w", postgres.Failure(err))
	}
	return found, nil
}
