package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/postgres"
	"github.com/askwell/askwell/internal/search"
)

// tool runs one of PostgreSQL's programs to its end.
func tool(t *testing.T, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

// as is the database's address for another role, and another database when one is named.
func (s *split) as(role, database string) string {
	s.t.Helper()
	u, err := url.Parse(s.postgres.URL())
	s.must(err)
	if role != "" {
		u.User = url.UserPassword(role, role+" password")
	}
	if database != "" {
		u.Path = "/" + database
	}
	return u.String()
}

// giveRoles runs the script of docs/operators.md on a database.
func (s *split) giveRoles(database string) {
	s.t.Helper()
	tool(s.t, "psql", "-X", "-q", "-d", s.as("", database), "-v", "owner_password=askwell_owner password", "-v", "rows_password=askwell_rows password",
		"-f", filepath.Join("..", "..", "scripts", "roles.sql"))
}

// TestTwoRolesAndARestoreByTheBook runs web and worker under the role that only reads and writes rows, backs everything up, and restores it
// into an empty database and an empty folder, step by step as docs/operators.md says.
func TestTwoRolesAndARestoreByTheBook(t *testing.T) {
	t.Parallel()
	s := startSplit(t) // migrated by a superuser, as older versions were
	s.giveRoles("")
	s.giveRoles("") // a second time changes nothing
	key, err := search.GrantKey(t.Context(), s.search.URL(), searchKey, "")
	s.must(err)
	s.env = append(s.env, "MEILI_KEY="+key)
	s.env = append(s.env, "DATABASE_URL="+s.as("askwell_rows", ""))
	web, worker := s.serve(), start(t, s.env, "work")
	got := newAcknowledged()
	s.send("rows", 8, "", unknownNumber, got)
	s.whole(got, "unmatched")
	if err := s.readiness(200, ""); err != nil {
		t.Error(err)
	}
	conn, err := pgx.Connect(t.Context(), s.as("askwell_rows", ""))
	s.must(err)
	defer conn.Close(context.Background())
	for _, refused := range []string{`CREATE TABLE x (y int)`, `DROP TABLE ticket`, `ALTER TABLE ticket ADD x int`, `TRUNCATE ticket`, `ALTER ROLE askwell_rows SUPERUSER`, `SET ROLE askwell_owner`} {
		if _, err := conn.Exec(t.Context(), refused); err == nil {
			t.Errorf("the role of serve and work may %s", refused)
		}
	}

	// The backup: the database first, then the files.
	dump := filepath.Join(t.TempDir(), "askwell.dump")
	tool(t, "pg_dump", "-Fc", "-f", dump, "-d", s.as("askwell_owner", ""))
	files := filepath.Join(s.dir, "files")
	tool(t, "cp", "-a", files, files+".backup")
	for _, p := range []*process{web, worker} {
		p.signal(syscall.SIGTERM)
		if !p.ended(time.Minute) {
			t.Fatal("it does not stop")
		}
	}
	s.must(os.RemoveAll(files))

	// The restore.
	tool(t, "psql", "-X", "-q", "-d", s.as("", ""), "-c", "CREATE DATABASE restored ENCODING 'UTF8' TEMPLATE template0")
	s.giveRoles("restored")
	tool(t, "pg_restore", "--no-owner", "--role=askwell_owner", "--exit-on-error", "-d", s.as("", "restored"), dump)
	tool(t, "cp", "-a", files+".backup", files)
	owner := append(slices.Clone(s.env), "DATABASE_URL="+s.as("askwell_owner", "restored"))
	s.env = append(s.env, "DATABASE_URL="+s.as("askwell_rows", "restored"))
	printed := map[string]string{
		"migrate": runCommand(t, owner, "", "migrate"), "reindex": runCommand(t, s.env, "", "reindex", "--restart"),
	}
	start(t, s.env, "work")
	eventually(t, time.Minute, func() error { // the worker compares database and files at its start
		if printed["release"] = runCommand(t, s.env, "", "mail", "release"); !strings.Contains(printed["release"], "mail goes out") {
			return fmt.Errorf("mail release printed %s", printed["release"])
		}
		return nil
	})
	printed["doctor"] = runCommand(t, s.env, "", "doctor")
	t.Log(printed)
	if strings.Contains(printed["doctor"], "FAIL") {
		t.Errorf("doctor:\n%s", printed["doctor"])
	}
	s.db.Close()
	if s.db, err = postgres.Open(context.Background(), s.as("", "restored"), 4); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.db.Close)
	s.serve()
	s.whole(got, "unmatched")
	s.send("after", 2, "", unknownNumber, got)
	s.whole(got, "unmatched")
}

// TestImagesArePinned holds every image of docker-compose.yml, and every one that the Dockerfile builds on, to a full version.
func TestImagesArePinned(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "docker-compose.yml"))
	if err != nil {
		t.Fatal(err)
	}
	images := regexp.MustCompile(`(?m)^\s*image: (\S+)`).FindAllStringSubmatch(string(text), -1)
	if len(images) < 6 {
		t.Fatalf("only %d images were found", len(images))
	}
	full := regexp.MustCompile(`:v?[0-9]+\.[0-9]+(\.[0-9]+)?$`)
	for _, image := range images {
		if !strings.HasPrefix(image[1], "askwell:") && !full.MatchString(image[1]) {
			t.Errorf("%s is no full version", image[1])
		}
	}
	build, err := os.ReadFile(filepath.Join("..", "..", "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	bases := regexp.MustCompile(`(?m)^FROM (\S+)`).FindAllStringSubmatch(string(build), -1)
	if len(bases) < 3 {
		t.Fatalf("only %d base images were found", len(bases))
	}
	release := regexp.MustCompile(`:[0-9]+\.[0-9]+(\.[0-9]+)?(-[a-z]+)*$`)
	for _, base := range bases {
		if whole := strings.Count(base[1], ".") >= 2 || strings.HasPrefix(base[1], "debian:"); !release.MatchString(base[1]) || !whole {
			t.Errorf("%s is no full version", base[1])
		}
	}
}
