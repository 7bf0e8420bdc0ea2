package inbound

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
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
	go func() {
		served <- server.Serve(netutil.LimitListener(&perHost{Listener: listener, open: map[string]int{}}, maxConnections))
	}()
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
	errBusy    = &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 7, 0}, Message: "Too many mails, come again later"}
	errLater   = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "The mail could not be kept, come again later"}
	errNotOurs = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such mailbox here"}
)

// NewSession implements smtp.Backend.
func (b *backend) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &session{backend: b, host: hostOf(c.Conn())}, nil
}

// mayMail counts a mail of an address.
func (b *backend) mayMail(host string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if len(b.senders) > 10_000 {
		maps.DeleteFunc(b.senders, func(_ string, s *sender) bool { return now.Sub(s.since) > time.Minute })
	}
	from := b.senders[host]
	if from == nil || now.Sub(from.since) > time.Minute {
		from = &sender{since: now}
		b.senders[host] = from
	}
	from.mails++
	return from.mails <= mailsPerMinute
}

// perHost takes no more connections of one address than it may hold: before it has said a word it holds a place as well.
type perHost struct {
	net.Listener
	mu   sync.Mutex
	open map[string]int
}

// Accept implements net.Listener.
func (l *perHost) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		host := hostOf(c)
		if l.enters(host) {
			return &counted{Conn: c, leaves: sync.OnceFunc(func() { l.leaves(host) })}, nil
		}
		_ = c.SetDeadline(time.Now().Add(time.Second))
		_, _ = io.WriteString(c, "421 4.7.0 Too many connections, come again later\r\n")
		_ = c.Close()
	}
}

func (l *perHost) enters(host string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[host] >= maxPerAddress {
		return false
	}
	l.open[host]++
	return true
}

func (l *perHost) leaves(host string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[host]--; l.open[host] <= 0 {
		delete(l.open, host)
	}
}

// counted is a connection that gives its place back.
type counted struct {
	net.Conn
	leaves func()
}

// Close implements net.Conn.
func (c *counted) Close() error {
	c.leaves()
	return c.Conn.Close()
}

func hostOf(c net.Conn) string {
	host, _, err := net.SplitHostPort(c.RemoteAddr().String())
	if err != nil {
		return c.RemoteAddr().String()
	}
	return host
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
func (s *session) Logout() error { return nil }
