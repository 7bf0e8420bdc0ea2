//go:build surroundings

package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The tests whose names begin with TestSurroundings start what operators put around Askwell, with the very configuration that docs/ gives.
// They are run by `make surroundings`.

// docBlock is the fenced block of a page of docs that follows the line `<!-- run: name -->`, with what differs on this machine replaced: pairs of
// text in the docs and text here. Each of them must occur.
func docBlock(t *testing.T, page, name string, replacements ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", page))
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(text), "<!-- run: "+name+" -->\n")
	if !found {
		t.Fatalf("docs/%s has no block %q", page, name)
	}
	_, after, _ = strings.Cut(after, "```")
	_, after, _ = strings.Cut(after, "\n")
	block, _, found := strings.Cut(after, "```")
	if !found {
		t.Fatalf("the block %q of docs/%s has no end", name, page)
	}
	for i := 0; i < len(replacements); i += 2 {
		if !strings.Contains(block, replacements[i]) {
			t.Fatalf("the block %q of docs/%s does not hold %q", name, page, replacements[i])
		}
		block = strings.ReplaceAll(block, replacements[i], replacements[i+1])
	}
	return block
}

// neighbor starts a program of the surroundings, found in the folders of administrators too, and ends it with the test. What it printed is
// logged when the test fails.
func neighbor(t *testing.T, name string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(program(t, name), args...), done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.out
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
