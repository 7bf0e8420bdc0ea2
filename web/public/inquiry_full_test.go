package public_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/web/webtest"
)

// refused sends a form that must be answered by 503 with all that was typed, and gives the form of that page.
func refused(t *testing.T, d *webtest.Desk, form url.Values) url.Values {
	t.Helper()
	got := d.Post("/inquiries", form)
	if got.Status != http.StatusServiceUnavailable || got.Header.Get("Retry-After") == "" {
		t.Fatalf("status %d, Retry-After %q, want 503: %s", got.Status, got.Header.Get("Retry-After"), got.Text("main"))
	}
	holds(t, got, "Nothing was lost", "Try again")
	again := got.Form("form[action='/inquiries']")
	for name, want := range form {
		if again.Get(name) != want[0] {
			t.Errorf("%s is %q in the page, want %q", name, again.Get(name), want[0])
		}
	}
	return again
}

func state(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

// A database whose disk is full takes nothing and keeps answering: the form says so, keeps what was typed, and sends it once there is room.
// The error is PostgreSQL's own, about a write that the kernel refused.
func TestAFullDatabaseDiskLosesNothing(t *testing.T) {
	t.Parallel()
	d := webtest.New(t)
	fill, free := testkit.FullDisk(t, d.DB, "ticket")
	form := filled(t, d.Visitor, "question", "Line one\nLine <two> & é")
	fill()
	kept := refused(t, d, form)
	if _, err := d.DB.Exec(t.Context(), `INSERT INTO no_room VALUES ('x')`); state(err) != "53100" {
		t.Errorf("PostgreSQL answers %v, want 53100", err)
	}
	free()
	sent := d.Post("/inquiries", kept)
	if sent.Status != http.StatusSeeOther {
		t.Errorf("with room again: status %d", sent.Status)
	}
}

// The same for whatever else a server has too little of (class 53 of PostgreSQL's codes): these are raised by a trigger, not by a real lack.
func TestADatabaseThatLacksSomethingLosesNothing(t *testing.T) {
	t.Parallel()
	for code, what := range map[string]string{
		"53000": "insufficient_resources", "53100": "disk_full", "53200": "out_of_memory", "53300": "too_many_connections",
		"53400": "configuration_limit_exceeded", "58030": "io_error",
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			d := webtest.New(t)
			form := filled(t, d.Visitor, "question", "Line one\nLine <two> & é")
			must := func(sql string) {
				t.Helper()
				if _, err := d.DB.Exec(t.Context(), sql); err != nil {
					t.Fatal(err)
				}
			}
			must(fmt.Sprintf(`CREATE FUNCTION lacks() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'lacks' USING ERRCODE = '%s'; END$$`, code))
			must(`CREATE TRIGGER lacks BEFORE INSERT ON ticket EXECUTE FUNCTION lacks()`)
			kept := refused(t, d, form)
			must(`DROP TRIGGER lacks ON ticket`)
			if sent := d.Post("/inquiries", kept); sent.Status != http.StatusSeeOther {
				t.Errorf("afterwards: status %d", sent.Status)
			}
		})
	}
}
