package main

import (
	"crypto/tls"
	"net"

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
		Now: d.clock.Now, From: mail.AddressOf(d.cfg.MailFrom), AuthServer: d.cfg.InboundAuthServer, LookupTXT: net.DefaultResolver.LookupTXT,
	})
	var sources []workers.Source
	if address := d.cfg.InboundSMTPListen; address != "" {
		server := inbound.SMTP{Desk: filer, Address: address, MaxSize: int64(d.cfg.InboundMaxSize), Metrics: d.metrics}
		if d.cfg.InboundSMTPCert != "" {
			certificate, err := inbound.NewCertificate(d.cfg.InboundSMTPCert, d.cfg.InboundSMTPKey, d.log)
			if err != nil {
				return nil, nil, err
			}
			server.TLS = &tls.Config{GetCertificate: certificate.Get, MinVersion: tls.VersionTLS12}
		}
		sources = append(sources, server)
	}
	if d.cfg.InboundIMAPURL != "" {
		mailbox, err := inbound.NewIMAP(filer, mailboxConfig(d.cfg))
		if err != nil {
			return nil, nil, err
		}
		sources = append(sources, mailbox)
	}
	return filer, sources, nil
}

func mailboxConfig(cfg config.Config) inbound.MailboxConfig {
	return inbound.MailboxConfig{
		URL: cfg.InboundIMAPURL, CAFile: cfg.InboundIMAPCAFile, MaxSize: int64(cfg.InboundMaxSize), Since: cfg.InboundIMAPSince, All: cfg.InboundIMAPAll,
	}
}
