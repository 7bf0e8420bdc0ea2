package devstack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// oldestPostgres is the first major version Askwell's schema is written for.
const oldestPostgres = 15

// postgresPlaces is where packages put PostgreSQL without adding it to the PATH: Debian, Red Hat, Homebrew on both
// kinds of Mac, Postgres.app.
var postgresPlaces = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/opt/homebrew/opt/postgresql*/bin",
	"/usr/local/opt/postgresql*/bin",
	"/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
}

// ErrNoPostgres says that no PostgreSQL that Askwell can use is installed.
var ErrNoPostgres = fmt.Errorf("PostgreSQL %d or later is not installed: run scripts/setup, or set DATABASE_URL",
	oldestPostgres)

// installation is a PostgreSQL found on this machine.
type installation struct {
	bin   string
	major int
}

func (i installation) program(name string) string { return filepath.Join(i.bin, name) }

var postgresVersion = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// findPostgres returns the installations that are new enough, newest first.
func findPostgres(ctx context.Context, path string) ([]installation, error) {
	folders := filepath.SplitList(path)
	for _, place := range postgresPlaces {
		found, _ := filepath.Glob(place) // fails on a malformed pattern only
		folders = append(folders, found...)
	}
	var all []installation
	seen := map[string]bool{}
	for _, folder := range folders {
		bin, ok := postgresIn(folder)
		if !ok || seen[bin] {
			continue
		}
		seen[bin] = true
		out, err := exec.CommandContext(ctx, filepath.Join(bin, "postgres"), "--version").Output()
		if err != nil {
			continue
		}
		if m := postgresVersion.FindSubmatch(out); m != nil {
			if major, _ := strconv.Atoi(string(m[1])); major >= oldestPostgres {
				all = append(all, installation{bin: bin, major: major})
			}
		}
	}
	if len(all) == 0 {
		return nil, errors.Join(ErrNoPostgres, ctx.Err())
	}
	slices.SortStableFunc(all, func(a, b installation) int { return b.major - a.major })
	return all, nil
}

// postgresIn returns the folder that holds both the server and initdb, following a link in the PATH to where the
// package keeps them.
func postgresIn(folder string) (string, bool) {
	server, err := filepath.EvalSymlinks(filepath.Join(folder, "postgres"))
	if err != nil {
		return "", false
	}
	for _, bin := range []string{filepath.Dir(server), folder} {
		if executable(filepath.Join(bin, "postgres")) && executable(filepath.Join(bin, "initdb")) {
			return bin, true
		}
	}
	return "", false
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0
}

// choosePostgres picks the installation to run on the data folder: the one its data was written with, else the newest.
// Data is never left aside for an empty database because a newer PostgreSQL was installed.
func choosePostgres(dir string, installed []installation) (installation, error) {
	written := writtenMajors(dir)
	for _, major := range written {
		for _, i := range installed {
			if i.major == major {
				return i, nil
			}
		}
	}
	if len(written) > 0 {
		return installation{}, fmt.Errorf("the data in %s was written by PostgreSQL %d, and the newest installed is %d: "+
			"install PostgreSQL %d, or move the data with pg_upgrade", dir, written[0], installed[0].major, written[0])
	}
	return installed[0], nil
}

// writtenMajors lists the versions that have data in dir, newest first.
func writtenMajors(dir string) []int {
	var majors []int
	found, _ := filepath.Glob(filepath.Join(escapeGlob(dir), "postgres-*"))
	for _, path := range found {
		var major int
		var rest string
		if n, _ := fmt.Sscanf(filepath.Base(path), "postgres-%d%s", &major, &rest); n == 1 {
			majors = append(majors, major)
		}
	}
	slices.Sort(majors)
	slices.Reverse(majors)
	return majors
}

var globSpecial = regexp.MustCompile(`[*?\[\\]`)

func escapeGlob(path string) string { return globSpecial.ReplaceAllString(path, `\$0`) }
