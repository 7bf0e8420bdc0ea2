package mail

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/askwell/askwell/internal/failure"
)

const (
	connectTimeout = 8 * time.Second
	sendTimeout    = 20 * time.Second
)

// server is the mail server of an SMTP address.
type server struct {
	host     string
	port     int
	user     string
	password string
	implicit bool // TLS from the start
	policy   gomail.TLSPolicy
}

// parseServer reads smtp://name:password@host:587 (STARTTLS when offered), ?tls=required (insists), ?tls=off, and smtps://host
// (TLS from the start). A password goes over TLS only, or to this machine: the library refuses anything else.
func parseServer(address string) (server, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
		return server{}, errors.New("mail: the server's address must be like smtp://name:password@host:587 or smtps://host")
	}
	s := server{host: u.Hostname(), port: 587, implicit: u.Scheme == "smtps", policy: gomail.TLSOpportunistic}
	if s.implicit {
		s.port = 465
	}
	if p := u.Port(); p != "" {
		if s.port, err = strconv.Atoi(p); err != nil || s.port < 1 || s.port > 65535 {
			return server{}, errors.New("mail: the server's port must be from 1 to 65535")
		}
	}
	s.user = u.User.Username()
	s.password, _ = u.User.Password()
	switch tls := u.Query().Get("tls"); tls {
	case "":
	case "required":
		s.policy = gomail.TLSMandatory
	case "off":
		s.policy = gomail.NoTLS
	default:
		return server{}, fmt.Errorf("mail: tls=%s is none of required, off", tls)
	}
	return s, nil
}

// client makes a client for one mail; go-mail's holds the state of a connection.
func (s server) client() (*gomail.Client, error) {
	options := []gomail.Option{
		gomail.WithPort(s.port), gomail.WithTimeout(connectTimeout), gomail.WithTLSPolicy(s.policy), gomail.WithoutNoop(),
	}
	if s.implicit {
		options = append(options, gomail.WithSSL())
	}
	if s.user != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(s.user), gomail.WithPassword(s.password))
	}
	return gomail.NewClient(s.host, options...)
}

// send hands mails to the server over one connection and says for each what became of it. Once the server has taken one it
// counts as sent, whatever happens to the connection afterwards.
func (m *Mailer) send(ctx context.Context, messages ...*gomail.Msg) []error {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout+time.Duration(len(messages))*time.Second)
	defer cancel()
	failures := make([]error, len(messages))
	client, err := m.server.client()
	if err != nil {
		err = fmt.Errorf("set up the mail client: %w", err)
	} else {
		err = client.DialAndSendWithContext(ctx, messages...)
	}
	for i, msg := range messages {
		switch {
		case err == nil || msg.IsDelivered():
		case msg.HasSendError():
			failures[i] = sendFailure(msg.SendError())
		default:
			failures[i] = sendFailure(err)
		}
	}
	return failures
}

// sendFailure says whether another try makes sense. Only what the server says for good about this recipient or this mail is
// final. A sender or a password that it refuses, or relaying that it denies, are mistakes in the configuration, which a person
// can mend while the mails wait.
func sendFailure(err error) error {
	var refused *gomail.SendError
	if !errors.As(err, &refused) {
		return failure.Unavailable("The mail server is away.", errSafe{err})
	}
	code := refused.ErrorCode()
	said := fmt.Errorf("the mail server answered %d %s while %s", code, refused.EnhancedStatusCode(), refused.Reason)
	aboutThis := refused.Reason == gomail.ErrSMTPRcptTo || refused.Reason == gomail.ErrSMTPData ||
		refused.Reason == gomail.ErrSMTPDataClose || refused.Reason == gomail.ErrWriteContent
	if code >= 500 && aboutThis && refused.EnhancedStatusCode() != "5.7.1" && code != 530 {
		return failure.New(failure.KindInvalid, "The mail server refused the mail for good.", said)
	}
	return failure.Unavailable("The mail server did not take the mail.", said)
}

// errSafe keeps what go-mail says of a connection; it quotes no recipient there.
type errSafe struct{ error }

func (e errSafe) Unwrap() error { return e.error }
