package remote_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Where a request comes from is worked out in this package alone: no other code of the site looks at the connection or at what proxies say.
func TestNobodyElseAsksWhereARequestComesFrom(t *testing.T) {
	t.Parallel()
	asks := regexp.MustCompile(`\.ClientIP\(|\.RemoteIP\(|\.RemoteAddr\b|"(?i:X-Forwarded-|X-Real-Ip|Forwarded")|Request\.Host\b|\br\.Host\b`)
	seen := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, filepath.Join("..", "remote")) {
			return err
		}
		seen++
		text, err := os.ReadFile(path)
		if found := asks.FindString(string(text)); found != "" {
			t.Errorf("%s says %s: ask web/remote", path, found)
		}
		return err
	})
	if err != nil || seen < 50 {
		t.Fatalf("%d files: %v", seen, err)
	}
}
