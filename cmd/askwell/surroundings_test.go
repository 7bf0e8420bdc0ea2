//go:build surroundings

package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// The tests whose names begin with TestSurroundings start what operators put around Askwell, with the very configuration that docs/ gives.
// They are run by `make surroundings`.

// neighbor starts a program of the surroundings, found in the folders of administrators too, and ends it with the test. What it printed is
// logged when the test fails.
func neighbor(t *testing.T, name string, args ...string) *process {
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
	deadline := time.Now().Add(30 * time.Second)
	for {
		conn, err := net.DialTimeout(network, address, time.Second)
		if err == nil {
			_ = conn.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("nothing listens at %s: %v", address, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// held prints what a test has shown, with its count: the report of `make surroundings`.
func held(t *testing.T, format string, args ...any) {
	t.Helper()
	if !t.Failed() {
		t.Logf("held: "+format, args...)
	}
}
