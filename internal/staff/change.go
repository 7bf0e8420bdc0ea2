package staff

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/password"
	"github.com/askwell/askwell/internal/postgres"
)

// EventKind names what was done about a member of staff.
type EventKind string

// The kinds of event.
const (
	EventAdded       EventKind = "added"
	EventDeactivated EventKind = "deactivated"
	EventActivated   EventKind = "activated"
	EventPasswordSet EventKind = "password_set"
	EventRoleChanged EventKind = "role_changed"
)

// Changes changes members of staff. Each change ends every session of theirs at its next request, also one that is just beginning, and is
// written down with who made it.
type Changes struct {
	DB     postgres.Beginner
	Agency string // whose name no password may be
	By     string // who changes them, such as "root, command line"
}

// SetPassword gives a member another password. Errors: invalid (password), not_found.
func (c Changes) SetPassword(ctx context.Context, id int64, typed string) error {
	return c.change(ctx, "set the password of", id, func(ctx context.Context, tx pgx.Tx, m Member) error {
		if err := password.Fit(typed, m.Email, m.Name, c.Agency); err != nil {
			return err
		}
		hash, err := password.Hash(ctx, typed)
		if err != nil {
			return err
		}
		return c.set(ctx, tx, m, EventPasswordSet, nil, `password_hash = $2`, hash)
	})
}

// Deactivate ends a member's access at once. What they did stays. Deactivated already, nothing changes. Errors: conflict for the last
// administrator, not_found.
func (c Changes) Deactivate(ctx context.Context, id int64) error {
	return c.change(ctx, "deactivate", id, func(ctx context.Context, tx pgx.Tx, m Member) error {
		if m.DeactivatedAt != nil {
			return nil
		}
		if err := othersAdminister(ctx, tx, m); err != nil {
			return err
		}
		return c.set(ctx, tx, m, EventDeactivated, nil, `deactivated_at = now()`)
	})
}

// Activate lets a member sign in again, with the password that they had. Errors: not_found.
func (c Changes) Activate(ctx context.Context, id int64) error {
	return c.change(ctx, "activate", id, func(ctx context.Context, tx pgx.Tx, m Member) error {
		if m.DeactivatedAt == nil {
			return nil
		}
		return c.set(ctx, tx, m, EventActivated, nil, `deactivated_at = NULL`)
	})
}

// SetRole gives a member another role. Errors: invalid (role), conflict for the last administrator, not_found.
func (c Changes) SetRole(ctx context.Context, id int64, role Role) error {
	if !role.Valid() {
		return failure.Invalid("role", "unknown", "Choose agent, supervisor or administrator.")
	}
	return c.change(ctx, "set the role of", id, func(ctx context.Context, tx pgx.Tx, m Member) error {
		if m.Role == role {
			return nil
		}
		if err := othersAdminister(ctx, tx, m); err != nil {
			return err
		}
		return c.set(ctx, tx, m, EventRoleChanged, map[string]Role{"from": m.Role, "to": role}, `role = $2`, role)
	})
}

// change runs fn in one transaction on a member whom nobody else changes meanwhile.
func (c Changes) change(ctx context.Context, what string, id int64, fn func(context.Context, pgx.Tx, Member) error) error {
	err := postgres.InTx(ctx, c.DB, func(tx pgx.Tx) error {
		// The administrators are locked with the member, in one order: of two who deactivate each other at once, one stays.
		_, err := tx.Exec(ctx, `SELECT FROM staff WHERE id = $1 OR role = 'administrator' ORDER BY id FOR UPDATE`, id)
		if err != nil {
			return err
		}
		m, err := Store{DB: tx}.ByID(ctx, id)
		if err != nil {
			return err
		}
		return fn(ctx, tx, m)
	})
	if err != nil {
		return fmt.Errorf("%s member %d: %w", what, id, err)
	}
	return nil
}

func (c Changes) set(ctx context.Context, tx pgx.Tx, m Member, kind EventKind, data map[string]Role, sql string, args ...any) error {
	_, err := tx.Exec(ctx, `UPDATE staff SET epoch = epoch + 1, `+sql+` WHERE id = $1`, append([]any{m.ID}, args...)...)
	if err != nil {
		return err
	}
	return record(ctx, tx, m.ID, kind, c.By, data)
}

func record(ctx context.Context, db postgres.Querier, id int64, kind EventKind, by string, data map[string]Role) error {
	if data == nil {
		data = map[string]Role{}
	}
	text, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("record a change of staff: %w", err)
	}
	who := []rune(by)
	_, err = db.Exec(ctx, `INSERT INTO staff_event (staff_id, kind, by, data) VALUES ($1, $2, $3, $4)`, id, kind, string(who[:min(len(who), 200)]), text)
	if err != nil {
		return fmt.Errorf("record a change of staff: %w", postgres.Failure(err))
	}
	return nil
}

// othersAdminister fails when nobody could administer the desk without this member.
func othersAdminister(ctx context.Context, tx pgx.Tx, m Member) error {
	if m.Role != RoleAdministrator || m.DeactivatedAt != nil {
		return nil
	}
	var others bool
	err := tx.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM staff WHERE role = 'administrator' AND deactivated_at IS NULL AND id <> $1)`, m.ID).Scan(&others)
	if err != nil {
		return err
	}
	if !others {
		return failure.Conflict("This is the last administrator who can sign in. Make somebody else an administrator first.")
	}
	return nil
}
