package conformance

import "testing"

const movies = `[{"id":1,"title":"Shazam!","genres":["Action","Adventure"],"rating":7.5,"year":2019,"crew":{"lead":"Zachary"}},
	{"id":2,"title":"Captain Marvel","genres":["Action","Adventure"],"rating":6,"year":2019,"crew":{"lead":"Brie"}},
	{"id":3,"title":"Escape Room","genres":["Horror","Thriller","Multiple Words"],"rating":6.0,"year":2019},
	{"id":4,"title":"How to Train Your Dragon: The Hidden World","genres":["action","Comedy"],"rating":8,"year":"unknown"},
	{"id":5,"title":"Gläss","genres":["Thriller"],"year":1900,"seen":true},{"id":6,"title":"None","genres":[],"seen":false}]`

// "Search with facets": facetDistribution and facetStats.
func TestFacets(t *testing.T) {
	ask(t, func(t *testing.T, e *engine) {
		filterable := `"searchableAttributes":["title"],"filterableAttributes":["genres","rating","year","crew.lead","seen"]`
		uid := e.index(t, `{`+filterable+`}`, movies)
		e.shows(t, uid, []shown{
			{"each value once, in any case", `{"facets":["genres"]}`, "facetDistribution", `{"genres":{"Action":3,"Adventure":2,"Comedy":1,"Horror":1,"Multiple Words":1,"Thriller":2}}`},
			{"numbers", `{"facets":["rating"]}`, "facetDistribution", `{"rating":{"6":2,"7.5":1,"8":1}}`},
			{"their least and most", `{"facets":["rating"]}`, "facetStats", `{"rating":{"min":6,"max":8}}`},
			{"texts and numbers", `{"facets":["year"]}`, "facetDistribution", `{"year":{"1900":1,"2019":3,"unknown":1}}`},
			{"least and most of the numbers", `{"facets":["year"]}`, "facetStats", `{"year":{"min":1900,"max":2019}}`},
			{"a member", `{"facets":["crew.lead"]}`, "facetDistribution", `{"crew.lead":{"Brie":1,"Zachary":1}}`},
			{"truth", `{"facets":["seen"]}`, "facetDistribution", `{"seen":{"false":1,"true":1}}`},
			{"several", `{"facets":["rating","seen"]}`, "facetDistribution", `{"rating":{"6":2,"7.5":1,"8":1},"seen":{"false":1,"true":1}}`},
			{"of what is found", `{"q":"captain","facets":["genres"]}`, "facetDistribution", `{"genres":{"Action":1,"Adventure":1}}`},
			{"of what is left by a filter", `{"filter":"year = 2019","facets":["genres"]}`, "facetDistribution",
				`{"genres":{"Action":2,"Adventure":2,"Horror":1,"Multiple Words":1,"Thriller":1}}`},
			{"of all pages", `{"limit":1,"offset":2,"facets":["rating"]}`, "facetDistribution", `{"rating":{"6":2,"7.5":1,"8":1}}`},
			{"of nothing found", `{"q":"xyzzy","facets":["rating"]}`, "facetDistribution", `{"rating":{}}`},
			{"none asked for", `{}`, "facetDistribution", `null`}, {"an empty list", `{"facets":[]}`, "facetDistribution", `{}`},
			{"stats of texts", `{"facets":["genres"]}`, "facetStats", `{}`},
		})
		e.refuses(t, uid, []refused{
			{"what is not filterable", "POST", "/indexes/{uid}/search", `{"facets":["title"]}`, 400, "invalid_search_facets"},
			{"no list", "POST", "/indexes/{uid}/search", `{"facets":"genres"}`, 400, "invalid_search_facets"},
			{"in the URL", "GET", "/indexes/{uid}/search?facets=title", "", 400, "invalid_search_facets"},
		})
		few := e.index(t, `{`+filterable+`,"faceting":{"maxValuesPerFacet":2}}`, movies)
		e.shows(t, few, []shown{{"no more than maxValuesPerFacet", `{"facets":["genres"]}`, "facetDistribution", `{"genres":{"Action":3,"Adventure":2}}`}})
		counted := e.index(t, `{`+filterable+`,"faceting":{"maxValuesPerFacet":3,"sortFacetValuesBy":{"genres":"count"}}}`, movies)
		e.shows(t, counted, []shown{
			{"the most frequent", `{"facets":["genres"]}`, "facetDistribution", `{"genres":{"Action":3,"Adventure":2,"Thriller":2}}`},
			{"of one attribute alone", `{"facets":["year"]}`, "facetDistribution", `{"year":{"1900":1,"2019":3,"unknown":1}}`},
		})
	})
}

// "Facet search"; meilisearch, tests/search/facet_search.rs.
func TestFacetSearch(t *testing.T) {
	ask(t, func(t *testing.T, e *engine) {
		type asked struct{ name, body, want string }
		hits := func(t *testing.T, uid string, cases []asked) {
			t.Helper()
			for _, c := range cases {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					got := e.send(t, "POST", "/indexes/"+uid+"/facet-search", c.body)
					if got.status != 200 {
						t.Fatalf("%d %s", got.status, got.raw)
					}
					same(t, c.want, got.at("facetHits"))
				})
			}
		}
		filterable := `"searchableAttributes":["title"],"filterableAttributes":["genres","rating","year"]`
		uid := e.index(t, `{`+filterable+`}`, movies)
		hits(t, uid, []asked{
			{"a beginning", `{"facetName":"genres","facetQuery":"a"}`, `[{"value":"Action","count":3},{"value":"Adventure","count":2}]`},
			{"a value", `{"facetName":"genres","facetQuery":"adventure"}`, `[{"value":"Adventure","count":2}]`},
			{"in any case", `{"facetName":"genres","facetQuery":"ADV"}`, `[{"value":"Adventure","count":2}]`},
			{"accents aside", `{"facetName":"genres","facetQuery":"àdventure"}`, `[{"value":"Adventure","count":2}]`},
			{"a typo", `{"facetName":"genres","facetQuery":"adventre"}`, `[{"value":"Adventure","count":2}]`},
			{"a typo in a short one is none", `{"facetName":"genres","facetQuery":"adx"}`, `[]`},
			{"several words", `{"facetName":"genres","facetQuery":"multiple w"}`, `[{"value":"Multiple Words","count":1}]`},
			{"a word within is none", `{"facetName":"genres","facetQuery":"words"}`, `[]`},
			{"no query", `{"facetName":"genres"}`, `[{"value":"Action","count":3},{"value":"Adventure","count":2},{"value":"Comedy","count":1},{"value":"Horror","count":1},{"value":"Multiple Words","count":1},{"value":"Thriller","count":2}]`},
			{"with a filter", `{"facetName":"genres","facetQuery":"a","filter":"year = 2019"}`, `[{"value":"Action","count":2},{"value":"Adventure","count":2}]`},
			{"with a search", `{"facetName":"genres","facetQuery":"a","q":"captain"}`, `[{"value":"Action","count":1},{"value":"Adventure","count":1}]`},
			{"texts alone", `{"facetName":"year","facetQuery":""}`, `[{"value":"unknown","count":1}]`},
		})
		e.refuses(t, uid, []refused{
			{"no name", "POST", "/indexes/{uid}/facet-search", `{"facetQuery":"a"}`, 400, "missing_facet_search_facet_name"},
			{"a name that is none", "POST", "/indexes/{uid}/facet-search", `{"facetName":"title"}`, 400, "invalid_facet_search_facet_name"},
			{"a number for a name", "POST", "/indexes/{uid}/facet-search", `{"facetName":1}`, 400, "invalid_facet_search_facet_name"},
			{"a number for a query", "POST", "/indexes/{uid}/facet-search", `{"facetName":"genres","facetQuery":1}`, 400, "invalid_facet_search_facet_query"},
			{"a filter", "POST", "/indexes/{uid}/facet-search", `{"facetName":"genres","filter":"title = x"}`, 400, "invalid_search_filter"},
			{"an unknown member", "POST", "/indexes/{uid}/facet-search", `{"facetName":"genres","dance":1}`, 400, "bad_request"},
			{"an unknown index", "POST", "/indexes/conformance_none/facet-search", `{"facetName":"genres"}`, 404, "index_not_found"},
		})
		exact := e.index(t, `{`+filterable+`,"typoTolerance":{"enabled":false}}`, movies)
		hits(t, exact, []asked{{"no typo if they are off", `{"facetName":"genres","facetQuery":"adventre"}`, `[]`}})
		word := e.index(t, `{`+filterable+`,"typoTolerance":{"disableOnWords":["adventre"]}}`, movies)
		hits(t, word, []asked{{"none in an exempt word", `{"facetName":"genres","facetQuery":"adventre"}`, `[]`}})
		counted := e.index(t, `{`+filterable+`,"faceting":{"maxValuesPerFacet":1,"sortFacetValuesBy":{"*":"count"}}}`, movies)
		hits(t, counted, []asked{{"the most frequent", `{"facetName":"genres","facetQuery":""}`, `[{"value":"Action","count":3}]`}})
		off := e.index(t, `{`+filterable+`,"facetSearch":false}`, movies)
		e.refuses(t, off, []refused{{"switched off", "POST", "/indexes/{uid}/facet-search", `{"facetName":"genres"}`, 400, "facet_search_disabled"}})
	})
}
