package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"sync/atomic"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"github.com/askwell/askwell/internal/outbox"
)

// How long a mail server may take, as RFC 5321, 4.5.3.2 wants it: whoever waits less sends a mail again that was taken.
const (
	connectWithin = 30 * time.Second
	answerWithin  = 5 * time.Minute  // for every command
	blockWithin   = 3 * time.Minute  // for every block of the content
	endWithin     = 10 * time.Minute // for the end of a mail: the server stores it meanwhile
	quitWithin    = 2 * time.Second  // the mails are out; nobody needs to wait
)

// ConversationWithin bounds the whole conversation about some mails.
func ConversationWithin(mails int) time.Duration {
	return 20*time.Minute + time.Duration(mails)*time.Minute
}

// conn gives every read and write of a conversation a time of its own. go-mail sets one deadline for all of it, which is not passed on.
type conn struct {
	net.Conn
	patience atomic.Int64 // for the next read
}

func (c *conn) Read(p []byte) (int, error) {
	if err := c.SetReadDeadlineIn(time.Duration(c.patience.Load())); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

func (c *conn) Write(p []byte) (int, error) {
	if err := c.Conn.SetWriteDeadline(time.Now().Add(blockWithin)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

// SetReadDeadlineIn gives the next read so much time.
func (c *conn) SetReadDeadlineIn(d time.Duration) error {
	return c.Conn.SetReadDeadline(time.Now().Add(d))
}

func (c *conn) SetDeadline(time.Time) error      { return nil }
func (c *conn) SetReadDeadline(time.Time) error  { return nil }
func (c *conn) SetWriteDeadline(time.Time) error { return nil }

// errNotLeft says that the content was kept back, because nobody could record that it leaves.
var errNotLeft = errors.New("the content was kept back")

// line is a connection to the mail server after EHLO, TLS and signing in.
type line struct {
	conn   *conn
	client *smtp.Client
	stop   func() bool
}

// dial connects; the connection is cut when the context ends.
func (s server) dial(ctx context.Context) (*line, error) {
	l := &line{stop: func() bool { return true }}
	whole := ctx // go-mail's own ends once the connection stands
	options := []gomail.Option{
		gomail.WithPort(s.port), gomail.WithTimeout(answerWithin), gomail.WithTLSPolicy(s.policy), gomail.WithoutNoop(),
		gomail.WithDialContextFunc(func(ctx context.Context, network, address string) (net.Conn, error) {
			raw, err := (&net.Dialer{Timeout: connectWithin}).DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			l.conn, l.stop = &conn{Conn: raw}, context.AfterFunc(whole, func() { _ = raw.Close() })
			l.conn.patience.Store(int64(answerWithin))
			if !s.implicit {
				return l.conn, nil
			}
			secure := tls.Client(l.conn, &tls.Config{ServerName: s.host, MinVersion: tls.VersionTLS12})
			if err := secure.HandshakeContext(ctx); err != nil {
				_ = raw.Close()
				return nil, err
			}
			return secure, nil
		}),
	}
	if s.user != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(s.user), gomail.WithPassword(s.password))
	}
	dialer, err := gomail.NewClient(s.host, options...)
	if err != nil {
		return nil, fmt.Errorf("set up the mail client: %w", err)
	}
	if l.client, err = dialer.DialToSMTPClientWithContext(ctx); err != nil {
		l.hangUp()
		return nil, err
	}
	return l, nil
}

// hangUp cuts the connection.
func (l *line) hangUp() {
	l.stop()
	if l.conn != nil {
		_ = l.conn.Close()
	}
}

// quit says goodbye.
func (l *line) quit() {
	l.conn.patience.Store(int64(quitWithin))
	_ = l.client.Quit()
	l.hangUp()
}

// transact hands over the i-th mail; usable says whether the connection is good for another one. The content leaves after outbox.Leaving has
// recorded that it does; before its last line nobody has taken it (RFC 5321, 4.1.1.4).
func (l *line) transact(ctx context.Context, i int, msg *gomail.Msg) (usable bool, err error) {
	from, err := msg.GetSender(false)
	if err != nil {
		return true, fmt.Errorf("read the sender: %w", err)
	}
	recipients, err := msg.GetRecipients()
	if err != nil {
		return true, fmt.Errorf("read the recipients: %w", err)
	}
	if err := l.client.Mail(from); err != nil {
		return l.reset(err), refusal(duringMail, err)
	}
	for _, to := range recipients {
		if err := l.client.Rcpt(to); err != nil {
			return l.reset(err), refusal(duringRcpt, err)
		}
	}
	w, err := l.client.Data()
	if err != nil {
		return l.reset(err), refusal(duringData, err)
	}
	if err := outbox.Leaving(ctx, i); err != nil {
		return false, fmt.Errorf("%w: %w", errNotLeft, err)
	}
	if _, err := msg.WriteTo(w); err != nil {
		return false, refusal(duringContent, err)
	}
	l.conn.patience.Store(int64(endWithin))
	defer l.conn.patience.Store(int64(answerWithin))
	if err := w.Close(); err != nil {
		return l.reset(err), refusal(duringEnd, err)
	}
	outbox.Taken(ctx, i)
	return l.client.Reset() == nil, nil
}

// reset makes the connection ready for the next mail after an answer that refused this one; where none came it is of no use.
func (l *line) reset(refused error) bool {
	var said *textproto.Error
	return errors.As(refused, &said) && said.Code != codeClosing && l.client.Reset() == nil
}

// codeClosing says that the server closes the connection (RFC 5321, 4.2.3).
const codeClosing = 421
