package conformance

import (
	"strings"
	"testing"
)

// What the settings of a new index are; meilisearch, tests/settings/get_settings.rs.
var defaults = map[string]string{
	"displayedAttributes": `["*"]`, "searchableAttributes": `["*"]`, "filterableAttributes": `[]`, "sortableAttributes": `[]`,
	"rankingRules": `["words","typo","proximity","attribute","sort","exactness"]`, "stopWords": `[]`, "synonyms": `{}`,
	"separatorTokens": `[]`, "nonSeparatorTokens": `[]`, "dictionary": `[]`, "distinctAttribute": `null`, "proximityPrecision": `"byWord"`,
	"typoTolerance": `{"enabled":true,"minWordSizeForTypos":{"oneTypo":5,"twoTypos":9},"disableOnWords":[],"disableOnAttributes":[],"disableOnNumbers":false}`,
	"faceting":      `{"maxValuesPerFacet":100,"sortFacetValuesBy":{"*":"alpha"}}`, "pagination": `{"maxTotalHits":1000}`,
	"searchCutoffMs": `null`, "localizedAttributes": `null`, "facetSearch": `true`, "prefixSearch": `"indexingTime"`,
}

// settingPath gives the address of one setting: "stopWords" is at stop-words.
func settingPath(name string) string {
	var path strings.Builder
	for _, c := range name {
		if 'A' <= c && c <= 'Z' {
			path.WriteByte('-')
			c += 'a' - 'A'
		}
		path.WriteRune(c)
	}
	return "/settings/" + path.String()
}

// "Settings": each has an address of its own, is changed there or with the others, and goes back to what it was.
func TestSettings(t *testing.T) {
	ask(t, func(t *testing.T, e *engine) {
		uid := e.index(t, "", `[{"id":1}]`)
		get := func(t *testing.T, uid, name, want string) {
			t.Helper()
			same(t, want, e.send(t, "GET", "/indexes/"+uid+settingPath(name), "").body)
			same(t, want, e.send(t, "GET", "/indexes/"+uid+"/settings", "").at(name))
		}
		for name, want := range defaults {
			get(t, uid, name, want)
		}
		for _, c := range []struct{ name, method, body, want string }{
			{"displayedAttributes", "PUT", `["id","title"]`, `["id","title"]`},
			{"searchableAttributes", "PUT", `["title","id"]`, `["title","id"]`},
			{"filterableAttributes", "PUT", `["b","a","b"]`, `["b","a","b"]`},
			{"sortableAttributes", "PUT", `["b","a","b"]`, `["a","b"]`},
			{"rankingRules", "PUT", `["words","age:desc"]`, `["words","age:desc"]`},
			{"stopWords", "PUT", `["the","a","the"]`, `["a","the"]`},
			{"synonyms", "PUT", `{"a":["b","c d"]}`, `{"a":["b","c d"]}`},
			{"searchCutoffMs", "PUT", `150`, `150`}, {"facetSearch", "PUT", `false`, `false`},
			{"prefixSearch", "PUT", `"disabled"`, `"disabled"`},
			{"typoTolerance", "PATCH", `{"disableOnWords":["b","a"],"minWordSizeForTypos":{"oneTypo":6}}`,
				`{"enabled":true,"minWordSizeForTypos":{"oneTypo":6,"twoTypos":9},"disableOnWords":["a","b"],"disableOnAttributes":[],"disableOnNumbers":false}`},
			{"faceting", "PATCH", `{"sortFacetValuesBy":{"genres":"count"}}`, `{"maxValuesPerFacet":100,"sortFacetValuesBy":{"*":"alpha","genres":"count"}}`},
			{"pagination", "PATCH", `{"maxTotalHits":7}`, `{"maxTotalHits":7}`},
		} {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				uid := e.index(t, "", `[{"id":1}]`)
				path := "/indexes/" + uid + settingPath(c.name)
				e.succeeded(t, e.accepted(t, c.method, path, c.body))
				get(t, uid, c.name, c.want)
				e.succeeded(t, e.accepted(t, "PATCH", "/indexes/"+uid+"/settings", `{"dictionary":[]}`))
				get(t, uid, c.name, c.want) // left alone by what does not name it
				e.succeeded(t, e.accepted(t, "DELETE", path, ""))
				get(t, uid, c.name, defaults[c.name])
				e.succeeded(t, e.accepted(t, "PATCH", "/indexes/"+uid+"/settings", `{"`+c.name+`":`+c.body+`}`))
				get(t, uid, c.name, c.want)
				e.succeeded(t, e.accepted(t, "PATCH", "/indexes/"+uid+"/settings", `{"`+c.name+`":null}`))
				get(t, uid, c.name, defaults[c.name])
				e.succeeded(t, e.accepted(t, "PATCH", "/indexes/"+uid+"/settings", `{"`+c.name+`":`+c.body+`}`))
				e.succeeded(t, e.accepted(t, "DELETE", "/indexes/"+uid+"/settings", ""))
				get(t, uid, c.name, defaults[c.name])
				e.succeeded(t, e.accepted(t, c.method, path, `null`))
				get(t, uid, c.name, defaults[c.name])
			})
		}
		t.Run("of an index that is not there", func(t *testing.T) {
			t.Parallel()
			uid := e.name(t)
			e.succeeded(t, e.accepted(t, "PUT", "/indexes/"+uid+"/settings/stop-words", `["a"]`)) // makes it
			get(t, uid, "stopWords", `["a"]`)
			done := e.finished(t, e.accepted(t, "DELETE", "/indexes/"+uid+"_none/settings", ""))
			if done.Status != "failed" || done.Error.Code != "index_not_found" {
				t.Errorf("reset: %s %s", done.Status, done.Error.Code)
			}
		})
		t.Run("a word length that contradicts the other", func(t *testing.T) {
			t.Parallel()
			uid := e.index(t, "", `[{"id":1}]`)
			done := e.finished(t, e.accepted(t, "PATCH", "/indexes/"+uid+"/settings/typo-tolerance", `{"minWordSizeForTypos":{"oneTypo":10}}`))
			if done.Status != "failed" || done.Error.Code != "invalid_settings_typo_tolerance" {
				t.Errorf("%s %s", done.Status, done.Error.Code)
			}
		})

		cases := []refused{
			{"unknown index", "GET", "/indexes/{uid}_none/settings", "", 404, "index_not_found"},
			{"unknown index of one", "GET", "/indexes/{uid}_none/settings/stop-words", "", 404, "index_not_found"},
			{"bad name", "PATCH", "/indexes/a%20b/settings", `{}`, 400, "invalid_index_uid"},
			{"unknown setting", "PATCH", "/indexes/{uid}/settings", `{"doggo":1}`, 400, "bad_request"},
			{"unknown part", "PATCH", "/indexes/{uid}/settings/typo-tolerance", `{"doggo":1}`, 400, "bad_request"},
			{"no object", "PATCH", "/indexes/{uid}/settings", `[]`, 400, "bad_request"},
			{"no JSON", "PATCH", "/indexes/{uid}/settings", `{`, 400, "malformed_payload"},
			{"nothing", "PATCH", "/indexes/{uid}/settings", ``, 400, "missing_payload"},
			{"unknown rule", "PUT", "/indexes/{uid}/settings/ranking-rules", `["doggo"]`, 400, "invalid_settings_ranking_rules"},
			{"word lengths the wrong way round", "PATCH", "/indexes/{uid}/settings/typo-tolerance", `{"minWordSizeForTypos":{"oneTypo":9,"twoTypos":5}}`, 400, "invalid_settings_typo_tolerance"},
			{"a word length of the wrong kind", "PATCH", "/indexes/{uid}/settings/typo-tolerance", `{"minWordSizeForTypos":{"oneTypo":"x"}}`, 400, "invalid_settings_typo_tolerance"},
			{"too large a word length", "PATCH", "/indexes/{uid}/settings/typo-tolerance", `{"minWordSizeForTypos":{"twoTypos":256}}`, 400, "invalid_settings_typo_tolerance"},
			{"a count of the wrong kind", "PATCH", "/indexes/{uid}/settings/faceting", `{"maxValuesPerFacet":"x"}`, 400, "invalid_settings_faceting"},
			{"an unknown order of values", "PATCH", "/indexes/{uid}/settings/faceting", `{"sortFacetValuesBy":{"*":"doggo"}}`, 400, "invalid_settings_faceting"},
			{"a number of hits of the wrong kind", "PATCH", "/indexes/{uid}/settings/pagination", `{"maxTotalHits":"x"}`, 400, "invalid_settings_pagination"},
		}
		for name, code := range map[string]string{
			"displayedAttributes": "displayed_attributes", "searchableAttributes": "searchable_attributes", "filterableAttributes": "filterable_attributes",
			"sortableAttributes": "sortable_attributes", "rankingRules": "ranking_rules", "stopWords": "stop_words", "synonyms": "synonyms",
			"typoTolerance": "typo_tolerance", "faceting": "faceting", "pagination": "pagination", "searchCutoffMs": "search_cutoff_ms",
			"proximityPrecision": "proximity_precision", "facetSearch": "facet_search", "prefixSearch": "prefix_search",
			"separatorTokens": "separator_tokens", "nonSeparatorTokens": "non_separator_tokens", "dictionary": "dictionary",
		} {
			cases = append(cases, refused{name + " of the wrong kind", "PATCH", "/indexes/{uid}/settings", `{"` + name + `":"doggo"}`, 400, "invalid_settings_" + code})
			if name != "typoTolerance" && name != "faceting" && name != "pagination" {
				cases = append(cases, refused{name + " of the wrong kind alone", "PUT", "/indexes/{uid}" + settingPath(name), `"doggo"`, 400, "invalid_settings_" + code})
			}
		}
		cases = append(cases, refused{"a distinct attribute of the wrong kind", "PATCH", "/indexes/{uid}/settings", `{"distinctAttribute":["doggo"]}`, 400, "invalid_settings_distinct_attribute"})
		e.refuses(t, uid, cases)
	})
}

// "Indexes", "Stats", "Health", "Version".
func TestIndexes(t *testing.T) {
	ask(t, func(t *testing.T, e *engine) {
		uid := e.name(t)
		e.succeeded(t, e.accepted(t, "POST", "/indexes", `{"uid":"`+uid+`","primaryKey":"id"}`))
		got := e.send(t, "GET", "/indexes/"+uid, "")
		if got.status != 200 || got.at("uid") != uid || got.at("primaryKey") != "id" || got.at("createdAt") == nil || got.at("updatedAt") == nil {
			t.Errorf("index: %s", got.raw)
		}
		again := e.finished(t, e.accepted(t, "POST", "/indexes", `{"uid":"`+uid+`"}`))
		if again.Status != "failed" || again.Error.Code != "index_already_exists" {
			t.Errorf("made again: %s %s", again.Status, again.Error.Code)
		}
		for _, method := range []string{"DELETE", "PATCH"} {
			done := e.finished(t, e.accepted(t, method, "/indexes/"+uid+"_none", map[string]string{"PATCH": `{"primaryKey":"id"}`}[method]))
			if done.Status != "failed" || done.Error.Code != "index_not_found" {
				t.Errorf("%s: %s %s", method, done.Status, done.Error.Code)
			}
		}
		e.succeeded(t, e.accepted(t, "PATCH", "/indexes/"+uid, `{"primaryKey":"number"}`))
		e.succeeded(t, e.accepted(t, "POST", "/indexes/"+uid+"/documents", `[{"number":1,"a":{"b":1}},{"number":2,"c":[1]}]`))
		done := e.finished(t, e.accepted(t, "PATCH", "/indexes/"+uid, `{"primaryKey":"id"}`))
		if done.Status != "failed" || done.Error.Code != "index_primary_key_already_exists" {
			t.Errorf("another primary key: %s %s", done.Status, done.Error.Code)
		}
		stats := e.send(t, "GET", "/indexes/"+uid+"/stats", "")
		same(t, `2`, stats.at("numberOfDocuments"))
		same(t, `false`, stats.at("isIndexing"))
		if fields := stats.at("fieldDistribution").(map[string]any); fields["number"] != 2.0 || fields["c"] != 1.0 {
			t.Errorf("fields: %v", fields)
		}
		same(t, `2`, e.send(t, "GET", "/stats", "").at("indexes."+uid+".numberOfDocuments"))
		if all := e.send(t, "GET", "/stats", ""); all.at("databaseSize") == nil || all.at("lastUpdate") == nil {
			t.Errorf("stats: %s", all.raw)
		}
		same(t, `{"status":"available"}`, e.sendAs(t, "", "", "GET", "/health", "").body)
		if version := e.send(t, "GET", "/version", ""); version.at("pkgVersion") == nil || version.at("commitSha") == nil || version.at("commitDate") == nil {
			t.Errorf("version: %s", version.raw)
		}
		list := e.send(t, "GET", "/indexes?limit=1", "")
		same(t, `1`, list.at("limit"))
		same(t, `0`, list.at("offset"))
		if hits, _ := list.at("results").([]any); len(hits) != 1 || list.at("total").(float64) < 1 {
			t.Errorf("list: %s", list.raw)
		}
		e.refuses(t, uid, []refused{
			{"unknown", "GET", "/indexes/{uid}_none", "", 404, "index_not_found"},
			{"stats of an unknown one", "GET", "/indexes/{uid}_none/stats", "", 404, "index_not_found"},
			{"no name", "POST", "/indexes", `{"primaryKey":"id"}`, 400, "missing_index_uid"},
			{"bad name", "POST", "/indexes", `{"uid":"the best doggo"}`, 400, "invalid_index_uid"},
			{"empty name", "POST", "/indexes", `{"uid":""}`, 400, "invalid_index_uid"},
			{"name of the wrong kind", "POST", "/indexes", `{"uid":1}`, 400, "invalid_index_uid"},
			{"primary key of the wrong kind", "POST", "/indexes", `{"uid":"a","primaryKey":[1]}`, 400, "invalid_index_primary_key"},
			{"primary key to be of the wrong kind", "PATCH", "/indexes/{uid}", `{"primaryKey":[1]}`, 400, "invalid_index_primary_key"},
			{"unknown member", "POST", "/indexes", `{"uid":"a","doggo":1}`, 400, "bad_request"},
			{"bad limit", "GET", "/indexes?limit=doggo", "", 400, "invalid_index_limit"},
			{"bad offset", "GET", "/indexes?offset=doggo", "", 400, "invalid_index_offset"},
		})
	})
}

// "Keys": what a key may do; meilisearch, tests/auth.
func TestKeys(t *testing.T) {
	ask(t, func(t *testing.T, e *engine) {
		uid := e.index(t, "", `[{"id":1}]`)
		make := func(t *testing.T, actions, indexes string) answer {
			t.Helper()
			key := e.send(t, "POST", "/keys", `{"name":"conformance","actions":`+actions+`,"indexes":`+indexes+`,"expiresAt":null}`)
			if key.status != 201 || key.at("name") != "conformance" || key.at("expiresAt") != nil || key.at("createdAt") == nil {
				t.Fatalf("key: %d %s", key.status, key.raw)
			}
			if e.shared {
				t.Cleanup(func() { e.removeKey(t, key.at("uid").(string)) })
			}
			return key
		}
		for _, c := range []struct {
			name, actions, indexes, method, path, body string
			status                                     int
		}{
			{"its action", `["search"]`, `["*"]`, "POST", "/indexes/" + uid + "/search", `{}`, 200},
			{"facet search is search", `["search"]`, `["*"]`, "POST", "/indexes/" + uid + "/facet-search", `{"facetName":"x"}`, 400},
			{"another action", `["documents.get"]`, `["*"]`, "POST", "/indexes/" + uid + "/search", `{}`, 403},
			{"all actions", `["*"]`, `["*"]`, "GET", "/indexes/" + uid + "/documents", ``, 200},
			{"a group of actions", `["documents.*"]`, `["*"]`, "GET", "/indexes/" + uid + "/documents", ``, 200},
			{"another group", `["documents.*"]`, `["*"]`, "GET", "/indexes/" + uid, ``, 403},
			{"its index", `["search"]`, `["` + uid + `"]`, "GET", "/indexes/" + uid + "/search", ``, 200},
			{"its indexes by their beginning", `["search"]`, `["` + e.prefix + `*"]`, "GET", "/indexes/" + uid + "/search", ``, 200},
			{"another index", `["search"]`, `["` + uid + `x"]`, "GET", "/indexes/" + uid + "/search", ``, 403},
			{"another index of several asked at once", `["search"]`, `["` + uid + `x"]`, "POST", "/multi-search", `{"queries":[{"indexUid":"` + uid + `"}]}`, 403},
			{"no index at all", `["search"]`, `[]`, "GET", "/indexes/" + uid + "/search", ``, 403},
			{"keys are for keys that say so", `["search"]`, `["*"]`, "GET", "/keys", ``, 403},
			{"version", `["version"]`, `["*"]`, "GET", "/version", ``, 200}, {"no version", `["search"]`, `["*"]`, "GET", "/version", ``, 403},
		} {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				key := make(t, c.actions, c.indexes).at("key").(string)
				got := e.sendAs(t, key, "application/json", c.method, c.path, c.body)
				if got.status != c.status {
					t.Errorf("%d %s", got.status, got.raw)
				}
				if c.status == 403 {
					got.isError(t, 403, "invalid_api_key")
				}
			})
		}
		t.Run("tasks of its indexes alone", func(t *testing.T) {
			t.Parallel()
			other := e.index(t, "", `[{"id":1}]`)
			got := e.sendAs(t, make(t, `["tasks.get"]`, `["`+other+`"]`).at("key").(string), "", "GET", "/tasks", "")
			for _, one := range got.at("results").([]any) {
				if one.(map[string]any)["indexUid"] != other {
					t.Errorf("task: %v", one)
				}
			}
		})
		t.Run("life", func(t *testing.T) {
			t.Parallel()
			key := make(t, `["search"]`, `["*"]`)
			at := "/keys/" + key.at("uid").(string)
			same(t, key.raw, e.send(t, "GET", at, "").body)
			same(t, key.raw, e.send(t, "GET", "/keys/"+key.at("key").(string), "").body)
			if changed := e.send(t, "PATCH", at, `{"description":"d"}`); changed.status != 200 || changed.at("description") != "d" || changed.at("name") != "conformance" {
				t.Errorf("changed: %d %s", changed.status, changed.raw)
			}
			e.refuses(t, "", []refused{
				{"uid", "PATCH", at, `{"uid":"x"}`, 400, "immutable_api_key_uid"}, {"actions", "PATCH", at, `{"actions":["*"]}`, 400, "immutable_api_key_actions"},
				{"indexes", "PATCH", at, `{"indexes":["*"]}`, 400, "immutable_api_key_indexes"},
				{"expiresAt", "PATCH", at, `{"expiresAt":null}`, 400, "immutable_api_key_expires_at"},
				{"createdAt", "PATCH", at, `{"createdAt":"x"}`, 400, "immutable_api_key_created_at"},
				{"updatedAt", "PATCH", at, `{"updatedAt":"x"}`, 400, "immutable_api_key_updated_at"},
				{"key", "PATCH", at, `{"key":"x"}`, 400, "immutable_api_key_key"}, {"unknown member", "PATCH", at, `{"doggo":"x"}`, 400, "bad_request"},
				{"name of the wrong kind", "PATCH", at, `{"name":13}`, 400, "invalid_api_key_name"},
			})
		})
		t.Run("gone", func(t *testing.T) {
			t.Parallel()
			key := e.send(t, "POST", "/keys", `{"actions":["search"],"indexes":["*"],"expiresAt":"2999-01-01"}`)
			same(t, `"2999-01-01T00:00:00Z"`, key.at("expiresAt"))
			same(t, `null`, key.at("name"))
			if got := e.send(t, "DELETE", "/keys/"+key.at("uid").(string), ""); got.status != 204 {
				t.Errorf("%d %s", got.status, got.raw)
			}
			e.sendAs(t, key.at("key").(string), "", "GET", "/indexes/"+uid+"/search", "").isError(t, 403, "invalid_api_key")
			e.send(t, "GET", "/keys/"+key.at("uid").(string), "").isError(t, 404, "api_key_not_found")
			e.send(t, "DELETE", "/keys/"+key.at("uid").(string), "").isError(t, 404, "api_key_not_found")
		})
		t.Run("no key", func(t *testing.T) {
			t.Parallel()
			e.sendAs(t, "", "", "GET", "/indexes/"+uid+"/search", "").isError(t, 401, "missing_authorization_header")
			e.sendAs(t, "doggo", "", "GET", "/indexes/"+uid+"/search", "").isError(t, 403, "invalid_api_key")
		})
		post := func(name, body, code string) refused { return refused{name, "POST", "/keys", body, 400, code} }
		e.refuses(t, "", []refused{
			post("no actions", `{"indexes":["*"],"expiresAt":null}`, "missing_api_key_actions"),
			post("no indexes", `{"actions":["*"],"expiresAt":null}`, "missing_api_key_indexes"),
			post("no day of expiry", `{"actions":["*"],"indexes":["*"]}`, "missing_api_key_expires_at"),
			post("unknown action", `{"actions":["doc.add"],"indexes":["*"],"expiresAt":null}`, "invalid_api_key_actions"),
			post("actions of the wrong kind", `{"actions":"search","indexes":["*"],"expiresAt":null}`, "invalid_api_key_actions"),
			post("indexes of the wrong kind", `{"actions":["*"],"indexes":13,"expiresAt":null}`, "invalid_api_key_indexes"),
			post("bad name of an index", `{"actions":["*"],"indexes":["invalid index # / \\name with spaces"],"expiresAt":null}`, "invalid_api_key_indexes"),
			post("expiry of the wrong kind", `{"actions":["*"],"indexes":["*"],"expiresAt":{"name":"x"}}`, "invalid_api_key_expires_at"),
			post("expiry in the past", `{"actions":["*"],"indexes":["*"],"expiresAt":"2010-11-13T00:00:00Z"}`, "invalid_api_key_expires_at"),
			post("expiry that is no date", `{"actions":["*"],"indexes":["*"],"expiresAt":"doggo"}`, "invalid_api_key_expires_at"),
			post("uid", `{"uid":"aaaaabbbbbccc","actions":["*"],"indexes":["*"],"expiresAt":null}`, "invalid_api_key_uid"),
			post("name of the wrong kind", `{"name":{"a":1},"actions":["*"],"indexes":["*"],"expiresAt":null}`, "invalid_api_key_name"),
			post("description of the wrong kind", `{"description":{"a":1},"actions":["*"],"indexes":["*"],"expiresAt":null}`, "invalid_api_key_description"),
			post("unknown member", `{"doggo":1,"actions":["*"],"indexes":["*"],"expiresAt":null}`, "bad_request"),
			{"bad limit", "GET", "/keys?limit=doggo", "", 400, "invalid_api_key_limit"},
			{"bad offset", "GET", "/keys?offset=doggo", "", 400, "invalid_api_key_offset"},
			{"unknown", "GET", "/keys/d0552b41-0000-4000-8000-c58fc96b9bcc", "", 404, "api_key_not_found"},
			{"unknown to change", "PATCH", "/keys/d0552b41-0000-4000-8000-c58fc96b9bcc", `{"name":"x"}`, 404, "api_key_not_found"},
		})
	})
}
