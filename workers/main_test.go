package workers_test

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/devstack"
	"github.com/askwell/askwell/internal/files"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/inbound"
	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/workers"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// patience is how long a test waits for what the workers do; they need a fraction of it.
const patience = 20 * time.Second

// desk is everything that workers work on, all of it real.
type desk struct {
	t        testing.TB
	db       *pgxpool.Pool
	tickets  *ticket.Service
	accounts *account.Service
	engine   *search.Engine
	mailbox  *devstack.Mailbox
	mailer   *mail.Mailer
	files    files.Store
	scanner  workers.Scanner
	inbound  *inbound.Desk
	redisURL string
	registry *prometheus.Registry
	log      *logBook

	checkIndexAt func(after time.Time) time.Time // for the workers that start next
	tellReport   func(report.Report, report.Lists) mail.Report
	sources      []workers.Source
	filesDir     string
	workers      *workers.Workers // that started last
}

func newDesk(t testing.TB, redisURL string) *desk {
	t.Helper()
	d := &desk{t: t, db: testkit.Database(t), redisURL: redisURL, registry: prometheus.NewRegistry(), log: &logBook{}}
	d.tickets = ticket.NewService(ticket.Config{DB: d.db, UndoSend: time.Second})
	var err error
	if d.accounts, err = account.NewService(account.ServiceConfig{DB: d.db, Keys: [][]byte{[]byte("a key that only the tests have and share")}}); err != nil {
		t.Fatal(err)
	}
	d.mailbox = testkit.Mailbox(t)
	d.mailer = d.mailTo(d.mailbox.URL())
	if d.engine, err = search.New(search.Config{URL: testkit.Search(t).URL(), Key: testkit.SearchKey, DB: d.db, Patience: 20 * time.Second}); err != nil {
		t.Fatal(err)
	}
	if err := d.engine.Prepare(t.Context()); err != nil { // a desk that has run before
		t.Fatal(err)
	}
	return d
}

func (d *desk) mailTo(server string) *mail.Mailer {
	d.t.Helper()
	mailer, err := mail.New(mail.Config{
		URL: server, BaseURL: &url.URL{Scheme: "https", Host: "desk.example"},
		Agency: mail.Agency{Name: "Bureau of Arrivals", Email: "help@arrivals.example", AnswerWithin: 5, Color: "#1a4480"},
		Texts:  func(string) mail.Texts { return keys{} },
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return mailer
}

// keys writes every text as its key; the texts themselves are tested with the mails.
type keys struct{}

func (keys) T(key string, _ ...any) string       { return key }
func (keys) Find(key, _ string, _ ...any) string { return key }

// work starts workers and gives a function that stops them; they stop with the test at the latest.
func (d *desk) work() (stop func()) {
	d.t.Helper()
	w, err := workers.New(workers.Config{
		DB: d.db, RedisURL: d.redisURL, Tickets: d.tickets, Accounts: d.accounts, Search: d.engine, Mail: d.mailer, Files: d.files, Scanner: d.scanner,
		Logger: slog.New(slog.NewTextHandler(d.log, nil)), Registry: d.registry, CheckIndexAt: d.checkIndexAt, Inbound: d.inbound, TellReport: d.tellReport,
		Sources: d.sources, FilesDir: d.filesDir,
	})
	if err != nil {
		d.t.Fatal(err)
	}
	d.workers = w
	d.registry = prometheus.NewRegistry() // the next workers of this desk register theirs anew
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				d.t.Errorf("the workers ended with %v", err)
			}
		case <-time.After(4 * time.Second):
			d.t.Error("the workers did not stop within 4 s")
		}
	})
	d.t.Cleanup(stop)
	return stop
}

// open makes a ticket for a number and gives its row.
func (d *desk) open(number string, change ...func(*ticket.Inquiry)) ticket.Ticket {
	d.t.Helper()
	in := ticket.Inquiry{
		Channel: ticket.ChannelForm, Language: "en", Category: "card-not-received", Number: identifier.Read(number),
		Name: "Jean Horvat", Email: "jean@mail.example", Subject: "My card has not come", Question: "It was mailed in May.",
	}
	rand.Read(in.Token[:])
	for _, c := range change {
		c(&in)
	}
	opened, err := d.tickets.Open(d.t.Context(), in)
	if err != nil {
		d.t.Fatal(err)
	}
	got, err := d.tickets.ByReference(d.t.Context(), opened.Reference)
	if err != nil {
		d.t.Fatal(err)
	}
	return got
}

func (d *desk) account(number, name, email string) {
	d.t.Helper()
	_, err := d.db.Exec(d.t.Context(), `
		INSERT INTO account (number, name, name_words, email) VALUES ($1, $2, $3, $4)`, number, name, identifier.NameWords(name), email)
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) count(sql string, args ...any) (n int) {
	d.t.Helper()
	if err := d.db.QueryRow(context.Background(), sql, args...).Scan(&n); err != nil {
		d.t.Fatal(err)
	}
	return n
}

// await waits until a condition holds.
func (d *desk) await(what string, holds func() bool) {
	d.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			backlog, _ := outbox.Backlog(context.Background(), d.db)
			d.t.Fatalf("not within %s: %s; left to do: %+v; log:\n%s", patience, what, backlog, d.log)
		}
	}
}

// awaitIdle waits until nothing is left to do.
func (d *desk) awaitIdle() {
	d.t.Helper()
	d.await("nothing is left to do", func() bool {
		return d.count(`SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM outbox_task WHERE given_up_at IS NULL)`) == 0
	})
}

func (d *desk) events(id int64, kind ticket.EventKind) int {
	d.t.Helper()
	return d.count(`SELECT count(*) FROM ticket_event WHERE ticket_id = $1 AND kind = $2`, id, kind)
}

// mails lists what reached an address.
func (d *desk) mails(to string) []devstack.Message {
	d.t.Helper()
	all, err := d.mailbox.Messages()
	if err != nil {
		d.t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(m devstack.Message) bool { return !strings.Contains(m.Header.Get("To"), to) })
}

// logBook keeps what was logged.
type logBook struct {
	mu    sync.Mutex
	lines strings.Builder
}

func (b *logBook) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lines.Write(p)
}

func (b *logBook) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lines.String()
}

var _ io.Writer = (*logBook)(nil)
