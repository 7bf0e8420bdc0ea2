//go:build surroundings

package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// The tests whose names begin with TestSurroundings start what operators put around Askwell, with the very configuration that docs/ gives.
// They are run by `make surroundings`.

// startProgram starts a program of the surroundings, found in the folders of administrators too, and ends it with the test. What it printed is
// logged when the test fails.
func startProgram(t *testing.T, name string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(program(t, name), args...), done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.out
	p.cmd.WaitDelay = 2 * time.Second // its children keep what it prints to
	p.run()
	return p
}

// program is the path of an installed program.
func program(t *testing.T, name string) string {
	t.Helper()
	for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/sbin", "/sbin") {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && info.Mode()&0o111 != 0 {
			return path
		}
	}
	t.Fatalf("%s is not installed: run scripts/setup surroundings", name)
	return ""
}

// listening waits until something listens at an address.
func listening(t *testing.T, network, address string) {
	t.Helper()
	eventually(t, 30*time.Second, func() error {
		conn, err := net.DialTimeout(network, address, time.Second)
		if err == nil {
			err = conn.Close()
		}
		return err
	})
}

// openFolder is a folder that other accounts can enter.
func openFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "surroundings-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // for the program's own account
		t.Fatal(err)
	}
	return dir
}

func writeFileAt(t *testing.T, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil { //nolint:gosec // as above
		t.Fatal(err)
	}
	return path
}

func portIn(address string) string {
	_, port, _ := net.SplitHostPort(address)
	return port
}

func freeAddress(t *testing.T, at string) string {
	t.Helper()
	l, err := net.Listen("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func freePort(t *testing.T) string {
	t.Helper()
	return portIn(freeAddress(t, "127.0.0.1:0"))
}

// waitFor waits until a query gives true.
func waitFor(t *testing.T, db *pgxpool.Pool, sql string) {
	t.Helper()
	eventually(t, 3*time.Minute, func() error {
		var yes bool
		err := db.QueryRow(t.Context(), sql).Scan(&yes)
		if err == nil && !yes {
			err = fmt.Errorf("not yet: %s", sql)
		}
		return err
	})
}

// held prints what a test has shown, with its count: the report of `make surroundings`.
func held(t *testing.T, format string, args ...any) {
	t.Helper()
	if !t.Failed() {
		t.Logf("held: "+format, args...)
	}
}
