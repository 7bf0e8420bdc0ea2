package testkit

import (
	"os"
	"path/filepath"
	"testing"
)

// RealData finds the folder of real input, which is not part of the repo: ASKWELL_DATA, or shared/data beside the checkout. A
// machine without it runs the other tests; where CI is set it must be there, so that nothing passes unseen.
func RealData(t testing.TB) (dir string, found bool) {
	t.Helper()
	dir = os.Getenv("ASKWELL_DATA")
	if dir == "" {
		dir = filepath.Join(moduleRoot(t), "..", "shared", "data")
	}
	if _, err := os.Stat(filepath.Join(dir, "README.md")); err == nil {
		return dir, true
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("the real input is not there: set ASKWELL_DATA to its folder")
	}
	t.Log("without the real input (ASKWELL_DATA names its folder) this test checks nothing")
	return "", false
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
