package config

import (
	"errors"
	"fmt"
	"net/mail"
	"runtime"
)

// Connections to PostgreSQL that one process holds at most, and those of them that readiness checks have to themselves.
const (
	minConns   = 10
	maxConns   = 1000
	ReadyConns = 2
)

// IntakeConns are the connections that applicants' pages have to themselves: one for each form that is worked on at once, up to half.
func (c Config) IntakeConns() int { return min(c.IntakeLimit, c.DatabaseConns/2) }

// DeskConns are those of everything else: the console, reports and workers.
func (c Config) DeskConns() int { return c.DatabaseConns - c.IntakeConns() - ReadyConns }

// complete works out what follows from other settings.
func (c *Config) complete() {
	if c.IntakeLimit == 0 {
		c.IntakeLimit = max(8, 4*runtime.GOMAXPROCS(0))
	}
}

// together lists what each setting allows by itself and the others do not.
func (c Config) together() (wrong []error) {
	refuse := func(bad bool, text string, args ...any) {
		if bad {
			wrong = append(wrong, fmt.Errorf(text, args...))
		}
	}
	inbound := map[string]bool{"INBOUND_SMTP_LISTEN": c.InboundSMTPListen != "", "INBOUND_IMAP_URL": c.InboundIMAPURL != "", "INBOUND_ADDRESSES": len(c.InboundAddresses) > 0}
	for _, name := range []string{"INBOUND_SMTP_LISTEN", "INBOUND_IMAP_URL", "INBOUND_ADDRESSES"} {
		refuse(inbound[name] && c.ReplyAddress == "", "REPLY_ADDRESS is not set, and without it %s does nothing: set it to the mailbox that applicants answer to, like reply@help.example.org, or take %s away", name, name)
	}
	refuse(c.InboundSMTPCert != "" && c.InboundSMTPKey == "", "INBOUND_SMTP_KEY is not set: INBOUND_SMTP_CERT needs the file with its key, or set neither")
	refuse(c.InboundSMTPKey != "" && c.InboundSMTPCert == "", "INBOUND_SMTP_CERT is not set: INBOUND_SMTP_KEY needs the file with its certificate, or set neither")
	refuse(c.InboundSMTPCert != "" && c.InboundSMTPListen == "", "INBOUND_SMTP_LISTEN is not set, and without it INBOUND_SMTP_CERT does nothing: set it to an address like :2525, or take both files away")
	refuse(c.InboundIMAPURL == "" && (c.InboundIMAPCAFile != "" || c.InboundIMAPAll || !c.InboundIMAPSince.IsZero()),
		"INBOUND_IMAP_URL is not set, and without it INBOUND_IMAP_CA_FILE and INBOUND_IMAP_SINCE do nothing: set it to one like imaps://name:password@host/INBOX, or take them away")
	refuse(c.DKIMKey != nil && c.DKIMSelector == "", "DKIM_SELECTOR is not set, and DKIM_KEY needs the name under which its public key stands in DNS: set it to one like askwell")
	refuse(c.DKIMKey == nil && c.DKIMSelector+c.DKIMDomain != "", "DKIM_KEY is not set, and without it DKIM_SELECTOR and DKIM_DOMAIN do nothing: set it, or take them away")
	if c.MailFrom != "" {
		_, err := mail.ParseAddress(c.MailFrom)
		refuse(err != nil, "AGENCY_NAME and AGENCY_EMAIL make no sender of mails (%s): set MAIL_FROM to one like Name <help@example.org>", c.MailFrom)
	}
	return wrong
}

// readPublicURL reads an address that a page links to: an http or https URL, or a path of this site.
func readPublicURL(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, v string) error {
		if v == "" || v[0] == '/' && (len(v) == 1 || v[1] != '/' && v[1] != '\\') {
			*field(c) = v
			return nil
		}
		if err := readURL(field, "http", "https")(c, v); err != nil {
			return errors.New("must be like https://www.example.org/page, or a path of this site like /register")
		}
		return nil
	}
}
