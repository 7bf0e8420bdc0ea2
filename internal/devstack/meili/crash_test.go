package meili

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/meilisearch/meilisearch-go"
)

// serveDir makes the tests' own binary a server on that folder, for a process that can be killed.
const serveDir = "MEILI_TEST_SERVE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(serveDir); dir != "" {
		s, err := Start(context.Background(), Config{Dir: dir, Key: "k"})
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(s.URL())
		_, _ = io.Copy(io.Discard, os.Stdin) // until the one who started it is gone
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// startProcess starts a server in a process of its own.
func startProcess(t *testing.T, dir string) (*exec.Cmd, meilisearch.ServiceManager) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), serveDir+"="+dir)
	if _, err := cmd.StdinPipe(); err != nil { // open as long as this process lives
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "http") {
		t.Fatalf("the server did not start: %s %v", line, err)
	}
	return cmd, meilisearch.New(strings.TrimSpace(line), meilisearch.WithAPIKey("k"))
}

// A model is what the server must hold: the version of each document by its identifier, for two indexes.
type model struct {
	random  *rand.Rand
	indexes [2]map[string]int
	version int
	last    int64 // the last task that was accepted
}

// change sends one change of any kind and returns what it does to the model.
func (m *model) change(client meilisearch.ServiceManager) (*meilisearch.TaskInfo, func(), error) {
	n := m.random.IntN(2)
	index, held := client.Index(fmt.Sprint("index", n)), m.indexes[n]
	m.version++
	version := m.version
	switch kind := m.random.IntN(20); {
	case kind < 12:
		docs, key := m.documents(version), "id"
		info, err := index.AddDocuments(docs, &meilisearch.DocumentOptions{PrimaryKey: &key})
		return info, func() {
			for _, d := range docs {
				held[d["id"].(string)] = version
			}
		}, err
	case kind < 15:
		var gone []string
		for range 20 {
			gone = append(gone, strconv.Itoa(m.random.IntN(600)))
		}
		info, err := index.DeleteDocuments(gone, nil)
		return info, func() {
			for _, id := range gone {
				delete(held, id)
			}
		}, err
	case kind < 17: // every document is indexed again
		info, err := index.UpdateFilterableAttributes(&[]any{"version", fmt.Sprint("other", version)})
		return info, func() {}, err
	default:
		info, err := client.SwapIndexes([]*meilisearch.SwapIndexesParams{{Indexes: []string{"index0", "index1"}}})
		return info, func() { m.indexes[0], m.indexes[1] = m.indexes[1], m.indexes[0] }, err
	}
}

func (m *model) documents(version int) []doc {
	var docs []doc
	for range 1 + m.random.IntN(300) {
		id := strconv.Itoa(m.random.IntN(600))
		if !slices.ContainsFunc(docs, func(d doc) bool { return d["id"] == id }) {
			docs = append(docs, doc{"id": id, "version": version, "text": fmt.Sprintf("walrus v%d", version)})
		}
	}
	return docs
}

// changeUntilKilled sends changes until the server dies, and applies those it accepted. The one it died over may be among them: the
// next one who lives will say.
func (m *model) changeUntilKilled(t *testing.T, client meilisearch.ServiceManager) (uncertain func()) {
	t.Helper()
	for {
		info, apply, err := m.change(client)
		if err != nil {
			return apply
		}
		m.last = info.TaskUID
		apply()
	}
}

// check waits until all tasks are done and compares what the server holds, and finds, with the model.
func (m *model) check(t *testing.T, client meilisearch.ServiceManager, uncertain func()) {
	t.Helper()
	newest, err := client.GetTasks(&meilisearch.TasksQuery{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	if latest := newest.Results[0].UID; latest == m.last+1 {
		m.last = latest
		uncertain()
	} else if latest != m.last {
		t.Fatalf("the last task is %d, but %d was accepted", latest, m.last)
	}
	wait(t, client, &meilisearch.TaskInfo{TaskUID: m.last}, nil)
	bad, err := client.GetTasks(&meilisearch.TasksQuery{Statuses: []meilisearch.TaskStatus{"failed", "enqueued", "processing", "canceled"}})
	if err != nil || bad.Total > 0 {
		t.Fatalf("tasks that did not succeed: %+v, %v", bad, err)
	}
	for n, held := range m.indexes {
		index := client.Index(fmt.Sprint("index", n))
		if diff := cmp.Diff(held, versions(t, index)); diff != "" {
			t.Fatalf("documents of index %d (-want +got):\n%s", n, diff)
		}
		found, err := index.Search("walrus", &meilisearch.SearchRequest{Page: 1, HitsPerPage: ptr(int64(1))})
		if err != nil || found.TotalHits != int64(len(held)) {
			t.Fatalf("index %d finds %+v, %v; want %d", n, found, err, len(held))
		}
		if len(held) == 0 {
			continue
		}
		version, want := slices.Min(slices.Collect(maps.Values(held))), 0 // the oldest has been through most
		for _, v := range held {
			if v == version {
				want++
			}
		}
		words := meilisearch.SearchRequest{Page: 1, HitsPerPage: ptr(int64(1)), Filter: fmt.Sprint("version = ", version)}
		if found, err := index.Search(fmt.Sprintf(`"walrus v%d"`, version), &words); err != nil || found.TotalHits != int64(want) {
			t.Fatalf("index %d finds %+v, %v of version %d; want %d", n, found, err, version, want)
		}
	}
}

func versions(t *testing.T, index meilisearch.IndexManager) map[string]int {
	t.Helper()
	var list meilisearch.DocumentsResult
	if err := index.GetDocuments(&meilisearch.DocumentsQuery{Limit: 1000}, &list); err != nil {
		t.Fatal(err)
	}
	all := map[string]int{}
	for _, hit := range list.Results {
		var id string
		var version int
		if err := json.Unmarshal(hit["id"], &id); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(hit["version"], &version); err != nil {
			t.Fatal(err)
		}
		all[id] = version
	}
	return all
}

// Whatever the server is doing when it is killed, it has what it accepted when it comes back, once.
func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	m := &model{random: rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0)), indexes: [2]map[string]int{{}, {}}}
	cmd, client := startProcess(t, dir)
	for n := range m.indexes {
		info, err := client.Index(fmt.Sprint("index", n)).UpdateFilterableAttributes(&[]any{"version"})
		done(t, client, info, err)
		m.last = info.TaskUID
	}
	for range 6 {
		killed := make(chan struct{})
		time.AfterFunc(time.Duration(m.random.IntN(250))*time.Millisecond, func() {
			defer close(killed)
			_ = cmd.Process.Kill()
		})
		uncertain := m.changeUntilKilled(t, client)
		<-killed
		_ = cmd.Wait()
		cmd, client = startProcess(t, dir)
		m.check(t, client, uncertain)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}

// A disk that loses the end of Bleve's files, or all of them, costs time and nothing else: the documents are in the side store.
func TestDamagedIndexIsBuiltAnew(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(t *testing.T, folder string){
		"no files":             func(t *testing.T, folder string) { remove(t, folder) },
		"no list of segments":  func(t *testing.T, folder string) { remove(t, filepath.Join(folder, "root.bolt")) },
		"an empty list":        func(t *testing.T, folder string) { cut(t, folder, "root.bolt", 0) },
		"a list of nonsense":   func(t *testing.T, folder string) { scribble(t, folder, "root.bolt") },
		"torn segments":        func(t *testing.T, folder string) { cut(t, folder, ".zap", 2) },
		"segments of nonsense": func(t *testing.T, folder string) { scribble(t, folder, ".zap") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s, err := Start(t.Context(), Config{Dir: dir, Key: "k"})
			if err != nil {
				t.Fatal(err)
			}
			client := meilisearch.New(s.URL(), meilisearch.WithAPIKey("k"))
			fill(t, client, "tickets", &meilisearch.Settings{FilterableAttributes: []string{"n"}}, []doc{{"id": 1, "title": "walrus", "n": 1}, {"id": 2, "title": "otter", "n": 2}})
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			folders, err := os.ReadDir(filepath.Join(dir, "indexes"))
			if err != nil || len(folders) != 1 {
				t.Fatalf("folders: %v, %v", folders, err)
			}
			damage(t, filepath.Join(dir, "indexes", folders[0].Name()))
			var log bytes.Buffer
			s, err = Start(t.Context(), Config{Dir: dir, Key: "k", Logger: slog.New(slog.NewTextHandler(&log, nil))})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			client = meilisearch.New(s.URL(), meilisearch.WithAPIKey("k"))
			if diff := cmp.Diff([]string{"1"}, ids(t, client.Index("tickets"), "walrs", meilisearch.SearchRequest{Filter: "n = 1"})); diff != "" {
				t.Errorf("found (-want +got):\n%s", diff)
			}
			if !strings.Contains(log.String(), "built anew") {
				t.Errorf("the log says nothing of it: %s", log.String())
			}
		})
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

// eachFile calls fn with the files of a folder whose names end so.
func eachFile(t *testing.T, folder, end string, fn func(path string, size int64) error) {
	t.Helper()
	found := 0
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, end) {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		found++
		return fn(path, info.Size())
	})
	if err != nil || found == 0 {
		t.Fatalf("%d files in %s end in %s: %v", found, folder, end, err)
	}
}

// cut leaves a part of the files: none of them, or one in so many.
func cut(t *testing.T, folder, end string, part int64) {
	t.Helper()
	eachFile(t, folder, end, func(path string, size int64) error {
		if part == 0 {
			return os.Truncate(path, 0)
		}
		return os.Truncate(path, size/part)
	})
}

func scribble(t *testing.T, folder, end string) {
	t.Helper()
	eachFile(t, folder, end, func(path string, size int64) error {
		return os.WriteFile(path, bytes.Repeat([]byte("nonsense"), int(size/8)), 0o600)
	})
}
