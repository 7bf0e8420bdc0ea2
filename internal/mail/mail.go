// Package mail writes to applicants: the acknowledgement of an inquiry, and the agency's reply.
package mail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/trust"
)

// Texts writes the messages of one language; messages.Printer is one.
type Texts interface {
	T(key string, args ...any) string
	Find(key, otherwise string, args ...any) string
}

// Agency is what the mails say of the agency. AnswerWithin is the promise, in days.
type Agency struct {
	Name, Email, Phone, Hours, Address string
	Color                              string // "#rrggbb"
	AnswerWithin                       int
}

// Config is what a Mailer needs. From is "Name <address>" or an address; when empty it is the agency's name and address. BaseURL
// is the site's public address, for links. Texts gives the texts of a language, or of the nearest one there is. TLS is the
// time-out's and the port's companion in URL: smtp://name:password@host:587, ?tls=required, smtps://host.
type Config struct {
	URL     string
	From    string
	BaseURL *url.URL
	Agency  Agency
	Hours   func(language string) string // Agency.Hours in a language; nil when it is the same in all
	Texts   func(language string) Texts
	Now     func() time.Time

	// Replies gives each ticket an address to answer to, at which bounces arrive as well. Nil when no mail comes in here: then answers
	// go to the agency's address, and a person has to enter them.
	Replies *ReplyAddresses

	// Keys are those of SECRET_KEY, for the Message-IDs; Replies' when empty.
	Keys [][]byte

	CAFile string // of the certificates that vouch for the server, in PEM; the system's when empty
	Helo   string // the name that EHLO gives; BaseURL's host when empty
	DKIM   *DKIM  // nil signs nothing
	Logger *slog.Logger
}

// Mailer sends mails. Safe for concurrent use.
type Mailer struct {
	pool  *pool
	from  mail.Address
	cfg   Config
	dkim  *DKIM
	host  string // of the Message-IDs
	marks Marks
}

// agency gives what a mail in a language says of the agency.
func (m *Mailer) agency(language string) Agency {
	a := m.cfg.Agency
	if m.cfg.Hours != nil {
		a.Hours = m.cfg.Hours(language)
	}
	return a
}

// New makes a Mailer; it connects to nothing yet.
func New(cfg Config) (*Mailer, error) {
	server, err := parseServer(cfg.URL)
	if err != nil {
		return nil, err
	}
	if cfg.BaseURL == nil {
		return nil, errors.New("mail: the base address is missing")
	}
	from := mail.Address{Name: cfg.Agency.Name, Address: cfg.Agency.Email}
	if cfg.From != "" {
		parsed, err := mail.ParseAddress(cfg.From)
		if err != nil {
			return nil, errors.New("mail: the sender must be like help@example.org or Name <help@example.org>")
		}
		if from = *parsed; from.Name == "" {
			from.Name = cfg.Agency.Name
		}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if server.tls.RootCAs, err = trust.Roots("SMTP_CA_FILE", cfg.CAFile); err != nil {
		return nil, err
	}
	server.helo = heloName(cfg.Helo, cfg.BaseURL.Hostname())
	from.Address = asciiAddress(from.Address)
	host := from.Address[strings.LastIndexByte(from.Address, '@')+1:]
	if cfg.Keys == nil && cfg.Replies != nil {
		cfg.Keys = cfg.Replies.keys
	}
	m := &Mailer{pool: newPool(server, cfg.Logger), from: from, cfg: cfg, dkim: cfg.DKIM, host: host, marks: NewMarks(cfg.Keys)}
	if _, err := m.address(from.Address); err != nil {
		return nil, errors.New("mail: the agency's email address cannot send mails; set MAIL_FROM")
	}
	return m, nil
}

// Letter is what every mail about a ticket needs to know of it: nothing of the account behind it.
type Letter struct {
	To        string
	Name      string // of whoever has the address; "" when it may be a stranger's typing
	Language  string
	Reference string
	Subject   string // as typed; "" likewise, and the category stands in its place
	Category  string // its code
	Label     string // and its label, where the mail's language has none
	InReplyTo string // the Message-ID of the applicant's mail that it follows, in angle brackets; "" when none came by mail
}

// Acknowledge tells applicants that their inquiries have arrived: the reference, what was asked, what happens next and by when,
// and how to follow it. The question itself is not sent back: whoever typed somebody else's address would make us carry his
// words. All mails go over one connection; the errors are one for each letter, nil for those that the server took. Errors:
// invalid when no other try will succeed, unavailable otherwise.
func (m *Mailer) Acknowledge(ctx context.Context, letters ...Letter) []error {
	failures := make([]error, len(letters))
	var parcels []parcel
	var of []int // the letter behind each parcel
	for i, l := range letters {
		p, err := m.acknowledgement(l)
		if err != nil {
			failures[i] = fmt.Errorf("write the acknowledgement of %s: %w", l.Reference, err)
			continue
		}
		parcels, of = append(parcels, p), append(of, i)
	}
	if len(parcels) == 0 {
		return failures
	}
	for n, err := range m.pool.send(outbox.LeavingAs(ctx, of...), parcels...) {
		if err != nil {
			failures[of[n]] = fmt.Errorf("acknowledge %s: %w", letters[of[n]].Reference, err)
		}
	}
	return failures
}

func (m *Mailer) acknowledgement(l Letter) (parcel, error) {
	msg, err := m.message(l, "acknowledge", m.rootID(l.Reference), "")
	if err != nil {
		return parcel{}, err
	}
	m.refer(msg, l.InReplyTo)
	// RFC 3834: no vacation responder answers this, and no two desks acknowledge each other for ever.
	msg.SetGenHeader("Auto-Submitted", "auto-replied")
	msg.SetGenHeader("X-Auto-Response-Suppress", "All")
	msg.SetGenHeader("Precedence", "auto_reply")
	return m.pack(msg)
}

// refer says which mails a mail follows; the nearest stands last (RFC 5322, 3.6.4).
func (m *Mailer) refer(msg *gomail.Msg, ids ...string) {
	ids = slices.DeleteFunc(ids, func(id string) bool { return id == "" })
	if len(ids) > 0 {
		msg.SetGenHeader(gomail.HeaderInReplyTo, ids[len(ids)-1])
		msg.SetGenHeader(gomail.HeaderReferences, strings.Join(ids, " "))
	}
}

// Reply sends the agency's answer. messageID is the reply's row: the same reply has the same Message-ID whenever it is sent.
// Errors: as Acknowledge.
func (m *Mailer) Reply(ctx context.Context, l Letter, messageID int64, body string) error {
	msg, err := m.message(l, "reply", m.messageID(l.Reference, m.marks.Reply(l.Reference, messageID)), body)
	if err != nil {
		return fmt.Errorf("write a reply to %s: %w", l.Reference, err)
	}
	// All mails about a ticket hang under its acknowledgement, sent or not, so that they stand in one thread; and under whichever key
	// it was sent. The applicant's own mail is the nearest.
	var ids []string
	for _, mark := range m.marks.acknowledgements(l.Reference) {
		ids = append(ids, "<"+m.messageID(l.Reference, mark)+">")
	}
	slices.Reverse(ids)
	m.refer(msg, append(ids, l.InReplyTo)...)
	p, err := m.pack(msg)
	if err != nil {
		return fmt.Errorf("write a reply to %s: %w", l.Reference, err)
	}
	if err := m.pool.send(ctx, p)[0]; err != nil {
		return fmt.Errorf("send a reply to %s: %w", l.Reference, err)
	}
	return nil
}

func (m *Mailer) rootID(reference string) string {
	return m.messageID(reference, m.marks.Acknowledgement(reference))
}

func (m *Mailer) messageID(reference string, mark Mark) string {
	return strings.ToLower(reference) + "." + string(mark) + "@" + m.host
}

// message writes a mail in both forms.
func (m *Mailer) message(l Letter, name, id, body string) (*gomail.Msg, error) {
	to, err := m.address(l.To)
	if err != nil {
		return nil, err
	}
	s := m.sheet(l, body)
	text, html, err := s.render(name)
	if err != nil {
		return nil, err
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(&m.from)
	msg.ToMailAddress(&mail.Address{Name: plain(l.Name), Address: to})
	msg.ReplyToMailAddress(&mail.Address{Name: m.cfg.Agency.Name, Address: m.replyTo(l.Reference)})
	if m.cfg.Replies != nil {
		if err := msg.EnvelopeFrom(m.cfg.Replies.For(l.Reference)); err != nil {
			return nil, fmt.Errorf("set the envelope's sender: %w", err)
		}
	}
	msg.Subject("[" + l.Reference + "] " + s.Topic())
	msg.SetMessageIDWithValue(id)
	msg.SetDateWithValue(m.cfg.Now())
	msg.SetGenHeader(gomail.HeaderContentLang, m.cfg.Texts(l.Language).T("mail.language"))
	msg.SetGenHeader("X-Askwell-Reference", l.Reference)
	msg.SetBodyString(gomail.TypeTextPlain, text)
	msg.AddAlternativeString(gomail.TypeTextHTML, html)
	return msg, nil
}

func (m *Mailer) replyTo(reference string) string {
	if m.cfg.Replies != nil {
		return m.cfg.Replies.For(reference)
	}
	if m.cfg.Agency.Email != "" {
		return asciiAddress(m.cfg.Agency.Email)
	}
	return m.from.Address
}

// address checks an address before it goes into a header or a command of the mail server.
func (m *Mailer) address(s string) (string, error) {
	s = identifier.CleanEmail(s) // what was stored before addresses were cleaned still gets its mail
	parsed, err := mail.ParseAddress("<" + s + ">")
	if err != nil || parsed.Address != s || plain(s) != s || strings.ContainsAny(s, " ") {
		return "", failure.New(failure.KindInvalid, "The email address cannot receive mail.", nil)
	}
	return asciiAddress(s), nil
}

// AddressOf is the bare address of a sender like MAIL_FROM; "" when it is none.
func AddressOf(from string) string {
	parsed, err := mail.ParseAddress(from)
	if err != nil {
		return ""
	}
	return parsed.Address
}

// plain makes one line of a text: no line breaks that would start another header, no invisible signs that turn it around.
func plain(s string) string {
	return strings.Join(strings.Fields(strings.Map(visible, strings.ToValidUTF8(s, ""))), " ")
}
