package portal_test

import (
	"context"
	"log/slog"
	"net"
	"net/url"
	"os"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/askwell/askwell/internal/devstack"
	"github.com/askwell/askwell/internal/inbound"
	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/web/messages"
	"github.com/askwell/askwell/web/webtest"
	"github.com/askwell/askwell/workers"
)

// mailed runs the workers of a desk, which write to a mailbox of its own.
func mailed(t *testing.T, desk *webtest.Desk) *postbox {
	t.Helper()
	box := testkit.Mailbox(t)
	catalog, err := messages.Load(os.DirFS("../messages"))
	if err != nil {
		t.Fatal(err)
	}
	base, err := url.Parse(desk.URL)
	if err != nil {
		t.Fatal(err)
	}
	replies, err := mail.NewReplyAddresses("reply@arrivals.example", desk.Settings.SecretKeys)
	if err != nil {
		t.Fatal(err)
	}
	incoming := inbound.New(inbound.Config{DB: desk.DB, Tickets: desk.Tickets, Files: desk.Files, Replies: replies})
	mailer, err := mail.New(mail.Config{
		Replies: replies, URL: box.URL(), BaseURL: base, Agency: mail.Agency{Name: "Bureau of Arrivals", Email: "help@arrivals.example", Color: "#1a4480"},
		Texts: func(language string) mail.Texts { return catalog.For(language) },
	})
	if err != nil {
		t.Fatal(err)
	}
	engine, err := search.New(search.Config{URL: testkit.Search(t).URL(), Key: testkit.SearchKey, DB: desk.DB})
	if err != nil {
		t.Fatal(err)
	}
	w, err := workers.New(workers.Config{
		DB: desk.DB, RedisURL: testkit.RedisURL(t), Tickets: desk.Tickets, Accounts: desk.Accounts, Search: engine, Mail: mailer, Files: desk.Files,
		Inbound: incoming, Logger: slog.New(slog.DiscardHandler), Registry: prometheus.NewRegistry(),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the workers ended with %v", err)
		}
	})
	return &postbox{box: box, inbound: incoming}
}

// listen takes mails in over SMTP, and gives where.
func (p *postbox) listen(t *testing.T) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- (inbound.SMTP{Desk: p.inbound, MaxSize: 1_000_000, Metrics: prometheus.NewRegistry()}).Serve(ctx, listener)
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the listener ended with %v", err)
		}
	})
	return listener.Addr().String()
}

// postbox is a mailbox that is read mail by mail.
type postbox struct {
	box     *devstack.Mailbox
	inbound *inbound.Desk
	read    map[string]int
}

// next gives the next mail to an address that has not been read.
func (p *postbox) next(t *testing.T, to string) devstack.Message {
	t.Helper()
	if p.read == nil {
		p.read = map[string]int{}
	}
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		all, err := p.box.Messages()
		if err != nil {
			t.Fatal(err)
		}
		var theirs []devstack.Message
		for _, m := range all {
			if slices.Contains(m.Recipients, to) {
				theirs = append([]devstack.Message{m}, theirs...)
			}
		}
		if n := p.read[to]; len(theirs) > n {
			p.read[to]++
			return theirs[n]
		}
	}
	t.Fatalf("no mail came to %s within 30 s", to)
	return devstack.Message{}
}

var link = regexp.MustCompile(`https?://[^\s]+/(register/confirm|account/password|account/email)/[a-z2-7]+`)

// linkIn gives the one-time link of a mail.
func linkIn(t *testing.T, m devstack.Message) string {
	t.Helper()
	found := link.FindString(m.Text)
	if found == "" {
		t.Fatalf("the mail %q has no link:\n%s", m.Subject, m.Text)
	}
	return found
}
