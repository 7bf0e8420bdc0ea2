package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"

	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/testkit"
)

// strict is a mail server that has something against its clients.
type strict struct {
	from, rcpt func(address string) error
	helo       string // that it heard
}

func (s *strict) NewSession(c *smtp.Conn) (smtp.Session, error) {
	s.helo = c.Hostname()
	return strictSession{s}, nil
}

type strictSession struct{ *strict }

func (s strictSession) Mail(from string, _ *smtp.MailOptions) error {
	if s.from == nil {
		return nil
	}
	return s.from(from)
}

func (s strictSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.rcpt == nil {
		return nil
	}
	return s.rcpt(to)
}
func (strictSession) Data(io.Reader) error { return errors.New("doctor sends a mail") }
func (strictSession) Reset()               {}
func (strictSession) Logout() error        { return nil }

func (s *strict) serve(t *testing.T, change func(*smtp.Server)) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := smtp.NewServer(s)
	server.Domain, server.EnableSMTPUTF8 = "localhost", true
	if change != nil {
		change(server)
	}
	go server.Serve(listener) //nolint:errcheck // ends with Close
	t.Cleanup(func() { server.Close() })
	return listener.Addr().String()
}

func refuses(code int, x, y, z int, words string) func(string) error {
	return func(string) error {
		return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{x, y, z}, Message: words}
	}
}

// The doctor does what sending does, says what the server said, what that means and what to write where. The words are those of Postfix and
// Exim.
func TestDoctorAsksTheMailServer(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	elsewhere := func(then func(string) error) func(string) error {
		return func(to string) error {
			if strings.HasSuffix(to, "@arrivals.example") {
				return nil
			}
			return then(to)
		}
	}
	for name, c := range map[string]struct {
		server strict
		change func(*smtp.Server)
		url    string // %s is the server
		env    []string
		want   []string
	}{
		"takes mails": {url: "smtp://%s", env: []string{"BASE_URL=https://desk.example"}, want: []string{
			"ok    Mail         the mail server takes mails from help@arrivals.example to elsewhere; EHLO desk.example",
		}},
		"no full name": {url: "smtp://%s", want: []string{"WARN  Mail         EHLO says [127.0.0.1]", "set SMTP_HELO", "ok    Mail "}},
		"refuses the name": {server: strict{rcpt: refuses(504, 5, 5, 2, "<desk>: Helo command rejected: need fully-qualified hostname")}, url: "smtp://%s", want: []string{
			"FAIL  Mail         The mail server refuses the name that Askwell gives with EHLO: set SMTP_HELO", "RCPT TO: the mail server said 504", "need fully-qualified hostname",
		}},
		"refuses the sender": {server: strict{from: refuses(550, 5, 1, 8, "<help@arrivals.example>: Sender address rejected: Domain not found")}, url: "smtp://%s", want: []string{
			"FAIL  Mail         The mail server refused our sender's address: see MAIL_FROM", "MAIL FROM: the mail server said 550 5.1.8 <help@arrivals.example>: Sender address rejected",
		}},
		"does not relay": {server: strict{rcpt: elsewhere(refuses(554, 5, 7, 1, "<postmaster@example.net>: Relay access denied"))}, url: "smtp://%s", want: []string{
			"FAIL  Mail         The mail server passes on no mail of Askwell's", "SMTP_URL", "Relay access denied",
		}},
		"wants a password": {server: strict{from: refuses(530, 5, 7, 0, "Authentication required")}, url: "smtp://%s", want: []string{
			"FAIL  Mail         The mail server wants Askwell to sign in, or to use TLS", "smtp://name:password@host:587", "530",
		}},
		"refuses everybody for now":   {server: strict{from: refuses(451, 4, 3, 0, "Temporary lookup failure")}, url: "smtp://%s", want: []string{"FAIL  Mail ", "451 4.3.0 Temporary lookup failure"}},
		"knows no recipient":          {server: strict{rcpt: refuses(550, 5, 1, 1, "User unknown")}, url: "smtp://%s", want: []string{"ok    Mail "}},
		"no way to sign in":           {url: "smtp://desk:secret@%s", want: []string{"FAIL  Mail         The mail server offers no way to sign in"}},
		"TLS is required and missing": {url: "smtp://%s?tls=required", want: []string{"FAIL  Mail         The mail server offers no TLS, and SMTP_URL has tls=required."}},
		"no TLS on this port":         {url: "smtps://%s", want: []string{"FAIL  Mail         The mail server does not speak TLS on this port: use smtp://"}},
		"takes small mails alone":     {change: func(s *smtp.Server) { s.MaxMessageBytes = 50_000 }, url: "smtp://%s", want: []string{"WARN  Mail         The mail server takes mails of up to 50,000 bytes", "ok    Mail "}},
		"lacks SMTPUTF8":              {change: func(s *smtp.Server) { s.EnableSMTPUTF8 = false }, url: "smtp://%s", want: []string{"WARN  Mail         The mail server takes no addresses with letters beyond ASCII", "ok    Mail "}},
		"nothing listens":             {url: "smtp://127.0.0.1:1", want: []string{"FAIL  Mail         The mail server is unavailable: nothing listens at the host and port in SMTP_URL."}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := strings.Replace(c.url, "%s", c.server.serve(t, c.change), 1)
			out := doctor(t, append(c.env, "DATABASE_URL="+db.Config().ConnString(), "SMTP_URL="+address), c.want...)
			if strings.Contains(out, "desk:secret") {
				t.Errorf("doctor printed the password: %s", out)
			}
		})
	}
}

// DNS is asked as the doctor asks it; the answers are given here.
func TestDoctorComparesTheKeyWithDNS(t *testing.T) {
	t.Parallel()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signs := &mail.DKIM{Domain: "arrivals.example", Selector: "desk", Key: key}
	record, err := signs.Record()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		found []string
		err   error
		want  []string
	}{
		"the record stands there": {found: []string{record}},
		"another key stands there": {found: []string{"v=DKIM1; k=rsa; p=MIIBIjANBg"}, want: []string{
			"DNS does not have the record of DKIM_KEY", "desk._domainkey.arrivals.example", record,
		}},
		"nothing stands there": {err: &net.DNSError{IsNotFound: true}, want: []string{"DNS does not have the record of DKIM_KEY", record}},
		"DNS does not answer":  {err: &net.DNSError{IsTimeout: true}, want: []string{"is unknown, as DNS does not answer", record}},
	} {
		got := checkDKIM(t.Context(), signs, func(_ context.Context, name string) ([]string, error) {
			if name != "desk._domainkey.arrivals.example" {
				t.Errorf("DNS is asked for %s", name)
			}
			return c.found, c.err
		})
		if (got == nil) != (c.want == nil) {
			t.Errorf("%s: %v", name, got)
		}
		for _, want := range c.want {
			if got != nil && !strings.Contains(got.Error(), want) {
				t.Errorf("%s: %v lacks %q", name, got, want)
			}
		}
		if errors.As(got, new(caution)) != (name == "DNS does not answer") {
			t.Errorf("%s: a caution, %v", name, got)
		}
	}
	if err := checkDKIM(t.Context(), nil, nil); err != nil {
		t.Error(err)
	}
}
