package testkit

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
)

// FullDisk lets a database run out of disk: while it is full, PostgreSQL has no room for a row that is added to one of the tables, and
// answers 53100 (disk_full). It needs no account of its own and no disk: a statement there adds to a further table as well, whose file is
// /dev/full, so that the kernel answers the server's own write with ENOSPC. The server must be on this machine. fill and free may be called as
// often as needed; the database's address must be a superuser's.
func FullDisk(t testing.TB, db *pgxpool.Pool, tables ...string) (fill, free func()) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	exec := func(sql string) {
		t.Helper()
		if _, err := db.Exec(ctx, sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	exec(`
		CREATE TABLE no_room (filler text);
		CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN INSERT INTO no_room VALUES ('x'); RETURN NULL; END$$`)
	for _, table := range tables {
		exec(fmt.Sprintf(`
			CREATE TRIGGER no_room AFTER INSERT ON %[1]s FOR EACH STATEMENT EXECUTE FUNCTION no_room();
			ALTER TABLE %[1]s DISABLE TRIGGER no_room`, table))
	}
	exec(`CHECKPOINT`) // nothing is left that the server would write to the file
	var folder, file string
	if err := db.QueryRow(ctx, `SELECT current_setting('data_directory'), pg_relation_filepath('no_room')`).Scan(&folder, &file); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, file)
	if err := os.Remove(path); err != nil {
		t.Fatalf("a full disk needs the server's folder: %v", err)
	}
	if err := os.Symlink("/dev/full", path); err != nil {
		t.Fatal(err)
	}
	db.Reset() // sessions keep files open
	each := func(what string) func() {
		return func() {
			t.Helper()
			for _, table := range tables {
				exec(`ALTER TABLE ` + table + ` ` + what + ` TRIGGER no_room`)
			}
		}
	}
	return each("ENABLE"), each("DISABLE")
}
