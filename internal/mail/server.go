package mail

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"

	gomail "github.com/wneessen/go-mail"

	"github.com/askwell/askwell/internal/failure"
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

// send hands mails to the server over one connection and says for each what became of it. Once the server has taken one it counts as
// sent, whatever happens to the connection afterwards. Errors: invalid, from refusal, for what no other try will change; otherwise
// unavailable, among them what outbox.ErrUnconfirmed says.
func (m *Mailer) send(ctx context.Context, messages ...*gomail.Msg) []error {
	ctx, cancel := context.WithTimeout(ctx, ConversationWithin(len(messages)))
	defer cancel()
	failures := make([]error, len(messages))
	var l *line
	defer func() {
		if l != nil {
			l.quit()
		}
	}()
	for i, msg := range messages {
		if l == nil {
			var err error
			if l, err = m.server.dial(ctx); err != nil {
				for ; i < len(messages); i++ {
					failures[i] = refusal(duringConnect, err)
				}
				return failures
			}
		}
		usable, err := l.transact(ctx, i, msg)
		failures[i] = err
		if errors.Is(err, errNotLeft) && failure.Is(err, failure.KindUnavailable) { // the next one would fare no better
			for ; i < len(messages); i++ {
				failures[i] = err
			}
		}
		if !usable {
			l.hangUp()
			l = nil
		}
	}
	return failures
}
