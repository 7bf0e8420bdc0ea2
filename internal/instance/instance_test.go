package instance_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/instance"
	"github.com/askwell/askwell/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const note = ".askwell-desk.json"

// Mail is held where the database and the files do not belong together, and only there; once let go they do.
func TestGuard(t *testing.T) {
	t.Parallel()
	ran := func(t *testing.T, db *pgxpool.Pool, dir string) instance.Reason {
		t.Helper()
		held, err := instance.Guard(t.Context(), db, dir)
		if _, missing := os.Stat(dir); (err != nil) != (missing != nil) {
			t.Fatal(err)
		}
		return held.Reason
	}
	for name, c := range map[string]struct {
		happens func(t *testing.T, db *pgxpool.Pool, dir string) (now *pgxpool.Pool, files string)
		want    instance.Reason
	}{
		"nothing":                    {func(_ *testing.T, db *pgxpool.Pool, dir string) (*pgxpool.Pool, string) { return db, dir }, instance.NotHeld},
		"a new folder for the files": {func(t *testing.T, db *pgxpool.Pool, _ string) (*pgxpool.Pool, string) { return db, t.TempDir() }, instance.HeldOtherSet},
		"the folder is unavailable": {func(t *testing.T, db *pgxpool.Pool, _ string) (*pgxpool.Pool, string) {
			return db, filepath.Join(t.TempDir(), "not mounted")
		}, instance.NotHeld},
		"another desk's database": {func(t *testing.T, _ *pgxpool.Pool, dir string) (*pgxpool.Pool, string) {
			other := testkit.Database(t)
			ran(t, other, t.TempDir())
			return other, dir
		}, instance.HeldOtherSet},
		"an older copy": {func(t *testing.T, db *pgxpool.Pool, dir string) (*pgxpool.Pool, string) {
			set(t, db, `INSERT INTO ticket_event (ticket_id, kind, actor, at) SELECT id, 'noted', 'worker', now() FROM ticket`)
			ran(t, db, dir)
			set(t, db, `DELETE FROM ticket_event WHERE kind = 'noted'`)
			return db, dir
		}, instance.HeldOlder},
		"a broken note": {func(t *testing.T, db *pgxpool.Pool, dir string) (*pgxpool.Pool, string) {
			if err := os.WriteFile(filepath.Join(dir, note), []byte("{"), 0o600); err != nil {
				t.Fatal(err)
			}
			return db, dir
		}, instance.HeldOtherSet},
		"another server": {func(t *testing.T, db *pgxpool.Pool, dir string) (*pgxpool.Pool, string) {
			content, err := os.ReadFile(filepath.Join(dir, note))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, note), replaceCluster(content), 0o600); err != nil {
				t.Fatal(err)
			}
			return db, dir
		}, instance.HeldElsewhere},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, dir := testkit.Database(t), t.TempDir()
			set(t, db, `
				WITH opened AS (
					INSERT INTO ticket (reference, channel, language, category, category_submitted, queue_id, applicant_name, applicant_email, subject, number_group, link_state, opened_at, updated_at)
					SELECT 'ASK-2222-2222', 'form', 'en', c.code, c.code, c.queue_id, 'Ana', 'ana@mail.example', 'Card', 'without', 'none', now(), now() FROM category c LIMIT 1
					RETURNING id
				)
				INSERT INTO ticket_event (ticket_id, kind, actor, at) SELECT id, 'opened', 'applicant', now() FROM opened`)
			for range 2 { // a new desk, and the same a minute later
				if got := ran(t, db, dir); got != instance.NotHeld {
					t.Fatalf("a new desk holds its mail: %s", got)
				}
			}
			now, files := c.happens(t, db, dir)
			for range 2 {
				if got := ran(t, now, files); got != c.want {
					t.Errorf("held for %q, want %q", got, c.want)
				}
			}
			held, err := instance.MailHeld(t.Context(), now)
			if err != nil || held.Reason != c.want || held.Since.IsZero() != (c.want == instance.NotHeld) {
				t.Errorf("the database says %+v (%v)", held, err)
			}
			if err := instance.Release(t.Context(), now); err != nil {
				t.Fatal(err)
			}
			if c.want == instance.NotHeld {
				return
			}
			for range 2 {
				if got := ran(t, now, files); got != instance.NotHeld {
					t.Errorf("after it was let go mail is held for %q", got)
				}
			}
		})
	}
}

func set(t *testing.T, db *pgxpool.Pool, sql string) {
	t.Helper()
	if _, err := db.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

// replaceCluster makes a note that of another server.
func replaceCluster(content []byte) []byte {
	return regexp.MustCompile(`"cluster":"[^"]+"`).ReplaceAll(content, []byte(`"cluster":"1/2"`))
}
