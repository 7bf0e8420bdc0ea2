package conformance

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/meilisearch/meilisearch-go"

	"github.com/askwell/askwell/internal/testkit"
)

// An engine is a search server that is asked; both kinds must answer alike.
type engine struct {
	url, key string
	prefix   string // of every index made here: a real server may hold others
	shared   bool   // outlives the test, so that what is made here has to go again
	made     *atomic.Int64
	client   meilisearch.ServiceManager
}

// ask puts the questions to the in-process server, and to the one at MEILI_URL if it is set. MEILI_KEY is that one's master key.
func ask(t *testing.T, questions func(t *testing.T, e *engine)) {
	t.Helper()
	t.Parallel()
	t.Run("in-process", func(t *testing.T) {
		t.Parallel()
		questions(t, newEngine(testkit.Search(t).URL(), testkit.SearchMasterKey, false))
	})
	if url := strings.TrimRight(os.Getenv("MEILI_URL"), "/"); url != "" {
		t.Run("meilisearch", func(t *testing.T) {
			t.Parallel()
			questions(t, newEngine(url, os.Getenv("MEILI_KEY"), true))
		})
	}
}

func newEngine(url, key string, shared bool) *engine {
	var random [6]byte
	rand.Read(random[:])
	return &engine{
		url: url, key: key, shared: shared, prefix: "conformance_" + hex.EncodeToString(random[:]) + "_", made: new(atomic.Int64),
		client: meilisearch.New(url, meilisearch.WithAPIKey(key)),
	}
}

// name gives the name of an index that nobody uses, and removes the index after the test. The in-process server is gone by then, and
// the index with it.
func (e *engine) name(t *testing.T) string {
	t.Helper()
	uid := e.prefix + strconv.FormatInt(e.made.Add(1), 10)
	if !e.shared {
		return uid
	}
	t.Cleanup(func() {
		if _, err := e.client.DeleteIndexWithContext(context.Background(), uid); err != nil {
			t.Logf("remove index %s: %v", uid, err)
		}
	})
	return uid
}

// index makes an index with settings and documents, both JSON, and gives its name. Either may be empty.
func (e *engine) index(t *testing.T, settings, documents string) string {
	t.Helper()
	uid := e.name(t)
	if settings != "" {
		e.succeeded(t, e.accepted(t, "PATCH", "/indexes/"+uid+"/settings", settings))
	}
	if documents != "" {
		e.succeeded(t, e.accepted(t, "POST", "/indexes/"+uid+"/documents?primaryKey=id", documents))
	}
	return uid
}

// accepted sends what must become a task and gives the task's number.
func (e *engine) accepted(t *testing.T, method, path, body string) int64 {
	t.Helper()
	got := e.send(t, method, path, body)
	if got.status != http.StatusAccepted {
		t.Fatalf("%s %s: got %d %s, want 202", method, path, got.status, got.raw)
	}
	return int64(got.at("taskUid").(float64))
}

// finished waits for a task, whatever came of it.
func (e *engine) finished(t *testing.T, task int64) *meilisearch.Task {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	done, err := e.client.WaitForTaskWithContext(ctx, task, 5*time.Millisecond)
	if err != nil {
		t.Fatalf("wait for task %d: %v", task, err)
	}
	return done
}

func (e *engine) succeeded(t *testing.T, task int64) *meilisearch.Task {
	t.Helper()
	done := e.finished(t, task)
	if done.Status != meilisearch.TaskStatusSucceeded {
		t.Fatalf("task %d (%s): %s, %s: %s", task, done.Type, done.Status, done.Error.Code, done.Error.Message)
	}
	return done
}

// An answer is a response with its body taken apart.
type answer struct {
	status int
	raw    string
	body   any
}

// send asks with the master key; a body goes as JSON.
func (e *engine) send(t *testing.T, method, path, body string) answer {
	t.Helper()
	return e.sendAs(t, e.key, "application/json", method, path, body)
}

// sendAs asks with a key and a content type, either of which may be empty.
func (e *engine) sendAs(t *testing.T, key, contentType, method, path, body string) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, e.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if key != "" {
		request.Header.Set("Authorization", "Bearer "+key)
	}
	if contentType != "" && (body != "" || method != http.MethodGet) {
		request.Header.Set("Content-Type", contentType)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	got := answer{status: response.StatusCode, raw: string(raw)}
	_ = json.Unmarshal(raw, &got.body)
	return got
}

// at gives a part of the body: "hits.0.id".
func (a answer) at(path string) any {
	part := a.body
	for _, step := range strings.Split(path, ".") {
		switch inner := part.(type) {
		case map[string]any:
			part = inner[step]
		case []any:
			at, err := strconv.Atoi(step)
			if err != nil || at >= len(inner) {
				return nil
			}
			part = inner[at]
		default:
			return nil
		}
	}
	return part
}

// ids lists the identifiers of the documents under a name: hits of a search, results of a list.
func (a answer) ids(name string) []string {
	found := []string{}
	list, _ := a.at(name).([]any)
	for _, one := range list {
		found = append(found, fmt.Sprint(one.(map[string]any)["id"]))
	}
	return found
}

func (e *engine) search(t *testing.T, uid, body string) answer {
	t.Helper()
	got := e.send(t, "POST", "/indexes/"+uid+"/search", body)
	if got.status != http.StatusOK {
		t.Fatalf("search %s: %d %s", body, got.status, got.raw)
	}
	return got
}

// A found case says which documents a search gives, in their order.
type found struct {
	name, body string
	want       string // identifiers with spaces between
}

func (e *engine) finds(t *testing.T, uid string, cases []found) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(strings.Fields(c.want), e.search(t, uid, c.body).ids("hits")); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.body, diff)
			}
		})
	}
}

// A shown case says what stands at a place in the answer to a search.
type shown struct {
	name, body, at string
	want           string // JSON
}

func (e *engine) shows(t *testing.T, uid string, cases []shown) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			same(t, c.want, e.search(t, uid, c.body).at(c.at))
		})
	}
}

func same(t *testing.T, want string, got any) {
	t.Helper()
	var wanted any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatalf("%s: %v", want, err)
	}
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A refused case says with which error a request is answered. {uid} in its path is the index.
type refused struct {
	name, method, path, body string
	status                   int
	code                     string
}

func (e *engine) refuses(t *testing.T, uid string, cases []refused) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			fill := strings.NewReplacer("{uid}", uid)
			e.send(t, c.method, fill.Replace(c.path), fill.Replace(c.body)).isError(t, c.status, c.code)
		})
	}
}

// isError checks the four members of an error ("Error codes").
func (a answer) isError(t *testing.T, status int, code string) {
	t.Helper()
	if a.status != status || a.at("code") != code {
		t.Fatalf("got %d %v, want %d %s: %.500s", a.status, a.at("code"), status, code, a.raw)
	}
	kind := map[bool]string{true: "auth", false: "invalid_request"}[status == 401 || status == 403]
	if a.at("type") != kind || a.at("message") == "" || !strings.HasSuffix(fmt.Sprint(a.at("link")), "#"+code) {
		t.Errorf("error: %s", a.raw)
	}
}

// removeKey takes a key away from a server that others use, too.
func (e *engine) removeKey(t *testing.T, uid string) {
	if _, err := e.client.DeleteKeyWithContext(context.Background(), uid); err != nil {
		t.Logf("remove the key %s: %v", uid, err)
	}
}

func number(i int) string { return strconv.Itoa(i) }

func quoted(text string) string {
	raw, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(raw)
}
