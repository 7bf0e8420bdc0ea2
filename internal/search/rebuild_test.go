package search_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/ticket"
)

// filled is a desk with some tickets and accounts in its indexes, whose rebuilds read two rows at once.
func filled(t *testing.T, tickets int) *desk {
	t.Helper()
	d := newDesk(t)
	for i := range tickets {
		d.open(fmt.Sprintf("Lighthouse number %d", i), "Question")
	}
	for i := range 3 {
		d.account([]string{"163920702842", "123456789092", "300000000083"}[i], "Jean Horvat", fmt.Sprintf("jean%d@mail.example", i), "")
	}
	d.index()
	d.engine.SetPage(2)
	return d
}

// over gives an engine that reaches the server over a road.
func (d *desk) over(decide func(int, seenRequest) fate) (*search.Engine, *road) {
	d.t.Helper()
	way, url := newRoad(d.t, d.url, decide)
	engine := d.connect(url)
	engine.SetPage(2)
	return engine, way
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) rebuild() {
	d.t.Helper()
	d.must(d.engine.Rebuild(d.t.Context(), search.RebuildOptions{}))
}

// whole checks that the indexes hold what the database holds, that they are of this version, and that nothing is left over.
func (d *desk) whole() {
	d.t.Helper()
	for index, table := range map[string]string{"tickets": "ticket", "accounts": "account"} {
		if diff := cmp.Diff(d.rows(table), d.inIndex(index)); diff != "" {
			d.t.Errorf("versions in %s (-database +index):\n%s", index, diff)
		}
	}
	if stale, err := d.engine.Stale(d.t.Context()); err != nil || stale {
		d.t.Errorf("stale: %t %v", stale, err)
	}
	_, body := tell(d.t, testkit.SearchMasterKey, http.MethodGet, d.url+"/indexes", "")
	if strings.Contains(body, "_next") {
		d.t.Errorf("indexes are left over: %s", body)
	}
	var left int
	d.must(d.db.QueryRow(d.t.Context(), `
		SELECT (SELECT count(*) FROM search_change) + (SELECT count(*) FROM search_index WHERE run IS NOT NULL)`).Scan(&left))
	if left != 0 {
		d.t.Errorf("%d rows of a rebuild are left over", left)
	}
}

// otherVersion makes the indexes look as if another version of Askwell had made them.
func (d *desk) otherVersion(version int) {
	d.t.Helper()
	d.tell(http.MethodPost, "/indexes/askwell_version/documents", fmt.Sprintf(`[{"id":"desk","version":%d}]`, version))
	d.tell(http.MethodPatch, "/indexes/askwell_tickets/settings", `{"searchableAttributes":["subject"],"displayedAttributes":["id","version"]}`)
	_, err := d.db.Exec(d.t.Context(), `UPDATE search_index SET version = $1`, version)
	d.must(err)
}

// tell changes something on the server and waits until it is done.
func (d *desk) tell(method, path, body string) {
	d.t.Helper()
	status, text := tell(d.t, testkit.SearchKey, method, d.url+path, body)
	var task struct {
		TaskUID int    `json:"taskUid"`
		Status  string `json:"status"`
	}
	if err := json.Unmarshal([]byte(text), &task); err != nil || status != http.StatusAccepted {
		d.t.Fatalf("%s %s: %d %s", method, path, status, text)
	}
	for task.Status != "succeeded" {
		_, text = tell(d.t, testkit.SearchKey, http.MethodGet, fmt.Sprintf("%s/tasks/%d", d.url, task.TaskUID), "")
		if err := json.Unmarshal([]byte(text), &task); err != nil || task.Status == "failed" {
			d.t.Fatalf("%s %s: %s", method, path, text)
		}
	}
}

func (d *desk) searchable() string {
	d.t.Helper()
	_, body := tell(d.t, testkit.SearchMasterKey, http.MethodGet, d.url+"/indexes/askwell_tickets/settings/searchable-attributes", "")
	return body
}

func isSwap(r seenRequest) bool { return r.is(http.MethodPost, "/swap-indexes") }

func TestAnEmptyDeskGetsItsIndexesOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.whole()
	engine, way := d.over(freely)
	d.must(engine.Prepare(t.Context()))
	d.open("Lighthouse", "Question")
	d.index()
	d.must(engine.Prepare(t.Context()))
	if n := way.count(seenRequest.changes); n != 0 {
		t.Errorf("Prepare changed something %d times where all was well", n)
	}
	d.whole()
}

func TestARebuildSwapsAllThreeIndexesInOneRequest(t *testing.T) {
	t.Parallel()
	d := filled(t, 5)
	engine, way := d.over(freely)
	d.must(engine.Rebuild(t.Context(), search.RebuildOptions{}))
	if n := way.count(isSwap); n != 1 {
		t.Fatalf("%d swaps", n)
	}
	for _, uid := range []string{"askwell_tickets", "askwell_accounts", "askwell_version"} {
		pair := `["` + uid + `","` + uid + `_next"]`
		if way.count(func(r seenRequest) bool { return isSwap(r) && strings.Contains(r.body, pair) }) != 1 {
			t.Errorf("%s is not in the swap", uid)
		}
	}
	d.whole()
}

// Searches of the other version go on in its indexes until the moment of the swap.
func TestIndexesOfAnEarlierVersionStayAsTheyAreUntilTheSwap(t *testing.T) {
	t.Parallel()
	d := filled(t, 5)
	d.otherVersion(search.SettingsVersion - 1)
	settings, documents := d.searchable(), d.inIndex("tickets")
	engine, way := d.over(func(_ int, r seenRequest) fate {
		if isSwap(r) {
			if diff := cmp.Diff(settings, d.searchable()); diff != "" {
				t.Errorf("the settings before the swap (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(documents, d.inIndex("tickets")); diff != "" {
				t.Errorf("the documents before the swap (-want +got):\n%s", diff)
			}
			if stale, err := d.engine.Stale(t.Context()); err != nil || !stale {
				t.Errorf("stale before the swap: %t %v", stale, err)
			}
		}
		return arrives
	})
	d.must(engine.Prepare(t.Context()))
	if n := way.count(isSwap); n != 1 {
		t.Errorf("%d swaps", n)
	}
	if d.searchable() == settings {
		t.Errorf("the settings after the swap are still %s", settings)
	}
	d.whole()
}

func TestIndexesOfALaterVersionAreLeftToIt(t *testing.T) {
	t.Parallel()
	d := filled(t, 3)
	d.otherVersion(search.SettingsVersion + 1)
	settings := d.searchable()
	d.must(d.engine.Prepare(t.Context()))
	if got := d.searchable(); got != settings {
		t.Errorf("Prepare changed the settings to %s", got)
	}
	// What this version would write has another form; the task stays for a worker that can.
	_, id := d.open("Windmill", "Question")
	if err := d.engine.IndexTickets(t.Context(), []int64{id}); !failure.Is(err, failure.KindUnavailable) {
		t.Errorf("indexing: %v", err)
	}
	// Going back is somebody's decision.
	d.rebuild()
	d.must(d.engine.IndexTickets(t.Context(), []int64{id}))
	d.whole()
}

func TestAnIndexThatIsEmptyOrGoneIsFilledAndDoesNotAnswerUntilThen(t *testing.T) {
	t.Parallel()
	for name, break_ := range map[string]func(*desk){
		"emptied":  func(d *desk) { d.tell(http.MethodDelete, "/indexes/askwell_tickets/documents", "") },
		"deleted":  func(d *desk) { d.tell(http.MethodDelete, "/indexes/askwell_accounts", "") },
		"no stamp": func(d *desk) { d.tell(http.MethodDelete, "/indexes/askwell_version", "") },
		"nothing":  func(d *desk) { d.connectNew() },
		"documents, but nothing else": func(d *desk) {
			d.connectNew()
			d.index()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := filled(t, 5)
			break_(d)
			engine, _ := d.over(func(_ int, r seenRequest) fate {
				if strings.HasSuffix(r.path, "_next/documents") {
					if stale, err := d.engine.Stale(t.Context()); err != nil || !stale {
						t.Errorf("stale while it is filled: %t %v", stale, err)
					}
					for _, document := range d.documents("version") {
						t.Errorf("the stamp while it is filled: %v", document)
					}
				}
				return arrives
			})
			d.must(engine.Prepare(t.Context()))
			d.whole()
		})
	}
}

// connectNew gives the desk a search server that has nothing.
func (d *desk) connectNew() {
	d.t.Helper()
	d.url = testkit.Search(d.t).URL()
	d.engine = d.connect(d.url)
	d.engine.SetPage(2)
}

// While a page is held up on its way, a ticket that is in the new index already changes, one comes, and an account that was read
// goes.
func TestWhatChangesDuringARebuildIsInTheNewIndexes(t *testing.T) {
	t.Parallel()
	d := filled(t, 6)
	held, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	engine, _ := d.over(func(_ int, r seenRequest) fate {
		if strings.HasSuffix(r.path, "accounts_next/documents") {
			once.Do(func() {
				close(held)
				<-release
			})
		}
		return arrives
	})
	rebuilt := make(chan error, 1)
	go func() { rebuilt <- engine.Rebuild(context.Background(), search.RebuildOptions{}) }()
	<-held
	first := references(d.search(search.Query{Text: "lighthouse"}))[0]
	_, err := d.tickets.SetStatus(t.Context(), ticket.Worker(), first, ticket.StatusPending)
	d.must(err)
	var gone int64
	d.must(d.db.QueryRow(t.Context(), `DELETE FROM account WHERE id = (SELECT min(id) FROM account) RETURNING id`).Scan(&gone))
	late, _ := d.open("Windmill", "Question")
	d.index()
	d.must(d.engine.IndexAccounts(t.Context(), []int64{gone}))
	if got := references(d.search(search.Query{Text: "windmill"})); len(got) != 1 || got[0] != late {
		t.Errorf("found %v during the rebuild, want %s", got, late)
	}
	close(release)
	d.must(<-rebuilt)
	d.whole()
}

// A rebuild dies at its first request, and so on up to its last one: once before the request arrives, once before its answer.
// Meanwhile a ticket changes, and whoever rebuilds next must get everything right.
func TestARebuildGoesOnWhereverItWasBrokenOff(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]fate{"lost": lost, "unanswered": unanswered} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := filled(t, 5)
			resumed := false
			for at := 0; ; at++ {
				engine, _ := d.over(func(n int, _ seenRequest) fate {
					switch {
					case n < at:
						return arrives
					case n == at:
						return end
					default:
						return lost
					}
				})
				died := engine.Rebuild(t.Context(), search.RebuildOptions{})
				reference := references(d.search(search.Query{Text: "lighthouse"}))[0]
				_, err := d.tickets.SetStatus(t.Context(), ticket.Worker(), reference, []ticket.Status{ticket.StatusPending, ticket.StatusOpen}[at%2])
				d.must(err)
				d.index()
				d.must(d.engine.Rebuild(t.Context(), search.RebuildOptions{Progress: func(p search.Progress) { resumed = resumed || p.Resumed > 0 }}))
				d.whole()
				if t.Failed() {
					t.Fatalf("after %d requests", at)
				}
				if died == nil {
					break
				}
			}
			if !resumed {
				t.Error("no rebuild went on where another was")
			}
		})
	}
}

// Meilisearch accepts a page in the middle and fails it later. What it was given after that page does not count either: the next
// rebuild begins with the page that failed.
func TestAPageThatIsAcceptedAndFailsIsNotDone(t *testing.T) {
	t.Parallel()
	d := filled(t, 6)
	var failing string
	var before int64
	d.must(d.db.QueryRow(t.Context(), `SELECT reference FROM ticket ORDER BY id OFFSET 2 LIMIT 1`).Scan(&failing))
	d.must(d.db.QueryRow(t.Context(), `SELECT id FROM ticket ORDER BY id OFFSET 1 LIMIT 1`).Scan(&before))
	engine, way := d.over(func(_ int, r seenRequest) fate {
		if strings.HasSuffix(r.path, "tickets_next/documents") && strings.Contains(r.body, failing) {
			return spoilt
		}
		return arrives
	})
	var last search.Progress
	if err := engine.Rebuild(t.Context(), search.RebuildOptions{Progress: func(p search.Progress) { last = p }}); err == nil {
		t.Fatal("the rebuild did not fail")
	}
	if last.Done > 2 || last.Total != 9 { // a server that takes several pages in one batch fails them together
		t.Errorf("it said %+v, and two of nine come before the page that fails", last)
	}
	if way.count(isSwap) != 0 {
		t.Error("indexes that lack a page were swapped")
	}
	var kept int64
	d.must(d.db.QueryRow(t.Context(), `SELECT tickets_to FROM search_index`).Scan(&kept))
	if kept > before {
		t.Errorf("rows up to %d are kept as done, and those after %d failed", kept, before)
	}
	var resumed int64
	d.must(d.engine.Rebuild(t.Context(), search.RebuildOptions{Progress: func(p search.Progress) { resumed = p.Resumed }}))
	if resumed != last.Done {
		t.Errorf("%d rows were done before, want %d", resumed, last.Done)
	}
	d.whole()
}

func TestARebuildBeginsAnewWhereItCannotOrMustNotGoOn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change  func(*desk)
		options search.RebuildOptions
		breakAt string
	}{
		"another version": {breakAt: "/indexes/askwell_accounts_next/documents", change: func(d *desk) {
			_, err := d.db.Exec(d.t.Context(), `UPDATE search_index SET run_version = run_version - 1`)
			d.must(err)
		}},
		"another server":          {breakAt: "/indexes/askwell_accounts_next/documents", change: (*desk).connectNew},
		"told to":                 {breakAt: "/indexes/askwell_accounts_next/documents", options: search.RebuildOptions{Restart: true}},
		"told to, after the swap": {breakAt: "/swap-indexes", options: search.RebuildOptions{Restart: true}},
		"another version's is used": {breakAt: "/swap-indexes", change: func(d *desk) {
			_, err := d.db.Exec(d.t.Context(), `UPDATE search_index SET run_version = run_version - 1`)
			d.must(err)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := filled(t, 5)
			engine, _ := d.over(func(_ int, r seenRequest) fate {
				if r.path == c.breakAt {
					return unanswered
				}
				return arrives
			})
			if err := engine.Rebuild(t.Context(), search.RebuildOptions{}); err == nil {
				t.Fatal("the rebuild was not broken off")
			}
			if c.change != nil {
				c.change(d)
			}
			var said []search.Progress
			c.options.Progress = func(p search.Progress) { said = append(said, p) }
			d.must(d.engine.Rebuild(t.Context(), c.options))
			if want := (search.Progress{Total: 8}); len(said) == 0 || said[0] != want {
				t.Errorf("it went on: %+v", said)
			}
			d.whole()
		})
	}
}

func TestRebuildsTakeTurns(t *testing.T) {
	t.Parallel()
	d := filled(t, 6)
	var mu sync.Mutex
	building := map[string]bool{} // by engine
	watch := func(name string) func(int, seenRequest) fate {
		return func(_ int, r seenRequest) fate {
			mu.Lock()
			defer mu.Unlock()
			if strings.HasSuffix(r.path, "_next/documents") {
				building[name] = true
			}
			if isSwap(r) {
				delete(building, name)
			}
			if len(building) > 1 {
				t.Errorf("%v build at once", building)
			}
			return arrives
		}
	}
	var all sync.WaitGroup
	waited := make(chan struct{}, 3)
	for _, name := range []string{"first", "second", "third"} {
		engine, _ := d.over(watch(name))
		all.Go(func() {
			if err := engine.Rebuild(context.Background(), search.RebuildOptions{Waiting: func() { waited <- struct{}{} }}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(waited) == 0 {
		t.Error("nobody waited")
	}
	d.whole()
}

func TestARebuildSaysHowFarItIs(t *testing.T) {
	t.Parallel()
	d := filled(t, 5)
	var said []search.Progress
	d.must(d.engine.Rebuild(t.Context(), search.RebuildOptions{Progress: func(p search.Progress) { said = append(said, p) }}))
	// 5 tickets and 3 accounts, two at a time.
	want := []search.Progress{{Total: 8}, {Done: 2, Total: 8}, {Done: 4, Total: 8}, {Done: 5, Total: 8}, {Done: 7, Total: 8}, {Done: 8, Total: 8}}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
