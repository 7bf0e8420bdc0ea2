package devstack_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/devstack"
	"github.com/askwell/askwell/internal/devstack/meili"
)

// standInEnv makes the test binary a program that takes Meilisearch's settings, over the built-in search.
const standInEnv = "ASKWELL_TEST_MEILISEARCH"

func runStandIn() {
	_, err := meili.Start(context.Background(), meili.Config{Dir: os.Getenv("MEILI_DB_PATH"), Addr: os.Getenv("MEILI_HTTP_ADDR"), Key: os.Getenv("MEILI_MASTER_KEY")})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	select {}
}

// standIn writes a program that calls itself a version of Meilisearch. Its account differs from ours, so the test binary is copied to where that may read.
func standIn(t *testing.T, dir, version string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	from, err := os.Open(self)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	binary := filepath.Join(dir, "stand-in")
	to, err := os.OpenFile(binary, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(to, from); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "meilisearch")
	script := fmt.Sprintf("#!/bin/sh\nif [ \"$1\" = --version ]; then echo 'meilisearch %s'; exit; fi\n%s=1 exec %s\n", version, standInEnv, binary)
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFindMeilisearch(t *testing.T) {
	for name, c := range map[string]struct {
		named, inPath string // versions; "" for none there
		want, fault   string
	}{
		"none":                           {},
		"in the PATH":                    {inPath: "1.50.0", want: "1.50.0"},
		"the oldest":                     {inPath: "1.48.0", want: "1.48.0"},
		"too old, passed over":           {inPath: "1.16.0"},
		"named":                          {named: "1.51.2", inPath: "1.50.0", want: "1.51.2"},
		"named and too old":              {named: "1.47.9", inPath: "1.50.0", fault: "is Meilisearch 1.47.9: 1.48 or later is needed"},
		"named, and something else":      {named: "nonsense", fault: "is no Meilisearch 1"},
		"another program of that name":   {inPath: "0.30.5"},
		"named, and a release candidate": {named: "1.50.0-rc.1", want: "1.50.0-rc.1"},
	} {
		t.Run(name, func(t *testing.T) {
			path, bin := t.TempDir(), ""
			if c.inPath != "" {
				standIn(t, path, c.inPath)
			}
			if c.named != "" {
				bin = standIn(t, t.TempDir(), c.named)
			}
			t.Setenv("PATH", path)
			t.Setenv("MEILISEARCH_BIN", bin)
			found, ok, err := devstack.FindMeilisearch(within(t), nil)
			if found.Version != c.want && c.fault == "" || ok != (c.want != "") {
				t.Errorf("found %+v (%t), want %q", found, ok, c.want)
			}
			if (err != nil) != (c.fault != "") || err != nil && !strings.Contains(err.Error(), c.fault) {
				t.Errorf("%v, want %q", err, c.fault)
			}
		})
	}
}

func TestStartMeilisearch(t *testing.T) {
	t.Parallel()
	const key = "a master key of many letters"
	dir := folder(t)
	program := devstack.MeilisearchProgram{Path: standIn(t, folder(t), "1.50.0"), Version: "1.50.0"}
	start := func(port int) *devstack.Meilisearch {
		t.Helper()
		m, err := devstack.StartMeilisearch(within(t), devstack.MeilisearchConfig{Program: program, Dir: dir, Key: key, Port: port})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	m := start(0)
	ask := func(key, method, path, body string) int {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, m.URL()+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+key)
		r.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		return answer.StatusCode
	}
	if status := ask("another key", http.MethodGet, "/version", ""); status != http.StatusForbidden {
		t.Errorf("another key opens it: %d", status)
	}
	if status := ask(key, http.MethodPost, "/indexes", `{"uid":"kept"}`); status != http.StatusAccepted {
		t.Fatalf("an index: %d", status)
	}
	await(t, "the index", func() bool { return ask(key, http.MethodGet, "/indexes/kept", "") == http.StatusOK })
	if _, err := devstack.StartMeilisearch(within(t), devstack.MeilisearchConfig{Program: program, Dir: dir, Key: key}); err == nil {
		t.Error("two run on one folder")
	}
	if err := m.Stop(within(t)); err != nil || m.Err() != nil {
		t.Fatalf("%v, %v", err, m.Err())
	}
	m = start(0)
	if status := ask(key, http.MethodGet, "/indexes/kept", ""); status != http.StatusOK {
		t.Errorf("after a restart the index answers %d", status)
	}
	if err := m.Stop(within(t)); err != nil {
		t.Fatal(err)
	}
	for _, p := range processes(t) {
		if strings.Contains(p.args, program.Path) {
			t.Errorf("left behind: %+v", p)
		}
	}
}
