package testkit

import (
	"os"
	"path/filepath"
	"testing"
)

// Input is a folder of input that is like what desks get: text (accounts, cases, inquiries and the link that each is to have), eventlog (a
// desk's history) and reference (figures that were worked out elsewhere).
type Input struct{ Name, Dir string }

// Inputs gives the input to check against: our own, which is part of the repo, and beside it the larger real one where this machine has it
// (ASKWELL_DATA, or shared/data beside the checkout).
func Inputs(t testing.TB) []Input {
	t.Helper()
	all := []Input{{"own", filepath.Join(moduleRoot(t), "internal", "testkit", "testdata", "input")}}
	if dir, found := RealInput(t); found {
		all = append(all, Input{"real", dir})
	}
	return all
}

// RealInput finds the folder of the real input, which is no part of the repo. What is asked of it alone is asked of our own input, too.
func RealInput(t testing.TB) (dir string, found bool) {
	t.Helper()
	if dir = os.Getenv("ASKWELL_DATA"); dir == "" {
		dir = filepath.Join(moduleRoot(t), "..", "shared", "data")
	}
	_, err := os.Stat(filepath.Join(dir, "README.md"))
	if err != nil && os.Getenv("ASKWELL_DATA") != "" {
		t.Fatalf("ASKWELL_DATA: %v", err)
	}
	return dir, err == nil
}

// moduleRoot is the folder with go.mod; tests run in their package's folder below it.
func moduleRoot(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("no go.mod above the test")
		}
		dir = parent
	}
}
