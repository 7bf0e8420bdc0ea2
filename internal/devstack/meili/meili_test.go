package meili

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/meilisearch/meilisearch-go"
)

// The client is the one the application uses: what it accepts and how it
// reads answers is part of what is tested.

func startServer(t *testing.T, dir string) (*Server, meilisearch.ServiceManager) {
	t.Helper()
	s, err := Start(t.Context(), Config{Dir: dir, Key: "master-key-of-the-tests"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, meilisearch.New(s.URL(), meilisearch.WithAPIKey(s.Key()))
}

// wait returns the task once it is finished, whatever came of it.
func wait(t *testing.T, client meilisearch.ServiceManager, info *meilisearch.TaskInfo, err error) *meilisearch.Task {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	task, err := client.WaitForTaskWithContext(ctx, info.TaskUID, 2*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	return task
}

// done is wait for a task that must succeed.
func done(t *testing.T, client meilisearch.ServiceManager, info *meilisearch.TaskInfo, err error) *meilisearch.Task {
	t.Helper()
	task := wait(t, client, info, err)
	if task.Status != meilisearch.TaskStatusSucceeded {
		t.Fatalf("task %d (%s) ended as %s: %s", task.UID, task.Type, task.Status, task.Error.Message)
	}
	return task
}

type doc = map[string]any

// fill makes an index with settings and documents.
func fill(t *testing.T, client meilisearch.ServiceManager, uid string, settings *meilisearch.Settings, docs []doc) meilisearch.IndexManager {
	t.Helper()
	index := client.Index(uid)
	if settings != nil {
		info, err := index.UpdateSettings(settings)
		done(t, client, info, err)
	}
	info, err := index.AddDocuments(docs, &meilisearch.DocumentOptions{PrimaryKey: ptr("id")})
	done(t, client, info, err)
	return index
}

// ids searches and returns the identifiers of the hits in their order.
func ids(t *testing.T, index meilisearch.IndexManager, q string, request meilisearch.SearchRequest) []string {
	t.Helper()
	response, err := index.Search(q, &request)
	if err != nil {
		t.Fatal(err)
	}
	return hitIDs(t, response.Hits)
}

func hitIDs(t *testing.T, hits meilisearch.Hits) []string {
	t.Helper()
	out := []string{}
	for _, hit := range hits {
		var id any
		if err := json.Unmarshal(hit["id"], &id); err != nil {
			t.Fatal(err)
		}
		raw, _ := json.Marshal(id)
		var text string
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw)
		}
		out = append(out, text)
	}
	return out
}

// errorCode returns Meilisearch's code and the status of an API error.
func errorCode(t *testing.T, err error) (string, int) {
	t.Helper()
	var api *meilisearch.Error
	if !errors.As(err, &api) {
		t.Fatalf("got %v, want an error of the API", err)
	}
	return api.MeilisearchApiError.Code, api.StatusCode
}

func get(t *testing.T, method, url, key, body string) (int, map[string]any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, stringReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if key != "" {
		request.Header.Set("Authorization", "Bearer "+key)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var out map[string]any
	_ = json.NewDecoder(response.Body).Decode(&out)
	return response.StatusCode, out
}

func mustUnmarshal(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}
