package inbound

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

const (
	mailboxEvery = 30 * time.Second // between two looks
)

// IMAP takes mails in from a mailbox: it keeps each, and only then moves it to another folder. A mail whose move fails is found again,
// and is known by its fingerprint.
type IMAP struct {
	desk           *Desk
	address        string
	tls            bool
	name, password string
	folder, done   string
	maxSize        int64
	tooLarge       map[imap.UID]bool // said already
}

// NewIMAP reads an address like imaps://name:password@host/INBOX?done=Askwell.
func NewIMAP(desk *Desk, address string, maxSize int64) (*IMAP, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.User == nil {
		return nil, errors.New("INBOUND_IMAP_URL must be like imaps://name:password@host/INBOX")
	}
	m := &IMAP{desk: desk, tls: u.Scheme == "imaps", folder: strings.Trim(u.Path, "/"), done: u.Query().Get("done"), maxSize: maxSize, tooLarge: map[imap.UID]bool{}}
	m.name = u.User.Username()
	m.password, _ = u.User.Password()
	port := u.Port()
	if port == "" {
		port = map[bool]string{true: "993", false: "143"}[m.tls]
	}
	m.address = net.JoinHostPort(u.Hostname(), port)
	if m.folder == "" {
		m.folder = "INBOX"
	}
	if m.done == "" {
		m.done = "Askwell"
	}
	if m.done == m.folder {
		return nil, errors.New("INBOUND_IMAP_URL: what was taken in must move to another folder than it came from")
	}
	return m, nil
}

// Run reads the mailbox until the context ends.
func (m *IMAP) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		if _, err := m.Fetch(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(mailboxEvery):
		}
	}
	return nil
}

// Check signs in and looks at the folder, and changes nothing. For `askwell doctor`.
func (m *IMAP) Check(ctx context.Context) error {
	client, err := m.open(ctx)
	if err != nil {
		return err
	}
	return client.Close()
}

func (m *IMAP) open(ctx context.Context) (*imapclient.Client, error) {
	dialer := &net.Dialer{Timeout: 10 * time.Second, Cancel: ctx.Done()}
	dial := imapclient.DialTLS
	if !m.tls {
		dial = imapclient.DialInsecure
	}
	client, err := dial(m.address, &imapclient.Options{Dialer: dialer})
	if err != nil {
		return nil, fmt.Errorf("connect to the mailbox: %w", err)
	}
	if err := client.Login(m.name, m.password).Wait(); err != nil {
		return nil, errors.Join(fmt.Errorf("sign in to the mailbox: %w", err), client.Close())
	}
	if _, err := client.Select(m.folder, nil).Wait(); err != nil {
		return nil, errors.Join(fmt.Errorf("open the folder %s: %w", m.folder, err), client.Close())
	}
	return client, nil
}

// Fetch takes in what is in the folder, and says how many mails that were.
func (m *IMAP) Fetch(ctx context.Context) (n int, err error) {
	client, err := m.open(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	stop := context.AfterFunc(ctx, func() { _ = client.Close() })
	defer stop()
	found, err := client.UIDSearch(&imap.SearchCriteria{NotFlag: []imap.Flag{imap.FlagDeleted}}, nil).Wait()
	if err != nil {
		return 0, fmt.Errorf("look into the mailbox: %w", err)
	}
	for _, uid := range found.AllUIDs() {
		if ctx.Err() != nil {
			break
		}
		taken, err := m.take(ctx, client, uid)
		if err != nil {
			return n, err
		}
		if taken {
			n++
		}
	}
	return n, nil
}

// take keeps one mail and moves it. One that is too large stays where it is, for a person to read there.
func (m *IMAP) take(ctx context.Context, client *imapclient.Client, uid imap.UID) (bool, error) {
	set := imap.UIDSetNum(uid)
	sizes, err := client.Fetch(set, &imap.FetchOptions{UID: true, RFC822Size: true}).Collect()
	if err != nil {
		return false, fmt.Errorf("measure a mail: %w", err)
	}
	if len(sizes) == 0 {
		return false, nil // gone meanwhile
	}
	if sizes[0].RFC822Size > m.maxSize {
		if m.tooLarge[uid] {
			return false, nil
		}
		m.tooLarge[uid] = true
		m.desk.Logger.Warn("a mail is too large and stays in the mailbox", slog.Int64("bytes", sizes[0].RFC822Size))
		return false, nil
	}
	section := &imap.FetchItemBodySection{Peek: true}
	mails, err := client.Fetch(set, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}}).Collect()
	if err != nil || len(mails) == 0 {
		return false, err
	}
	raw := mails[0].FindBodySection(section)
	if len(raw) == 0 {
		return false, nil
	}
	keep, cancel := context.WithTimeout(ctx, keepWithin)
	defer cancel()
	if err := m.desk.Receive(keep, Arrived{Source: "imap", EnvelopeFrom: returnPath(raw), Raw: raw}); err != nil {
		return false, err
	}
	return true, m.move(client, set)
}

func (m *IMAP) move(client *imapclient.Client, set imap.UIDSet) error {
	if _, err := client.Move(set, m.done).Wait(); err == nil {
		return nil
	}
	_ = client.Create(m.done, nil).Wait() // it may be there, and then the move tells what is wrong
	if _, err := client.Move(set, m.done).Wait(); err != nil {
		return fmt.Errorf("move a mail to the folder %s: %w", m.done, err)
	}
	return nil
}

// returnPath is the envelope's sender as the mailbox's server wrote it down.
func returnPath(raw []byte) string {
	header, _ := split(raw)
	return rawField(header, "return-path")
}
