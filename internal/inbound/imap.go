package inbound

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/askwell/askwell/internal/trust"
)

const (
	mailboxEvery = 30 * time.Second // between two looks, at a server that does not say when a mail comes
	idleFor      = 4 * time.Minute  // then it is looked into all the same (RFC 2177 allows 29)
	answerWithin = time.Minute      // for a command
	fetchWithin  = 10 * time.Minute // for a mail
)

// MailboxConfig is what an IMAP needs. URL is like imaps://name:password@host/INBOX?done=Askwell, imap with STARTTLS where it is offered
// (?tls=required insists, ?tls=off has none). CAFile names the certificates, in PEM, that vouch for the server; the system's when empty. Mails from
// before Since stay where they are; the zero Since is for all.
type MailboxConfig struct {
	URL     string
	CAFile  string
	MaxSize int64 // bytes of a mail
	Since   time.Time
	All     bool // the mails that wait may be taken in, however many they are
}

// IMAP takes mails in from a mailbox: it keeps each, and only then moves it to another folder. A mail whose move fails is found again,
// and is known by its fingerprint. Of all workers one reads.
type IMAP struct {
	MailboxConfig
	desk           *Desk
	host, address  string
	implicit       bool   // TLS from the start
	policy         string // of STARTTLS: "", required or off
	tls            *tls.Config
	name, password string
	folder, done   string
	holder         uuid.UUID
}

// NewIMAP reads the configuration; it connects to nothing yet.
func NewIMAP(desk *Desk, cfg MailboxConfig) (*IMAP, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Hostname() == "" || u.User == nil {
		return nil, errors.New("INBOUND_IMAP_URL must be like imaps://name:password@host/INBOX")
	}
	m := &IMAP{
		MailboxConfig: cfg, desk: desk, host: u.Hostname(), implicit: u.Scheme == "imaps", policy: u.Query().Get("tls"),
		folder: strings.Trim(u.Path, "/"), done: u.Query().Get("done"), holder: uuid.New(),
		tls: &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12, NextProtos: []string{"imap"}},
	}
	m.name = u.User.Username()
	m.password, _ = u.User.Password()
	port := u.Port()
	if port == "" {
		port = map[bool]string{true: "993", false: "143"}[m.implicit]
	}
	m.address = net.JoinHostPort(m.host, port)
	if m.folder == "" {
		m.folder = "INBOX"
	}
	if m.done == "" {
		m.done = "Askwell"
	}
	switch {
	case m.done == m.folder:
		return nil, errors.New("INBOUND_IMAP_URL: what was taken in must move to another folder than it came from")
	case m.policy != "" && m.policy != "required" && m.policy != "off":
		return nil, fmt.Errorf("INBOUND_IMAP_URL: tls=%s is none of required, off", m.policy)
	}
	m.tls.RootCAs, err = trust.Roots("INBOUND_IMAP_CA_FILE", m.CAFile)
	return m, err
}

// Name is how the mailbox is called where no password may stand.
func (m *IMAP) Name() string {
	return "imap://" + strings.TrimSuffix(m.address, ":143") + "/" + m.folder
}

// Run reads the mailbox until the context ends or something fails, while no other worker does.
func (m *IMAP) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		held, err := m.hold(ctx)
		if err != nil {
			return err
		}
		if !held {
			wait(ctx, holdFor/2)
			continue
		}
		if err := m.holding(ctx, m.read); err != nil {
			m.report(ctx, 0, time.Time{}, err)
			return err
		}
	}
	return nil
}

// Fetch takes in what is in the folder, once, and says how many mails that were.
func (m *IMAP) Fetch(ctx context.Context) (n int, err error) {
	s, err := m.open(ctx)
	if err != nil {
		return 0, err
	}
	defer s.close()
	return s.takeAll(ctx)
}

// read takes mails in as they come, over one connection.
func (m *IMAP) read(ctx context.Context) error {
	s, err := m.open(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	for {
		if _, err := s.takeAll(ctx); err != nil || ctx.Err() != nil {
			return err
		}
		if err := s.await(ctx); err != nil {
			return err
		}
	}
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
