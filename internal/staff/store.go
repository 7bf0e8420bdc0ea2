package staff

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/password"
	"github.com/askwell/askwell/internal/postgres"
)

// Store reads and writes the staff. Its methods work in a transaction when DB is one. Agency is the agency's name, which no
// password may be.
type Store struct {
	DB     postgres.Querier
	Agency string
}

const columns = `id, email, name, role, created_at, deactivated_at, signed_in_at`

// New is somebody who begins to work here. Demo says that this is the demo's staff, who may have the demo's password.
type New struct {
	Email, Name string
	Role        Role
	Password    string
	Demo        bool
	By          string // who adds them, for the record
}

// Add lets somebody sign in. Errors: invalid (email, name, role, password), conflict when the address is taken.
func (s Store) Add(ctx context.Context, n New) (Member, error) {
	n.Email, n.Name = identifier.CleanEmail(n.Email), strings.TrimSpace(n.Name)
	if err := s.validate(n); err != nil {
		return Member{}, err
	}
	hash, err := password.Hash(ctx, n.Password)
	if err != nil {
		return Member{}, fmt.Errorf("add a member of staff: %w", err)
	}
	m, err := s.one(ctx, `
		WITH s AS (
			INSERT INTO staff (email, name, role, password_hash, demo)
			VALUES ($1, $2, $3, $4, $5)
			RETURNING `+columns+`
		), noted AS (
			INSERT INTO staff_event (staff_id, kind, by) SELECT id, 'added', $6 FROM s
		)
		SELECT `+columns+` FROM s`, n.Email, n.Name, n.Role, hash, n.Demo, n.By)
	if failure.Is(err, failure.KindConflict) {
		return Member{}, failure.New(failure.KindConflict, "Somebody has this email address already.", err)
	}
	if err != nil {
		return Member{}, fmt.Errorf("add a member of staff: %w", err)
	}
	return m, nil
}

func (s Store) validate(n New) error {
	var wrong []failure.Field
	if at := strings.LastIndexByte(n.Email, '@'); at < 1 || at == len(n.Email)-1 || len(n.Email) > 254 || strings.ContainsAny(n.Email, " \t\r\n\x00") {
		wrong = append(wrong, failure.Field{Name: "email", Code: "invalid", Text: "Enter an email address like name@example.com."})
	}
	if n.Name == "" || len([]rune(n.Name)) > 128 || strings.ContainsRune(n.Name, 0) {
		wrong = append(wrong, failure.Field{Name: "name", Code: "invalid", Text: "Enter a name of up to 128 characters."})
	}
	if !n.Role.Valid() {
		wrong = append(wrong, failure.Field{Name: "role", Code: "unknown", Text: "Choose agent, supervisor or administrator."})
	}
	if !n.Demo || n.Password != password.Demo {
		wrong = append(wrong, failure.FieldsOf(password.Fit(n.Password, n.Email, n.Name, s.Agency))...)
	}
	return failure.InvalidFields(wrong...)
}

// ByEmail finds a member by address, case aside; not_found when there is none.
func (s Store) ByEmail(ctx context.Context, email string) (Member, error) {
	m, err := s.one(ctx, `SELECT `+columns+` FROM staff WHERE lower(email) = ANY ($1)`, identifier.EmailForms(email))
	if err != nil {
		return Member{}, fmt.Errorf("find a member of staff by email: %w", err)
	}
	return m, nil
}

// Called finds those who are called so: the words of a name, or some of them, accents and case aside. Who has left is found, too.
func (s Store) Called(ctx context.Context, name string) ([]Member, error) {
	words := identifier.NameWords(name)
	if len(words) == 0 {
		return nil, nil
	}
	all, err := s.List(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(m Member) bool {
		own := identifier.NameWords(m.Name)
		return slices.ContainsFunc(words, func(w string) bool { return !slices.Contains(own, w) })
	}), nil
}

// ByID finds a member by row; not_found when there is none.
func (s Store) ByID(ctx context.Context, id int64) (Member, error) {
	m, err := s.one(ctx, `SELECT `+columns+` FROM staff WHERE id = $1`, id)
	if err != nil {
		return Member{}, fmt.Errorf("find member of staff %d: %w", id, err)
	}
	return m, nil
}

// List gives the staff by name, those who left last.
func (s Store) List(ctx context.Context) ([]Member, error) {
	rows, err := s.DB.Query(ctx, `
		SELECT `+columns+`
		FROM staff
		ORDER BY deactivated_at IS NOT NULL, lower(name), id`)
	if err != nil {
		return nil, fmt.Errorf("list staff: %w", postgres.Failure(err))
	}
	members, err := pgx.CollectRows(rows, pgx.RowToStructByName[Member])
	if err != nil {
		return nil, fmt.Errorf("list staff: %w", postgres.Failure(err))
	}
	return members, nil
}

// Stamped is a member with what their sessions are bound to: it changes with the password, with the role, and when they leave.
type Stamped struct {
	Member
	Stamp string
}

const stamp = `encode(substr(sha256(convert_to(password_hash || CASE WHEN epoch > 0 THEN '/' || epoch ELSE '' END, 'UTF8')), 1, 12), 'hex') AS stamp`

// ForSession reads the member behind a session; not_found when they have left.
func (s Store) ForSession(ctx context.Context, id int64) (Stamped, error) {
	return s.stamped(ctx, `SELECT `+columns+`, `+stamp+` FROM staff WHERE id = $1 AND deactivated_at IS NULL`, id)
}

func (s Store) stamped(ctx context.Context, sql string, args ...any) (Stamped, error) {
	rows, err := s.DB.Query(ctx, sql, args...)
	if err != nil {
		return Stamped{}, fmt.Errorf("read the member of a session: %w", postgres.Failure(err))
	}
	m, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Stamped])
	if err != nil {
		return Stamped{}, fmt.Errorf("read the member of a session: %w", postgres.Failure(err))
	}
	return m, nil
}

func (s Store) one(ctx context.Context, sql string, args ...any) (Member, error) {
	rows, err := s.DB.Query(ctx, sql, args...)
	if err != nil {
		return Member{}, postgres.Failure(err)
	}
	m, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Member])
	return m, postgres.Failure(err)
}
