package search_test

import (
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

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/ticket"
)

// many makes tickets with the IDs 1 to n that nothing waits for, and indexes them.
func (d *desk) many(n int) {
	d.t.Helper()
	_, err := d.db.Exec(d.t.Context(), `
		INSERT INTO ticket (reference, version, channel, language, category, category_submitted, queue_id, applicant_name, applicant_email,
			subject, number_group, opened_at, updated_at)
		SELECT 'ASK-' || translate(lpad(n::text, 4, '0'), '01', 'AB') || '-AAAA', 1 + n % 7, 'import', 'en', c.code, c.code, q.id,
			'Ana', 'ana@mail.example', 'Subject ' || n, 'without', now(), now()
		FROM generate_series(1, $1) AS n,
			(SELECT code FROM category ORDER BY code LIMIT 1) AS c,
			(SELECT id FROM queue ORDER BY id LIMIT 1) AS q
		ORDER BY n`, n)
	if err != nil {
		d.t.Fatal(err)
	}
	d.index()
}

// put writes documents into the index behind Askwell's back, and take takes some out.
func (d *desk) put(index, documents string) {
	d.t.Helper()
	d.change(http.MethodPost, "/indexes/askwell_"+index+"/documents", documents)
}

func (d *desk) take(index string, ids ...int) {
	d.t.Helper()
	list, err := json.Marshal(ids)
	if err != nil {
		d.t.Fatal(err)
	}
	d.change(http.MethodPost, "/indexes/askwell_"+index+"/documents/delete-batch", string(list))
}

// change sends what becomes a task and waits for it.
func (d *desk) change(method, path, body string) {
	d.t.Helper()
	status, answer := tell(d.t, testkit.SearchMasterKey, method, d.url+path, body)
	var task struct {
		TaskUID int64 `json:"taskUid"`
		Status  string
	}
	if err := json.Unmarshal([]byte(answer), &task); err != nil || status != http.StatusAccepted {
		d.t.Fatalf("%s %s: %d %s (%v)", method, path, status, answer, err)
	}
	address := fmt.Sprintf("%s/tasks/%d", d.url, task.TaskUID)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); task.Status != "succeeded"; <-tick.C {
		_, answer = tell(d.t, testkit.SearchMasterKey, http.MethodGet, address, "")
		if err := json.Unmarshal([]byte(answer), &task); err != nil || task.Status == "failed" || time.Now().After(deadline) {
			d.t.Fatalf("the task of %s %s: %s (%v)", method, path, answer, err)
		}
	}
}

// inIndex gives the versions of an index's documents by their IDs, and rows those of the table's rows.
func (d *desk) inIndex(index string) map[int64]int64 {
	d.t.Helper()
	status, body := tell(d.t, testkit.SearchMasterKey, http.MethodGet, d.url+"/indexes/askwell_"+index+"/documents?fields=id,version&limit=10000", "")
	var page struct{ Results []struct{ ID, Version int64 } }
	if err := json.Unmarshal([]byte(body), &page); err != nil || status != http.StatusOK {
		d.t.Fatalf("list documents: %d %v", status, err)
	}
	held := map[int64]int64{}
	for _, r := range page.Results {
		held[r.ID] = r.Version
	}
	return held
}

func (d *desk) rows(table string) map[int64]int64 {
	d.t.Helper()
	held := map[int64]int64{}
	var raw []byte
	if err := d.db.QueryRow(d.t.Context(), `SELECT COALESCE(jsonb_object_agg(id, version), '{}') FROM `+table).Scan(&raw); err != nil {
		d.t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &held); err != nil {
		d.t.Fatal(err)
	}
	return held
}

// verify checks the indexes, and that the checks were kept as they were reported.
func (d *desk) verify() map[string]search.Check {
	d.t.Helper()
	checks, err := d.engine.Verify(d.t.Context(), nil)
	if err != nil {
		d.t.Fatal(err)
	}
	byName := named(checks)
	kept, err := search.LastChecks(d.t.Context(), d.db)
	if err != nil {
		d.t.Fatal(err)
	}
	if diff := cmp.Diff(byName, named(kept), cmpopts.EquateApproxTime(time.Millisecond)); diff != "" || len(byName) != 4 {
		d.t.Errorf("what was kept of %d checks (-reported +kept):\n%s", len(byName), diff)
	}
	return byName
}

func named(checks []search.Check) map[string]search.Check {
	byName := map[string]search.Check{}
	for _, c := range checks {
		byName[c.Index] = c
	}
	return byName
}

func (d *desk) same(index, table string) {
	d.t.Helper()
	if diff := cmp.Diff(d.rows(table), d.inIndex(index)); diff != "" {
		d.t.Errorf("versions in the index of %s (-rows +documents):\n%s", index, diff)
	}
}

func TestVerifyMendsWhatDiffersInEveryRange(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.many(3000)
	d.account("163920702842", "Jean Horvat", "jean@mail.example", "")
	kept := d.account("724707644608", "Ana Kovač", "ana@mail.example", "")
	d.index()
	if got := d.verify()["tickets"]; got.Compared != 3000 || got.All() != 0 {
		t.Errorf("a good index: %+v", got)
	}

	// Ranges of 1,000 rows: their first and last rows, the middle, and beyond the last one.
	d.take("tickets", 1, 1000, 1001, 2500, 3000)
	d.put("tickets", `[{"id":2,"version":1,"subject":"old"},{"id":1999,"version":1,"subject":"old"}]`) // rows of versions 3 and 5
	d.put("tickets", `[{"id":999,"version":50,"subject":"from before the restore"}]`)
	if _, err := d.db.Exec(t.Context(), `DELETE FROM ticket WHERE id IN (4, 2000, 2001)`); err != nil {
		t.Fatal(err)
	}
	d.put("tickets", `[{"id":7000,"version":1,"subject":"nobody's"}]`)
	d.take("accounts", int(kept))

	found := d.verify()
	tickets, accounts := found["tickets"], found["accounts"]
	want := search.Differences{Missing: 5, Outdated: 2, Newer: 1, LeftOver: 4}
	if diff := cmp.Diff(want, tickets.Differences); diff != "" || tickets.Compared != 2997 {
		t.Errorf("%d tickets were compared, found (-want +got):\n%s", tickets.Compared, diff)
	}
	if diff := cmp.Diff(search.Differences{Missing: 1}, accounts.Differences); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
	d.same("tickets", "ticket")
	d.same("accounts", "account")
	if again := d.verify()["tickets"]; again.All() != 0 {
		t.Errorf("the next night finds %+v", again)
	}
	totals, err := search.AllChecks(t.Context(), d.db)
	if all := named(totals)["tickets"]; err != nil || all.All() != 12 || all.FinishedAt.IsZero() {
		t.Errorf("over all checks: %+v (%v)", totals, err)
	}
}

func TestVerifyMendsAnIndexThatLostEverything(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.many(1500)
	d.change(http.MethodDelete, "/indexes/askwell_tickets/documents", "")
	if got := d.verify()["tickets"]; got.Missing != 1500 {
		t.Errorf("found %+v", got)
	}
	d.same("tickets", "ticket")
	if _, err := d.db.Exec(t.Context(), `DELETE FROM ticket`); err != nil { // more left over than a range holds
		t.Fatal(err)
	}
	if got := d.verify()["tickets"]; got.LeftOver != 1500 {
		t.Errorf("found %+v", got)
	}
	d.same("tickets", "ticket")
}

func TestVerifyLeavesWhatWaitsToTheWorkers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, id := d.open("Lighthouse", "Question")
	if got := d.verify()["tickets"]; got.All() != 0 || len(d.inIndex("tickets")) != 0 {
		t.Errorf("while its event waits: %+v", got)
	}
	exec := func(sql string) {
		if _, err := d.db.Exec(t.Context(), sql, id); err != nil {
			t.Fatal(err)
		}
	}
	exec(`DELETE FROM outbox WHERE subject_id = $1`)
	exec(`INSERT INTO outbox_task (task, subject_id, due_at, created_at) VALUES ('index_ticket', $1, now(), now())`)
	if got := d.verify()["tickets"]; got.All() != 0 || len(d.inIndex("tickets")) != 0 {
		t.Errorf("while its task waits: %+v", got)
	}
	exec(`UPDATE outbox_task SET given_up_at = now() WHERE subject_id = $1`)
	if got := d.verify()["tickets"]; got.Missing != 1 {
		t.Errorf("after its task was given up: %+v", got)
	}
	d.same("tickets", "ticket")
}

// Tickets change and are indexed, as workers do it, as fast as they can while the check runs.
func TestVerifyIsNotMisledByChanges(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	references := make([]string, 20)
	for i := range references {
		references[i], _ = d.open(fmt.Sprintf("Subject %d", i), "Question")
	}
	ctx, stop := context.WithCancel(t.Context())
	work := func() error {
		var rows, ids []int64
		err := d.db.QueryRow(t.Context(), `SELECT COALESCE(array_agg(id), '{}'), COALESCE(array_agg(DISTINCT subject_id), '{}') FROM outbox`).Scan(&rows, &ids)
		if err != nil {
			return err
		}
		if err := d.engine.IndexTickets(t.Context(), ids); err != nil {
			return err
		}
		_, err = d.db.Exec(t.Context(), `DELETE FROM outbox WHERE id = ANY ($1)`, rows)
		return err
	}
	if err := work(); err != nil {
		t.Fatal(err)
	}
	changed := make(chan error, 2)
	go func() {
		var err error
		for n := 0; ctx.Err() == nil && err == nil; n++ {
			status := []ticket.Status{ticket.StatusPending, ticket.StatusOpen}[n/len(references)%2]
			_, err = d.tickets.SetStatus(t.Context(), ticket.Worker(), references[n%len(references)], status)
		}
		changed <- err
	}()
	go func() {
		var err error
		for ctx.Err() == nil && err == nil {
			err = work()
		}
		changed <- err
	}()
	for range 30 {
		for name, got := range d.verify() {
			if got.All() != 0 {
				t.Errorf("%s: it mended what was only changing: %+v", name, got)
			}
		}
	}
	stop()
	for range 2 {
		if err := <-changed; err != nil {
			t.Fatal(err)
		}
	}
	if err := work(); err != nil {
		t.Fatal(err)
	}
	d.same("tickets", "ticket")
}

func TestVerifySaysThatMeilisearchWentAwayAndGoesOnNextTime(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.many(2200)
	d.take("tickets", 10, 1500, 2100)
	target, err := url.Parse(d.url)
	if err != nil {
		t.Fatal(err)
	}
	var fetched atomic.Int32
	var well atomic.Bool
	proxy := httputil.NewSingleHostReverseProxy(target)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/fetch") && fetched.Add(1) > 2 && !well.Load() { // a range, and the second look at it
			http.Error(w, "gone", http.StatusBadGateway)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	d.engine = d.connect(server.URL)
	checks, err := d.engine.Verify(t.Context(), nil)
	if !failure.Is(err, failure.KindUnavailable) || len(checks) != 4 {
		t.Fatalf("the checks are %+v, the error %v", checks, err)
	}
	kept, err := search.LastChecks(t.Context(), d.db)
	if got := named(kept)["tickets"]; err != nil || got.Problem == "" || got.Compared != 1000 || got.Missing != 1 {
		t.Errorf("kept is %+v (%v)", got, err)
	}
	if got := named(kept)["tickets_fulltext"]; got.Problem != "" || got.Compared != 2200 {
		t.Errorf("the full text, which needs no Meilisearch: %+v", got)
	}
	totals, err := search.AllChecks(t.Context(), d.db)
	if got := named(totals)["tickets"]; err != nil || !got.FinishedAt.IsZero() || got.Missing != 1 {
		t.Errorf("over all checks: %+v (%v)", got, err)
	}
	well.Store(true)
	if got := d.verify()["tickets"]; got.Missing != 2 || got.Problem != "" {
		t.Errorf("the next time it found %+v", got)
	}
	d.same("tickets", "ticket")
}

func TestVerifyLeavesIndexesOfAnotherVersionAlone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.many(3)
	d.put("version", `[{"id":"desk","version":1}]`)
	d.take("tickets", 2)
	checks, err := d.engine.Verify(t.Context(), nil)
	if !failure.Is(err, failure.KindUnavailable) || !strings.Contains(named(checks)["tickets"].Problem, "version") {
		t.Errorf("the checks are %+v, the error %v", checks, err)
	}
	if len(d.inIndex("tickets")) != 2 {
		t.Error("it wrote into the index")
	}
}

func TestVerifyMendsTheFullText(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.many(2100)
	account := d.account("163920702842", "Jean Horvat", "jean@mail.example", "")
	d.index()
	for _, sql := range []string{
		`DELETE FROM ticket_search WHERE id IN (1, 1000, 2100)`,
		`UPDATE ticket_search SET version = version - 1 WHERE id IN (1001, 1002)`,
		`UPDATE ticket_search SET form = 0 WHERE id = 1003`,
		`UPDATE ticket_search SET version = 50, words = 'lighthouse' WHERE id = 2000`,
		`DELETE FROM ticket WHERE id IN (5, 2099)`,
		`UPDATE account_search SET version = 0, words = 'lighthouse'`,
	} {
		if _, err := d.db.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	found := d.verify()
	want := search.Differences{Missing: 3, Outdated: 3, Newer: 1, LeftOver: 2}
	if diff := cmp.Diff(want, found["tickets_fulltext"].Differences); diff != "" {
		t.Errorf("tickets (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(search.Differences{Outdated: 1}, found["accounts_fulltext"].Differences); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(d.rows("ticket"), d.rows("ticket_search")); diff != "" {
		t.Errorf("versions (-rows +full text):\n%s", diff)
	}
	if got := d.held("account_search", account) + d.held("ticket_search", 2000); strings.Contains(got, "lighthouse") {
		t.Errorf("the full text is still %s", got)
	}
	if again := d.verify()["tickets_fulltext"]; again.All() != 0 {
		t.Errorf("the next night finds %+v", again)
	}
}
