package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/testkit"
)

func TestSearchKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	master := filepath.Join(dir, "master")
	if err := os.WriteFile(master, []byte(testkit.SearchMasterKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{"MEILI_URL=" + testkit.Search(t).URL(), "MEILI_MASTER_KEY_FILE=" + master}
	if got := runCommand(t, env, "", "search-key"); got != testkit.SearchKey+"\n" {
		t.Errorf("it printed %q, want %q", got, testkit.SearchKey)
	}
	out := filepath.Join(dir, "key")
	if err := os.WriteFile(out, []byte("an older one"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := runCommand(t, env, "", "search-key", "--out", out); strings.Contains(got, testkit.SearchKey) {
		t.Errorf("it printed the key beside writing it: %s", got)
	}
	key, err := os.ReadFile(out)
	if err != nil || string(key) != testkit.SearchKey+"\n" {
		t.Errorf("the file holds %q (%v)", key, err)
	}
	about, err := os.Stat(out)
	if err != nil || about.Mode() != 0o600 {
		t.Errorf("the file's mode is %s (%v), want %s", about.Mode(), err, fs.FileMode(0o600))
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 2 {
		t.Errorf("the folder holds %v (%v)", left, err)
	}
}

func TestSearchKeySaysWhatToDo(t *testing.T) {
	t.Parallel()
	url := "MEILI_URL=" + testkit.Search(t).URL()
	for _, c := range []struct {
		name string
		env  []string
		want string
	}{
		{"nothing set", nil, "MEILI_URL and MEILI_MASTER_KEY"},
		{"a wrong master key", []string{url, "MEILI_MASTER_KEY=wrong"}, "Meilisearch refuses the master key"},
		{"the application's own", []string{url, "MEILI_MASTER_KEY=" + testkit.SearchKey}, "Meilisearch refuses the master key"},
		{"nobody there", []string{"MEILI_URL=http://127.0.0.1:1", "MEILI_MASTER_KEY=" + testkit.SearchMasterKey}, "see that Meilisearch runs"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			out, err := try(t, c.env, "", "search-key")
			if err == nil || !strings.Contains(out, c.want) || strings.Contains(out, testkit.SearchMasterKey) {
				t.Errorf("it ended with %v and printed %q, want %q", err, out, c.want)
			}
		})
	}
}
