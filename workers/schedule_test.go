package workers_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/workers"
)

// TestOldSearchesGo after thirty days, and no log says what was searched for.
func TestOldSearchesGo(t *testing.T) {
	t.Parallel()
	d := newDesk(t, testkit.Redis(t).URL())
	now := time.Date(2026, time.March, 31, 9, 0, 0, 0, time.UTC)
	w, err := workers.New(workers.Config{
		DB: d.db, RedisURL: d.redisURL, Tickets: d.tickets, Search: d.engine, Mail: d.mailer, Registry: d.registry,
		Logger: slog.New(slog.NewTextHandler(d.log, nil)), Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.db.Exec(t.Context(), `
		INSERT INTO recent_search (staff_id, text, at)
		VALUES ($1, 'amara@example.org', '2026-03-01 08:59Z'), ($1, 'fingerprint', '2026-03-01 09:01Z'), ($1, 'card', '2026-03-31 08:00Z')`, d.agent())
	if err != nil {
		t.Fatal(err)
	}
	w.RunJob(t.Context(), "prune old searches")
	rows, err := d.db.Query(t.Context(), `SELECT text FROM recent_search ORDER BY at`)
	if err != nil {
		t.Fatal(err)
	}
	left, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || strings.Join(left, ",") != "fingerprint,card" {
		t.Errorf("%q are left (%v)", left, err)
	}
	if said := d.log.String(); !strings.Contains(said, "rows=1") || strings.Contains(said, "amara") {
		t.Errorf("the log says: %s", said)
	}
}
