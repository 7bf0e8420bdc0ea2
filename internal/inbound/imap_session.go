package inbound

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// mailboxSession is a connection on which the folder is open.
type mailboxSession struct {
	*IMAP
	client  *imapclient.Client
	release func() bool // from the context whose end cuts it
	done    string      // the folder for what was taken in, as this server names it
	folder  string
	changed chan struct{} // a mail has come
}

var errSilent = errors.New("no answer in time")

// do waits for the answer to a command; without one in time the connection is cut, for the library waits for ever.
func (s *mailboxSession) do(patience time.Duration, command func() error) error {
	client := s.client
	timer := time.AfterFunc(patience, func() { _ = client.Close() })
	if err := command(); timer.Stop() || err == nil {
		return err
	}
	return errSilent
}

func (s *mailboxSession) close() {
	_ = s.do(5*time.Second, func() error { return s.client.Logout().Wait() })
	s.release()
	_ = s.client.Close()
}

// open connects, signs in and opens the folder. Errors: a mailboxError.
func (m *IMAP) open(ctx context.Context) (*mailboxSession, error) {
	s := &mailboxSession{IMAP: m, changed: make(chan struct{}, 1)}
	if err := s.connect(ctx); err != nil {
		return nil, err
	}
	s.release = context.AfterFunc(ctx, func() { _ = s.client.Close() })
	if err := s.enter(); err != nil {
		s.release()
		_ = s.client.Close()
		return nil, err
	}
	return s, nil
}

func (s *mailboxSession) options() *imapclient.Options {
	return &imapclient.Options{TLSConfig: s.tls, UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(data *imapclient.UnilateralDataMailbox) {
			if data.NumMessages != nil {
				select {
				case s.changed <- struct{}{}:
				default:
				}
			}
		},
	}}
}

func (s *mailboxSession) dial(ctx context.Context) (net.Conn, error) {
	conn, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, "tcp", s.address)
	if err != nil {
		return nil, connectFault(err)
	}
	return conn, nil
}

// connect makes a connection that is encrypted where it has to be.
func (s *mailboxSession) connect(ctx context.Context) error {
	conn, err := s.dial(ctx)
	if err != nil {
		return err
	}
	if s.implicit {
		shaking, cancel := context.WithTimeout(ctx, answerWithin)
		defer cancel()
		secure := tls.Client(conn, s.tls)
		if err := secure.HandshakeContext(shaking); err != nil {
			_ = conn.Close()
			return connectFault(err)
		}
		conn = secure
	}
	s.client = imapclient.New(conn, s.options())
	if err := s.do(answerWithin, s.client.WaitGreeting); err != nil {
		_ = s.client.Close()
		return connectFault(err)
	}
	if s.implicit || s.policy == "off" {
		return nil
	}
	if s.caps().Has(imap.CapStartTLS) {
		return s.startTLS(ctx)
	}
	if s.policy == "required" || !isLoopback(conn.RemoteAddr()) {
		_ = s.client.Close()
		return &mailboxError{FaultNoTLS, errors.New("no STARTTLS among its capabilities")}
	}
	return nil
}

// caps are the server's capabilities, asked for in time.
func (s *mailboxSession) caps() (caps imap.CapSet) {
	_ = s.do(answerWithin, func() error {
		caps = s.client.Caps()
		return nil
	})
	return caps
}

// startTLS connects anew: the library encrypts a connection at its beginning alone.
func (s *mailboxSession) startTLS(ctx context.Context) error {
	_ = s.client.Close()
	conn, err := s.dial(ctx)
	if err != nil {
		return err
	}
	cut := time.AfterFunc(answerWithin, func() { _ = conn.Close() })
	defer cut.Stop()
	if s.client, err = imapclient.NewStartTLS(conn, s.options()); err != nil {
		return connectFault(err)
	}
	return nil
}

func isLoopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// enter signs in, learns how the server names its folders, and opens ours.
func (s *mailboxSession) enter() error {
	err := s.do(answerWithin, func() error { return s.client.Login(s.IMAP.name, s.password).Wait() })
	if err != nil {
		return commandFault(FaultLogin, err)
	}
	prefix, delim := s.namespace()
	s.folder, s.done = s.IMAP.folder, folderName(s.IMAP.done, prefix, delim)
	err = s.selectFolder(s.folder)
	if err != nil && isMissing(err) && prefix != "" {
		s.folder = folderName(s.folder, prefix, delim)
		err = s.selectFolder(s.folder)
	}
	if err != nil {
		return commandFault(FaultFolder, err)
	}
	return nil
}

func (s *mailboxSession) selectFolder(name string) error {
	return s.do(answerWithin, func() error {
		_, err := s.client.Select(name, nil).Wait()
		return err
	})
}

// namespace is where one's own folders lie (RFC 2342): on some servers all of them below INBOX.
func (s *mailboxSession) namespace() (prefix string, delim rune) {
	if caps := s.caps(); !caps.Has(imap.CapNamespace) && !caps.Has(imap.CapIMAP4rev2) {
		return "", 0
	}
	var data *imap.NamespaceData
	err := s.do(answerWithin, func() (err error) {
		data, err = s.client.Namespace().Wait()
		return err
	})
	if err != nil || len(data.Personal) == 0 {
		return "", 0
	}
	return data.Personal[0].Prefix, data.Personal[0].Delim
}

// folderName is a folder as the server names it: below its prefix, and with its delimiter where ours has a slash.
func folderName(folder, prefix string, delim rune) string {
	if strings.EqualFold(folder, "INBOX") || prefix != "" && strings.HasPrefix(folder, prefix) {
		return folder
	}
	if delim != 0 && delim != '/' {
		folder = strings.ReplaceAll(folder, "/", string(delim))
	}
	return prefix + folder
}

// await waits for a mail to come, or until it is time to look all the same.
func (s *mailboxSession) await(ctx context.Context) error {
	if !s.caps().Has(imap.CapIdle) {
		wait(ctx, mailboxEvery)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the worker ends
		}
		return asFault(s.do(answerWithin, func() error { return s.client.Noop().Wait() }))
	}
	var idling *imapclient.IdleCommand
	err := s.do(answerWithin, func() (err error) {
		idling, err = s.client.Idle()
		return err
	})
	if err != nil {
		return commandFault(FaultOther, err)
	}
	select {
	case <-ctx.Done():
	case <-s.changed:
	case <-s.client.Closed():
	case <-time.After(idleFor):
	}
	err = s.do(answerWithin, func() error { return errors.Join(idling.Close(), idling.Wait()) })
	if ctx.Err() != nil {
		return nil //nolint:nilerr // the worker ends
	}
	return asFault(err)
}

func asFault(err error) error {
	if err == nil {
		return nil
	}
	return commandFault(FaultOther, fmt.Errorf("wait for mails: %w", err))
}
