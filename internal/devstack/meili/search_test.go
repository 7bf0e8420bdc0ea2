package meili

import (
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/meilisearch/meilisearch-go"
)

func stringReader(s string) io.Reader { return strings.NewReader(s) }

// Expected values: meilisearch.com/docs, "Typo tolerance settings" (word
// sizes), "Typo tolerance vs fuzzy search" (first letter, transposition).
func TestTypoTolerance(t *testing.T) {
	t.Parallel()
	_, client := startServer(t, "")
	index := fill(t, client, "words", &meilisearch.Settings{SearchableAttributes: []string{"text", "reference"},
		TypoTolerance: &meilisearch.TypoTolerance{
			Enabled: true, MinWordSizeForTypos: meilisearch.MinWordSizeForTypos{OneTypo: 5, TwoTypos: 9},
			DisableOnWords: []string{"shrek"}, DisableOnAttributes: []string{"reference"}, DisableOnNumbers: true,
		}},
		[]doc{
			{"id": "seven", "text": "seven"}, {"id": "two", "text": "two"}, {"id": "phone", "text": "phone"},
			{"id": "saturday", "text": "saturday"}, {"id": "application", "text": "application"}, {"id": "shrek", "text": "shrek"}, {"id": "shrok", "text": "shrok"},
			{"id": "number", "text": "1234567890"}, {"id": "reference", "reference": "kangaroo"}, {"id": "accent", "text": "Émigré"},
		})
	for _, test := range []struct {
		name, q string
		want    []string
	}{
		{"one typo from five characters", "sevem ", []string{"seven"}},
		{"another vowel", "sevan ", []string{"seven"}},
		{"none under five", "tow ", []string{}},
		{"a transposition is one typo", "phnoe ", []string{"phone"}},
		{"one typo from five characters is not two", "sevxm ", []string{}},
		{"the first letter counts double", "caturday ", []string{}},
		{"the first letter is right", "satuxday ", []string{"saturday"}},
		{"two typos from nine characters", "aplicatoin ", []string{"application"}},
		{"three typos are too many", "aplxcatoin ", []string{}},
		{"the first letter, and nine characters", "upplication ", []string{"application"}},
		{"the first letter and another one", "uplication ", []string{}},
		{"a query word that is exempt", "shrek ", []string{"shrek"}},
		{"numbers are exact", "1234567891 ", []string{}},
		{"the number itself", "1234567890 ", []string{"number"}},
		{"an attribute that is exempt", "kangroo ", []string{}},
		{"its word itself", "kangaroo ", []string{"reference"}},
		{"accents and case aside", "EMIGRE ", []string{"accent"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, ids(t, index, test.q, meilisearch.SearchRequest{})); diff != "" {
				t.Errorf("%q (-want +got):\n%s", test.q, diff)
			}
		})
	}
}

// Expected values: meilisearch.com/docs, "Built-in ranking rules", "Search API
// reference" (matching strategy), "Prefix search", "Concatenated and split
// queries", "Synonyms", "Stop words".
func TestRelevance(t *testing.T) {
	t.Parallel()
	_, client := startServer(t, "")
	settings := &meilisearch.Settings{
		SearchableAttributes: []string{"title", "body"}, FilterableAttributes: []string{"kind"}, StopWords: []string{"the", "of"},
		Synonyms: map[string][]string{"green card": {"permanent resident card", "I-551"}, "ead": {"work permit"}},
	}
	index := fill(t, client, "relevance", settings, []doc{
		{"id": "b1", "kind": "batman", "title": "batman dark knight"}, {"id": "b2", "kind": "batman", "title": "batman dark"},
		{"id": "b3", "kind": "batman", "title": "batman"}, {"id": "b4", "kind": "batman", "title": "batman and a knight"},
		{"id": "p1", "kind": "near", "title": "lost passport"}, {"id": "p2", "kind": "near", "title": "lost my old passport"},
		{"id": "p3", "kind": "near", "title": "passport lost"},
		{"id": "a1", "kind": "attribute", "title": "other", "body": "biometrics"}, {"id": "a2", "kind": "attribute", "title": "biometrics", "body": "other"},
		{"id": "e1", "kind": "exact", "title": "knowledge"}, {"id": "e2", "kind": "exact", "title": "know"}, {"id": "e3", "kind": "exact", "title": "knows"},
		{"id": "t1", "kind": "typo", "title": "asylim"}, {"id": "t2", "kind": "typo", "title": "asylum"},
		{"id": "s1", "kind": "synonym", "title": "my permanent resident card is late"}, {"id": "s2", "kind": "synonym", "title": "the I-551 is late"},
		{"id": "s3", "kind": "synonym", "title": "green card is late"}, {"id": "s4", "kind": "synonym", "title": "a work permit"},
		{"id": "s5", "kind": "synonym", "title": "a card that is green"},
		{"id": "n1", "kind": "ngram", "title": "newspaper"}, {"id": "n2", "kind": "ngram", "title": "news paper"},
		{"id": "w1", "kind": "whole", "title": "interview notice today"}, {"id": "w2", "kind": "whole", "title": "interview notice"},
		{"id": "h1", "kind": "stop", "title": "the matrix of leadership"}, {"id": "h2", "kind": "stop", "title": "there is a matrix"},
		{"id": "m1", "kind": "mail", "title": "ana.lopez-diaz@example.test"},
	})
	for _, test := range []struct {
		name, q, kind, strategy string
		want                    []string
	}{
		{"words drop from the end", "batman dark knight", "batman", "", []string{"b1", "b2", "b3", "b4"}},
		{"all words", "batman dark knight", "batman", "all", []string{"b1"}},
		{"the first word must be there", "superman dark knight", "batman", "", []string{}},
		{"the rarer words stay", "batman dark", "batman", "frequency", []string{"b2", "b1"}},
		{"near and in order first", "lost passport", "near", "", []string{"p1", "p3", "p2"}},
		{"the better attribute first", "biometrics", "attribute", "", []string{"a2", "a1"}},
		{"exact before the beginning of a word", "know", "exact", "", []string{"e2", "e1", "e3"}},
		{"no prefix when the word is done", "know ", "exact", "", []string{"e2"}},
		{"fewer typos first", "asylum ", "typo", "", []string{"t2", "t1"}},
		{"synonyms of several words", "green card", "synonym", "all", []string{"s3", "s5", "s1", "s2"}},
		{"a synonym of one word", "ead ", "synonym", "", []string{"s4"}},
		{"synonyms go one way", "work permit", "synonym", "all", []string{"s4"}},
		{"a word written apart", "newspaper ", "ngram", "", []string{"n1", "n2"}},
		{"words written together", "news paper", "ngram", "all", []string{"n2", "n1"}},
		{"the whole attribute first", "interview notice", "whole", "", []string{"w2", "w1"}},
		{"stop words do not count", "the matrix of the ", "stop", "all", []string{"h1", "h2"}},
		{"a stop word being typed", "the", "stop", "", []string{"h2"}},
		{"a phrase", `"lost passport"`, "near", "", []string{"p1"}},
		{"a phrase over a stop word", `"matrix of leadership"`, "stop", "", []string{"h1"}},
		{"a phrase and a word that may lack", `"lost passport" tomorrow`, "near", "", []string{"p1"}},
		{"without a word", "batman -dark", "batman", "", []string{"b3", "b4"}},
		{"without a phrase", `lost -"lost passport"`, "near", "", []string{"p2", "p3"}},
		{"an open quotation mark", `"lost passport`, "near", "", []string{"p1"}},
		{"an address splits into words", "lopez example", "mail", "all", []string{"m1"}},
		{"a beginning of three letters", "bat", "batman", "", []string{"b1", "b2", "b3", "b4"}},
		{"a beginning of one letter", "k", "exact", "", []string{"e1", "e2", "e3"}},
		{"a beginning with a typo", "knowlef", "exact", "", []string{"e1"}},
		{"nothing but signs", "!!! ???", "near", "", []string{"p1", "p2", "p3"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := ids(t, index, test.q, meilisearch.SearchRequest{
				Filter: "kind = " + test.kind, MatchingStrategy: meilisearch.MatchingStrategy(test.strategy),
			})
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%q (-want +got):\n%s", test.q, diff)
			}
		})
	}
}

// Expected values: meilisearch.com/docs, "Search API reference": facets,
// attributesToHighlight, attributesToCrop, attributesToRetrieve, pagination.
func TestSearchResponse(t *testing.T) {
	t.Parallel()
	_, client := startServer(t, "")
	index := fill(t, client, "response", &meilisearch.Settings{
		FilterableAttributes: []string{"status", "year"}, SearchableAttributes: []string{"title", "body"},
		DisplayedAttributes: []string{"id", "title", "body", "status", "year"},
	}, []doc{
		{"id": 1, "title": "Émigré <b>cards</b>", "status": "open", "year": 2020, "secret": "x",
			"body": "One two three four five six seven eight nine ten eleven green card thirteen fourteen fifteen sixteen"},
		{"id": 2, "title": "A card", "status": "open", "year": 2022}, {"id": 3, "title": "Carding", "status": "closed", "year": 2021},
	})
	response, err := index.Search("card", &meilisearch.SearchRequest{
		Facets: []string{"status", "year"}, AttributesToHighlight: []string{"title", "body"}, AttributesToCrop: []string{"body"}, CropLength: 4,
		HighlightPreTag: "[", HighlightPostTag: "]", AttributesToRetrieve: []string{"id", "title", "year"}, Limit: 2, ShowRankingScore: true,
		ShowMatchesPosition: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(`{"status":{"closed":1,"open":2},"year":{"2020":1,"2021":1,"2022":1}}`, string(response.FacetDistribution)); diff != "" {
		t.Errorf("facetDistribution (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(`{"year":{"min":2020,"max":2022}}`, string(response.FacetStats)); diff != "" {
		t.Errorf("facetStats (-want +got):\n%s", diff)
	}
	if response.EstimatedTotalHits != 3 || response.Limit != 2 || response.Query != "card" {
		t.Errorf("got %d hits, limit %d, query %q", response.EstimatedTotalHits, response.Limit, response.Query)
	}
	// The attribute rule, with its word position, comes before exactness.
	if diff := cmp.Diff([]string{"3", "2"}, hitIDs(t, response.Hits)); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	if got := string(response.Hits[1]["_formatted"]); got != `{"id":"2","title":"A [card]","year":"2022"}` {
		t.Errorf("_formatted: %s", got)
	}
	if got := string(response.Hits[0]["_matchesPosition"]); got != `{"title":[{"start":0,"length":4}]}` {
		t.Errorf("_matchesPosition: %s", got)
	}
	paged, err := index.Search("card", &meilisearch.SearchRequest{
		HitsPerPage: ptr(int64(1)), Page: 3, AttributesToHighlight: []string{"*"}, AttributesToCrop: []string{"body:4"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if paged.TotalHits != 3 || paged.TotalPages != 3 || paged.Page != 3 || len(paged.Hits) != 1 {
		t.Fatalf("page 3 of single hits: %+v", paged)
	}
	want := `{"body":"…eleven green <em>card</em> thirteen…","id":"1","status":"open","title":"Émigré <b>cards</b>","year":"2020"}`
	var got, wanted any
	mustUnmarshal(t, string(paged.Hits[0]["_formatted"]), &got)
	mustUnmarshal(t, want, &wanted)
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("_formatted (-want +got):\n%s", diff)
	}
	if _, ok := paged.Hits[0]["secret"]; ok {
		t.Error("a field that is not displayed was shown")
	}
}

// Expected values: meilisearch.com/docs, "Multi-search API reference",
// "Facet search API reference".
func TestMultiSearch(t *testing.T) {
	t.Parallel()
	_, client := startServer(t, "")
	fill(t, client, "tickets", &meilisearch.Settings{FilterableAttributes: []string{"status"}}, []doc{
		{"id": "t1", "title": "green card lost", "status": "open"}, {"id": "t2", "title": "greeen", "status": "on hold"},
	})
	fill(t, client, "accounts", nil, []doc{{"id": "a1", "name": "Green"}})
	apart, err := client.MultiSearch(&meilisearch.MultiSearchRequest{Queries: []*meilisearch.SearchRequest{
		{IndexUID: "tickets", Query: "green"}, {IndexUID: "accounts", Query: "green", Limit: 5},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if len(apart.Results) != 2 || apart.Results[1].IndexUID != "accounts" || apart.Results[1].Limit != 5 {
		t.Errorf("results: %+v", apart.Results)
	}
	together, err := client.MultiSearch(&meilisearch.MultiSearchRequest{
		Federation: &meilisearch.MultiSearchFederation{Limit: 10, FacetsByIndex: map[string][]string{"tickets": {"status"}}},
		Queries: []*meilisearch.SearchRequest{
			{IndexUID: "tickets", Query: "green"},
			{IndexUID: "accounts", Query: "green", FederationOptions: &meilisearch.SearchFederationOptions{Weight: 2}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a1", "t1", "t2"}, hitIDs(t, together.Hits)); diff != "" {
		t.Errorf("federated (-want +got):\n%s", diff)
	}
	if together.EstimatedTotalHits != 3 || !strings.Contains(string(together.Hits[0]["_federation"]), `"indexUid":"accounts"`) {
		t.Errorf("got %d hits, first %s", together.EstimatedTotalHits, together.Hits[0]["_federation"])
	}
	raw, err := client.Index("tickets").FacetSearch(&meilisearch.FacetSearchRequest{FacetName: "status", FacetQuery: "on"})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(*raw), `"facetHits":[{"value":"on hold","count":1}]`) {
		t.Errorf("facet search: %s", *raw)
	}
}
