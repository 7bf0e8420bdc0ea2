package testkit

import (
	"testing"

	"github.com/askwell/askwell/internal/devstack/meili"
	"github.com/askwell/askwell/internal/search"
)

// SearchMasterKey is the master key of a server that Search starts.
const SearchMasterKey = "test-key-of-the-search-server"

// SearchKey is the key that Askwell has there: it may do no more than in production, so that tests miss what production would.
var SearchKey = search.KeyOf(SearchMasterKey, "")

// Search starts a search server for this test alone and gives it; it keeps nothing.
func Search(t testing.TB) *meili.Server {
	t.Helper()
	server, err := meili.Start(t.Context(), meili.Config{Key: SearchMasterKey})
	if err != nil {
		t.Fatalf("start the search server: %v", err)
	}
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
