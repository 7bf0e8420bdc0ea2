package devstack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/mail"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/emersion/go-smtp"
)

// Limits of the mailbox: a reply may carry five files of 10 MB, a third longer as base64.
const (
	mailboxKeep     = 5000
	messageLimit    = 80 << 20
	recipientsLimit = 100
)

// MailboxConfig says how to run the mailbox.
type MailboxConfig struct {
	Dir  string       // the data folder; messages lie in its folder mail
	Log  *slog.Logger // nil for none
	Addr string       // where to listen, on the loopback interface; "" for a free port
	Keep int          // how many messages to keep; 0 for 5,000. The oldest go first.
}

// Mailbox is a mail server that delivers nothing: it keeps every message it is given, for whom it may be, in a folder
// where a person or a test can read it.
type Mailbox struct {
	log    *slog.Logger
	store  *mailStore
	server *smtp.Server
	addr   string
	lock   *os.File
	done   chan struct{}
}

// StartMailbox starts the mailbox, with the messages it kept earlier. It fails with an *InUseError when another
// process runs one on the folder.
func StartMailbox(ctx context.Context, cfg MailboxConfig) (*Mailbox, error) {
	dir, err := PrepareFolder(cfg.Dir)
	if err != nil {
		return nil, err
	}
	if cfg.Keep == 0 {
		cfg.Keep = mailboxKeep
	}
	lock, err := lockFile(filepath.Join(dir, "mailbox.lock"), lockPatience)
	if err != nil {
		return nil, err
	}
	m := &Mailbox{log: loggerOr(cfg.Log), lock: lock, done: make(chan struct{})}
	if err := m.start(ctx, filepath.Join(dir, "mail"), cfg); err != nil {
		lock.Close()
		return nil, fmt.Errorf("start the mailbox: %w", err)
	}
	m.log.Info("mailbox started", slog.String("address", m.addr), slog.Int("messages", m.Count()))
	return m, nil
}

func (m *Mailbox) start(ctx context.Context, dir string, cfg MailboxConfig) error {
	addr, err := loopbackAddr(cfg.Addr)
	if err != nil {
		return err
	}
	if m.store, err = openMailStore(dir, cfg.Keep); err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	m.addr = listener.Addr().String()
	m.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &mailSession{mailbox: m}, nil
	}))
	m.server.Domain = "localhost"
	m.server.MaxMessageBytes = messageLimit
	m.server.MaxRecipients = recipientsLimit
	m.server.ReadTimeout, m.server.WriteTimeout = time.Minute, time.Minute
	m.server.EnableSMTPUTF8 = true
	m.server.ErrorLog = smtpLog{m.log}
	go func() {
		defer close(m.done)
		if err := m.server.Serve(listener); err != nil && !errors.Is(err, net.ErrClosed) {
			m.log.Error("mailbox ended", slog.Any("error", err))
		}
	}()
	return nil
}

// loopbackAddr checks that nothing but this machine can reach the address: whoever does can put mail here.
func loopbackAddr(addr string) (string, error) {
	if addr == "" {
		return net.JoinHostPort(loopback, "0"), nil
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", err
	}
	if host == "localhost" {
		return net.JoinHostPort(loopback, port), nil
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return "", fmt.Errorf("the mailbox listens on the loopback interface only, not on %q", host)
	}
	return addr, nil
}

// URL is the address to send mail to: no encryption, no password.
func (m *Mailbox) URL() string {
	u := url.URL{Scheme: "smtp", Host: m.addr}
	return u.String()
}

// Stop closes the mailbox; its messages stay on disk.
func (m *Mailbox) Stop(context.Context) error {
	err := m.server.Close()
	if errors.Is(err, smtp.ErrServerClosed) {
		return nil
	}
	<-m.done
	return errors.Join(err, m.lock.Close())
}

// Count is how many messages are kept.
func (m *Mailbox) Count() int { return len(m.store.ids()) }

// Messages returns every message, newest first.
func (m *Mailbox) Messages() ([]Message, error) {
	var all []Message
	for _, id := range m.store.ids() {
		msg, err := m.store.get(id)
		if errors.Is(err, ErrNoMessage) {
			continue // made room for a newer one since
		}
		if err != nil {
			return nil, err
		}
		all = append(all, msg)
	}
	return all, nil
}

// Get returns the message, or ErrNoMessage.
func (m *Mailbox) Get(id string) (Message, error) { return m.store.get(id) }

// Await returns the newest message that matches, waiting for one to arrive until ctx ends.
func (m *Mailbox) Await(ctx context.Context, match func(Message) bool) (Message, error) {
	seen := map[string]bool{}
	for {
		arrived := m.store.arrival()
		for _, id := range m.store.ids() {
			if seen[id] {
				continue
			}
			seen[id] = true
			msg, err := m.store.get(id)
			if err == nil && match(msg) {
				return msg, nil
			}
			if err != nil && !errors.Is(err, ErrNoMessage) {
				return Message{}, err
			}
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return Message{}, fmt.Errorf("await a message: %w", context.Cause(ctx))
		}
	}
}

// mailSession takes the messages of one connection.
type mailSession struct {
	mailbox *Mailbox
	from    string
	to      []string
}

func (s *mailSession) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return nil
}

func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	// Refused as a real server would, so that mistakes show here first.
	if _, err := mail.ParseAddress(to); err != nil {
		return &smtp.SMTPError{Code: 553, EnhancedCode: smtp.EnhancedCode{5, 1, 3}, Message: "Not an address"}
	}
	s.to = append(s.to, to)
	return nil
}

func (s *mailSession) Data(r io.Reader) error {
	var raw bytes.Buffer
	fmt.Fprintf(&raw, "Return-Path: <%s>\r\n", oneLine(s.from))
	for _, to := range s.to {
		fmt.Fprintf(&raw, "Delivered-To: %s\r\n", oneLine(to))
	}
	if _, err := raw.ReadFrom(r); err != nil {
		return err
	}
	id, err := s.mailbox.store.add(raw.Bytes(), time.Now())
	if err != nil {
		s.mailbox.log.Error("mail not kept", slog.Any("error", err))
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "Could not keep the message"}
	}
	s.mailbox.log.Debug("mail kept", slog.String("id", id))
	return nil
}

func (s *mailSession) Reset() { s.from, s.to = "", nil }

func (s *mailSession) Logout() error { return nil }

var oneLine = strings.NewReplacer("\r", "", "\n", "").Replace

// smtpLog hands what the SMTP library reports to slog.
type smtpLog struct{ log *slog.Logger }

func (l smtpLog) Printf(format string, v ...any) {
	l.log.Warn("mailbox", slog.String("report", fmt.Sprintf(format, v...)))
}

func (l smtpLog) Println(v ...any) {
	l.log.Warn("mailbox", slog.String("report", strings.TrimSpace(fmt.Sprintln(v...))))
}
