package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/web"
	"github.com/askwell/askwell/web/webtest"
)

func TestMetricsSayWhoAnswersSearches(t *testing.T) {
	t.Parallel()
	db, server, registry := testkit.Database(t), testkit.Search(t), prometheus.NewRegistry()
	engine, err := search.New(search.Config{
		URL: server.URL(), Key: testkit.SearchKey, DB: db, Patience: 20 * time.Second, Observe: web.NewSearchMetrics(registry).Observe,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := engine.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	desk := webtest.New(t, webtest.Options{DB: db, Change: func(c *web.Config) { c.Search, c.Metrics = engine, registry }})
	agent := desk.SignIn(t, staff.RoleAgent)
	shows := func(lines ...string) {
		t.Helper()
		figures := desk.Get("/metrics").Body
		for _, line := range lines {
			if !strings.Contains(figures, "\n"+line+"\n") {
				t.Errorf("the figures lack %q", line)
			}
		}
		if strings.Contains(figures, "lighthouse") {
			t.Error("the figures say what was searched for")
		}
		if t.Failed() {
			for line := range strings.Lines(figures) {
				if strings.HasPrefix(line, "askwell_search") {
					t.Log(strings.TrimSpace(line))
				}
			}
		}
	}
	find := func(times int) {
		t.Helper()
		for range times {
			if got := agent.Get("/console/search.json?q=lighthouse"); got.Status != http.StatusOK {
				t.Fatalf("status %d: %s", got.Status, got.Body)
			}
		}
	}
	shows(`askwell_searches_total{engine="meilisearch",why=""} 0`, `askwell_searches_total{engine="postgresql",why="away"} 0`,
		`askwell_search_breaker{state="closed"} 1`, `askwell_search_breaker{state="open"} 0`)
	find(2)
	desk.Get("/console/search.json?q=lighthouse") // of somebody who is not signed in
	shows(`askwell_searches_total{engine="meilisearch",why=""} 2`, `askwell_search_seconds_count{engine="meilisearch"} 2`,
		`askwell_search_seconds_bucket{engine="meilisearch",le="+Inf"} 2`, `askwell_searches_total{engine="postgresql",why="away"} 0`)

	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	find(4)
	shows(`askwell_searches_total{engine="meilisearch",why=""} 2`, `askwell_searches_total{engine="postgresql",why="away"} 4`,
		`askwell_search_seconds_count{engine="postgresql"} 4`, `askwell_search_breaker{state="closed"} 0`, `askwell_search_breaker{state="open"} 1`)
}
