package workers_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/files"
	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/ticket"
)

// watcher stands between the workers and the services that they call: each takes a second, and no transaction of the desk may be open
// all that while.
type watcher struct {
	t      *testing.T
	db     *pgxpool.Pool
	mu     sync.Mutex
	called map[string]int
}

const callTakes = time.Second

// during is called at the beginning of a call; only the first few of a kind are slow.
func (w *watcher) during(service string) {
	w.mu.Lock()
	w.called[service]++
	slow := w.called[service] <= 3
	w.mu.Unlock()
	if !slow {
		return
	}
	time.Sleep(callTakes) // the service takes its time
	var query string
	var open int
	err := w.db.QueryRow(context.Background(), `
		SELECT count(*), COALESCE(min(query), '') FROM pg_stat_activity
		WHERE datname = current_database() AND state LIKE 'idle in transaction%' AND state_change < clock_timestamp() - $1::interval`,
		callTakes*9/10).Scan(&open, &query)
	if err != nil || open > 0 {
		w.t.Errorf("%d transactions were open over a call to %s (%v), the last statement was %s", open, service, err, query)
	}
}

func (w *watcher) Scan(context.Context, io.Reader) (files.Verdict, error) {
	w.during("the scanner")
	return files.Verdict{Clean: true}, nil
}

// watchedFiles are the file store.
type watchedFiles struct {
	files.Store
	w *watcher
}

func (f watchedFiles) Open(ctx context.Context, key string) (files.File, error) {
	f.w.during("the file store")
	return f.Store.Open(ctx, key)
}

// mailServer passes connections on to the mailbox.
func (w *watcher) mailServer(to string) (address string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { listener.Close() })
	target, _ := url.Parse(to)
	mailbox := target.Host
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				w.during("the mail server")
				up, err := net.Dial("tcp", mailbox)
				if err != nil {
					return
				}
				defer up.Close()
				go io.Copy(up, c) //nolint:errcheck // ends with the connection
				_, _ = io.Copy(c, up)
			}()
		}
	}()
	target.Host = listener.Addr().String()
	return target.String()
}

// searchServer passes requests on to the search server; those that change documents take their time.
func (w *watcher) searchServer(to string) (address string) {
	target, err := url.Parse(to)
	if err != nil {
		w.t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { //nolint:gosec // a test's
		if r.Method == http.MethodPost && strings.Contains(r.URL.Path, "/documents") {
			w.during("the search server")
		}
		proxy.ServeHTTP(rw, r)
	})}
	go server.Serve(listener) //nolint:errcheck // ends with Close
	w.t.Cleanup(func() { server.Close() })
	return "http://" + listener.Addr().String()
}

func TestNoTransactionIsOpenOverACallToAnotherService(t *testing.T) {
	t.Parallel()
	d := newDesk(t, testkit.RedisURL(t))
	w := &watcher{t: t, db: d.db, called: map[string]int{}}
	store, err := files.NewFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	kept, err := store.Put(t.Context(), strings.NewReader("a letter"))
	if err != nil {
		t.Fatal(err)
	}
	d.files, d.scanner = watchedFiles{store, w}, w
	d.mailer = d.mailTo(w.mailServer(d.mailbox.URL()))
	if d.engine, err = search.New(search.Config{URL: w.searchServer(testkit.Search(t).URL()), Key: testkit.SearchKey, DB: d.db, Patience: 20 * time.Second}); err != nil {
		t.Fatal(err)
	}
	if err := d.engine.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.account(number, "Jean Horvat", "jean@mail.example")
	agent := d.agent()
	opened := d.open(number, func(in *ticket.Inquiry) {
		in.Attachments = []ticket.Attachment{{
			Name: "a.pdf", MediaType: "application/pdf", Size: kept.Size, SHA256: kept.SHA256, StorageKey: kept.Key, Scan: ticket.ScanWaiting,
		}}
	})
	if _, err := d.tickets.Reply(t.Context(), ticket.Staff(agent), opened.Reference, ticket.Draft{Body: "Answer"}); err != nil {
		t.Fatal(err)
	}
	ask := account.Request{Kind: account.RequestPassword, Email: "jean@mail.example", Language: "en"}
	if err := d.accounts.Ask(t.Context(), ask); err != nil {
		t.Fatal(err)
	}
	d.work()
	d.awaitIdle()
	for _, service := range []string{"the scanner", "the file store", "the mail server", "the search server"} {
		if w.called[service] == 0 {
			t.Errorf("%s was not called", service)
		}
	}
	if n := d.mailbox.Count(); n != 3 {
		t.Errorf("%d mails came, want the acknowledgement, the reply and the link", n)
	}
}
