package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/devstack"
	"github.com/askwell/askwell/internal/devstack/meili"
)

// The search server in a process of its own, which can be killed: the test binary started again.
const (
	searchServerAddress = "ASKWELL_TEST_SEARCH_ADDRESS"
	searchServerFolder  = "ASKWELL_TEST_SEARCH_FOLDER"
)

func runSearchServer(address, folder string) {
	if err := startSearchServer(address, folder); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	_, _ = io.Copy(io.Discard, os.Stdin) // until the test that holds the other end is gone
}

// startSearchServer starts the built-in search, or the program that MEILISEARCH_BIN names, which ends when this process is killed.
func startSearchServer(address, folder string) error {
	if os.Getenv("MEILISEARCH_BIN") == "" {
		_, err := meili.Start(context.Background(), meili.Config{Dir: folder, Addr: address, Key: searchKey})
		return err
	}
	program, _, err := devstack.FindMeilisearch(context.Background(), nil)
	if err != nil {
		return err
	}
	port, err := strconv.Atoi(address[strings.LastIndex(address, ":")+1:])
	if err != nil {
		return err
	}
	_, err = devstack.StartMeilisearch(context.Background(), devstack.MeilisearchConfig{Program: program, Dir: folder, Key: searchKey, Port: port})
	return err
}

// searchServer is the search server of a split desk in a process of its own, on the same address and folder.
type searchServer struct {
	s       *split
	address string
	cmd     *exec.Cmd
	ended   chan struct{}
}

// moveSearch stops the desk's search server and starts it again in a process of its own.
func (s *split) moveSearch() *searchServer {
	s.t.Helper()
	server := &searchServer{s: s, address: strings.TrimPrefix(s.search.URL(), "http://")}
	s.must(s.search.Close())
	server.start()
	s.t.Cleanup(server.kill)
	return server
}

func (r *searchServer) start() {
	r.s.t.Helper()
	program, err := os.Executable()
	r.s.must(err)
	r.cmd = exec.Command(program)
	r.cmd.Env = append(os.Environ(), searchServerAddress+"="+r.address, searchServerFolder+"="+filepath.Join(r.s.dir, "search"))
	r.cmd.Stderr = os.Stderr
	_, err = r.cmd.StdinPipe() // open until the process has ended
	r.s.must(err)
	r.s.must(r.cmd.Start())
	cmd, ended := r.cmd, make(chan struct{})
	r.ended = ended
	go func() { _ = cmd.Wait(); close(ended) }()
	eventually(r.s.t, time.Minute, func() error {
		answer, err := http.Get("http://" + r.address + "/health")
		if err == nil {
			answer.Body.Close()
		}
		return err
	})
}

func (r *searchServer) kill() {
	_ = r.cmd.Process.Kill()
	<-r.ended
}

// searching is somebody who searches all the time.
type searching struct {
	s       *split
	stop    chan struct{}
	done    sync.WaitGroup
	mu      sync.Mutex
	n       int
	engines map[string]int // how many each has answered
	last    string
	slowest time.Duration
	control time.Duration // the slowest request that asks nobody
}

// keepSearching signs in and searches, as fast as a person types, until the test stops it. Every answer has to find something.
func (s *split) keepSearching(words string) *searching {
	s.t.Helper()
	b := newBrowser(s.t, s.url)
	b.signInAsAgent()
	w := &searching{s: s, stop: make(chan struct{}), engines: map[string]int{}}
	w.done.Go(func() {
		for {
			select {
			case <-w.stop:
				return
			case <-time.After(100 * time.Millisecond):
			}
			control, _, err := timed(b, "/healthz")
			took, body, err2 := timed(b, "/console/search.json?q="+url.QueryEscape(words))
			var found struct {
				Engine string
				Total  int
			}
			if err := errors.Join(err, err2, json.Unmarshal([]byte(body), &found)); err != nil || found.Total == 0 {
				s.t.Errorf("search for %q finds %d: %v %s", words, found.Total, err, tail(body, 300))
				return
			}
			w.mu.Lock()
			w.n, w.slowest, w.control = w.n+1, max(w.slowest, took), max(w.control, control)
			w.engines[found.Engine]++
			w.last = found.Engine
			w.mu.Unlock()
		}
	})
	return w
}

// await waits until an engine answers.
func (w *searching) await(engine string) {
	w.s.t.Helper()
	eventually(w.s.t, time.Minute, func() error {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.last != engine {
			return fmt.Errorf("%q answers", w.last)
		}
		return nil
	})
}

func timed(b *browser, path string) (time.Duration, string, error) {
	began := time.Now()
	r, err := http.NewRequest(http.MethodGet, b.base+path, nil)
	if err != nil {
		return 0, "", err
	}
	status, body, _, err := b.do(r)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("status %d", status)
	}
	return time.Since(began), body, err
}

// searchEnds is when a search ends at the latest: 0.4 s for Meilisearch and 5 s for PostgreSQL (internal/search/ask.go), on a machine that has time.
const searchEnds = 6 * time.Second

// end checks that no search went on for longer than it may, beyond what this machine needs for a request that asks nobody, and that both
// engines answered.
func (w *searching) end() {
	t := w.s.t
	t.Helper()
	close(w.stop)
	w.done.Wait()
	t.Logf("%d searches, answered by %v; the slowest took %s, the slowest that asks nobody %s", w.n, w.engines, w.slowest, w.control)
	if w.slowest > searchEnds+w.control {
		t.Errorf("a search took %s", w.slowest)
	}
	if w.engines["meilisearch"] == 0 || w.engines["postgresql"] == 0 {
		t.Errorf("not both engines answered: %v", w.engines)
	}
}

// sameIndexes waits until nothing is left to index, and compares counts and versions of documents and rows.
func (s *split) sameIndexes() {
	s.t.Helper()
	eventually(s.t, 3*time.Minute, func() error {
		var n int
		err := s.db.QueryRow(context.Background(), `
			SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM outbox_task WHERE task LIKE 'index_%')`).Scan(&n)
		if err == nil && n > 0 {
			err = fmt.Errorf("%d changes wait", n)
		}
		return err
	})
	for index, table := range map[string]string{"tickets": "ticket", "accounts": "account"} {
		if diff := cmp.Diff(s.rowVersions(table), s.documentVersions(index)); diff != "" {
			s.t.Errorf("versions in %s (-database +index):\n%s", index, tail(diff, 2000))
		}
	}
}

func (s *split) rowVersions(table string) map[int64]int64 {
	s.t.Helper()
	rows, err := s.db.Query(context.Background(), `SELECT id, version FROM `+table)
	s.must(err)
	all := map[int64]int64{}
	var id, version int64
	_, err = pgx.ForEachRow(rows, []any{&id, &version}, func() error { all[id] = version; return nil })
	s.must(err)
	return all
}

func (s *split) documentVersions(index string) map[int64]int64 {
	s.t.Helper()
	var prefix string
	s.must(s.db.QueryRow(context.Background(), `SELECT prefix FROM search_index`).Scan(&prefix))
	all := map[int64]int64{}
	for {
		r, err := http.NewRequest(http.MethodGet, fmt.Sprintf("%s/indexes/%s%s/documents?fields=id,version&limit=1000&offset=%d",
			s.searchURL(), prefix, index, len(all)), nil)
		s.must(err)
		r.Header.Set("Authorization", "Bearer "+searchKey)
		answer, err := http.DefaultClient.Do(r)
		s.must(err)
		var page struct {
			Results []struct{ ID, Version int64 }
		}
		err = json.NewDecoder(answer.Body).Decode(&page)
		answer.Body.Close()
		s.must(err)
		if answer.StatusCode != http.StatusOK {
			s.t.Fatalf("the index %s%s answers %s", prefix, index, answer.Status)
		}
		if len(page.Results) == 0 {
			return all
		}
		for _, d := range page.Results {
			all[d.ID] = d.Version
		}
	}
}

func (s *split) searchURL() string {
	for _, setting := range s.env {
		if address, ok := strings.CutPrefix(setting, "MEILI_URL="); ok {
			return address
		}
	}
	return ""
}

func (a *acknowledged) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.subjects)
}

func TestMeilisearchKilledDuringWrites(t *testing.T) {
	t.Parallel()
	s := startSplit(t)
	server := s.moveSearch()
	s.serve()
	start(t, s.env, "work")
	got := newAcknowledged()
	s.send("before", 5, "", unknownNumber, got)
	s.whole(got, "unmatched")
	searches := s.keepSearching("My card was mailed")
	searches.await("meilisearch")
	for round, prefix := range []string{"first", "second", "third"} {
		var sending sync.WaitGroup
		sending.Go(func() { s.send(prefix, 12, "", unknownNumber, got) })
		// In the middle of the stream, while documents are on their way.
		eventually(t, time.Minute, func() error {
			if n := got.count(); n < 5+12*round+4 {
				return fmt.Errorf("%d are sent", n)
			}
			return nil
		})
		server.kill()
		sending.Wait()
		searches.await("postgresql")
		server.start()
	}
	s.sameIndexes()
	searches.await("meilisearch")
	s.whole(got, "unmatched")
	searches.end()
}

// holdRebuilds has every rebuild wait behind its first page of tickets for whoever holds the lock.
func (s *split) holdRebuilds() {
	s.t.Helper()
	_, err := s.db.Exec(s.t.Context(), `
		CREATE FUNCTION hold_rebuild() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NEW; END $$;
		CREATE TRIGGER hold_rebuild BEFORE UPDATE ON search_index FOR EACH ROW
			WHEN (OLD.tickets_to > 0 AND NEW.tickets_to > OLD.tickets_to) EXECUTE FUNCTION hold_rebuild()`)
	s.must(err)
}

// rebuildInTheMiddle starts a rebuild, and does something when a part of it is done, and not all.
func (s *split) rebuildInTheMiddle(do func(rebuild *process)) (p *process) {
	s.t.Helper()
	err := pgx.BeginFunc(s.t.Context(), s.db, func(tx pgx.Tx) error {
		_, err := tx.Exec(s.t.Context(), `SELECT pg_advisory_xact_lock(1)`)
		s.must(err)
		p = s.startRebuild()
		do(p)
		return nil
	})
	s.must(err)
	return p
}

// startRebuild starts one and waits until its first page is done.
func (s *split) startRebuild() *process {
	s.t.Helper()
	p := start(s.t, s.env, "reindex", "--restart")
	eventually(s.t, 2*time.Minute, func() error {
		var far bool
		err := s.db.QueryRow(context.Background(), `SELECT run IS NOT NULL AND tickets_to > 0 FROM search_index`).Scan(&far)
		if err == nil && !far {
			err = errors.New("no page is in the new index")
		}
		if p.ended(0) {
			s.t.Fatalf("the rebuild ended: %v", p.err)
		}
		return err
	})
	return p
}

func (p *process) succeeds(within time.Duration) {
	p.t.Helper()
	if !p.ended(within) || p.err != nil {
		p.t.Fatalf("it did not succeed within %s: %v", within, p.err)
	}
}

var goesOn = regexp.MustCompile(`going on after [1-9][0-9,]+ that are indexed already`)

func TestMeilisearchAndTheRebuildKilledInTheMiddle(t *testing.T) {
	t.Parallel()
	s := startSplit(t)
	runCommand(t, s.env, "", "seed", "--tickets", "5000", "--accounts", "500")
	server := s.moveSearch()
	runCommand(t, s.env, "", "reindex")
	_, err := s.db.Exec(t.Context(), `DELETE FROM outbox_task`) // the indexes have it all
	s.must(err)
	s.serve()
	start(t, s.env, "work")
	searches := s.keepSearching("card")
	searches.await("meilisearch")
	got := newAcknowledged()
	s.holdRebuilds()

	rebuild := s.rebuildInTheMiddle(func(*process) { server.kill() })
	s.send("away", 3, "", unknownNumber, got)
	searches.await("postgresql")
	server.start()
	rebuild.succeeds(3 * time.Minute)
	s.sameIndexes()

	s.rebuildInTheMiddle(func(rebuild *process) { rebuild.signal(syscall.SIGKILL) })
	s.send("half", 3, "", unknownNumber, got)
	out := runCommand(t, s.env, "", "reindex")
	if !goesOn.MatchString(out) {
		t.Errorf("it did not go on where the other was:\n%s", out)
	}

	s.rebuildInTheMiddle(func(rebuild *process) {
		rebuild.signal(syscall.SIGINT)
		if !rebuild.ended(20*time.Second) || !strings.Contains(rebuild.out.String(), "the next askwell reindex goes on from here") {
			t.Errorf("it did not stop, or not with words:\n%s", rebuild.out.String())
		}
	})
	server.kill()
	server.start()
	s.send("last", 3, "", unknownNumber, got)
	runCommand(t, s.env, "", "reindex")
	s.sameIndexes()
	searches.await("meilisearch")
	searches.end()
	b := newBrowser(t, s.url)
	b.signInAsAgent()
	for subject, reference := range got.subjects {
		if err := searchFinds(b, subject, reference); err != nil {
			t.Error(err)
		}
	}
}
