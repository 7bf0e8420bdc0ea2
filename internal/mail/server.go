package mail

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"strconv"

	gomail "github.com/wneessen/go-mail"
)

// server is the mail server of an SMTP address.
type server struct {
	host     string
	port     int
	user     string
	password string
	implicit bool // TLS from the start
	policy   gomail.TLSPolicy
	tls      *tls.Config
	helo     string // the name that we give
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
	switch wanted := u.Query().Get("tls"); wanted {
	case "":
	case "required":
		s.policy = gomail.TLSMandatory
	case "off":
		s.policy = gomail.NoTLS
	default:
		return server{}, fmt.Errorf("mail: tls=%s is none of required, off", wanted)
	}
	s.tls = &tls.Config{ServerName: s.host, MinVersion: tls.VersionTLS12}
	return s, nil
}
