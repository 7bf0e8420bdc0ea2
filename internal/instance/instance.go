// Package instance tells a desk from others, and from a copy of it that must not write to anybody.
package instance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/postgres"
)

// ID is the desk's, made with its database. A copy of the database has the same.
func ID(ctx context.Context, db postgres.Querier) (id uuid.UUID, err error) {
	if err := db.QueryRow(ctx, `SELECT id FROM desk`).Scan(&id); err != nil {
		return id, fmt.Errorf("read the desk's ID: %w", postgres.Failure(err))
	}
	return id, nil
}

// Reason says why mail is held.
type Reason string

// The reasons.
const (
	NotHeld       Reason = ""
	HeldOtherSet  Reason = "other_files"   // the files belong to another database, or are gone
	HeldOlder     Reason = "older"         // the database is older than what was seen beside the files
	HeldElsewhere Reason = "other_cluster" // the database has moved to another server, as a dump does
)

// Held is whether mail is held, and since when.
type Held struct {
	Reason Reason
	Since  time.Time
}

// MailHeld tells whether mail is held.
func MailHeld(ctx context.Context, db postgres.Querier) (h Held, err error) {
	var since *time.Time
	if err := db.QueryRow(ctx, `SELECT mail_held_since, mail_held_for FROM desk`).Scan(&since, &h.Reason); err != nil {
		return h, fmt.Errorf("ask whether mail is held: %w", postgres.Failure(err))
	}
	if since == nil {
		return Held{}, nil
	}
	h.Since = *since
	return h, nil
}

// Release ends the hold: this database is the desk's from now on, with the files that stand beside it. For administrators.
func Release(ctx context.Context, db postgres.Querier) error {
	if _, err := db.Exec(ctx, `UPDATE desk SET mark = NULL, mail_held_since = NULL, mail_held_for = ''`); err != nil {
		return fmt.Errorf("release held mail: %w", postgres.Failure(err))
	}
	return nil
}

// fileName is where a desk notes beside its files which database they belong to, and how far that was.
const fileName = ".askwell-desk.json"

// ErrNotNoted says that the desk was compared, and that its note could not be written beside its files.
var ErrNotNoted = errors.New("the note beside the files was not written")

// note is what stands there.
type note struct {
	Desk     uuid.UUID `json:"desk"`
	Mark     uuid.UUID `json:"mark"`
	Cluster  string    `json:"cluster"`  // of PostgreSQL, and the database in it; "" where that may not be read
	Event    int64     `json:"event"`    // the newest of the tickets' history
	Answered int64     `json:"answered"` // and of the messages
}

// Guard compares the database with what was noted beside the files, holds the mail when they do not belong together, and notes how far the database is.
// Called by the worker, at its start and every minute. A desk that was never noted is noted: a new one, and one of an older version.
func Guard(ctx context.Context, db postgres.Beginner, filesDir string) (held Held, err error) {
	err = postgres.InTx(ctx, db, func(tx pgx.Tx) error {
		var now note
		var mark *uuid.UUID
		var since *time.Time
		err := tx.QueryRow(ctx, `
			SELECT id, mark, mail_held_since, mail_held_for, COALESCE((SELECT max(id) FROM ticket_event), 0), COALESCE((SELECT max(id) FROM message), 0)
			FROM desk
			FOR UPDATE`).Scan(&now.Desk, &mark, &since, &held.Reason, &now.Event, &now.Answered)
		if err != nil {
			return err
		}
		if since != nil {
			held.Since = *since
			return nil
		}
		now.Cluster = cluster(ctx, tx)
		if mark == nil {
			now.Mark = uuid.New()
			if _, err := tx.Exec(ctx, `UPDATE desk SET mark = $1`, now.Mark); err != nil {
				return err
			}
			return write(filesDir, now)
		}
		now.Mark = *mark
		if held.Reason = compare(filesDir, now); held.Reason == NotHeld {
			return write(filesDir, now)
		}
		return tx.QueryRow(ctx, `UPDATE desk SET mail_held_since = now(), mail_held_for = $1 RETURNING mail_held_since`, held.Reason).Scan(&held.Since)
	})
	if err != nil {
		return Held{}, fmt.Errorf("compare the desk with its files: %w", err)
	}
	return held, nil
}

// compare says why the database is not the one whose note stands beside the files. A note that cannot be read for another reason than that it is not
// there is no reason: the files may be unavailable for a while.
func compare(filesDir string, now note) Reason {
	content, err := os.ReadFile(filepath.Join(filesDir, fileName))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(filesDir); err != nil {
			return NotHeld
		}
		return HeldOtherSet
	}
	if err != nil {
		return NotHeld
	}
	var before note
	switch err := json.Unmarshal(content, &before); {
	case err != nil, before.Mark != now.Mark, before.Desk != now.Desk:
		return HeldOtherSet
	case before.Event > now.Event || before.Answered > now.Answered:
		return HeldOlder
	case before.Cluster != "" && now.Cluster != "" && before.Cluster != now.Cluster:
		return HeldElsewhere
	}
	return NotHeld
}

// write replaces the note. Files that cannot be written are told of by readiness; the next minute tries again.
func write(filesDir string, n note) error {
	content, err := json.Marshal(n)
	if err != nil {
		return err
	}
	path := filepath.Join(filesDir, fileName)
	part, err := os.CreateTemp(filesDir, fileName+".*")
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotNoted, err)
	}
	_, err = part.Write(content)
	if err = errors.Join(err, part.Close()); err == nil {
		err = os.Rename(part.Name(), path)
	}
	if err != nil {
		_ = os.Remove(part.Name())
		return fmt.Errorf("%w: %w", ErrNotNoted, err)
	}
	return nil
}

// cluster names PostgreSQL's data and the database in it: a standby that is promoted has the same, a dump that is restored another. "" where the role
// may not ask.
func cluster(ctx context.Context, tx pgx.Tx) string {
	var name string
	inner, err := tx.Begin(ctx) // a refusal must not spoil the transaction
	if err != nil {
		return ""
	}
	defer inner.Rollback(ctx) //nolint:errcheck // it only reads
	err = inner.QueryRow(ctx, `
		SELECT (SELECT system_identifier FROM pg_control_system())::text || '/' || (SELECT oid FROM pg_database WHERE datname = current_database())`).Scan(&name)
	if err != nil {
		return ""
	}
	return name
}

// QueuePrefix keeps the desk's task queues apart from those of others on one Redis.
func QueuePrefix(id uuid.UUID) string { return strings.SplitN(id.String(), "-", 2)[0] + "-" }
