package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestReindexCheckMendsAndSaysWhat(t *testing.T) {
	t.Parallel()
	d := newSearchDesk(t)
	env := []string{"DATABASE_URL=" + d.db.Config().ConnString(), "MEILI_URL=" + d.cfg.MeiliURL, "MEILI_KEY=" + d.cfg.MeiliKey, "LOG_LEVEL=error"}
	const well = "tickets in PostgreSQL's full text: 0 compared, 0 mended\n" +
		"accounts in PostgreSQL's full text: 1 compared, 0 mended\n" +
		"tickets in Meilisearch: 0 compared, 0 mended\n" +
		"accounts in Meilisearch: 1 compared, 0 mended\n"
	if got := runCommand(t, env, "", "reindex", "--check"); got != well {
		t.Errorf("it printed %q, want %q", got, well)
	}
	d.meili(http.MethodPost, "/indexes/askwell_accounts/documents", `[{"id":999999,"version":1,"name":"Nobody"}]`)
	d.exec(`DELETE FROM account_search`)
	eventually(t, time.Minute, func() error { // Meilisearch takes documents in a little later
		if state, err := d.engine().State(t.Context()); err != nil || state.Accounts.Documents != 2 {
			return fmt.Errorf("the state is %+v (%w)", state, err)
		}
		return nil
	})
	got := runCommand(t, env, "", "reindex", "--check")
	for _, want := range []string{
		"accounts in PostgreSQL's full text: 1 compared, 1 mended (1 missing, 0 older than the ticket or account, 0 newer, 0 of none)\n",
		"accounts in Meilisearch: 1 compared, 1 mended (0 missing, 0 older than the ticket or account, 0 newer, 1 of none)\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("it printed %q, want %q", got, want)
		}
	}
	env[1] = "MEILI_URL=http://127.0.0.1:1"
	got, err := try(t, env, "", "reindex", "--check")
	if err == nil || !strings.Contains(got, "tickets in Meilisearch: 0 compared, 0 mended; broken off: Search is unavailable.") {
		t.Errorf("with Meilisearch away it ended with %v and printed %q", err, got)
	}
}
