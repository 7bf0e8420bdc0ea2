package search_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/ticket"
)

// documents asks the search server itself what an index holds.
func (d *desk) documents(index string) []map[string]any {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), http.MethodGet, d.url+"/indexes/askwell_"+index+"/documents?limit=1000", nil)
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+testkit.SearchKey)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer answer.Body.Close()
	var page struct{ Results []map[string]any }
	if err := json.NewDecoder(answer.Body).Decode(&page); err != nil {
		d.t.Fatal(err)
	}
	return page.Results
}

func TestDocumentsHoldNoMoreThanSearchNeeds(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.account("163920702842", "Jean Horvat", "jean@mail.example", "A012345678")
	d.open("Subject", "Question", func(in *ticket.Inquiry) {
		in.Number, in.Email = identifier.Read("A-012-345-678"), "jean@mail.example"
	})
	d.index()
	held, err := json.Marshal([]any{d.documents("tickets"), d.documents("accounts")})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(held, []byte("163920702842")) || !bytes.Contains(held, []byte("Question")) {
		t.Errorf("the indexes hold %s", held)
	}
	for _, private := range []string{"jean@mail", "12345678", "1980", "Secret Lane"} {
		if bytes.Contains(held, []byte(private)) {
			t.Errorf("the indexes hold %q: %s", private, held)
		}
	}
}

// The first batch of documents is held up on its way until a second one has passed it, or for as long as no second one comes:
// under the lock the second writer must wait, and what it sends is newer.
func TestAnOlderDocumentNeverOverwritesANewerOne(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	reference, id := d.open("Subject", "Question")
	target, err := url.Parse(d.url)
	if err != nil {
		t.Fatal(err)
	}
	var batches atomic.Int32
	held, passed := make(chan struct{}), make(chan struct{})
	proxy := httputil.NewSingleHostReverseProxy(target)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/documents") {
			proxy.ServeHTTP(w, r)
			return
		}
		first := batches.Add(1) == 1
		if first {
			close(held)
			select {
			case <-passed:
			case <-time.After(500 * time.Millisecond):
			}
		}
		proxy.ServeHTTP(w, r)
		if !first {
			close(passed)
		}
	}))
	t.Cleanup(server.Close)
	d.engine = d.connect(server.URL)
	done := make(chan error, 2)
	index := func() { done <- d.engine.IndexTickets(context.Background(), []int64{id}) }
	go index()
	<-held
	if _, err := d.tickets.SetStatus(t.Context(), ticket.Worker(), reference, ticket.StatusPending); err != nil {
		t.Fatal(err)
	}
	go index()
	for range 2 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	if got := d.documents("tickets")[0]["status"]; got != "pending" {
		t.Errorf("the document is %v again, the ticket pending", got)
	}
}

func TestWhatIsGoneLeavesTheIndex(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.account("163920702842", "Jean Horvat", "jean@mail.example", "")
	d.index()
	if _, err := d.db.Exec(t.Context(), `DELETE FROM account`); err != nil {
		t.Fatal(err)
	}
	if err := d.engine.IndexAccounts(t.Context(), []int64{id}); err != nil {
		t.Fatal(err)
	}
	if got := d.documents("accounts"); len(got) != 0 {
		t.Errorf("the index holds %v", got)
	}
}

func TestAWithdrawnReplyAndALongThreadAreBounded(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	reference, id := d.open("Subject", "The first question. "+strings.Repeat("padding ", 2400))
	for i := range 6 {
		_, err := d.db.Exec(t.Context(), `
			INSERT INTO message (ticket_id, kind, body, created_at, delivery)
			VALUES ($1, 'reply', $2, now(), $3)`, id, fmt.Sprintf("reply%d %s", i, strings.Repeat("x ", 8000)), []string{"sent", "withdrawn"}[i%2])
		if err != nil {
			t.Fatal(err)
		}
	}
	d.index()
	for text, want := range map[string]int{"first question": 1, "reply4": 1, "reply5": 0, "reply3": 0} {
		found := d.search(search.Query{Text: `"` + text + `"`})
		if len(found.Hits) != want {
			t.Errorf("%q finds %d tickets, want %d (%s)", text, len(found.Hits), want, reference)
		}
	}
	if n := len(d.documents("tickets")[0]["body"].(string)); n > 60_000 {
		t.Errorf("the body has %d characters", n)
	}
}

func TestPrepareFillsAnEmptyIndexAndRebuildKeepsChanges(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	reference, _ := d.open("Lighthouse", "Question")
	d.account("163920702842", "Jean Horvat", "jean@mail.example", "")
	if err := d.engine.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	if stale, err := d.engine.Stale(t.Context()); err != nil || stale {
		t.Errorf("stale after Prepare: %t %v", stale, err)
	}
	if got := references(d.search(search.Query{Text: "lighthouse"})); len(got) != 1 || got[0] != reference {
		t.Errorf("found %v", got)
	}
	// Every search while a rebuild runs finds the ticket, and a ticket that comes meanwhile is not lost.
	done := make(chan error, 1)
	go func() { done <- d.engine.Rebuild(context.Background(), search.RebuildOptions{}) }()
	late, id := d.open("Windmill", "Question")
	if err := d.engine.IndexTickets(t.Context(), []int64{id}); err != nil {
		t.Fatal(err)
	}
	for rebuilding := true; rebuilding; {
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			rebuilding = false
		default:
		}
		if got := references(d.search(search.Query{Text: "lighthouse"})); len(got) != 1 {
			t.Fatalf("found %v during the rebuild", got)
		}
	}
	if got := references(d.search(search.Query{Text: "windmill"})); len(got) != 1 || got[0] != late {
		t.Errorf("found %v after the rebuild, want %s", got, late)
	}
}

func TestErrorsOfMeilisearchQuoteNobody(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, id := d.open("A very private subject", "Question")
	engine, err := search.New(search.Config{URL: d.url, Prefix: "askwell_", Key: "wrong", DB: d.db})
	if err != nil {
		t.Fatal(err)
	}
	err = engine.IndexTickets(t.Context(), []int64{id})
	if !failure.Is(err, failure.KindUnavailable) || strings.Contains(err.Error(), "private") {
		t.Errorf("the error is %v", err)
	}
}
