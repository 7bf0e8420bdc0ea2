package workers_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/workers"
)

func TestFiguresOfTheIndexes(t *testing.T) {
	t.Parallel()
	db, registry := testkit.Database(t), prometheus.NewRegistry()
	for range 2 { // web and workers of one process
		if err := workers.RegisterFigures(registry, db, time.Now); err != nil {
			t.Fatal(err)
		}
	}
	figures := func() string {
		answer := httptest.NewRecorder()
		promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		return "\n" + answer.Body.String()
	}
	if got := figures(); !strings.Contains(got, "\naskwell_index_waiting 0\n") || !strings.Contains(got, "\naskwell_index_lag_seconds 0\n") ||
		strings.Contains(got, "askwell_index_check") {
		t.Errorf("of an empty desk:%s", got)
	}
	for _, sql := range []string{`
		INSERT INTO outbox_task (task, subject_id, due_at, created_at, given_up_at)
		VALUES ('index_ticket', 1, now(), now() - interval '1 hour', NULL), ('index_account', 1, now(), now(), NULL),
			('index_ticket', 2, now(), now() - interval '3 hours', now()), ('send_reply', 1, now(), now() - interval '3 hours', NULL)`, `
		INSERT INTO outbox (event, subject_id) VALUES ('ticket.changed', 1)`, `
		INSERT INTO index_check (index_name, started_at, finished_at, compared, missing, outdated, newer, left_over, problem)
		VALUES ('tickets', to_timestamp(1000), to_timestamp(1001), 10, 1, 2, 0, 3, ''),
			('tickets', to_timestamp(2000), to_timestamp(2001), 10, 1, 0, 4, 0, ''),
			('tickets', to_timestamp(3000), to_timestamp(3001), 4, 1, 0, 0, 0, 'Search is away.'),
			('accounts', to_timestamp(3000), to_timestamp(3001), 0, 0, 0, 0, 0, 'Search is away.')`} {
		if _, err := db.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	got := figures()
	for _, line := range []string{
		`askwell_index_waiting 3`,
		`askwell_index_check_mended_total{index="tickets",kind="missing"} 3`,
		`askwell_index_check_mended_total{index="tickets",kind="outdated"} 2`,
		`askwell_index_check_mended_total{index="tickets",kind="newer"} 4`,
		`askwell_index_check_mended_total{index="tickets",kind="left_over"} 3`,
		`askwell_index_check_mended_total{index="accounts",kind="missing"} 0`,
		`askwell_index_check_timestamp_seconds{index="tickets"} 2001`,
	} {
		if !strings.Contains(got, "\n"+line+"\n") {
			t.Errorf("the figures lack %q", line)
		}
	}
	if !strings.Contains(got, "\naskwell_index_lag_seconds 36") { // 3,600 and a bit
		t.Error("the lag is not an hour")
	}
	if strings.Contains(got, `timestamp_seconds{index="accounts"}`) {
		t.Error("a check that never came to its end has a time")
	}
	if t.Failed() {
		t.Log(got)
	}
}
