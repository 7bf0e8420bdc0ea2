package main

import (
	"context"
	"errors"
	"net"
	"net/textproto"
	"strings"

	"github.com/askwell/askwell/internal/config"
	"github.com/askwell/askwell/internal/inbound"
	"github.com/askwell/askwell/web"
)

// checkInbound tells whether answers of applicants can reach the desk.
func checkInbound(ctx context.Context, cfg config.Config) (string, error) {
	if cfg.ReplyAddress == "" {
		return "off: REPLY_ADDRESS is not set, answers go to " + cfg.Agency.Email, nil
	}
	replies, err := web.ReplyAddresses(withKey(cfg))
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
