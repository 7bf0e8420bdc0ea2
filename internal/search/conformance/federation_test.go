package conformance

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Documents of Meilisearch's own tests: meilisearch, tests/search/mod.rs.
const (
	documents = `[{"title":"Shazam!","id":"287947","color":["green","blue"]},{"title":"Captain Marvel","id":"299537","color":["yellow","blue"]},
		{"title":"Escape Room","id":"522681","color":["yellow","red"]},
		{"title":"How to Train Your Dragon: The Hidden World","id":"166428","color":["green","red"]},{"title":"Gläss","id":"450465","color":["blue","red"]}]`
	scoreDocuments = `[{"title":"Batman the dark knight returns: Part 1","id":"A"},{"title":"Batman the dark knight returns: Part 2","id":"B"},
		{"title":"Batman Returns","id":"C"},{"title":"Batman","id":"D"},{"title":"Badman","id":"E"}]`
	nestedDocuments = `[{"id":852,"father":"jean","mother":"michelle","doggos":[{"name":"bobby","age":2},{"name":"buddy","age":4}],"cattos":"pésti"},
		{"id":654,"father":"pierre","mother":"sabine","doggos":[{"name":"gros bill","age":8}],"cattos":["simba","pestiféré"]},
		{"id":750,"father":"romain","mother":"michelle","cattos":["enigma"]},
		{"id":951,"father":"jean-baptiste","mother":"sophie","doggos":[{"name":"turbo","age":5},{"name":"fast","age":6}],"cattos":["moumoute","gomez"]}]`
	fruitDocuments = `[{"name":"Exclusive sale: green apple","id":"green-apple-boosted","BOOST":true},{"name":"Pear","id":"pear"},
		{"name":"Red apple gala","id":"red-apple-gala"},{"name":"Exclusive sale: Red Tomato","id":"red-tomatoes-boosted","BOOST":true},
		{"name":"Exclusive sale: Red delicious apple","id":"red-delicious-boosted","BOOST":true}]`
)

// federated lists the hits of a federated search: document, query and weighted score.
func (e *engine) federated(t *testing.T, body string) []string {
	t.Helper()
	got := e.send(t, "POST", "/multi-search", body)
	if got.status != 200 {
		t.Fatalf("%s: %d %s", body, got.status, got.raw)
	}
	list := []string{}
	for i := range got.ids("hits") {
		at := fmt.Sprintf("hits.%d.", i)
		list = append(list, fmt.Sprintf("%v %v %.4f", got.at(at+"id"), got.at(at+"_federation.queriesPosition"),
			got.at(at+"_federation.weightedRankingScore")))
	}
	return list
}

// "Multi-search", with federation; meilisearch, tests/search/multi/mod.rs.
func TestFederation(t *testing.T) {
	ask(t, func(t *testing.T, e *engine) {
		uids := strings.NewReplacer("{plain}", e.index(t, "", documents), "{score}", e.index(t, "", scoreDocuments),
			"{nested}", e.index(t, "", nestedDocuments),
			"{sorted}", e.index(t, `{"sortableAttributes":["mother","father"],"rankingRules":["sort","words","typo","proximity","attribute","exactness"]}`, nestedDocuments),
			"{fruit}", e.index(t, `{"searchableAttributes":["name"],"filterableAttributes":["BOOST"]}`, fruitDocuments))
		for _, c := range []struct{ name, federation, queries, want string }{
			{"one query", `{}`, `{"indexUid":"{plain}","q":"glass"}`, "450465 0 1.0000"},
			{"no query", `{}`, ``, ""},
			{"two queries of an index", `{}`, `{"indexUid":"{plain}","q":"glass"},{"indexUid":"{plain}","q":"captain"}`, "450465 0 1.0000|299537 1 0.9848"},
			{"each document once, the best", `{}`, `{"indexUid":"{score}","q":"the bat"},{"indexUid":"{score}","q":"badman returns"},{"indexUid":"{score}","q":"batman"},
				{"indexUid":"{score}","q":"batman returns"}`, "D 2 1.0000|C 3 1.0000|A 2 0.9848|B 2 0.9848|E 1 0.5000"},
			{"two indexes", `{}`, `{"indexUid":"{plain}","q":"glass"},{"indexUid":"{nested}","q":"pésti"}`, "450465 0 1.0000|852 1 1.0000|654 1 0.7803"},
			{"weights", `{}`, `{"indexUid":"{fruit}","q":"apple red","filter":"BOOST = true","federationOptions":{"weight":3.0}},{"indexUid":"{fruit}","q":"apple red"}`,
				"red-delicious-boosted 0 2.7282|green-apple-boosted 0 1.3182|red-apple-gala 1 0.9530"},
			{"a weight of nothing", `{}`, `{"indexUid":"{plain}","q":"glass","federationOptions":{"weight":0}},{"indexUid":"{plain}","q":"captain"}`,
				"299537 1 0.9848|450465 0 0.0000"},
			{"a position of its own", `{}`, `{"indexUid":"{plain}","q":"glass","federationOptions":{"queryPosition":7}}`, "450465 7 1.0000"},
			{"the same sort", `{}`, `{"indexUid":"{sorted}","q":"","sort":["mother:asc"]},{"indexUid":"{sorted}","q":"","sort":["mother:asc"]}`,
				"852 0 1.0000|750 0 1.0000|654 0 1.0000|951 0 1.0000"},
			{"the same sort of different finds", `{}`, `{"indexUid":"{sorted}","q":"pésti","sort":["mother:asc"]},{"indexUid":"{sorted}","q":"jean","sort":["mother:asc"]}`,
				"852 0 1.0000|654 0 0.7803|951 1 0.9848"},
			{"by different attributes", `{}`, `{"indexUid":"{sorted}","q":"","sort":["mother:asc"]},{"indexUid":"{sorted}","q":"","sort":["father:asc"]}`,
				"852 1 1.0000|951 1 1.0000|750 0 1.0000|654 1 1.0000"},
			{"by different attributes, descending", `{}`, `{"indexUid":"{sorted}","q":"pésti","sort":["mother:desc"]},
				{"indexUid":"{sorted}","q":"jean-bap","sort":["father:desc"]},{"indexUid":"{sorted}","q":"jea","sort":["father:desc"]}`,
				"654 0 0.7803|852 0 1.0000|951 1 0.9991"},
			{"an offset", `{"offset":1,"limit":1}`, `{"indexUid":"{plain}","q":"glass"},{"indexUid":"{nested}","q":"pésti"}`, "852 1 1.0000"},
			{"beyond the end", `{"offset":10}`, `{"indexUid":"{plain}","q":"glass"}`, ""},
			{"no hits", `{"limit":0}`, `{"indexUid":"{plain}","q":"glass"}`, ""},
			{"a page", `{"page":2,"hitsPerPage":2}`, `{"indexUid":"{plain}","q":"glass"},{"indexUid":"{nested}","q":"pésti"}`, "654 1 0.7803"},
		} {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				body := uids.Replace(`{"federation":` + c.federation + `,"queries":[` + c.queries + `]}`)
				if diff := cmp.Diff(c.want, strings.Join(e.federated(t, body), "|")); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		}
		for name, c := range map[string]struct{ federation, queries, at, want string }{
			"the total counts each once": {`{}`, `{"indexUid":"{score}","q":"batman"},{"indexUid":"{score}","q":"batman returns"}`, "estimatedTotalHits", "5"},
			"the total of two indexes":   {`{"limit":1}`, `{"indexUid":"{plain}","q":"glass"},{"indexUid":"{nested}","q":"pésti"}`, "estimatedTotalHits", "3"},
			"limit":                      {`{"limit":1}`, `{"indexUid":"{plain}","q":"glass"}`, "limit", "1"}, "offset": {`{}`, `{"indexUid":"{plain}","q":"glass"}`, "offset", "0"},
			"no query of its own":      {`{}`, `{"indexUid":"{plain}","q":"glass"}`, "query", "null"},
			"the whole total in pages": {`{"hitsPerPage":2}`, `{"indexUid":"{score}","q":"batman"}`, "totalHits", "5"},
			"pages":                    {`{"hitsPerPage":2}`, `{"indexUid":"{score}","q":"batman"}`, "totalPages", "3"},
			"counts by index": {`{"facetsByIndex":{"{fruit}":["BOOST"]}}`, `{"indexUid":"{fruit}","q":"apple"},{"indexUid":"{plain}","q":"glass"}`,
				"facetsByIndex.{fruit}.distribution", `{"BOOST":{"true":2}}`},
			"stats by index":    {`{"facetsByIndex":{"{fruit}":["BOOST"]}}`, `{"indexUid":"{fruit}","q":"apple"}`, "facetsByIndex.{fruit}.stats", `{}`},
			"formatted as each": {`{}`, `{"indexUid":"{plain}","q":"glass","attributesToHighlight":["title"],"attributesToRetrieve":["title"]}`, "hits.0._formatted", `{"title":"<em>Gläss</em>"}`},
			"the index":         {`{}`, `{"indexUid":"{plain}","q":"glass"}`, "hits.0._federation.indexUid", `"{plain}"`},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				got := e.send(t, "POST", "/multi-search", uids.Replace(`{"federation":`+c.federation+`,"queries":[`+c.queries+`]}`))
				same(t, uids.Replace(c.want), got.at(uids.Replace(c.at)))
			})
		}
	})
}

// "Error codes", invalid_multi_search_...; meilisearch, tests/search/multi/mod.rs.
func TestMultiSearchErrors(t *testing.T) {
	ask(t, func(t *testing.T, e *engine) {
		uid := e.index(t, `{"sortableAttributes":["father","mother"],"rankingRules":["sort","words","typo","proximity","attribute","exactness"]}`, nestedDocuments)
		post := func(name, body string, status int, code string) refused {
			return refused{name, "POST", "/multi-search", body, status, code}
		}
		e.refuses(t, uid, []refused{
			post("no queries", `{}`, 400, "bad_request"), post("federation without queries", `{"federation":{}}`, 400, "bad_request"),
			post("a list", `[]`, 400, "bad_request"), post("an unknown member", `{"queries":[],"dance":1}`, 400, "bad_request"),
			post("an unknown member of a query", `{"queries":[{"indexUid":"{uid}","dance":1}]}`, 400, "bad_request"),
			post("no index", `{"queries":[{"q":"x"}]}`, 400, "missing_index_uid"),
			post("no index, federated", `{"federation":{},"queries":[{"q":"x"}]}`, 400, "missing_index_uid"),
			post("a bad index", `{"queries":[{"indexUid":"hé"}]}`, 400, "invalid_index_uid"),
			post("an unknown index", `{"queries":[{"indexUid":"{uid}"},{"indexUid":"conformance_none"}]}`, 400, "index_not_found"),
			post("an unknown index, federated", `{"federation":{},"queries":[{"indexUid":"conformance_none"}]}`, 400, "index_not_found"),
			post("a filter", `{"queries":[{"indexUid":"{uid}","filter":"title = toto"}]}`, 400, "invalid_search_filter"),
			post("a filter, federated", `{"federation":{},"queries":[{"indexUid":"{uid}","filter":"title = toto"}]}`, 400, "invalid_search_filter"),
			post("a sort", `{"federation":{},"queries":[{"indexUid":"{uid}","sort":["cattos:asc"]}]}`, 400, "invalid_search_sort"),
			post("a type", `{"queries":[{"indexUid":"{uid}","q":["x"]}]}`, 400, "invalid_search_q"),
			post("facets", `{"queries":[{"indexUid":"{uid}","facets":["color"]}]}`, 400, "invalid_search_facets"),
			post("options without a federation", `{"queries":[{"indexUid":"{uid}","federationOptions":{"weight":1}}]}`, 400, "invalid_multi_search_federation_options"),
			post("a negative weight", `{"federation":{},"queries":[{"indexUid":"{uid}","federationOptions":{"weight":-1}}]}`, 400, "invalid_multi_search_weight"),
			post("a limit", `{"federation":{},"queries":[{"indexUid":"{uid}","limit":1}]}`, 400, "invalid_multi_search_query_pagination"),
			post("an offset", `{"federation":{},"queries":[{"indexUid":"{uid}","offset":1}]}`, 400, "invalid_multi_search_query_pagination"),
			post("a page", `{"federation":{},"queries":[{"indexUid":"{uid}","page":1}]}`, 400, "invalid_multi_search_query_pagination"),
			post("hits per page", `{"federation":{},"queries":[{"indexUid":"{uid}","hitsPerPage":1}]}`, 400, "invalid_multi_search_query_pagination"),
			post("facets of a query", `{"federation":{},"queries":[{"indexUid":"{uid}","facets":["father"]}]}`, 400, "invalid_multi_search_query_facets"),
			post("facets that are none", `{"federation":{"facetsByIndex":{"{uid}":["father"]}},"queries":[{"indexUid":"{uid}"}]}`, 400, "invalid_multi_search_facets_by_index"),
			post("sorts in opposite directions", `{"federation":{},"queries":[{"indexUid":"{uid}","sort":["mother:asc"]},{"indexUid":"{uid}","sort":["mother:desc"]}]}`,
				400, "invalid_multi_search_query_ranking_rules"),
			post("a sort beside none", `{"federation":{},"queries":[{"indexUid":"{uid}","q":"jean","sort":["mother:asc"]},{"indexUid":"{uid}","q":"jean"}]}`,
				400, "invalid_multi_search_query_ranking_rules"),
			post("a bad limit of the federation", `{"federation":{"limit":-1},"queries":[]}`, 400, "invalid_multi_search_limit"),
			post("a bad offset of the federation", `{"federation":{"offset":"x"},"queries":[]}`, 400, "invalid_multi_search_offset"),
		})
		got := e.send(t, "POST", "/multi-search", `{"queries":[{"indexUid":"`+uid+`"},{"indexUid":"`+uid+`","filter":"x = 1"}]}`)
		if text := fmt.Sprint(got.at("message")); !strings.HasPrefix(text, "Inside `.queries[1]`: ") {
			t.Errorf("the message does not say where: %s", text)
		}
	})
}

// "Multi-search" without federation: an answer for each query.
func TestMultiSearch(t *testing.T) {
	ask(t, func(t *testing.T, e *engine) {
		plain, nested := e.index(t, `{"filterableAttributes":["color"]}`, documents), e.index(t, "", nestedDocuments)
		uids := strings.NewReplacer("{plain}", plain, "{nested}", nested)
		got := e.send(t, "POST", "/multi-search", uids.Replace(`{"queries":[{"indexUid":"{plain}","q":"glass","facets":["color"]},
			{"indexUid":"{nested}","q":"pésti","limit":1},{"indexUid":"{plain}","q":"","page":1,"hitsPerPage":2},{"indexUid":"{plain}","q":"captain mar","showRankingScore":true}]}`))
		for at, want := range map[string]string{
			"results.0.indexUid": `"{plain}"`, "results.0.query": `"glass"`, "results.0.hits.0.id": `"450465"`, "results.0.limit": "20", "results.0.offset": "0",
			"results.0.estimatedTotalHits": "1", "results.0.facetDistribution": `{"color":{"blue":1,"red":1}}`, "results.0.facetStats": "{}",
			"results.1.hits.0.id": "852", "results.1.limit": "1", "results.1.estimatedTotalHits": "2", "results.2.totalHits": "5", "results.2.totalPages": "3",
			"results.2.hitsPerPage": "2", "results.2.page": "1", "results.2.estimatedTotalHits": "null", "results.1.facetDistribution": "null",
		} {
			t.Run(at, func(t *testing.T) { same(t, uids.Replace(want), got.at(at)) })
		}
		same(t, `{"results":[]}`, e.send(t, "POST", "/multi-search", `{"queries":[]}`).body)
	})
}
