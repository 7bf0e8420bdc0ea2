package migrations_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"golang.org/x/text/unicode/norm"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/testkit"
)

// The words of names that stood before are those that identifier.NameWords gives now.
func TestNamesAsAWhole(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("00029_names_as_a_whole.sql")
	if err != nil {
		t.Fatal(err)
	}
	up, _, _ := strings.Cut(string(file), "-- +goose Down")
	db := testkit.Database(t)
	n := 0
	for name, words := range map[string][]string{ // as the version before wrote them
		"王 小明": {"小明", "王"}, "王小明": {"王小明"}, "田中　太郎": {"太郎", "田中"}, "ガルシア マリア": {"カルシア", "マリア"},
		"Γιώργος Παππάς": {"γιωργος", "παππας"}, "Ana Núñez": {"ana", "nunez"}, "王 Wei": {"wei", "王"},
		"김 민수": {norm.NFKD.String("김"), norm.NFKD.String("민수")},
	} {
		n++
		if _, err := db.Exec(t.Context(), `INSERT INTO account (number, name, name_words, email) VALUES ($1, $2, $3, $1 || '@mail.example')`,
			fmt.Sprintf("%012d", n*97+1), name, words); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // once more changes nothing
		if _, err := db.Exec(t.Context(), up, pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Fatal(err)
		}
		rows, err := db.Query(t.Context(), `SELECT name, name_words FROM account`)
		if err != nil {
			t.Fatal(err)
		}
		found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct {
			Name  string
			Words []string
		}])
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range found {
			if diff := cmp.Diff(identifier.NameWords(a.Name), a.Words); diff != "" {
				t.Errorf("%s (-want +got):\n%s", a.Name, diff)
			}
		}
	}
}
