package conformance

import "testing"

// "Documents": adding, replacing and updating; meilisearch, tests/documents.
func TestDocuments(t *testing.T) {
	ask(t, func(t *testing.T, e *engine) {
		uid := e.index(t, `{"filterableAttributes":["n","tags"],"sortableAttributes":["n"]}`, `[
			{"id":1,"title":"One","n":1,"tags":["a","b"],"inner":{"deep":true,"list":[1,{"x":null}]}},{"id":2,"title":"Two","n":2.5},
			{"id":"three-3_","title":"Trés","n":null},{"id":4}]`)
		get := func(t *testing.T, path, want string) {
			t.Helper()
			got := e.send(t, "GET", "/indexes/"+uid+"/documents"+path, "")
			if got.status != 200 {
				t.Fatalf("%s: %d %s", path, got.status, got.raw)
			}
			same(t, want, got.body)
		}
		get(t, "/1", `{"id":1,"title":"One","n":1,"tags":["a","b"],"inner":{"deep":true,"list":[1,{"x":null}]}}`)
		get(t, "/three-3_", `{"id":"three-3_","title":"Trés","n":null}`)
		get(t, "/1?fields=title,n", `{"title":"One","n":1}`)
		get(t, "/1?fields=*", `{"id":1,"title":"One","n":1,"tags":["a","b"],"inner":{"deep":true,"list":[1,{"x":null}]}}`)
		get(t, "?fields=id", `{"results":[{"id":1},{"id":2},{"id":"three-3_"},{"id":4}],"offset":0,"limit":20,"total":4}`)
		get(t, "?fields=id&offset=1&limit=2", `{"results":[{"id":2},{"id":"three-3_"}],"offset":1,"limit":2,"total":4}`)
		get(t, "?fields=id&offset=9", `{"results":[],"offset":9,"limit":20,"total":4}`)
		get(t, "?fields=id&limit=0", `{"results":[],"offset":0,"limit":0,"total":4}`)
		get(t, "?fields=id&filter=n%3E1", `{"results":[{"id":2}],"offset":0,"limit":20,"total":1}`)
		fetch := func(t *testing.T, body, want string) {
			t.Helper()
			same(t, want, e.send(t, "POST", "/indexes/"+uid+"/documents/fetch", body).body)
		}
		fetch(t, `{"fields":["id"],"filter":"tags = a OR n = 2.5","limit":1}`, `{"results":[{"id":1}],"offset":0,"limit":1,"total":2}`)
		fetch(t, `{"fields":["id"],"filter":[["tags = a","n = 2.5"],"n < 2"]}`, `{"results":[{"id":1}],"offset":0,"limit":20,"total":1}`)
		fetch(t, `{"fields":["id"],"ids":["4","three-3_","unknown"]}`, `{"results":[{"id":"three-3_"},{"id":4}],"offset":0,"limit":20,"total":2}`)
		fetch(t, `{"fields":["id"],"filter":"n IS NULL OR n NOT EXISTS"}`, `{"results":[{"id":"three-3_"},{"id":4}],"offset":0,"limit":20,"total":2}`)
		post := func(name, body, code string) refused {
			return refused{name, "POST", "/indexes/{uid}/documents/fetch", body, 400, code}
		}
		e.refuses(t, uid, []refused{
			{"unknown document", "GET", "/indexes/{uid}/documents/9", "", 404, "document_not_found"},
			{"unknown index", "GET", "/indexes/{uid}_none/documents/9", "", 404, "index_not_found"},
			{"unknown index, all", "GET", "/indexes/{uid}_none/documents", "", 404, "index_not_found"},
			{"bad offset", "GET", "/indexes/{uid}/documents?offset=doggo", "", 400, "invalid_document_offset"},
			{"bad limit", "GET", "/indexes/{uid}/documents?limit=-1", "", 400, "invalid_document_limit"},
			{"bad filter", "GET", "/indexes/{uid}/documents?filter=n%20~%201", "", 400, "invalid_document_filter"},
			post("filter on what is not filterable", `{"filter":"title = a"}`, "invalid_document_filter"),
			post("filter of the wrong kind", `{"filter":{"n":1}}`, "invalid_document_filter"),
			post("fields of the wrong kind", `{"fields":"id"}`, "invalid_document_fields"),
			post("offset of the wrong kind", `{"offset":"1"}`, "invalid_document_offset"),
			post("limit of the wrong kind", `{"limit":true}`, "invalid_document_limit"),
			post("negative limit", `{"limit":-1}`, "invalid_document_limit"),
			post("unknown member", `{"doggo":1}`, "bad_request"), post("no JSON", `{`, "malformed_payload"),
		})
	})
}

// "Add or replace documents", "Add or update documents".
func TestReplaceAndUpdate(t *testing.T) {
	ask(t, func(t *testing.T, e *engine) {
		for _, c := range []struct{ name, method, first, second, want string }{
			{"replace", "POST", `{"id":1,"a":1,"b":{"c":1,"d":2}}`, `{"id":1,"b":{"c":3}}`, `{"id":1,"b":{"c":3}}`},
			{"update", "PUT", `{"id":1,"a":1}`, `{"id":1,"b":2}`, `{"id":1,"a":1,"b":2}`},
			{"update of the uppermost members alone", "PUT", `{"id":1,"b":{"c":1,"d":2}}`, `{"id":1,"b":{"c":3}}`, `{"id":1,"b":{"c":3}}`},
			{"update with null", "PUT", `{"id":1,"a":1}`, `{"id":1,"a":null}`, `{"id":1,"a":null}`},
			{"update of a list", "PUT", `{"id":1,"a":[1,2]}`, `{"id":1,"a":[3]}`, `{"id":1,"a":[3]}`},
			{"update of nothing", "PUT", `{"id":1,"a":1}`, `{"id":1}`, `{"id":1,"a":1}`},
			{"an identifier as text and as number is one", "POST", `{"id":1,"a":1}`, `{"id":"1","a":2}`, `{"id":"1","a":2}`},
		} {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				uid := e.index(t, "", "["+c.first+"]")
				e.succeeded(t, e.accepted(t, c.method, "/indexes/"+uid+"/documents", "["+c.second+"]"))
				same(t, `[`+c.want+`]`, e.send(t, "GET", "/indexes/"+uid+"/documents", "").at("results"))
			})
		}
		t.Run("the last of two in one request", func(t *testing.T) {
			t.Parallel()
			uid := e.index(t, "", `[{"id":1,"a":1,"b":1},{"id":1,"a":2}]`)
			same(t, `{"id":1,"a":2}`, e.send(t, "GET", "/indexes/"+uid+"/documents/1", "").body)
			e.succeeded(t, e.accepted(t, "PUT", "/indexes/"+uid+"/documents", `[{"id":1,"c":3},{"id":1,"d":4}]`))
			same(t, `{"id":1,"a":2,"c":3,"d":4}`, e.send(t, "GET", "/indexes/"+uid+"/documents/1", "").body)
		})
		t.Run("one document without a list", func(t *testing.T) {
			t.Parallel()
			same(t, `["1"]`, anys(e.send(t, "GET", "/indexes/"+e.index(t, "", `{"id":1}`)+"/documents", "").ids("results")))
		})
		t.Run("lines", func(t *testing.T) {
			t.Parallel()
			uid := e.name(t)
			got := e.sendAs(t, e.key, "application/x-ndjson", "POST", "/indexes/"+uid+"/documents", "{\"id\":1}\n{\"id\":2}\n\n{\"id\":3}")
			e.succeeded(t, int64(got.at("taskUid").(float64)))
			same(t, `["1","2","3"]`, anys(e.send(t, "GET", "/indexes/"+uid+"/documents", "").ids("results")))
		})
		t.Run("a primary key by its name", func(t *testing.T) {
			t.Parallel()
			uid := e.name(t)
			e.succeeded(t, e.accepted(t, "POST", "/indexes/"+uid+"/documents", `[{"title":"x","ticketId":7}]`))
			same(t, `"ticketId"`, e.send(t, "GET", "/indexes/"+uid, "").at("primaryKey"))
			same(t, `{"title":"x","ticketId":7}`, e.send(t, "GET", "/indexes/"+uid+"/documents/7", "").body)
		})
	})
}

func anys(texts []string) any {
	all := make([]any, len(texts))
	for i, text := range texts {
		all[i] = text
	}
	return all
}

// What a task that adds documents fails with, and what is refused before there is one; tests/documents/add_documents.rs.
func TestBadDocuments(t *testing.T) {
	ask(t, func(t *testing.T, e *engine) {
		for _, c := range []struct{ name, query, body, code string }{
			{"no identifier", "?primaryKey=id", `[{"title":"x"}]`, "missing_document_id"},
			{"identifier with a space", "?primaryKey=id", `[{"id":"a b"}]`, "invalid_document_id"},
			{"identifier with a fraction", "?primaryKey=id", `[{"id":1.5}]`, "invalid_document_id"},
			{"no text", "?primaryKey=id", `[{"id":null}]`, "invalid_document_id"},
			{"a list as identifier", "?primaryKey=id", `[{"id":[1]}]`, "invalid_document_id"},
			{"too long an identifier", "?primaryKey=id", `[{"id":"` + repeated("a", 512) + `"}]`, "invalid_document_id"},
			{"no candidate for the primary key", "", `[{"title":"x"}]`, "index_primary_key_no_candidate_found"},
			{"two candidates for the primary key", "", `[{"aId":1,"bId":2}]`, "index_primary_key_multiple_candidates_found"},
		} {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				uid := e.name(t)
				done := e.finished(t, e.accepted(t, "POST", "/indexes/"+uid+"/documents"+c.query, c.body))
				if done.Status != "failed" || done.Error.Code != c.code {
					t.Errorf("%s: %s: %s", done.Status, done.Error.Code, done.Error.Message)
				}
			})
		}
		t.Run("another primary key", func(t *testing.T) {
			t.Parallel()
			uid := e.index(t, "", `[{"id":1}]`)
			done := e.finished(t, e.accepted(t, "POST", "/indexes/"+uid+"/documents?primaryKey=n", `[{"id":1,"n":1}]`))
			if done.Status != "failed" || done.Error.Code != "index_primary_key_already_exists" {
				t.Errorf("%s: %s: %s", done.Status, done.Error.Code, done.Error.Message)
			}
		})
		t.Run("one bad document keeps out the others", func(t *testing.T) {
			t.Parallel()
			uid := e.index(t, "", `[{"id":1}]`)
			done := e.finished(t, e.accepted(t, "POST", "/indexes/"+uid+"/documents", `[{"id":2},{"id":"a b"}]`))
			if done.Status != "failed" || done.Details.ReceivedDocuments != 2 || done.Details.IndexedDocuments != 0 {
				t.Errorf("%s: %+v", done.Status, done.Details)
			}
			same(t, `["1"]`, anys(e.send(t, "GET", "/indexes/"+uid+"/documents", "").ids("results")))
		})
		uid := e.name(t)
		e.refuses(t, uid, []refused{
			{"nothing", "POST", "/indexes/{uid}/documents", "", 400, "missing_payload"},
			{"no JSON", "POST", "/indexes/{uid}/documents", `[{"id":1`, 400, "malformed_payload"},
			{"no objects", "POST", "/indexes/{uid}/documents", `[1,2]`, 400, "malformed_payload"},
			{"a text", "POST", "/indexes/{uid}/documents", `"text"`, 400, "malformed_payload"},
			{"bad name of an index", "POST", "/indexes/a%20b/documents", `[{"id":1}]`, 400, "invalid_index_uid"},
			{"bad name of an index to delete from", "DELETE", "/indexes/a%20b/documents", "", 400, "invalid_index_uid"},
			{"no filter to delete by", "POST", "/indexes/{uid}/documents/delete", `{}`, 400, "missing_document_filter"},
			{"bad filter to delete by", "POST", "/indexes/{uid}/documents/delete", `{"filter":"hello"}`, 400, "invalid_document_filter"},
			{"empty filter to delete by", "POST", "/indexes/{uid}/documents/delete", `{"filter":""}`, 400, "invalid_document_filter"},
			{"filter of another kind to delete by", "POST", "/indexes/{uid}/documents/delete", `{"filter":true}`, 400, "invalid_document_filter"},
		})
		t.Run("unknown content type", func(t *testing.T) {
			t.Parallel()
			e.sendAs(t, e.key, "text/plain", "POST", "/indexes/"+uid+"/documents", `[{"id":1}]`).isError(t, 415, "invalid_content_type")
		})
		t.Run("no content type", func(t *testing.T) {
			t.Parallel()
			e.sendAs(t, e.key, "", "POST", "/indexes/"+uid+"/documents", `[{"id":1}]`).isError(t, 415, "missing_content_type")
		})
		t.Run("no content type in a search", func(t *testing.T) {
			t.Parallel()
			e.sendAs(t, e.key, "", "POST", "/indexes/"+uid+"/search", `{}`).isError(t, 415, "missing_content_type")
		})
	})
}

// "Delete one document", "Delete documents by batch", "Delete documents by filter", "Delete all documents".
func TestDeleteDocuments(t *testing.T) {
	ask(t, func(t *testing.T, e *engine) {
		for _, c := range []struct{ name, method, path, body, details, left string }{
			{"one", "DELETE", "/2", "", `{"providedIds":1,"deletedDocuments":1,"originalFilter":null}`, `["1","three","4"]`},
			{"an unknown one", "DELETE", "/9", "", `{"providedIds":1,"deletedDocuments":0,"originalFilter":null}`, `["1","2","three","4"]`},
			{"several", "POST", "/delete-batch", `[1,"2","three",9]`, `{"providedIds":4,"deletedDocuments":3,"originalFilter":null}`, `["4"]`},
			{"none of several", "POST", "/delete-batch", `[]`, `{"providedIds":0,"deletedDocuments":0,"originalFilter":null}`, `["1","2","three","4"]`},
			{"by a filter", "POST", "/delete", `{"filter":"n >= 2"}`, `{"providedIds":0,"deletedDocuments":2,"originalFilter":"\"n >= 2\""}`, `["1","4"]`},
			{"by a filter of lists", "POST", "/delete", `{"filter":[["n = 1","n = 2"]]}`,
				`{"providedIds":0,"deletedDocuments":2,"originalFilter":"[[\"n = 1\",\"n = 2\"]]"}`, `["three","4"]`},
			{"all", "DELETE", "", "", `{"providedIds":0,"deletedDocuments":4,"originalFilter":null}`, `[]`},
		} {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				uid := e.index(t, `{"filterableAttributes":["n"]}`, `[{"id":1,"n":1},{"id":2,"n":2},{"id":"three","n":3},{"id":4}]`)
				task := e.accepted(t, c.method, "/indexes/"+uid+"/documents"+c.path, c.body)
				e.succeeded(t, task)
				same(t, c.details, e.send(t, "GET", "/tasks/"+number(int(task)), "").at("details"))
				same(t, c.left, anys(e.send(t, "GET", "/indexes/"+uid+"/documents", "").ids("results")))
				same(t, c.left, anys(e.search(t, uid, `{}`).ids("hits")))
			})
		}
		t.Run("in no index", func(t *testing.T) {
			t.Parallel()
			for method, path := range map[string]string{"DELETE": "/1", "POST": "/delete-batch"} {
				done := e.finished(t, e.accepted(t, method, "/indexes/"+e.prefix+"none/documents"+path, map[string]string{"POST": "[1]"}[method]))
				if done.Status != "failed" || done.Error.Code != "index_not_found" || done.Type != "documentDeletion" {
					t.Errorf("%s %s: %s %s: %s", method, path, done.Type, done.Status, done.Error.Code)
				}
			}
		})
		t.Run("by a filter on what is not filterable", func(t *testing.T) {
			t.Parallel()
			uid := e.index(t, "", `[{"id":1,"n":1}]`)
			done := e.finished(t, e.accepted(t, "POST", "/indexes/"+uid+"/documents/delete", `{"filter":"n = 1"}`))
			if done.Status != "failed" || done.Error.Code != "invalid_document_filter" {
				t.Errorf("%s: %s", done.Status, done.Error.Code)
			}
		})
	})
}
