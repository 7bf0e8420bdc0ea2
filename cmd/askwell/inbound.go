package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strings"

	"github.com/askwell/askwell/internal/config"
	"github.com/askwell/askwell/internal/inbound"
	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/web"
	"github.com/askwell/askwell/web/messages"
	"github.com/askwell/askwell/workers"
)

// inbound makes what files the mails that come in, and where they come from.
func (d *desk) inbound() (*inbound.Desk, []workers.Source, error) {
	replies, err := web.ReplyAddresses(d.cfg)
	if err != nil || replies == nil {
		return nil, nil, err
	}
	catalog, err := messages.Load(web.Messages())
	if err != nil {
		return nil, nil, err
	}
	filer := inbound.New(inbound.Config{
		DB: d.db, Keys: d.cfg.SecretKeys, KeepRaw: d.cfg.InboundKeepRaw, Tickets: d.tickets, Files: d.files, HoldFiles: d.cfg.ClamdURL != "", Replies: replies, Rate: d.cfg.FormRate.Email.Count,
		Language: d.cfg.Agency.Language, Texts: func(language string) mail.Texts { return catalog.For(language) }, Logger: d.log, Wake: d.waker.Wake,
		Now: d.clock.Now, From: mail.AddressOf(d.cfg.MailFrom),
	})
	var sources []workers.Source
	if address := d.cfg.InboundSMTPListen; address != "" {
		server := inbound.SMTP{Desk: filer, Address: address, MaxSize: int64(d.cfg.InboundMaxSize), Metrics: d.metrics}
		if d.cfg.InboundSMTPCert != "" {
			certificate, err := tls.LoadX509KeyPair(d.cfg.InboundSMTPCert, d.cfg.InboundSMTPKey)
			if err != nil {
				return nil, nil, fmt.Errorf("read INBOUND_SMTP_CERT and INBOUND_SMTP_KEY: %w", err)
			}
			server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
		}
		sources = append(sources, server)
	}
	if d.cfg.InboundIMAPURL != "" {
		mailbox, err := inbound.NewIMAP(filer, d.cfg.InboundIMAPURL, int64(d.cfg.InboundMaxSize))
		if err != nil {
			return nil, nil, err
		}
		sources = append(sources, mailbox)
	}
	return filer, sources, nil
}

// checkInbound tells whether answers of applicants can reach the desk.
func checkInbound(ctx context.Context, cfg config.Config) (string, error) {
	if cfg.ReplyAddress == "" {
		return "off: REPLY_ADDRESS is not set, answers go to " + cfg.Agency.Email, nil
	}
	if len(cfg.SecretKeys) == 0 { // up has a key of its own; which one it is matters to no check
		cfg.SecretKeys = [][]byte{make([]byte, 32)}
	}
	replies, err := web.ReplyAddresses(cfg)
	if err != nil {
		return "", advice("REPLY_ADDRESS cannot be used.", err)
	}
	var well []string
	if cfg.InboundSMTPListen != "" {
		if err := greets(ctx, cfg.InboundSMTPListen); err != nil {
			return "", advice("No worker takes mail in at "+cfg.InboundSMTPListen+": see that askwell work runs here with INBOUND_SMTP_LISTEN.", err)
		}
		well = append(well, "a worker takes mail in at "+cfg.InboundSMTPListen)
	}
	if cfg.InboundIMAPURL != "" {
		mailbox, err := inbound.NewIMAP(inbound.New(inbound.Config{Replies: replies}), cfg.InboundIMAPURL, int64(cfg.InboundMaxSize))
		if err != nil {
			return "", advice("INBOUND_IMAP_URL cannot be used.", err)
		}
		if err := mailbox.Check(ctx); err != nil {
			return "", advice("The mailbox does not answer, or refuses the name, the password or the folder in INBOUND_IMAP_URL.", err)
		}
		well = append(well, "the mailbox answers")
	}
	if len(well) == 0 {
		return "", advice("Applicants are told to answer to REPLY_ADDRESS, and nothing takes their mail in: set INBOUND_SMTP_LISTEN or INBOUND_IMAP_URL.", nil)
	}
	return strings.Join(well, "; "), nil
}

// greets connects to a listening address on this machine and waits for the greeting of a mail server.
func greets(ctx context.Context, address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return err
	}
	if at, ok := ctx.Deadline(); ok {
		err = conn.SetDeadline(at)
	}
	text := textproto.NewConn(conn)
	if err == nil {
		_, _, err = text.ReadResponse(220)
	}
	return errors.Join(err, text.Close())
}
