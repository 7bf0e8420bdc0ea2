// Package config reads every setting from the environment, once, and reports all mistakes together.
package config

import (
	"cmp"
	"crypto"
	"log/slog"
	"net/netip"
	"net/url"
	"time"
)

// Config is every setting. Empty addresses mean that `askwell up` starts the service itself.
type Config struct {
	DatabaseURL    string
	DatabaseListen string // DATABASE_LISTEN_URL: PostgreSQL itself, past a pooler
	DatabaseConns  int    // what one process holds at most
	RedisURL       string
	RedisCAFile    string
	MeiliURL       string
	MeiliKey       string
	MeiliMaster    string // for `askwell search-key` alone
	SMTPURL        string
	SMTPCAFile     string
	SMTPHelo       string
	MailFrom       string
	DKIMKey        crypto.Signer // nil signs nothing
	DKIMSelector   string
	DKIMDomain     string // of MailFrom when empty
	ClamdURL       string

	// ReplyAddress is the mailbox that answers come to, each ticket's with a part of its own; without it no mail comes in here.
	ReplyAddress      string
	InboundAddresses  []string // further addresses whose mail becomes tickets
	InboundSMTPListen string
	InboundSMTPCert   string // with InboundSMTPKey, for STARTTLS
	InboundSMTPKey    string
	InboundIMAPURL    string
	InboundIMAPCAFile string
	InboundIMAPSince  time.Time // mails from before stay in the mailbox; zero for none chosen
	InboundIMAPAll    bool      // all that waits is taken in
	InboundAuthServer string    // whose Authentication-Results are believed; "" for nobody's
	InboundMaxSize    int       // bytes of one mail
	InboundKeepRaw    time.Duration

	Listen         string
	BaseURL        *url.URL
	TrustedProxies []netip.Prefix
	MetricsToken   string
	SecretKeys     [][]byte // the first one signs, all of them verify

	ShutdownGrace time.Duration // how long /readyz says 503 before the listener closes
	ShutdownDrain time.Duration // how long requests under way may take after that

	IntakeLimit int // inquiries that are worked on at once
	FormMinFill time.Duration
	FormRate    FormRate
	RequestRate RequestRate
	UndoSend    time.Duration
	FilesDir    string
	Concurrency int // tasks that one worker process runs at once
	// IndexCheckAt is when the search indexes are compared with the database, in the agency's time zone.
	IndexCheckAt TimeOfDay

	LogLevel slog.Level
	LogJSON  bool

	Agency Agency
}

// Agency is what is particular to one agency; nothing of it is hard-wired.
type Agency struct {
	Name, ShortName       string
	Color                 string // "#rrggbb"; text on it is white
	Email, Phone, Address string
	URL                   string
	RegisterURL           string // where an applicant registers for an account
	FindNumberURL         string // where an applicant finds the account number
	// Hours, PrivacyText, BurdenText and EmergencyText are read in the reader's language.
	Hours, PrivacyText, BurdenText, EmergencyText Text
	AnswerWithin                                  int // days in which most inquiries are answered, as promised on the confirmation
	Language                                      string
	TimeZone                                      *time.Location
}

// Rate is how many in how long; the zero value sets no limit.
type Rate struct {
	Count int
	Per   time.Duration
}

// Off reports whether there is no limit.
func (r Rate) Off() bool { return r.Count == 0 }

// RequestRate limits what is answered by mail and what costs a password hash: by address (for IPv6 the /64), by the network around it (/24
// or /56), and by email address as typed. Past it the page says when to try again.
type RequestRate struct {
	Address, Network, Email Rate
}

// FormRate limits inquiries by network address and by email address. Past it an inquiry is quarantined; past ten times of it
// it is refused with 429.
type FormRate struct {
	Address, Email Rate
}

// DirectURL leads to PostgreSQL itself, for what needs a session.
func (c Config) DirectURL() string { return cmp.Or(c.DatabaseListen, c.DatabaseURL) }
