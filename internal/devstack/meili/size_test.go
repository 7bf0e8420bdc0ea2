package meili

import (
	"bytes"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOvergrownIsSaidOnce(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	s, err := open(Config{Key: "k", Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.closeStorage() }()
	s.due = 2
	add := func(docs string) {
		uid := "tickets"
		if _, err := s.enqueue(task{IndexUID: &uid, Type: taskAdd, Details: doc{}}, []byte(docs)); err != nil {
			t.Fatal(err)
		}
		batch, err := s.nextBatch()
		if err != nil {
			t.Fatal(err)
		}
		s.process(batch)
	}
	stats := func() string {
		request := httptest.NewRequest("GET", "/stats", nil)
		request.Header.Set("Authorization", "Bearer k")
		answer := httptest.NewRecorder()
		s.routes().ServeHTTP(answer, request)
		return answer.Body.String()
	}
	add(`[{"id":1},{"id":2}]`)
	if s.Overgrown() != "" || log.Len() > 0 || strings.Contains(stats(), "warning") {
		t.Errorf("too early: %q, log %s, stats %s", s.Overgrown(), log.String(), stats())
	}
	add(`[{"id":3}]`)
	add(`[{"id":4}]`)
	want := "An index has 4 documents, more than the 2 that the in-process search server is meant for: searching gets slow. " +
		"Set MEILI_URL to a real Meilisearch."
	if diff := cmp.Diff(want, s.Overgrown()); diff != "" {
		t.Errorf("said (-want +got):\n%s", diff)
	}
	if n := strings.Count(log.String(), "a real Meilisearch is due"); n != 1 {
		t.Errorf("logged %d times, want once: %s", n, log.String())
	}
	if !strings.Contains(stats(), want) {
		t.Errorf("the stats do not say it: %s", stats())
	}
}
