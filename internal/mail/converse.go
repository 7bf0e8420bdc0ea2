package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
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
	secure bool // TLS
	mails  int  // that it was used for
	detach func() bool
	retire *time.Timer // while it stands idle
}

// attach cuts the connection when the context ends.
func (l *line) attach(ctx context.Context) {
	l.detach = context.AfterFunc(ctx, func() { _ = l.conn.Close() })
}

// Why a server cannot be used as SMTP_URL says.
var (
	errNoTLS      = errors.New("the server offers no STARTTLS")
	errNoAuth     = errors.New("the server offers no way to sign in")
	errClearLogin = errors.New("the server offers to sign in by sending the password, and the connection is not encrypted")
)

// dial connects, encrypts and signs in; the connection is cut when the context ends.
func (s server) dial(ctx context.Context) (*line, error) {
	raw, err := (&net.Dialer{Timeout: connectWithin}).DialContext(ctx, "tcp", net.JoinHostPort(s.host, strconv.Itoa(s.port)))
	if err != nil {
		return nil, err
	}
	l := &line{conn: &conn{Conn: raw}}
	l.conn.patience.Store(int64(answerWithin))
	l.attach(ctx)
	if err := s.open(ctx, l); err != nil {
		l.hangUp()
		return nil, err
	}
	return l, nil
}

// open leads a new connection to where mails can be handed over.
func (s server) open(ctx context.Context, l *line) error {
	var stream net.Conn = l.conn
	if s.implicit {
		secure := tls.Client(l.conn, s.tls)
		if err := secure.HandshakeContext(ctx); err != nil {
			return err
		}
		stream = secure
	}
	var err error
	if l.client, err = smtp.NewClient(stream, s.host); err != nil {
		return err
	}
	if err := l.client.Hello(s.helo); err != nil {
		return err
	}
	l.secure = s.implicit
	offered, _ := l.client.Extension("STARTTLS")
	switch {
	case s.implicit || s.policy == gomail.NoTLS:
	case offered:
		if err := l.client.StartTLS(s.tls); err != nil {
			return err
		}
		l.secure = true
	case s.policy == gomail.TLSMandatory:
		return errNoTLS
	}
	if s.user == "" {
		return nil
	}
	auth, err := s.auth(l)
	if err != nil {
		return err
	}
	return l.client.Auth(auth)
}

// auth chooses how to sign in. The password itself is sent over TLS only, or to this machine.
func (s server) auth(l *line) (smtp.Auth, error) {
	_, offered := l.client.Extension("AUTH")
	mechanisms := strings.Fields(strings.ToUpper(offered))
	private := l.secure || isLoopback(l.conn.RemoteAddr())
	for _, m := range []struct {
		name string
		auth smtp.Auth
		safe bool // without TLS, too
	}{
		{"SCRAM-SHA-256", smtp.ScramSHA256Auth(s.user, s.password), true},
		{"SCRAM-SHA-1", smtp.ScramSHA1Auth(s.user, s.password), true},
		{"PLAIN", smtp.PlainAuth("", s.user, s.password, s.host, private), false},
		{"LOGIN", smtp.LoginAuth(s.user, s.password, s.host, private), false},
		{"CRAM-MD5", smtp.CRAMMD5Auth(s.user, s.password), true},
	} {
		if slices.Contains(mechanisms, m.name) && (m.safe || private) {
			return m.auth, nil
		}
	}
	if len(mechanisms) > 0 && !private {
		return nil, errClearLogin
	}
	return nil, errNoAuth
}

func isLoopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// hangUp cuts the connection.
func (l *line) hangUp() {
	l.detach()
	_ = l.conn.Close()
}

// quit says goodbye.
func (l *line) quit() {
	l.conn.patience.Store(int64(quitWithin))
	_ = l.client.Quit()
	l.hangUp()
}

// transact hands over the i-th mail; usable says whether the connection is good for another one. The content leaves after outbox.Leaving has
// recorded that it does; before its last line nobody has taken it (RFC 5321, 4.1.1.4).
func (l *line) transact(ctx context.Context, i int, msg parcel) (usable bool, err error) {
	l.mails++
	if msg.utf8 {
		if offered, _ := l.client.Extension("SMTPUTF8"); !offered {
			return true, refusal(duringRcpt, errNoUTF8)
		}
	}
	l.client.SkipSMTPUTF8(!msg.utf8) // RFC 6531, 3.2: asked for where it is needed, as not every server on the way has it
	if err := l.client.Mail(msg.from); err != nil {
		return l.reset(err), refusal(duringMail, err)
	}
	if err := l.client.Rcpt(msg.to); err != nil {
		return l.reset(err), refusal(duringRcpt, err)
	}
	w, err := l.client.Data()
	if err != nil {
		return l.reset(err), refusal(duringData, err)
	}
	if err := outbox.Leaving(ctx, i); err != nil {
		return false, fmt.Errorf("%w: %w", errNotLeft, err)
	}
	if _, err := w.Write(msg.content); err != nil {
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
