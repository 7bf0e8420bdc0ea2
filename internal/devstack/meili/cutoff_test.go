package meili

import (
	"testing"

	"github.com/meilisearch/meilisearch-go"
)

// Expected: meilisearch.com/docs, "Configure search cutoff": "Meilisearch stops searching and returns the best results found so far". The
// best of five thousand is the last that it looks at, which takes it many times the cutoff.
func TestSearchCutoff(t *testing.T) {
	t.Parallel()
	_, client := startServer(t, "")
	docs := make([]doc, 5000)
	for i := range docs {
		docs[i] = doc{"id": i, "title": "a passport that I have lost, and some twenty other words which the search has to read before it knows all " +
			"about it: one two three four five six seven eight nine ten"}
	}
	docs[len(docs)-1]["title"] = "lost passport"
	index := fill(t, client, "tickets", &meilisearch.Settings{RankingRules: []string{"words", "proximity"}}, docs)
	search := func(cutoff int64) (first string, total int64) {
		t.Helper()
		info, err := index.UpdateSearchCutoffMs(cutoff)
		done(t, client, info, err)
		response, err := index.Search("lost passport", &meilisearch.SearchRequest{Limit: 3})
		if err != nil {
			t.Fatal(err)
		}
		return hitIDs(t, response.Hits)[0], response.EstimatedTotalHits
	}
	if first, total := search(60_000); first != "4999" || total != 1000 {
		t.Errorf("with time: %s first of %d, want 4999 of 1000", first, total)
	}
	if first, total := search(1); first == "4999" || total != 1000 {
		t.Errorf("cut off: %s first of %d, want one of the first that were looked at, of 1000", first, total)
	}
}
