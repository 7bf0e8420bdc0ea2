package meili

import (
	"strings"
	"testing"

	"github.com/meilisearch/meilisearch-go"
)

// Every route and parameter of Meilisearch's API reference that is not supported says so.
func TestUnsupportedSaysSo(t *testing.T) {
	t.Parallel()
	s, client := startServer(t, "")
	fill(t, client, "movies", &meilisearch.Settings{FilterableAttributes: []string{"genre"}, SortableAttributes: []string{"genre"}},
		[]doc{{"id": 1, "title": "Carol", "genre": "drama"}})
	search := func(parameter string) [3]string {
		return [3]string{"POST", "/indexes/movies/search", "{" + parameter + "}"}
	}
	setting := func(setting string) [3]string {
		return [3]string{"PATCH", "/indexes/movies/settings", "{" + setting + "}"}
	}
	federated := func(federation, options string) [3]string {
		return [3]string{"POST", "/multi-search", `{"federation":{` + federation + `},"queries":[{"indexUid":"movies","federationOptions":{` + options + `}}]}`}
	}
	for _, ask := range [][3]string{
		{"POST", "/dumps", ""}, {"POST", "/snapshots", ""}, {"POST", "/export", "{}"}, {"GET", "/metrics", ""},
		{"GET", "/batches", ""}, {"GET", "/batches/0", ""}, {"GET", "/tasks/0/documents", ""},
		{"GET", "/experimental-features", ""}, {"PATCH", "/experimental-features", "{}"},
		{"GET", "/network", ""}, {"PATCH", "/network", "{}"}, {"POST", "/logs/stream", "{}"}, {"DELETE", "/logs/stream", ""},
		{"POST", "/logs/stderr", "{}"}, {"GET", "/webhooks", ""}, {"POST", "/webhooks", "{}"}, {"PATCH", "/webhooks/1", "{}"},
		{"GET", "/chats", ""}, {"DELETE", "/chats/desk", ""}, {"POST", "/chats/desk/chat/completions", "{}"},
		{"GET", "/chats/desk/settings", ""}, {"GET", "/dynamic-search-rules", ""},
		{"POST", "/indexes/movies/similar", "{}"}, {"GET", "/indexes/movies/similar?id=1", ""}, {"POST", "/indexes/movies/compact", ""},
		{"POST", "/indexes/movies/fields", "{}"}, {"POST", "/indexes/movies/documents/edit", "{}"},
		{"POST", "/indexes/movies/documents/fetch", `{"retrieveVectors":true}`},
		{"GET", "/indexes/movies/settings/chat", ""}, {"PUT", "/indexes/movies/settings/vector-store", `"experimental"`},
		{"PUT", "/indexes/movies/settings/foreign-keys", "[]"}, {"PUT", "/indexes/movies/settings/distinct-attribute", `"genre"`},
		setting(`"embedders":{"default":{"source":"userProvided","dimensions":2}}`), setting(`"distinctAttribute":"genre"`),
		setting(`"separatorTokens":["&sep"]`), setting(`"nonSeparatorTokens":["#"]`), setting(`"dictionary":["J. R."]`),
		setting(`"localizedAttributes":[{"attributePatterns":["*"],"locales":["jpn"]}]`), setting(`"proximityPrecision":"byAttribute"`),
		setting(`"chat":{}`), setting(`"vectorStore":"experimental"`), setting(`"foreignKeys":[]`),
		search(`"vector":[0.1]`), search(`"hybrid":{"embedder":"default"}`), search(`"media":{"image":""}`), search(`"retrieveVectors":true`),
		search(`"distinct":"genre"`), search(`"rankingScoreThreshold":0.5`), search(`"showRankingScoreDetails":true`),
		search(`"showPerformanceDetails":true`), search(`"locales":["jpn"]`), search(`"personalize":{"userContext":"x"}`),
		search(`"useNetwork":true`), search(`"sort":["_geoPoint(1, 2):asc"]`), search(`"filter":"_geoRadius(1, 2, 3)"`),
		search(`"filter":"_geoBoundingBox([1, 2], [3, 4])"`),
		{"GET", "/indexes/movies/search?rankingScoreThreshold=0.5", ""}, {"GET", "/indexes/movies/search?vector=0.1", ""},
		{"GET", "/indexes/movies/search?hybridEmbedder=default", ""}, {"GET", "/indexes/movies/search?distinct=genre", ""},
		{"GET", "/indexes/movies/search?locales=jpn", ""}, {"GET", "/indexes/movies/search?showRankingScoreDetails=true", ""},
		{"POST", "/indexes/movies/facet-search", `{"facetName":"genre","rankingScoreThreshold":0.5}`},
		{"POST", "/indexes/movies/facet-search", `{"facetName":"genre","locales":["jpn"]}`},
		federated(`"distinct":"genre"`, ""), federated(`"mergeFacets":{}`, ""), federated(`"showRankingScoreDetails":true`, ""), federated("", `"remote":"far"`),
	} {
		t.Run(strings.Join(ask[:], " "), func(t *testing.T) {
			t.Parallel()
			status, body := get(t, ask[0], s.URL()+ask[1], s.Key(), ask[2])
			message, _ := body["message"].(string)
			if status != 501 || body["code"] != "not_implemented" || body["type"] != "invalid_request" || !strings.Contains(message, "MEILI_URL") {
				t.Errorf("got %d %v, want 501 and a way out", status, body)
			}
		})
	}
}

// What is given its default is nothing that was asked for.
func TestUnsupportedButNotAskedFor(t *testing.T) {
	t.Parallel()
	s, client := startServer(t, "")
	fill(t, client, "movies", nil, []doc{{"id": 1, "title": "Carol"}})
	for _, body := range []string{
		`{"vector":null,"hybrid":null,"distinct":null,"locales":null,"rankingScoreThreshold":null}`,
		`{"retrieveVectors":false,"showRankingScoreDetails":false,"showPerformanceDetails":false}`,
	} {
		if status, answer := get(t, "POST", s.URL()+"/indexes/movies/search", s.Key(), body); status != 200 {
			t.Errorf("%s: got %d %v", body, status, answer)
		}
	}
	info, err := client.Index("movies").UpdateSettings(&meilisearch.Settings{ProximityPrecision: "byWord"})
	done(t, client, info, err)
}
