package devstack

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDefaultFolder(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		system string
		uid    int
		env    map[string]string
		want   string // "" for an error
	}{
		"root":                {"linux", 0, map[string]string{"HOME": "/root"}, "/var/lib/askwell"},
		"XDG":                 {"linux", 1000, map[string]string{"HOME": "/home/a", "XDG_DATA_HOME": "/data"}, "/data/askwell"},
		"relative XDG":        {"linux", 1000, map[string]string{"HOME": "/home/a", "XDG_DATA_HOME": "data"}, "/home/a/.local/share/askwell"},
		"home":                {"linux", 1000, map[string]string{"HOME": "/home/a"}, "/home/a/.local/share/askwell"},
		"Mac":                 {"darwin", 501, map[string]string{"HOME": "/Users/a"}, "/Users/a/Library/Application Support/askwell"},
		"no home to speak of": {"linux", 1000, nil, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := defaultFolder(c.system, c.uid, func(key string) string { return c.env[key] })
			if got != c.want || (err != nil) != (c.want == "") {
				t.Errorf("got %q, %v, want %q", got, err, c.want)
			}
		})
	}
}

func TestChoosePostgres(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		written   []string
		installed []int
		want      int
		wantErr   string
	}{
		"newest for a new folder":     {nil, []int{17, 15}, 17, ""},
		"that of the data":            {[]string{"postgres-15"}, []int{17, 15}, 15, ""},
		"newest data":                 {[]string{"postgres-15", "postgres-16"}, []int{17, 16, 15}, 16, ""},
		"unfinished data is no data":  {[]string{"postgres-15.new"}, []int{17, 15}, 17, ""},
		"other files are no data":     {[]string{"postgres-backup", "postgres.lock"}, []int{17}, 17, ""},
		"data of one not installed":   {[]string{"postgres-15"}, []int{17}, 0, "install PostgreSQL 15"},
		"older data of one installed": {[]string{"postgres-15", "postgres-18"}, []int{17, 15}, 15, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "a[b]*") // a folder's name is not a pattern
			for _, name := range c.written {
				if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			var installed []installation
			for _, major := range c.installed {
				installed = append(installed, installation{major: major})
			}
			got, err := choosePostgres(dir, installed)
			if got.major != c.want {
				t.Errorf("chose %d (%v), want %d", got.major, err, c.want)
			}
			if c.wantErr != "" && (err == nil || !strings.Contains(err.Error(), c.wantErr)) {
				t.Errorf("error %v, want one with %q", err, c.wantErr)
			}
		})
	}
}

// fakeProgram makes a program that prints the text.
func fakeProgram(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("#!/bin/sh\necho '"+text+"'\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

func TestFindPostgres(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	var path []string
	for folder, version := range map[string]string{
		"old": "postgres (PostgreSQL) 9.6.24", "ninety": "postgres (PostgreSQL) 90beta1 (Debian 90~beta1-1)",
		"forty": "postgres (PostgreSQL) 40.3", "other": "something else",
	} {
		fakeProgram(t, filepath.Join(root, folder, "postgres"), version)
		fakeProgram(t, filepath.Join(root, folder, "initdb"), "")
		path = append(path, filepath.Join(root, folder))
	}
	fakeProgram(t, filepath.Join(root, "client-only", "postgres"), "postgres (PostgreSQL) 99.1")
	path = append(path, filepath.Join(root, "client-only"), filepath.Join(root, "none"))
	if err := os.Mkdir(filepath.Join(root, "links"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(root, "forty", "postgres"), filepath.Join(root, "links", "postgres")); err != nil {
		t.Fatal(err)
	}
	path = append(path, filepath.Join(root, "links"))

	all, err := findPostgres(t.Context(), strings.Join(path, ":"))
	if err != nil {
		t.Fatal(err)
	}
	resolved, err := filepath.EvalSymlinks(root)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, i := range all { // those really installed here may follow
		if rel, err := filepath.Rel(resolved, i.bin); err == nil && !strings.HasPrefix(rel, "..") {
			got = append(got, rel)
		}
	}
	if diff := cmp.Diff([]string{"ninety", "forty"}, got); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
}

func TestPassable(t *testing.T) {
	t.Parallel()
	dir, cleanup, err := TempDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cleanup)
	closed := filepath.Join(dir, "closed")
	inner := filepath.Join(closed, "inner")
	if err := os.MkdirAll(inner, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := passable(inner); err == nil || !strings.Contains(err.Error(), closed+" ") {
		t.Errorf("passable below a closed folder: %v, want it named", err)
	}
	if os.Geteuid() == 0 {
		if err := passable(dir); err != nil {
			t.Errorf("a test's folder: %v", err)
		}
		err := (&account{name: "postgres"}).reach(inner)
		if err == nil || !strings.Contains(err.Error(), "/var/lib/askwell") {
			t.Errorf("reach: %v, want the way out named", err)
		}
	}
}

func TestLaunchTriesAnotherPortWhenTaken(t *testing.T) {
	t.Parallel()
	dir, cleanup, err := TempDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cleanup)
	first, err := StartPostgres(t.Context(), PostgresConfig{Dir: filepath.Join(dir, "a"), Fast: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { first.Stop(t.Context()) })
	// A port that was asked for is not exchanged for another: the error says that it is taken.
	_, err = StartPostgres(t.Context(), PostgresConfig{Dir: filepath.Join(dir, "b"), Fast: true, Port: first.port})
	if !errors.Is(err, errPortTaken) {
		t.Errorf("PostgreSQL on a taken port: %v, want errPortTaken", err)
	}
	for _, inMemory := range []bool{false, true} {
		_, err = StartRedis(t.Context(), RedisConfig{Dir: filepath.Join(dir, "b"), InMemory: inMemory, Port: first.port})
		if !errors.Is(err, errPortTaken) {
			t.Errorf("Redis (in memory: %t) on a taken port: %v, want errPortTaken", inMemory, err)
		}
	}
}

func TestSweepTemp(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	makeOld := func(name string) string {
		dir := filepath.Join(parent, name)
		if err := os.MkdirAll(filepath.Join(dir, "postgres-15"), 0o700); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	left, held, foreign := makeOld("askwell-test-1"), makeOld("askwell-test-2"), makeOld("askwell-test-3")
	for _, dir := range []string{left, held} {
		owner, err := lockFile(filepath.Join(dir, tempOwner), 0)
		if err != nil {
			t.Fatal(err)
		}
		if dir == left {
			owner.Close() // as the kernel does when the process ends
		} else {
			t.Cleanup(func() { owner.Close() })
		}
	}
	remaining := func() []string {
		found, _ := filepath.Glob(filepath.Join(parent, "*"))
		return found
	}
	sweepTemp(parent, time.Now())
	if diff := cmp.Diff([]string{left, held, foreign}, remaining()); diff != "" {
		t.Errorf("within the grace (-want +got):\n%s", diff)
	}
	sweepTemp(parent, time.Now().Add(tempGrace+time.Second))
	if diff := cmp.Diff([]string{held, foreign}, remaining()); diff != "" {
		t.Errorf("after the grace (-want +got):\n%s", diff)
	}
}
