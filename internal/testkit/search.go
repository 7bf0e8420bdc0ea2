package testkit

import (
	"testing"

	"github.com/askwell/askwell/internal/devstack/meili"
)

// SearchKey is the key of a server that Search starts.
const SearchKey = "test-key-of-the-search-server"

// Search starts a search server for this test alone and gives it; it keeps nothing.
func Search(t testing.TB) *meili.Server {
	t.Helper()
	server, err := meili.Start(t.Context(), meili.Config{Key: SearchKey})
	if err != nil {
		t.Fatalf("start the search server: %v", err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Logf("stop the search server: %v", err)
		}
	})
	return server
}
