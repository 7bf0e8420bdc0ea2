package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/askwell/askwell/internal/config"
	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/askwell/askwell/internal/postgres"
)

// mailWithin is how long a mail server may take over a check: some let clients wait before they greet them or sign them in.
const mailWithin = time.Minute

// largestMail is how many bytes a mail of ours may have: the longest reply, in both forms.
const largestMail = 1 << 20

func checkMail(ctx context.Context, cfg config.Config) (string, error) {
	if cfg.SMTPURL == "" {
		return "", advice("SMTP_URL is not set.", nil)
	}
	mailer, err := newMailer(withKey(cfg), time.Now, nil)
	if err != nil {
		return "", advice("The settings of mail cannot be used.", err)
	}
	look, err := mailer.Check(ctx)
	if err != nil {
		return "", errors.Join(mailRefused(err), unsentMails(ctx, cfg.DatabaseURL))
	}
	problems := append(lookCautions(look, cfg.SMTPURL), checkDKIM(ctx, mailer.Signs(), net.DefaultResolver.LookupTXT), unsentMails(ctx, cfg.DatabaseURL))
	return fmt.Sprintf("the mail server takes mails from %s to elsewhere; EHLO %s", look.From, look.Name), errors.Join(problems...)
}

// withKey gives a configuration a key where it has none: up has a key of its own, and which one it is matters to no check.
func withKey(cfg config.Config) config.Config {
	if len(cfg.SecretKeys) == 0 {
		cfg.SecretKeys = [][]byte{make([]byte, 32)}
	}
	return cfg
}

// mailRefused says what the mail server has against us, in its words and in ours.
func mailRefused(err error) error {
	var r *mail.Refusal
	if !errors.As(err, &r) {
		return advice("The mail server cannot be used.", err)
	}
	if r.Code == 0 {
		return advice(r.Meaning(), fmt.Errorf("%s: %w", r.During, r.Unwrap()))
	}
	return advice(r.Meaning(), fmt.Errorf("%s: the mail server said %d %s", r.During, r.Code, r.Words))
}

// lookCautions names what will hurt one day.
func lookCautions(look mail.Look, address string) (cautions []error) {
	if u, err := url.Parse(address); err == nil && !look.TLS && !loopback(u) {
		cautions = append(cautions, cautionf("Mails go to the mail server in the clear: it offers no STARTTLS, or SMTP_URL has tls=off."))
	}
	if look.Size > 0 && look.Size < largestMail {
		cautions = append(cautions, cautionf("The mail server takes mails of up to %s bytes (SIZE): a long reply needs %s. Raise its limit.", thousands(int(look.Size)), thousands(largestMail)))
	}
	if !look.UTF8 {
		cautions = append(cautions, cautionf("The mail server takes no addresses with letters beyond ASCII before the @ (SMTPUTF8): mails to such applicants wait and are told at their tickets."))
	}
	if strings.HasPrefix(look.Name, "[") {
		cautions = append(cautions, cautionf("EHLO says %s, as BASE_URL has no host with a full name: set SMTP_HELO, or strict servers and spam filters hold it against the mails.", look.Name))
	}
	return cautions
}

// checkDKIM compares the key that signs with what stands in DNS.
func checkDKIM(ctx context.Context, signs *mail.DKIM, lookup func(ctx context.Context, name string) ([]string, error)) error {
	if signs == nil {
		return nil
	}
	record, err := signs.Record()
	if err != nil {
		return advice("DKIM_KEY cannot be used.", err)
	}
	found, err := lookup(ctx, signs.Name())
	var dns *net.DNSError
	switch {
	case err != nil && (!errors.As(err, &dns) || !dns.IsNotFound):
		return cautionf("Whether DNS has the record of DKIM_KEY is unknown, as DNS does not answer: %s must have a TXT record\n%s\n(%w)", signs.Name(), record, err)
	case !signs.Published(found):
		return advice(fmt.Sprintf("DNS does not have the record of DKIM_KEY, so every mail's signature fails. Write there, for %s, a TXT record\n%s", signs.Name(), record), nil)
	}
	return nil
}

// inARow is from how many mails on the doctor points at a fault that time does not mend.
const inARow = 3

// unsentMails says what keeps mails from leaving. The server's words stand on the page of tasks: they may quote an address.
func unsentMails(ctx context.Context, url string) error {
	conn, err := postgres.Connect(ctx, url)
	if err != nil {
		return nil //nolint:nilerr // another check says so
	}
	defer conn.Close(ctx)
	counts, err := outbox.CountUnsent(ctx, conn)
	if err != nil {
		return nil //nolint:nilerr // likewise
	}
	var wrong []string
	for _, c := range counts {
		fault := mail.Fault(c.Fault)
		switch {
		case c.State == outbox.MailUnconfirmed:
			wrong = append(wrong, fmt.Sprintf("%d mails were handed over and nobody knows whether they were taken", c.Mails))
		case c.State == outbox.MailWaiting && c.Mails >= inARow && fault != mail.FaultTemporary && fault != mail.FaultUnreachable:
			wrong = append(wrong, fmt.Sprintf("%d mails wait, for the mail server answers %d %s (%s)", c.Mails, c.Code, c.Status, c.Fault))
		case c.State == outbox.MailExpired:
			wrong = append(wrong, fmt.Sprintf("%d mails were not taken for five days (%s)", c.Mails, c.Fault))
		}
	}
	if wrong == nil {
		return nil
	}
	return advice(strings.Join(wrong, "\n")+"\nSee /console/task-queues for the server's words; there, and on their tickets, they can be sent again.", nil)
}
