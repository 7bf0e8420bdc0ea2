package search_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/seed"
	"github.com/askwell/askwell/internal/testkit"
)

const benchTickets = 100_000

// sink answers as a Meilisearch would that has done everything at once. It counts the documents and their bytes.
type sink struct {
	tasks, documents, bytes atomic.Int64
}

func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodGet && r.PathValue("task") != "":
		answer(w, http.StatusOK, map[string]any{"uid": 1, "status": "succeeded"})
	case r.Method == http.MethodGet:
		answer(w, http.StatusNotFound, map[string]any{"code": "index_not_found", "type": "invalid_request"})
	default:
		s.take(r)
		answer(w, http.StatusAccepted, map[string]any{"taskUid": s.tasks.Add(1), "status": "enqueued"})
	}
}

// take reads documents as they come, a line each.
func (s *sink) take(r *http.Request) {
	lines := r.Header.Get("Content-Type") == "application/x-ndjson"
	buf := make([]byte, 64<<10)
	for {
		n, err := r.Body.Read(buf)
		s.bytes.Add(int64(n))
		for _, c := range buf[:n] {
			if lines && c == '\n' {
				s.documents.Add(1)
			}
		}
		if err == io.EOF {
			return
		}
		if err != nil {
			panic(http.ErrAbortHandler)
		}
	}
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func startSink(t testing.TB) (*sink, string) {
	s := &sink{}
	mux := http.NewServeMux()
	mux.Handle("/", s)
	mux.Handle("GET /tasks/{task}", s)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return s, server.URL
}

// BenchmarkRebuildReadsAndSends is a rebuild of 100,000 seeded tickets for a search server that costs nothing: what PostgreSQL
// and we can do, when PostgreSQL's own full text is up to date and when it has to be written, too. Nothing is ever swapped
// there, so that the rebuild ends with an error, after the last document.
func BenchmarkRebuildReadsAndSends(b *testing.B) {
	db := testkit.Database(b)
	made, err := seed.Run(b.Context(), db, seed.Options{Tickets: benchTickets, Accounts: 1000}, func(int, int) {})
	if err != nil {
		b.Fatal(err)
	}
	want := int64(made.Tickets + made.Accounts)
	sink, url := startSink(b)
	engine, err := search.New(search.Config{URL: url, Prefix: "askwell_", DB: db})
	if err != nil {
		b.Fatal(err)
	}
	rebuild := func(b *testing.B) {
		sink.documents.Store(0)
		sink.bytes.Store(0)
		var last search.Progress
		_ = engine.Rebuild(b.Context(), search.RebuildOptions{Restart: true, Progress: func(p search.Progress) { last = p }})
		if got := sink.documents.Load(); last.Done != want || got != want {
			b.Fatalf("%d of %d documents arrived, progress says %d", got, want, last.Done)
		}
	}
	report := func(b *testing.B) {
		b.ReportMetric(float64(benchTickets*b.N)/b.Elapsed().Seconds(), "tickets/s")
		b.ReportMetric(float64(sink.bytes.Load())/float64(want), "B/document")
	}
	b.Run("full text to write", func(b *testing.B) {
		for range b.N {
			b.StopTimer()
			if _, err := db.Exec(b.Context(), `TRUNCATE ticket_search, account_search`); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
			rebuild(b)
		}
		report(b)
	})
	b.Run("full text up to date", func(b *testing.B) {
		for b.Loop() {
			rebuild(b)
		}
		report(b)
	})
}
