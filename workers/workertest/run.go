// Package workertest runs the workers of a desk beside its pages, for tests that go from a form to a mail and back.
package workertest

import (
	"context"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/devstack"
	"github.com/askwell/askwell/internal/files"
	"github.com/askwell/askwell/internal/inbound"
	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/workers"
)

// Config is whose workers run. URL is the site's address, for the links in mails; Texts are the mails' words.
type Config struct {
	DB       *pgxpool.Pool
	Tickets  *ticket.Service
	Accounts *account.Service
	Files    files.Store
	URL      string
	Keys     [][]byte
	Texts    func(language string) mail.Texts
}

// Post is the desk's mail: what it writes goes to Box, and what is sent to it over SMTP (Listen) is filed.
type Post struct {
	Box     *devstack.Mailbox
	inbound *inbound.Desk
	read    map[string]int // mails that Next has given, by address
}

// Run works until the test ends, on a Redis and a search server of the test's own.
func Run(t testing.TB, cfg Config) *Post {
	t.Helper()
	p := &Post{Box: testkit.Mailbox(t), read: map[string]int{}}
	base, err := url.Parse(cfg.URL)
	must(t, err)
	replies, err := mail.NewReplyAddresses("reply@arrivals.example", cfg.Keys)
	must(t, err)
	p.inbound = inbound.New(inbound.Config{DB: cfg.DB, Tickets: cfg.Tickets, Files: cfg.Files, Replies: replies})
	mailer, err := mail.New(mail.Config{
		Replies: replies, URL: p.Box.URL(), BaseURL: base, Texts: cfg.Texts,
		Agency: mail.Agency{Name: "Bureau of Arrivals", Email: "help@arrivals.example", Color: "#1a4480"},
	})
	must(t, err)
	engine, err := search.New(search.Config{URL: testkit.Search(t).URL(), Key: testkit.SearchKey, DB: cfg.DB})
	must(t, err)
	w, err := workers.New(workers.Config{
		DB: cfg.DB, RedisURL: testkit.RedisURL(t), Tickets: cfg.Tickets, Accounts: cfg.Accounts, Search: engine, Mail: mailer, Files: cfg.Files,
		Inbound: p.inbound, Logger: slog.New(slog.DiscardHandler), Registry: prometheus.NewRegistry(),
	})
	must(t, err)
	untilTheEnd(t, "the workers", w.Run)
	return p
}

// patience is how long a test waits for a mail; the workers need a fraction of it.
const patience = 30 * time.Second

// Next gives the next mail to an address, as soon as it is there.
func (p *Post) Next(t testing.TB, to string) devstack.Message {
	t.Helper()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	late := time.After(patience)
	for {
		all, err := p.Box.Messages() // the newest first
		must(t, err)
		all = slices.DeleteFunc(all, func(m devstack.Message) bool { return !slices.Contains(m.Recipients, to) })
		if n := p.read[to]; len(all) > n {
			p.read[to]++
			return all[len(all)-1-n]
		}
		select {
		case <-look.C:
		case <-late:
			t.Fatalf("no mail came to %s within %s", to, patience)
		}
	}
}

// Listen takes mails in over SMTP, and gives where.
func (p *Post) Listen(t testing.TB) (address string) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	server := inbound.SMTP{Desk: p.inbound, MaxSize: 1_000_000, Metrics: prometheus.NewRegistry()}
	untilTheEnd(t, "the listener", func(ctx context.Context) error { return server.Serve(ctx, listener) })
	return listener.Addr().String()
}

func untilTheEnd(t testing.TB, what string, run func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("%s ended with %v", what, err)
		}
	})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
