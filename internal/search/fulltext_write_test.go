package search_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/ticket"
)

// held is what PostgreSQL's full text holds of a row, "" when nothing.
func (d *desk) held(table string, id int64) string {
	d.t.Helper()
	var words string
	err := d.db.QueryRow(d.t.Context(), `SELECT COALESCE((SELECT words::text FROM `+table+` WHERE id = $1), '')`, id).Scan(&words)
	if err != nil {
		d.t.Fatal(err)
	}
	return words
}

func TestFullTextHoldsWordsWithoutAccentsAndTheirStems(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, id := d.open("¿Dónde están mis TARJETAS y autorización?", "The cards of O'Brien, I-485 \\ 'x'", func(in *ticket.Inquiry) { in.Name = "Ana Núñez" })
	if _, err := d.db.Exec(t.Context(), `UPDATE ticket SET reference = 'ASK-2222-3333' WHERE id = $1`, id); err != nil {
		t.Fatal(err)
	}
	d.index()
	// Subject A from place 1, name B, reference C, messages D and behind them category and queue. "the", "of" and "mis" tell nothing; stems have no place.
	want := `'2222':50C '3333':51C '485':78 'ana':27B 'ask':49C 'autorizacion':6A 'brien':76 'card':80 'cards':73 'cases':83 'donde':1A 'estan':2A 'i':77 ` +
		`'not':81 'nunez':28B 'o':75 'received':82 'tarjetas':4A 'x':79 'y':5A '~autoriz' '~bri' '~card' '~cas' '~case' '~dond' '~receiv' '~tarjet' '~tarjeta'`
	got := d.held("ticket_search", id)
	if diff := cmp.Diff(strings.Fields(want), strings.Fields(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A reference is drawn by lot. When its halves look like words they must not count for more than others.
func TestFullTextTakesNoReferenceForWords(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, plain := d.open("Lighthouse", "Question")
	_, wordy := d.open("Lighthouse", "Question")
	for id, reference := range map[int64]string{plain: "ASK-2222-3333", wordy: "ASK-CARS-THAT"} {
		if _, err := d.db.Exec(t.Context(), `UPDATE ticket SET reference = $2 WHERE id = $1`, id, reference); err != nil {
			t.Fatal(err)
		}
	}
	d.index()
	want := strings.NewReplacer("'2222'", "'cars'", "'3333'", "'that'").Replace(d.held("ticket_search", plain))
	sorted := func(s string) []string { return slices.Sorted(strings.FieldsSeq(s)) }
	if diff := cmp.Diff(sorted(want), sorted(d.held("ticket_search", wordy))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFullTextIsWrittenThoughMeilisearchIsAway(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	reference, id := d.open("Lighthouse", "Question")
	d.engine = d.connect("http://127.0.0.1:1")
	if err := d.engine.IndexTickets(t.Context(), []int64{id}); !failure.Is(err, failure.KindUnavailable) {
		t.Fatalf("the index task ends with %v, want unavailable", err)
	}
	if got := d.held("ticket_search", id); !strings.Contains(got, "lighthouse") {
		t.Errorf("the full text of %s holds %q", reference, got)
	}
}

func TestFullTextKeepsTheNewestVersionAndLetsGo(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, id := d.open("Lighthouse", "Question")
	d.index()
	// A writer that read the ticket at version 0 comes late.
	newest := d.held("ticket_search", id)
	if _, err := d.db.Exec(t.Context(), `UPDATE ticket SET version = 0, subject = 'Windmill' WHERE id = $1`, id); err != nil {
		t.Fatal(err)
	}
	d.index()
	if got := d.held("ticket_search", id); got != newest {
		t.Errorf("an older version overwrote a newer one: %s", got)
	}
	account := d.account("163920702842", "Jean Horvat", "jean@mail.example", "")
	d.index()
	if got := d.held("account_search", account); !strings.Contains(got, "'horvat':2A") {
		t.Errorf("the account's full text is %q", got)
	}
	if _, err := d.db.Exec(t.Context(), `DELETE FROM account`); err != nil {
		t.Fatal(err)
	}
	if err := d.engine.IndexAccounts(t.Context(), []int64{account}); err != nil {
		t.Fatal(err)
	}
	if got := d.held("account_search", account); got != "" {
		t.Errorf("what is gone is still held: %q", got)
	}
}
