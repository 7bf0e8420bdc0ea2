package mail_test

import (
	"crypto/tls"
	"io"
	"mime"
	"net"
	netmail "net/mail"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/testkit"
)

// postOffice is a mail server that notes what it hears.
type postOffice struct {
	mu          sync.Mutex
	connections int
	helo        []string
	mails       []heard
	refuse      func(from string) error // at MAIL; nil takes all
	hangUpAfter int                     // mails of a connection, at the next MAIL; 0 for never
}

type heard struct {
	from, to, content string
	utf8              bool
}

func (p *postOffice) NewSession(c *smtp.Conn) (smtp.Session, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.connections++
	p.helo = append(p.helo, c.Hostname())
	return &visit{office: p, conn: c}, nil
}

type visit struct {
	office *postOffice
	conn   *smtp.Conn
	taken  int
	mail   heard
}

func (v *visit) Mail(from string, o *smtp.MailOptions) error {
	if v.office.hangUpAfter > 0 && v.taken >= v.office.hangUpAfter {
		return &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 4, 2}, Message: "too many mails over one connection"}
	}
	if v.office.refuse != nil {
		if err := v.office.refuse(from); err != nil {
			return err
		}
	}
	v.mail = heard{from: from, utf8: o != nil && o.UTF8}
	return nil
}

func (v *visit) Rcpt(to string, _ *smtp.RcptOptions) error {
	v.mail.to = to
	return nil
}

func (v *visit) Data(r io.Reader) error {
	content, err := io.ReadAll(r)
	v.mail.content = string(content)
	v.office.mu.Lock()
	defer v.office.mu.Unlock()
	v.office.mails = append(v.office.mails, v.mail)
	v.taken++
	return err
}
func (v *visit) Reset()        {}
func (v *visit) Logout() error { return nil }

func (p *postOffice) serve(t *testing.T, change ...func(*smtp.Server)) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := smtp.NewServer(p)
	server.Domain = "localhost"
	server.EnableSMTPUTF8 = true
	for _, c := range change {
		c(server)
	}
	go server.Serve(listener) //nolint:errcheck // ends with Close
	t.Cleanup(func() { server.Close() })
	return "smtp://" + listener.Addr().String()
}

func TestMailsShareAConnection(t *testing.T) {
	t.Parallel()
	office := &postOffice{}
	m := mailer(t, office.serve(t))
	t.Cleanup(m.Close)
	for id := range int64(5) {
		if err := m.Reply(t.Context(), letter, id, "Answer"); err != nil {
			t.Fatal(err)
		}
	}
	if office.connections != 1 || len(office.mails) != 5 {
		t.Errorf("%d mails came over %d connections, want 5 over one", len(office.mails), office.connections)
	}
}

// A server may close a connection when it has had enough of it: that is said at the next mail, and is no fault of that mail.
func TestAKeptConnectionThatIsClosedIsReplaced(t *testing.T) {
	t.Parallel()
	office := &postOffice{hangUpAfter: 2}
	m := mailer(t, office.serve(t))
	t.Cleanup(m.Close)
	for id := range int64(5) {
		if err := m.Reply(t.Context(), letter, id, "Answer"); err != nil {
			t.Fatalf("mail %d: %v", id, err)
		}
	}
	if office.connections != 3 || len(office.mails) != 5 {
		t.Errorf("%d mails came over %d connections, want 5 over 3", len(office.mails), office.connections)
	}
	if _, why := m.Paused(); why != nil {
		t.Errorf("sending is paused: %v", why)
	}
}

// What is said of the server as a whole pauses everything; what is said of a mail pauses nothing. Postfix' anvil says 450 at MAIL and 421 at
// connect; greylisting says 450 at RCPT.
func TestAServerThatTakesNothingIsLeftInPeace(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		server smtp.Backend
		want   bool
	}{
		"rate limit at MAIL":      {&postOffice{refuse: func(string) error { return said(450, 4, 7, 1) }}, true},
		"421 at RCPT":             {backend{rcpt: said(421, 4, 3, 2)}, true},
		"greylisting at RCPT":     {backend{rcpt: said(450, 4, 7, 1)}, false},
		"no such mailbox":         {backend{rcpt: said(550, 5, 1, 1)}, false},
		"mailbox full":            {backend{rcpt: said(452, 4, 2, 2)}, false},
		"sender refused":          {backend{from: said(550, 5, 1, 8)}, false},
		"refused at end":          {backend{data: said(451, 4, 3, 0)}, false},
		"too many recipients now": {backend{rcpt: &smtp.SMTPError{Code: 450, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "Error: too many recipients from this client"}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var address string
			if b, ok := c.server.(backend); ok {
				address = answering(t, b)
			} else {
				address = c.server.(*postOffice).serve(t)
			}
			m := mailer(t, address)
			t.Cleanup(m.Close)
			if err := m.Reply(t.Context(), letter, 1, "Answer"); err == nil {
				t.Fatal("the mail was taken")
			}
			if _, why := m.Paused(); (why != nil) != c.want {
				t.Errorf("paused for %v, want a pause: %t", why, c.want)
			}
			if done, wait := m.Admit(true); (done == nil) != c.want || (wait > 0) != c.want {
				t.Errorf("admitted: %t, wait %s; want a pause: %t", done != nil, wait, c.want)
			}
		})
	}
}

// RFC 5321, 4.1.1.1: the name is a full one, or an address literal.
func TestTheNameThatEHLOGives(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"desk.example": "desk.example", "localhost": "[127.0.0.1]", "192.0.2.7": "[192.0.2.7]", "[2001:db8::1]": "[IPv6:2001:db8::1]", "büro.example": "xn--bro-hoa.example",
	} {
		office := &postOffice{}
		m := mailer(t, office.serve(t), func(c *mail.Config) { c.BaseURL.Host = host })
		if err := m.Reply(t.Context(), letter, 1, "Answer"); err != nil {
			t.Fatal(err)
		}
		m.Close()
		if len(office.helo) != 1 || office.helo[0] != want {
			t.Errorf("for %s EHLO says %q, want %q", host, office.helo, want)
		}
	}
}

// RFC 6531, 3.2: SMTPUTF8 is asked for where an address needs it. Domains go out in A-labels (RFC 5891), which need it nowhere.
func TestAddressesWithLettersBeyondASCII(t *testing.T) {
	t.Parallel()
	for to, c := range map[string]struct {
		want string
		utf8 bool
	}{
		"ana@mail.example":  {"ana@mail.example", false},
		"ana@büro.example":  {"ana@xn--bro-hoa.example", false},
		"josé@mail.example": {"josé@mail.example", true},
		"josé@büro.example": {"josé@xn--bro-hoa.example", true},
	} {
		office := &postOffice{}
		m := mailer(t, office.serve(t))
		l := letter
		l.To = to
		if err := m.Reply(t.Context(), l, 1, "Answer"); err != nil {
			t.Fatalf("%s: %v", to, err)
		}
		m.Close()
		got := office.mails[0]
		if got.to != c.want || got.utf8 != c.utf8 || !strings.Contains(got.content, "<"+c.want+">") {
			t.Errorf("%s: mail to %s, SMTPUTF8 %t; want %s, %t, and the same in To", to, got.to, got.utf8, c.want, c.utf8)
		}
	}
	office := &postOffice{}
	m := mailer(t, office.serve(t, func(s *smtp.Server) { s.EnableSMTPUTF8 = false }))
	t.Cleanup(m.Close)
	l := letter
	l.To = "josé@mail.example"
	err := m.Reply(t.Context(), l, 1, "Answer")
	if !failure.Is(err, failure.KindUnavailable) || !strings.Contains(failure.Text(err, ""), "SMTPUTF8") || len(office.mails) != 0 {
		t.Errorf("without SMTPUTF8: %v, %d mails", err, len(office.mails))
	}
}

// Some servers take a field that begins with an empty line for the end of the header; RFC 2047, 2 allows a line with an encoded word 76
// characters. What the words say stays.
func TestNoFieldBeginsWithAnEmptyLine(t *testing.T) {
	t.Parallel()
	office := &postOffice{}
	m := mailer(t, office.serve(t))
	t.Cleanup(m.Close)
	l := letter
	l.Name = strings.Repeat("Ñuñoa", 24)
	l.Subject = strings.Repeat("¿Dóndeestámitarjeta", 10)
	if err := m.Reply(t.Context(), l, 1, "Answer"); err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(office.mails[0].content, "\r\n\r\n")
	for _, line := range strings.Split(head, "\r\n") {
		if strings.HasSuffix(strings.TrimSpace(line), ":") || strings.Contains(line, "=?") && len(line) > 76 {
			t.Errorf("a line of the header is %q", line)
		}
	}
	got, err := readHeader(head)
	if err != nil {
		t.Fatal(err)
	}
	if want := "[" + l.Reference + "] " + l.Subject; got.subject != want {
		t.Errorf("the subject reads %q, want %q", got.subject, want)
	}
	if got.toName != l.Name {
		t.Errorf("the recipient reads %q, want %q", got.toName, l.Name)
	}
}

// A password goes over TLS, with STARTTLS or from the start, whichever ways to sign in the server offers; to another machine never without.
func TestSigningInOverTLS(t *testing.T) {
	t.Parallel()
	certified := testkit.Certificate(t, t.TempDir())
	for _, scheme := range []string{"smtp", "smtps"} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			office := &signingIn{}
			address := office.serve(t, certified.Pair, scheme == "smtps")
			m := mailer(t, scheme+"://desk:secret@"+address, func(c *mail.Config) { c.CAFile = certified.CAFile })
			t.Cleanup(m.Close)
			if err := m.Reply(t.Context(), letter, 1, "Answer"); err != nil {
				t.Fatal(err)
			}
			if want := []string{"desk/secret over TLS"}; !slices.Equal(office.signedIn, want) {
				t.Errorf("signed in %q, want %q", office.signedIn, want)
			}
			stranger := mailer(t, scheme+"://desk:secret@"+address)
			err := stranger.Reply(t.Context(), letter, 1, "Answer")
			if text := failure.Text(err, ""); !strings.Contains(text, "SMTP_CA_FILE") {
				t.Errorf("an unknown authority is told as %q", text)
			}
			wrong := mailer(t, scheme+"://desk:wrong@"+address, func(c *mail.Config) { c.CAFile = certified.CAFile })
			err = wrong.Reply(t.Context(), letter, 1, "Answer")
			if text := failure.Text(err, ""); !strings.Contains(text, "name or the password") {
				t.Errorf("a wrong password is told as %q", text)
			}
		})
	}
}

// signingIn is a mail server that wants a name and a password first.
type signingIn struct {
	postOffice
	signedIn []string
}

func (s *signingIn) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &signedVisit{visit: visit{office: &s.postOffice, conn: c}, office: s}, nil
}

type signedVisit struct {
	visit
	office *signingIn
	in     bool
}

func (v *signedVisit) AuthMechanisms() []string { return []string{sasl.Plain} }

func (v *signedVisit) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, name, password string) error {
		if password != "secret" {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "authentication failed"}
		}
		v.in = true
		over := ""
		if _, secure := v.conn.TLSConnectionState(); secure {
			over = " over TLS"
		}
		v.office.mu.Lock()
		defer v.office.mu.Unlock()
		v.office.signedIn = append(v.office.signedIn, name+"/"+password+over)
		return nil
	}), nil
}

func (v *signedVisit) Mail(from string, o *smtp.MailOptions) error {
	if !v.in {
		return smtp.ErrAuthRequired
	}
	return v.visit.Mail(from, o)
}

func (s *signingIn) serve(t *testing.T, pair tls.Certificate, implicit bool) (address string) {
	t.Helper()
	server := smtp.NewServer(s)
	server.Domain = "localhost"
	server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address = listener.Addr().String()
	if implicit {
		listener = tls.NewListener(listener, server.TLSConfig)
	}
	go server.Serve(listener) //nolint:errcheck // ends with Close
	t.Cleanup(func() { server.Close() })
	return address
}

// readHeader reads subject and recipient as a mail program does.
func readHeader(head string) (got struct{ subject, toName string }, err error) {
	m, err := netmail.ReadMessage(strings.NewReader(head + "\r\n\r\n"))
	if err != nil {
		return got, err
	}
	if got.subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil {
		return got, err
	}
	to, err := m.Header.AddressList("To")
	if err == nil {
		got.toName = to[0].Name
	}
	return got, err
}
