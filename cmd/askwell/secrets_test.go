package main

import (
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/factor"
	"github.com/askwell/askwell/internal/testkit"
)

const (
	keyOfLastYear = "the key of last year of 32 characters or more"
	keyOfThisYear = "the key of this year of 32 characters or more"
)

// TestSecretsReseal goes through the rotation of docs/operators.md with the commands that it names.
func TestSecretsReseal(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	number := newNumber(t)
	var id int64
	err := db.QueryRow(t.Context(), `
		INSERT INTO account (number, name, name_words, email) VALUES ($1, 'Ada', '{ada}', 'ada@mail.example')
		RETURNING id`, number).Scan(&id)
	if err != nil {
		t.Fatal(err)
	}
	base, err := url.Parse("https://help.arrivals.example")
	if err != nil {
		t.Fatal(err)
	}
	factors, err := factor.New(factor.Config{DB: db, Keys: [][]byte{[]byte(keyOfLastYear)}, BaseURL: base, Agency: "Bureau"})
	if err != nil {
		t.Fatal(err)
	}
	if err := factors.BeginApp(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	run := func(key string, args ...string) string {
		t.Helper()
		out, _ := try(t, []string{"DATABASE_URL=" + db.Config().ConnString(), "SECRET_KEY=" + key}, "", args...) // other checks of doctor fail
		return out
	}
	says := func(what, out string, want ...string) {
		t.Helper()
		for _, w := range want {
			if !strings.Contains(out, w) {
				t.Errorf("%s: it says %s\nwant %q in it", what, out, w)
			}
		}
	}
	both := keyOfThisYear + "," + keyOfLastYear
	says("before", run(keyOfLastYear, "doctor"), "ok    Secrets ", "seals 1 app codes")
	says("the old key is gone too soon", run(keyOfThisYear, "doctor"), "FAIL  Secrets ", "put it back")
	says("with both", run(both, "doctor"), "seals nothing", "seals 1 app codes: run askwell secrets reseal before it goes")
	says("without the old key", run(keyOfThisYear, "secrets", "reseal"), "1 values are sealed with a key that SECRET_KEY does not hold")
	says("reseal", run(both, "secrets", "reseal"), "app codes: 1 sealed again")
	says("after", run(both, "doctor"), "seals 1 app codes", "seals nothing: it may go from ")
	if _, err := db.Exec(t.Context(), `UPDATE secret_key SET resealed_at = now() - interval '9 days'`); err != nil {
		t.Fatal(err)
	}
	says("nine days later", run(both, "doctor"), "seals nothing: it may go")
	says("the new key alone", run(keyOfThisYear, "doctor"), "ok    Secrets ", "seals 1 app codes")
	if out := run(both, "doctor"); strings.Contains(out, "key of this year") {
		t.Errorf("a key is printed: %s", out)
	}
}

// TestEverySealedColumnIsKnown finds the columns that hold sealed values by their names: each must be counted by doctor and resealed, or
// hold nothing for longer than an older key stays.
func TestEverySealedColumnIsKnown(t *testing.T) {
	t.Parallel()
	brief := map[string]bool{"form_draft.sealed": true} // an hour's drafts of public forms
	known := map[string]bool{}
	for _, p := range sealedPlaces() {
		known[p.Table+"."+p.Column] = true
	}
	rows, err := testkit.Database(t).Query(t.Context(), `
		SELECT table_name || '.' || column_name
		FROM information_schema.columns
		WHERE table_schema = 'public' AND data_type = 'bytea' AND column_name IN ('sealed', 'secret')`)
	if err != nil {
		t.Fatal(err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(found) < len(known) {
		t.Fatalf("found %q, %v, want %d or more", found, err, len(known))
	}
	for _, column := range found {
		if !known[column] && !brief[column] {
			t.Errorf("%s is sealed, and askwell secrets reseal does not know it", column)
		}
	}
}
