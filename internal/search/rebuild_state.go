package search

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/postgres"
)

// building is what PostgreSQL knows of a rebuild. Run is 0 when none is under way or was left half-way.
type building struct {
	Run        int64
	Version    int   // of the new indexes
	TicketsTo  int64 // rows up to this ID are in the new index
	AccountsTo int64
}

func (b building) to(i indexed) int64 {
	if i.kind == "account" {
		return b.AccountsTo
	}
	return b.TicketsTo
}

// inTurn runs fn while no other process rebuilds this desk's indexes. waiting is called when somebody else has the turn.
//
// The turn is a lock of turn's session. What decides anything is done on that connection: who has lost it has lost the turn.
func (e *Engine) inTurn(ctx context.Context, waiting func(), fn func(turn *pgxpool.Conn) error) error {
	const key = `(hashtextextended('askwell search rebuild ' || $1, 0))`
	turn, err := e.session(ctx)
	if err != nil {
		return fmt.Errorf("take turns to rebuild: %w", err)
	}
	defer turn.Release()
	var mine bool
	if err := turn.QueryRow(ctx, `SELECT pg_try_advisory_lock`+key, e.prefix).Scan(&mine); err != nil {
		return fmt.Errorf("take turns to rebuild: %w", postgres.Failure(err))
	}
	if !mine {
		waiting()
		if _, err := turn.Exec(ctx, `SELECT pg_advisory_lock`+key, e.prefix); err != nil {
			return fmt.Errorf("take turns to rebuild: %w", postgres.Failure(err))
		}
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if _, err := turn.Exec(ctx, `SELECT pg_advisory_unlock`+key, e.prefix); err != nil {
			_ = turn.Conn().Close(ctx) // the lock ends with its session
		}
	}()
	return fn(turn)
}

// building reads the rebuild that is under way, if one is.
func (e *Engine) building(ctx context.Context, db postgres.Querier) (b building, err error) {
	err = db.QueryRow(ctx, `
		SELECT run, run_version, tickets_to, accounts_to
		FROM search_index
		WHERE prefix = $1 AND run IS NOT NULL`, e.prefix).Scan(&b.Run, &b.Version, &b.TicketsTo, &b.AccountsTo)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return b, fmt.Errorf("see how far the new indexes are: %w", postgres.Failure(err))
	}
	return b, nil
}

// announce says that new indexes are being built: from its commit on, writers note what they send.
func (e *Engine) announce(ctx context.Context, turn *pgxpool.Conn, run int64) (building, error) {
	b := building{Run: run, Version: settingsVersion}
	return b, postgres.InTx(ctx, turn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM search_change WHERE prefix = $1`, e.prefix); err != nil {
			return fmt.Errorf("announce new indexes: %w", err)
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO search_index (prefix, run, run_version) VALUES ($1, $2, $3)
			ON CONFLICT (prefix) DO UPDATE SET run = $2, run_version = $3, tickets_to = 0, accounts_to = 0`, e.prefix, b.Run, b.Version)
		if err != nil {
			return fmt.Errorf("announce new indexes: %w", err)
		}
		return nil
	})
}

// keep says that the rows up to an ID are in the new index.
func (e *Engine) keep(ctx context.Context, turn *pgxpool.Conn, b building, i indexed, upTo int64) error {
	tag, err := turn.Exec(ctx, `UPDATE search_index SET `+i.kind+`s_to = $3 WHERE prefix = $1 AND run = $2`, e.prefix, b.Run, upTo)
	if err == nil && tag.RowsAffected() == 0 {
		err = errors.New("another process has begun anew")
	}
	if err != nil {
		return fmt.Errorf("keep how far the new indexes are: %w", postgres.Failure(err))
	}
	return nil
}

// inUse says which version the indexes in use are of, and that no others are being built.
func (e *Engine) inUse(ctx context.Context, db postgres.Querier, version int) error {
	_, err := db.Exec(ctx, `
		INSERT INTO search_index (prefix, version) VALUES ($1, $2)
		ON CONFLICT (prefix) DO UPDATE SET version = $2, run = NULL, run_version = NULL`, e.prefix, version)
	if err != nil {
		return fmt.Errorf("say which indexes are in use: %w", postgres.Failure(err))
	}
	return nil
}

// note keeps, while new indexes are being built, what is about to be sent to those in use. The caller holds the index's lock
// until it has sent. Errors: unavailable when the indexes in use are of a later version: its workers do what
// this one cannot, for documents have another form there.
func (e *Engine) note(ctx context.Context, tx postgres.Querier, i indexed, ids []int64) error {
	var version int
	err := tx.QueryRow(ctx, `
		WITH noted AS (
			INSERT INTO search_change (prefix, kind, id)
			SELECT prefix, $2, unnest($3::bigint[])
			FROM search_index
			WHERE prefix = $1 AND run IS NOT NULL
			ON CONFLICT DO NOTHING
		)
		SELECT COALESCE((SELECT version FROM search_index WHERE prefix = $1), 0)`, e.prefix, i.kind, ids).Scan(&version)
	if err != nil {
		return fmt.Errorf("note what changed: %w", postgres.Failure(err))
	}
	if version > settingsVersion {
		return failure.Unavailable("Search is being upgraded.",
			fmt.Errorf("the indexes are of version %d, this process writes version %d", version, settingsVersion))
	}
	return nil
}

// noted reads up to limit of what changed.
func (e *Engine) noted(ctx context.Context, db postgres.Querier, i indexed, limit int) ([]int64, error) {
	rows, err := db.Query(ctx, `
		SELECT id FROM search_change WHERE prefix = $1 AND kind = $2 ORDER BY id LIMIT $3`, e.prefix, i.kind, limit)
	if err != nil {
		return nil, fmt.Errorf("see what changed: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("see what changed: %w", err)
	}
	return ids, nil
}

// forgetNoted takes away what was sent.
func (e *Engine) forgetNoted(ctx context.Context, db postgres.Querier, i indexed, ids []int64) error {
	_, err := db.Exec(ctx, `DELETE FROM search_change WHERE prefix = $1 AND kind = $2 AND id = ANY ($3)`, e.prefix, i.kind, ids)
	if err != nil {
		return fmt.Errorf("forget what was sent: %w", err)
	}
	return nil
}
