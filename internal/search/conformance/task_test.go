package conformance

import (
	"strings"
	"testing"
	"time"
)

func repeated(text string, times int) string { return strings.Repeat(text, times) }

// "Tasks": what each kind of work says of itself.
func TestTaskDetails(t *testing.T) {
	ask(t, func(t *testing.T, e *engine) {
		uid := e.name(t)
		for _, c := range []struct{ name, method, path, body, kind, details string }{
			{"make", "POST", "/indexes", `{"uid":"{uid}"}`, "indexCreation", `{"primaryKey":null}`},
			{"a primary key", "PATCH", "/indexes/{uid}", `{"primaryKey":"id"}`, "indexUpdate", `{"primaryKey":"id"}`},
			{"add", "POST", "/indexes/{uid}/documents", `[{"id":1},{"id":2}]`, "documentAdditionOrUpdate", `{"receivedDocuments":2,"indexedDocuments":2}`},
			{"settings", "PATCH", "/indexes/{uid}/settings", `{"stopWords":["the"],"sortableAttributes":["n"]}`, "settingsUpdate",
				`{"stopWords":["the"],"sortableAttributes":["n"]}`},
			{"a setting", "PUT", "/indexes/{uid}/settings/stop-words", `["a"]`, "settingsUpdate", `{"stopWords":["a"]}`},
			{"a setting as before", "DELETE", "/indexes/{uid}/settings/stop-words", "", "settingsUpdate", `{"stopWords":null}`},
			{"remove", "DELETE", "/indexes/{uid}", "", "indexDeletion", `{"deletedDocuments":2}`},
		} {
			fill := strings.NewReplacer("{uid}", uid)
			got := e.send(t, c.method, fill.Replace(c.path), fill.Replace(c.body))
			if got.status != 202 || got.at("status") != "enqueued" || got.at("type") != c.kind || got.at("indexUid") != uid {
				t.Fatalf("%s: %d %s", c.name, got.status, got.raw)
			}
			if _, err := time.Parse(time.RFC3339, got.at("enqueuedAt").(string)); err != nil {
				t.Error(err)
			}
			task := int64(got.at("taskUid").(float64))
			e.succeeded(t, task)
			done := e.send(t, "GET", "/tasks/"+number(int(task)), "")
			same(t, c.details, done.at("details"))
			if done.at("uid") != float64(task) || done.at("type") != c.kind || done.at("error") != nil || done.at("canceledBy") != nil ||
				!strings.HasPrefix(done.at("duration").(string), "PT") || done.at("startedAt").(string) > done.at("finishedAt").(string) {
				t.Errorf("%s: %s", c.name, done.raw)
			}
		}
	})
}

// "Get tasks": filters, their errors (meilisearch, tests/tasks/errors.rs) and pages.
func TestTaskList(t *testing.T) {
	ask(t, func(t *testing.T, e *engine) {
		uid := e.index(t, `{"sortableAttributes":["n"]}`, `[{"id":1}]`)
		e.finished(t, e.accepted(t, "POST", "/indexes/"+uid+"/documents", `[{"id":"a b"}]`))
		kinds := func(t *testing.T, query string) string {
			t.Helper()
			got := e.send(t, "GET", "/tasks?indexUids="+uid+query, "")
			if got.status != 200 {
				t.Fatalf("%s: %d %s", query, got.status, got.raw)
			}
			all := []string{}
			for _, one := range got.at("results").([]any) {
				task := one.(map[string]any)
				all = append(all, task["type"].(string)[:1]+task["status"].(string)[:1])
			}
			return strings.Join(all, " ")
		}
		first := int(e.send(t, "GET", "/tasks?reverse=true&limit=1&indexUids="+uid, "").at("results.0.uid").(float64))
		last := int(e.send(t, "GET", "/tasks?limit=1&indexUids="+uid, "").at("results.0.uid").(float64))
		for query, want := range map[string]string{
			"": "df ds ss", "&reverse=true": "ss ds df", "&limit=1": "df", "&limit=2&reverse=true": "ss ds", "&limit=0": "",
			"&statuses=failed": "df", "&statuses=succeeded,failed": "df ds ss", "&statuses=SUCCEEDED": "ds ss", "&statuses=*": "df ds ss",
			"&statuses=failed,*": "df ds ss", "&types=settingsUpdate": "ss", "&types=settingsupdate": "ss", "&types=*": "df ds ss",
			"&types=settingsUpdate,documentAdditionOrUpdate&statuses=succeeded": "ds ss", "&types=indexSwap": "", "&canceledBy=9": "",
			"&uids=" + number(first): "ss", "&uids=" + number(first) + "," + number(last): "df ss",
			"&from=" + number(last-1): "ds ss",
			"&from=" + number(first):  "ss", "&reverse=true&from=" + number(last): "df",
			"&beforeEnqueuedAt=2000-01-01": "", "&afterEnqueuedAt=2000-01-01": "df ds ss", "&afterEnqueuedAt=2999-01-01T10:00:00Z": "",
			"&beforeFinishedAt=2999-01-01T00:00:00%2B02:00": "df ds ss", "&afterStartedAt=2000-01-01": "df ds ss",
		} {
			if query == "&from="+number(last-1) && last-1 != first+1 {
				continue // others were at work in between
			}
			if got := kinds(t, query); got != want {
				t.Errorf("%s: got %q, want %q", query, got, want)
			}
		}
		page := e.send(t, "GET", "/tasks?limit=1&indexUids="+uid, "")
		same(t, number(3), page.at("total"))
		same(t, number(1), page.at("limit"))
		same(t, number(last), page.at("from"))
		if next, ok := page.at("next").(float64); !ok || int(next) >= last || int(next) <= first {
			t.Errorf("next: %s", page.raw)
		}
		none := e.send(t, "GET", "/tasks?statuses=canceled&indexUids="+uid, "")
		same(t, `{"results":[],"total":0,"limit":20,"from":null,"next":null}`, none.body)

		var cases []refused
		for _, c := range []struct{ query, code string }{
			{"uids=cat", "invalid_task_uids"}, {"uids=1,dogo", "invalid_task_uids"}, {"uids=-1", "invalid_task_uids"},
			{"canceledBy=cat", "invalid_task_canceled_by"}, {"types=doggo", "invalid_task_types"}, {"statuses=doggo", "invalid_task_statuses"},
			{"indexUids=the%20good%20doggo", "invalid_index_uid"}, {"beforeEnqueuedAt=doggo", "invalid_task_before_enqueued_at"},
			{"afterEnqueuedAt=doggo", "invalid_task_after_enqueued_at"}, {"beforeStartedAt=doggo", "invalid_task_before_started_at"},
			{"afterStartedAt=doggo", "invalid_task_after_started_at"}, {"beforeFinishedAt=doggo", "invalid_task_before_finished_at"},
			{"afterFinishedAt=doggo", "invalid_task_after_finished_at"},
		} {
			cases = append(cases, refused{"list " + c.query, "GET", "/tasks?" + c.query, "", 400, c.code},
				refused{"cancel " + c.query, "POST", "/tasks/cancel?" + c.query, "", 400, c.code},
				refused{"delete " + c.query, "DELETE", "/tasks?" + c.query, "", 400, c.code})
		}
		e.refuses(t, "", append(cases,
			refused{"limit", "GET", "/tasks?limit=doggo", "", 400, "invalid_task_limit"},
			refused{"empty limit", "GET", "/tasks?limit=", "", 400, "invalid_task_limit"},
			refused{"from", "GET", "/tasks?from=doggo", "", 400, "invalid_task_from"},
			refused{"reverse", "GET", "/tasks?reverse=doggo", "", 400, "invalid_task_reverse"},
			refused{"unknown parameter", "GET", "/tasks?doggo=1", "", 400, "bad_request"},
			refused{"cancel with an unknown parameter", "POST", "/tasks/cancel?doggo=1", "", 400, "bad_request"},
			refused{"cancel with a limit", "POST", "/tasks/cancel?limit=1", "", 400, "bad_request"},
			refused{"delete with an unknown parameter", "DELETE", "/tasks?doggo=1", "", 400, "bad_request"},
			refused{"cancel all", "POST", "/tasks/cancel", "", 400, "missing_task_filters"},
			refused{"delete all", "DELETE", "/tasks", "", 400, "missing_task_filters"},
			refused{"unknown", "GET", "/tasks/4000000000", "", 404, "task_not_found"},
			refused{"no number", "GET", "/tasks/doggo", "", 400, "invalid_task_uid"},
		))
	})
}

// "Delete tasks", "Cancel tasks".
func TestDeleteTasks(t *testing.T) {
	ask(t, func(t *testing.T, e *engine) {
		uid := e.index(t, `{"sortableAttributes":["n"]}`, `[{"id":1}]`)
		for _, c := range []struct{ method, path, query, kind, details, left string }{
			{"POST", "/tasks/cancel", "?statuses=succeeded&indexUids=" + uid, "taskCancelation", `{"matchedTasks":2,"canceledTasks":0,"originalFilter":%s}`, "2"},
			{"DELETE", "/tasks", "?types=settingsUpdate&indexUids=" + uid, "taskDeletion", `{"matchedTasks":1,"deletedTasks":1,"originalFilter":%s}`, "1"},
			{"DELETE", "/tasks", "?types=settingsUpdate&indexUids=" + uid, "taskDeletion", `{"matchedTasks":0,"deletedTasks":0,"originalFilter":%s}`, "1"},
		} {
			got := e.send(t, c.method, c.path+c.query, "")
			if got.status != 200 || got.at("type") != c.kind || got.at("indexUid") != nil {
				t.Fatalf("%s: %d %s", c.query, got.status, got.raw)
			}
			task := int64(got.at("taskUid").(float64))
			e.succeeded(t, task)
			same(t, strings.ReplaceAll(c.details, "%s", quoted(c.query)), e.send(t, "GET", "/tasks/"+number(int(task)), "").at("details"))
			same(t, c.left, e.send(t, "GET", "/tasks?indexUids="+uid, "").at("total"))
		}
	})
}

// "Swap indexes": meilisearch, tests/swap_indexes.
func TestSwapIndexes(t *testing.T) {
	ask(t, func(t *testing.T, e *engine) {
		a, b := e.index(t, `{"filterableAttributes":["n"]}`, `[{"id":1,"n":1}]`), e.index(t, "", `[{"id":2},{"id":3}]`)
		c, d := e.index(t, "", `[{"id":4}]`), e.index(t, "", `[{"id":5}]`)
		task := e.accepted(t, "POST", "/swap-indexes", `[{"indexes":["`+a+`","`+b+`"]},{"indexes":["`+c+`","`+d+`"]}]`)
		e.succeeded(t, task)
		for uid, want := range map[string]string{a: `["2","3"]`, b: `["1"]`, c: `["5"]`, d: `["4"]`} {
			same(t, want, anys(e.search(t, uid, `{}`).ids("hits")))
		}
		same(t, `["n"]`, e.send(t, "GET", "/indexes/"+b+"/settings/filterable-attributes", "").body)
		same(t, `[]`, e.send(t, "GET", "/indexes/"+a+"/settings/filterable-attributes", "").body)
		if got := e.send(t, "GET", "/tasks/"+number(int(task)), ""); got.at("type") != "indexSwap" || got.at("indexUid") != nil ||
			got.at("details.swaps.0.indexes.0") != a || got.at("details.swaps.1.indexes.1") != d {
			t.Errorf("task: %s", got.raw)
		}
		e.succeeded(t, e.accepted(t, "POST", "/swap-indexes", `[]`))

		for _, pairs := range []string{
			`[{"indexes":["` + a + `","` + a + `_none"]}]`, `[{"indexes":["` + a + `","` + b + `"]},{"indexes":["` + c + `","` + a + `_none"]}]`,
		} {
			done := e.finished(t, e.accepted(t, "POST", "/swap-indexes", pairs))
			if done.Status != "failed" || done.Error.Code != "index_not_found" {
				t.Errorf("%s: %s %s", pairs, done.Status, done.Error.Code)
			}
			same(t, `["2","3"]`, anys(e.search(t, a, `{}`).ids("hits")))
		}
		post := func(name, body, code string) refused { return refused{name, "POST", "/swap-indexes", body, 400, code} }
		e.refuses(t, "", []refused{
			post("no list", `"doggo"`, "bad_request"), post("no objects", `["doggo"]`, "bad_request"),
			post("no list of indexes", `[{"indexes":"doggo"}]`, "invalid_swap_indexes"), post("one", `[{"indexes":["doggo"]}]`, "invalid_swap_indexes"),
			post("three", `[{"indexes":["a","b","c"]}]`, "invalid_swap_indexes"), post("none", `[{"indexes":[]}]`, "invalid_swap_indexes"),
			post("twice", `[{"indexes":["doggo","doggo"]}]`, "invalid_swap_duplicate_index_found"),
			post("in two pairs", `[{"indexes":["a","b"]},{"indexes":["c","a"]}]`, "invalid_swap_duplicate_index_found"),
			post("no name", `[{"indexes":["a b","c"]}]`, "invalid_index_uid"),
			post("unknown member", `[{"indexes":["a","b"],"doggo":1}]`, "bad_request"), post("no indexes", `[{}]`, "missing_swap_indexes"),
		})
	})
}
