package migrations_test

import (
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/migrations"
)

func TestUpTwiceAndAtOnce(t *testing.T) {
	t.Parallel()
	address := testkit.EmptyDatabaseURL(t)
	if before, err := migrations.Read(t.Context(), address); err != nil || before.Current != 0 || before.Latest < 1 {
		t.Fatalf("an empty database is at %+v (%v)", before, err)
	}
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if _, err := migrations.Up(t.Context(), address); err != nil {
				t.Errorf("up: %v", err)
			}
		})
	}
	wg.Wait()
	state, err := migrations.Up(t.Context(), address)
	if err != nil || state.Current != state.Latest || len(state.Applied) != 0 {
		t.Errorf("afterwards: %+v (%v)", state, err)
	}
}

// A database that cannot hold every name is refused before anything is made in it.
func TestUpRefusesAnotherEncoding(t *testing.T) {
	t.Parallel()
	address := testkit.EmptyDatabaseURL(t)
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for _, encoding := range []string{"LATIN1", "SQL_ASCII"} {
		name := conn.Config().Database + "_" + strings.ToLower(encoding)
		quoted := pgx.Identifier{name}.Sanitize()
		if _, err := conn.Exec(t.Context(), `CREATE DATABASE `+quoted+` ENCODING '`+encoding+`' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`); err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		u.Path = "/" + name
		if _, err := migrations.Up(t.Context(), u.String()); err == nil || !strings.Contains(err.Error(), encoding) || !strings.Contains(err.Error(), "ENCODING 'UTF8'") {
			t.Errorf("%s: %v", encoding, err)
		}
		if _, err := conn.Exec(t.Context(), `DROP DATABASE `+quoted); err != nil {
			t.Error(err)
		}
	}
}
