package inbound

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/net/netutil"

	"github.com/askwell/askwell/internal/failure"
)

// What one sender, and all of them together, may use.
const (
	maxConnections = 100
	maxPerAddress  = 20               // connections of one address at once
	mailsPerMinute = 120              // of one address
	maxRecipients  = 50               // of one mail
	idle           = 2 * time.Minute  // between two commands
	keepWithin     = 20 * time.Second // for the database to keep a mail
)

// SMTP takes mails in as a mail server does: only those to our own addresses, and it says 250 when the mail is on disk. TLS is for
// STARTTLS; nil offers none.
type SMTP struct {
	Desk    *Desk
	Address string
	MaxSize int64
	TLS     *tls.Config
	Metrics prometheus.Registerer
}

// Run listens until the context ends.
func (s SMTP) Run(ctx context.Context) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.Address)
	if err != nil {
		return fmt.Errorf("listen for mail: %w", err)
	}
	return s.Serve(ctx, listener)
}

// Serve is Run on a listener.
func (s SMTP) Serve(ctx context.Context, listener net.Listener) error {
	b := &backend{SMTP: s, senders: map[string]*sender{}, received: counter(s.Metrics)}
	server := smtp.NewServer(b)
	server.Domain = s.Desk.Replies.Domain()
	server.TLSConfig = s.TLS
	server.MaxMessageBytes, server.MaxRecipients, server.MaxLineLength = s.MaxSize, maxRecipients, int(s.MaxSize)
	server.ReadTimeout, server.WriteTimeout = idle, idle
	server.EnableSMTPUTF8 = true
	server.ErrorLog = quiet{}
	s.Desk.Logger.Info("mail comes in", slog.String("address", listener.Addr().String()))
	served := make(chan error, 1)
	go func() { served <- server.Serve(netutil.LimitListener(listener, maxConnections)) }()
	select {
	case err := <-served:
		return fmt.Errorf("take mail in: %w", err)
	case <-ctx.Done():
	}
	finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	if err := server.Shutdown(finish); err != nil {
		_ = server.Close() // who is cut off comes again
	}
	return nil
}

// quiet drops go-smtp's log: it tells of every connection that was cut.
type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

func counter(registry prometheus.Registerer) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "askwell_inbound_mails_total", Help: "Mails offered by SMTP, by result: kept, refused or later.",
	}, []string{"result"})
	var already prometheus.AlreadyRegisteredError
	if registry != nil {
		if err := registry.Register(c); errors.As(err, &already) {
			if known, ok := already.ExistingCollector.(*prometheus.CounterVec); ok {
				return known
			}
		}
	}
	return c
}

// sender is what one address has done lately.
type sender struct {
	open  int
	mails int
	since time.Time
}

type backend struct {
	SMTP
	received *prometheus.CounterVec

	mu      sync.Mutex
	senders map[string]*sender
}

var (
	errBusy    = &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 7, 0}, Message: "Too many connections or mails, come again later"}
	errLater   = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "The mail could not be kept, come again later"}
	errNotOurs = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such mailbox here"}
)

// NewSession implements smtp.Backend.
func (b *backend) NewSession(c *smtp.Conn) (smtp.Session, error) {
	host, _, err := net.SplitHostPort(c.Conn().RemoteAddr().String())
	if err != nil {
		host = c.Conn().RemoteAddr().String()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	from := b.senders[host]
	if from == nil {
		from = &sender{since: time.Now()}
		b.senders[host] = from
	}
	if from.open >= maxPerAddress {
		return nil, errBusy
	}
	from.open++
	return &session{backend: b, host: host}, nil
}

// mayMail counts a mail of an address.
func (b *backend) mayMail(host string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	from := b.senders[host]
	if from == nil {
		return false
	}
	if now := time.Now(); now.Sub(from.since) > time.Minute {
		from.since, from.mails = now, 0
	}
	from.mails++
	return from.mails <= mailsPerMinute
}

func (b *backend) leave(host string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if from := b.senders[host]; from != nil {
		if from.open--; from.open <= 0 && time.Since(from.since) > time.Minute {
			delete(b.senders, host)
		}
	}
	if len(b.senders) > 10_000 {
		for h, s := range b.senders {
			if s.open <= 0 {
				delete(b.senders, h)
			}
		}
	}
}

// session is one conversation.
type session struct {
	*backend
	host string
	from string
	to   []string
}

// Mail implements smtp.Session.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if !s.mayMail(s.host) {
		return errBusy
	}
	s.from = from
	if from == "" {
		s.from = "<>"
	}
	return nil
}

// Rcpt implements smtp.Session: mail for others is not passed on.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if !s.Desk.Replies.Ours(to) {
		s.received.WithLabelValues("refused").Inc()
		return errNotOurs
	}
	s.to = append(s.to, to)
	return nil
}

// Data implements smtp.Session. 250 means that the mail is on disk.
func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		s.received.WithLabelValues("refused").Inc()
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), keepWithin)
	defer cancel()
	if err := s.Desk.Receive(ctx, Arrived{Source: "smtp", EnvelopeFrom: s.from, Recipients: s.to, Raw: raw}); err != nil {
		s.received.WithLabelValues("later").Inc()
		s.Desk.Logger.Warn("a mail was not kept; its sender comes again", slog.Any("error", failure.New(failure.KindUnavailable, "", err)))
		return errLater
	}
	s.received.WithLabelValues("kept").Inc()
	return nil
}

// Reset implements smtp.Session.
func (s *session) Reset() { s.from, s.to = "", nil }

// Logout implements smtp.Session.
func (s *session) Logout() error {
	s.leave(s.host)
	return nil
}
