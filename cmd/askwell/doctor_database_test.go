package main

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/testkit"
)

// The doctor finds in a real database what an operator does to one.
func TestDoctorLooksIntoTheDatabase(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sql  string // %[1]s is the role, %[2]s the database
		env  string
		want string
	}{
		"as it should be":                 {"", "DATABASE_MAX_CONNS=10", "ok    PostgreSQL"},
		"unaccent out of the search path": {`CREATE SCHEMA elsewhere; ALTER EXTENSION unaccent SET SCHEMA elsewhere`, "", "FAIL  PostgreSQL   Something that Askwell calls is not there, or lies outside the search path"},
		"a small role":                    {`ALTER ROLE %[1]s CONNECTION LIMIT 15`, "DATABASE_MAX_CONNS=20", "One process takes up to 20 connections (DATABASE_MAX_CONNS), and the role's CONNECTION LIMIT allows 15"},
		"a role for one process":          {`ALTER ROLE %[1]s CONNECTION LIMIT 30`, "DATABASE_MAX_CONNS=20", "WARN  PostgreSQL   One process takes up to 20 connections"},
		"a small database":                {`ALTER DATABASE %[2]s CONNECTION LIMIT 12`, "DATABASE_MAX_CONNS=20", "the database's CONNECTION LIMIT allows 12"},
		"a table that is gone":            {`DROP TABLE readiness`, "", "FAIL  PostgreSQL   The schema is not that of this version"},
		"a right that was taken":          {`REVOKE INSERT ON ticket FROM %[1]s`, "", "FAIL  PostgreSQL   The role in DATABASE_URL may not do what Askwell does"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := testkit.Database(t)
			role, address := ownRole(t, db.Config().ConnString(), name)
			if c.sql != "" {
				sql := c.sql
				if strings.Contains(sql, "%[") {
					sql = fmt.Sprintf(sql+"%.0[1]s%.0[2]s", role, pgx.Identifier{db.Config().ConnConfig.Database}.Sanitize())
				}
				if _, err := db.Exec(t.Context(), sql); err != nil {
					t.Fatal(err)
				}
			}
			doctor(t, []string{"DATABASE_URL=" + address, c.env}, c.want)
		})
	}
}

// ownRole makes a role that may work with the tables, and gives its name and the database's address for it.
func ownRole(t *testing.T, address, name string) (role, own string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	plain := strings.ReplaceAll(name, " ", "_") + "_" + strings.TrimPrefix(u.Path, "/")
	role = pgx.Identifier{plain}.Sanitize()
	for _, sql := range []string{
		`CREATE ROLE ` + role + ` LOGIN PASSWORD 'secret'`,
		`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ` + role,
		`GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO ` + role,
	} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		conn, err := pgx.Connect(t.Context(), address)
		if err == nil {
			_, _ = conn.Exec(t.Context(), `DROP OWNED BY `+role+`; DROP ROLE `+role)
			_ = conn.Close(t.Context())
		}
	})
	u.User = url.UserPassword(plain, "secret")
	return role, u.String()
}
