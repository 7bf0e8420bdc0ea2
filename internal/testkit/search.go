package testkit

import (
	"context"
	"os"
	"testing"

	"github.com/askwell/askwell/internal/devstack"
	"github.com/askwell/askwell/internal/devstack/meili"
	"github.com/askwell/askwell/internal/search"
)

// SearchMasterKey is the master key of a server that Search starts.
const SearchMasterKey = "test-key-of-the-search-server"

// SearchKey is the key that Askwell has there: it may do no more than in production, so that tests miss what production would.
var SearchKey = search.KeyOf(SearchMasterKey, "")

// SearchServer is a running one.
type SearchServer interface {
	URL() string
	Close() error
}

// Search starts a search server for this test alone and gives it; it keeps nothing. It is the built-in one, or the program that MEILISEARCH_BIN names.
func Search(t testing.TB) SearchServer {
	t.Helper()
	server := startSearch(t)
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Logf("stop the search server: %v", err)
		}
	})
	if _, err := search.GrantKey(t.Context(), server.URL(), SearchMasterKey, ""); err != nil {
		t.Fatal(err)
	}
	return server
}

func startSearch(t testing.TB) SearchServer {
	t.Helper()
	if os.Getenv("MEILISEARCH_BIN") == "" {
		server, err := meili.Start(t.Context(), meili.Config{Key: SearchMasterKey})
		if err != nil {
			t.Fatalf("start the built-in search: %v", err)
		}
		return server
	}
	dir, remove, err := devstack.TempDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(remove)
	return Meilisearch(t, dir, SearchMasterKey, 0)
}

// Meilisearch starts the program that MEILISEARCH_BIN names on a folder and a port; 0 for a free one.
func Meilisearch(t testing.TB, dir, key string, port int) *devstack.Meilisearch {
	t.Helper()
	program, _, err := devstack.FindMeilisearch(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	server, err := devstack.StartMeilisearch(context.WithoutCancel(t.Context()), devstack.MeilisearchConfig{Program: program, Dir: dir, Key: key, Port: port})
	if err != nil {
		t.Fatal(err)
	}
	return server
}
