package meili

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/meilisearch/meilisearch-go"
)

// Expected values: meilisearch.com/docs, "Documents API reference".
func TestDocuments(t *testing.T) {
	t.Parallel()
	_, client := startServer(t, "")
	index := fill(t, client, "docs", &meilisearch.Settings{FilterableAttributes: []string{"n"}}, []doc{
		{"id": 1, "title": "one", "n": 1}, {"id": "two", "title": "two", "n": 2}, {"id": 3, "title": "three", "n": 3}, {"id": 4, "title": "four", "n": 4},
	})
	info, err := index.UpdateDocuments([]doc{{"id": "two", "n": 22}, {"id": "new", "title": "fresh"}}, nil)
	done(t, client, info, err)
	var got map[string]any
	if err := index.GetDocument("two", nil, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(doc{"id": "two", "title": "two", "n": 22.0}, got); diff != "" {
		t.Errorf("after an update (-want +got):\n%s", diff)
	}
	info, err = index.AddDocuments([]doc{{"id": "two", "n": 5}}, nil)
	done(t, client, info, err)
	got = nil
	if err := index.GetDocument("two", nil, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(doc{"id": "two", "n": 5.0}, got); diff != "" {
		t.Errorf("after a replacement (-want +got):\n%s", diff)
	}
	if found := ids(t, index, "two", meilisearch.SearchRequest{AttributesToSearchOn: []string{"title"}}); len(found) > 0 {
		t.Errorf("the replaced text is still found: %v", found)
	}
	info, err = index.DeleteDocument("1", nil)
	done(t, client, info, err)
	info, err = index.DeleteDocumentsByFilter("n > 3 AND n < 5", nil)
	if task := done(t, client, info, err); task.Details.DeletedDocuments != 1 {
		t.Errorf("deleted %d by filter, want 1", task.Details.DeletedDocuments)
	}
	info, err = index.DeleteDocuments([]string{"3", "unknown"}, nil)
	if task := done(t, client, info, err); task.Details.DeletedDocuments != 1 || task.Details.ProvidedIds != 2 {
		t.Errorf("details of a deletion: %+v", task.Details)
	}
	var list meilisearch.DocumentsResult
	if err := index.GetDocuments(&meilisearch.DocumentsQuery{Fields: []string{"id"}}, &list); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"two", "new"}, hitIDs(t, list.Results)); diff != "" || list.Total != 2 {
		t.Errorf("list of %d (-want +got):\n%s", list.Total, diff)
	}
	err = index.GetDocument("1", nil, &got)
	if code, status := errorCode(t, err); code != "document_not_found" || status != 404 {
		t.Errorf("a deleted document: %d %s", status, code)
	}
	stats, err := index.GetStats(nil)
	if err != nil || stats.NumberOfDocuments != 2 {
		t.Errorf("stats: %+v, %v", stats, err)
	}
	info, err = index.DeleteAllDocuments(nil)
	done(t, client, info, err)
	if found := ids(t, index, "", meilisearch.SearchRequest{}); len(found) > 0 {
		t.Errorf("after deleting all: %v", found)
	}
}

// Expected values: meilisearch.com/docs, "Error codes".
func TestTasksThatFail(t *testing.T) {
	t.Parallel()
	_, client := startServer(t, "")
	fill(t, client, "known", nil, []doc{{"id": 1}})
	for _, test := range []struct {
		name, code string
		send       func() (*meilisearch.TaskInfo, error)
	}{
		{"create twice", "index_already_exists", func() (*meilisearch.TaskInfo, error) {
			return client.CreateIndex(&meilisearch.IndexConfig{Uid: "known"})
		}},
		{"delete an unknown index", "index_not_found", func() (*meilisearch.TaskInfo, error) { return client.DeleteIndex("unknown") }},
		{"no primary key to be found", "index_primary_key_no_candidate_found", func() (*meilisearch.TaskInfo, error) {
			return client.Index("a").AddDocuments([]doc{{"title": "x"}}, nil)
		}},
		{"two primary keys", "index_primary_key_multiple_candidates_found", func() (*meilisearch.TaskInfo, error) {
			return client.Index("b").AddDocuments([]doc{{"id": 1, "uuid": 2}}, nil)
		}},
		{"a document without its key", "missing_document_id", func() (*meilisearch.TaskInfo, error) {
			return client.Index("known").AddDocuments([]doc{{"id": 2}, {"title": "x"}}, nil)
		}},
		{"an identifier with a space", "invalid_document_id", func() (*meilisearch.TaskInfo, error) {
			return client.Index("known").AddDocuments([]doc{{"id": "a b"}}, nil)
		}},
		{"another primary key", "index_primary_key_already_exists", func() (*meilisearch.TaskInfo, error) {
			return client.Index("known").AddDocuments([]doc{{"id": 2}}, &meilisearch.DocumentOptions{PrimaryKey: ptr("other")})
		}},
		{"swap with an unknown index", "index_not_found", func() (*meilisearch.TaskInfo, error) {
			return client.SwapIndexes([]*meilisearch.SwapIndexesParams{{Indexes: []string{"known", "unknown"}}})
		}},
		{"delete by what is not filterable", "invalid_document_filter", func() (*meilisearch.TaskInfo, error) {
			return client.Index("known").DeleteDocumentsByFilter("title = x", nil)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			info, err := test.send()
			task := wait(t, client, info, err)
			if task.Status != meilisearch.TaskStatusFailed || task.Error.Code != test.code || task.Error.Link == "" {
				t.Errorf("got %s %q, want failed %q", task.Status, task.Error.Code, test.code)
			}
			var found map[string]any
			if client.Index("known").GetDocument("2", nil, &found) == nil {
				t.Error("a failed task added a document")
			}
		})
	}
}

// Expected values: meilisearch.com/docs, "Tasks API reference".
func TestTaskList(t *testing.T) {
	t.Parallel()
	_, client := startServer(t, "")
	fill(t, client, "first", nil, []doc{{"id": 1}, {"id": 2}})
	info, err := client.CreateIndex(&meilisearch.IndexConfig{Uid: "first"})
	wait(t, client, info, err)
	list, err := client.GetTasks(&meilisearch.TasksQuery{Statuses: []meilisearch.TaskStatus{"failed"}, IndexUIDS: []string{"first"}})
	if err != nil || list.Total != 1 || list.Results[0].Type != "indexCreation" {
		t.Fatalf("failed tasks: %+v, %v", list, err)
	}
	all, err := client.GetTasks(&meilisearch.TasksQuery{Limit: 1})
	if err != nil || all.Total != 2 || all.From != 1 || all.Next != 0 || len(all.Results) != 1 {
		t.Fatalf("tasks a page at a time: %+v, %v", all, err)
	}
	task, err := client.GetTask(0)
	if err != nil || task.Details.ReceivedDocuments != 2 || task.Details.IndexedDocuments != 2 || !strings.HasPrefix(task.Duration, "PT") {
		t.Fatalf("task 0: %+v, %v", task, err)
	}
	_, err = client.GetTask(999)
	if code, status := errorCode(t, err); code != "task_not_found" || status != 404 {
		t.Errorf("an unknown task: %d %s", status, code)
	}
	deleted, err := client.DeleteTasks(&meilisearch.DeleteTasksQuery{Statuses: []meilisearch.TaskStatus{"failed"}})
	if task := done(t, client, deleted, err); task.Details.DeletedTasks != 1 {
		t.Errorf("deleted tasks: %+v", task.Details)
	}
}

// Expected values: meilisearch.com/docs, "Settings API reference".
func TestSettings(t *testing.T) {
	t.Parallel()
	_, client := startServer(t, "")
	index := fill(t, client, "settings", nil, []doc{{"id": 1, "title": "walrus", "body": "otter"}})
	info, err := index.UpdateTypoTolerance(&meilisearch.TypoTolerance{
		Enabled: true, MinWordSizeForTypos: meilisearch.MinWordSizeForTypos{OneTypo: 4, TwoTypos: 10}, DisableOnNumbers: true,
	})
	done(t, client, info, err)
	info, err = index.UpdateSearchableAttributes(&[]string{"title"})
	done(t, client, info, err)
	info, err = index.UpdateFilterableAttributes(&[]any{"title"})
	done(t, client, info, err)
	if found := ids(t, index, "otter", meilisearch.SearchRequest{}); len(found) > 0 {
		t.Errorf("found by an attribute that is no longer searchable: %v", found)
	}
	if diff := cmp.Diff([]string{"1"}, ids(t, index, "walrus", meilisearch.SearchRequest{Filter: "title = walrus"})); diff != "" {
		t.Errorf("by one that now is filterable (-want +got):\n%s", diff)
	}
	got, err := index.GetSettings()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"words", "typo", "proximity", "attribute", "sort", "exactness"}, got.RankingRules); diff != "" {
		t.Errorf("rankingRules (-want +got):\n%s", diff)
	}
	if got.TypoTolerance.MinWordSizeForTypos.OneTypo != 4 || !got.TypoTolerance.DisableOnNumbers || got.Pagination.MaxTotalHits != 1000 {
		t.Errorf("settings: %+v", got)
	}
	info, err = index.ResetSearchableAttributes()
	done(t, client, info, err)
	if found := ids(t, index, "otter", meilisearch.SearchRequest{}); len(found) != 1 {
		t.Errorf("not found after the reset: %v", found)
	}
	_, err = index.UpdateRankingRules(&[]string{"wisdom"})
	if code, status := errorCode(t, err); code != "invalid_settings_ranking_rules" || status != 400 {
		t.Errorf("an unknown ranking rule: %d %s", status, code)
	}
	info, err = index.ResetSettings()
	done(t, client, info, err)
	if size, err := index.GetTypoTolerance(); err != nil || size.MinWordSizeForTypos.OneTypo != 5 {
		t.Errorf("after the reset: %+v, %v", size, err)
	}
}

// Expected values: meilisearch.com/docs, "Swap indexes", "Index swapping".
func TestIndexes(t *testing.T) {
	t.Parallel()
	_, client := startServer(t, "")
	fill(t, client, "old", nil, []doc{{"id": "old"}})
	fill(t, client, "new", &meilisearch.Settings{SortableAttributes: []string{"id"}}, []doc{{"id": "new"}})
	info, err := client.SwapIndexes([]*meilisearch.SwapIndexesParams{{Indexes: []string{"old", "new"}}})
	done(t, client, info, err)
	if diff := cmp.Diff([]string{"new"}, ids(t, client.Index("old"), "", meilisearch.SearchRequest{Sort: []string{"id:asc"}})); diff != "" {
		t.Errorf("after the swap (-want +got):\n%s", diff)
	}
	list, err := client.ListIndexes(nil)
	if err != nil || list.Total != 2 || list.Results[0].UID != "new" || list.Results[0].PrimaryKey != "id" {
		t.Errorf("indexes: %+v, %v", list, err)
	}
	info, err = client.DeleteIndex("new")
	done(t, client, info, err)
	_, err = client.Index("new").Search("", &meilisearch.SearchRequest{})
	if code, status := errorCode(t, err); code != "index_not_found" || status != 404 {
		t.Errorf("a deleted index: %d %s", status, code)
	}
}

// Expected values: meilisearch.com/docs, "Error codes", "Keys API reference",
// "Basic security".
func TestAuthentication(t *testing.T) {
	t.Parallel()
	s, client := startServer(t, "")
	fill(t, client, "tickets", nil, []doc{{"id": 1}})
	fill(t, client, "accounts", nil, []doc{{"id": 1}})
	scoped, err := client.CreateKey(&meilisearch.Key{Name: "application", Actions: []string{"search", "documents.*"}, Indexes: []string{"tick*"}})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := client.GetKeys(nil)
	if err != nil || keys.Total != 3 || keys.Results[0].Name != "application" {
		t.Fatalf("keys: %+v, %v", keys, err)
	}
	for _, test := range []struct {
		name, method, path, key, body string
		status                        int
		code                          string
	}{
		{"no key", "GET", "/indexes", "", "", 401, "missing_authorization_header"},
		{"a wrong key", "GET", "/indexes", "wrong", "", 403, "invalid_api_key"},
		{"health needs none", "GET", "/health", "", "", 200, ""},
		{"a scoped key on its index", "POST", "/indexes/tickets/search", scoped.Key, "{}", 200, ""},
		{"on another index", "POST", "/indexes/accounts/search", scoped.Key, "{}", 403, "invalid_api_key"},
		{"in a multi-search", "POST", "/multi-search", scoped.Key, `{"queries":[{"indexUid":"accounts"}]}`, 403, "invalid_api_key"},
		{"for another action", "GET", "/keys", scoped.Key, "", 403, "invalid_api_key"},
		{"an unknown path", "GET", "/nowhere", s.Key(), "", 404, "not_found"},
		{"what is not supported", "POST", "/dumps", s.Key(), "{}", 501, "not_implemented"},
		{"a parameter that is not", "POST", "/indexes/tickets/search", s.Key(), `{"vector":[1]}`, 501, "not_implemented"},
		{"a parameter that does not exist", "POST", "/indexes/tickets/search", s.Key(), `{"query":"x"}`, 400, "bad_request"},
		{"a parameter of the wrong type", "POST", "/indexes/tickets/search", s.Key(), `{"limit":"x"}`, 400, "invalid_search_limit"},
		{"no JSON", "POST", "/indexes/tickets/search", s.Key(), `{`, 400, "malformed_payload"},
		{"a global action in a key of some indexes", "POST", "/keys", s.Key(), `{"actions":["search","version"],"indexes":["tick*"],"expiresAt":null}`, 400, "index_scoped_api_key_with_global_action"},
		{"a bad uid", "POST", "/indexes", s.Key(), `{"uid":"a b"}`, 400, "invalid_index_uid"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			status, body := get(t, test.method, s.URL()+test.path, test.key, test.body)
			code, _ := body["code"].(string)
			if status != test.status || code != test.code {
				t.Errorf("got %d %q (%v), want %d %q", status, code, body["message"], test.status, test.code)
			}
			if test.code != "" && (body["link"] == "" || body["type"] == "") {
				t.Errorf("an error without type or link: %v", body)
			}
		})
	}
}

func TestRestartKeepsEverything(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := Start(t.Context(), Config{Dir: dir, Key: "master-key-of-the-tests"})
	if err != nil {
		t.Fatal(err)
	}
	client := meilisearch.New(first.URL(), meilisearch.WithAPIKey(first.Key()))
	var docs []doc
	for i := range 2500 {
		docs = append(docs, doc{"id": i, "title": fmt.Sprintf("ticket number %d about a green card", i), "n": i})
	}
	index := fill(t, client, "tickets", &meilisearch.Settings{SortableAttributes: []string{"n"}, FilterableAttributes: []string{"n"}}, docs)
	info, err := index.DeleteDocumentsByFilter("n >= 2000", nil)
	done(t, client, info, err)
	request := meilisearch.SearchRequest{Sort: []string{"n:desc"}, Filter: "n 1200 TO 1500", Limit: 5}
	want := ids(t, index, "green crad", request)
	if len(want) != 5 {
		t.Fatalf("found %v", want)
	}
	keys, err := client.GetKeys(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	_, client = startServer(t, dir)
	if diff := cmp.Diff(want, ids(t, client.Index("tickets"), "green crad", request)); diff != "" {
		t.Errorf("after a restart (-want +got):\n%s", diff)
	}
	again, err := client.GetKeys(nil)
	if err != nil || again.Results[0].Key != keys.Results[0].Key {
		t.Errorf("the keys changed: %v", err)
	}
	list, err := client.GetTasks(nil)
	if err != nil || list.Total != 3 {
		t.Errorf("tasks after a restart: %+v, %v", list, err)
	}
}

// A task that was accepted is done, at whatever point the process died: before
// it began, or in the middle with half of it written.
func TestAcceptedTasksOutliveTheProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	// A server whose worker never runs: it accepts and dies.
	dying, err := open(Config{Dir: dir, Key: "master-key-of-the-tests"})
	if err != nil {
		t.Fatal(err)
	}
	accept := func(t2 task, body string) {
		if _, err := dying.enqueue(t2, []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	uid := "tickets"
	accept(task{IndexUID: &uid, Type: taskAdd, Details: doc{"receivedDocuments": 2}}, `[{"id":1,"title":"first"},{"id":2,"title":"second"}]`)
	accept(task{IndexUID: &uid, Type: taskDelete, Work: work{IDs: []string{"2"}}}, "")
	batch, err := dying.nextBatch()
	if err != nil || len(batch) != 1 {
		t.Fatalf("batch: %v, %v", batch, err)
	}
	batch[0].Status = statusProcessing
	if err := dying.saveTasks(batch, false); err != nil {
		t.Fatal(err)
	}
	dying.runAdditions(batch) // done, but death comes before it says so
	if err := dying.closeStorage(); err != nil {
		t.Fatal(err)
	}
	_, client := startServer(t, dir)
	for uid := range int64(2) {
		done(t, client, &meilisearch.TaskInfo{TaskUID: uid}, nil)
	}
	if diff := cmp.Diff([]string{"1"}, ids(t, client.Index(uid), "", meilisearch.SearchRequest{})); diff != "" {
		t.Errorf("documents (-want +got):\n%s", diff)
	}
}

// A swap done twice would be none: it must not be done again after a crash
// between its effect and the end of its task.
func TestSwapIsDoneOnce(t *testing.T) {
	t.Parallel()
	s, err := open(Config{Dir: t.TempDir(), Key: "k"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.closeStorage() }()
	for _, uid := range []string{"a", "b"} {
		if _, err := s.ensureIndex(uid); err != nil {
			t.Fatal(err)
		}
	}
	swapped, err := s.enqueue(task{Type: taskIndexSwap, Work: work{Swaps: []swap{{Indexes: []string{"a", "b"}}}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.runSwap(&swapped); err != nil {
		t.Fatal(err)
	}
	if batch, err := s.nextBatch(); err != nil || len(batch) != 0 {
		t.Errorf("the swap would be done again: %v, %v", batch, err)
	}
}

// Searches go on while documents are written and settings rebuild the index.
func TestSearchDuringWrites(t *testing.T) {
	t.Parallel()
	_, client := startServer(t, t.TempDir())
	index := fill(t, client, "busy", nil, []doc{{"id": "stays", "title": "walrus"}})
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan string, 1)
	go func() {
		defer close(failed)
		for ctx.Err() == nil {
			response, err := index.Search("walrus", &meilisearch.SearchRequest{})
			if err != nil || len(response.Hits) == 0 {
				failed <- fmt.Sprintf("%+v, %v", response, err)
				return
			}
		}
	}()
	var last *meilisearch.TaskInfo
	for i := range 30 {
		info, err := index.AddDocuments([]doc{{"id": fmt.Sprint(i % 7), "title": "otter", "n": i}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if i%10 == 9 {
			if info, err = index.UpdateFilterableAttributes(&[]any{fmt.Sprint("field", i), "n"}); err != nil {
				t.Fatal(err)
			}
		}
		last = info
	}
	done(t, client, last, nil)
	cancel()
	if problem, ok := <-failed; ok {
		t.Errorf("a search during writes: %s", problem)
	}
	if found := ids(t, index, "otter", meilisearch.SearchRequest{Filter: "n >= 23"}); len(found) != 7 {
		t.Errorf("found %v, want the seven documents as they were last", found)
	}
}

func TestSecondServerOnTheFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	startServer(t, dir)
	if _, err := Start(t.Context(), Config{Dir: dir}); err == nil || !strings.Contains(err.Error(), "another server") {
		t.Errorf("a second server on the same folder: %v", err)
	}
}
