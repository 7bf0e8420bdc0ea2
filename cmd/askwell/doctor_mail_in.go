package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strings"
	"time"

	"github.com/askwell/askwell/internal/config"
	"github.com/askwell/askwell/internal/inbound"
	"github.com/askwell/askwell/internal/postgres"
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
	var problems []error
	if cfg.InboundIMAPURL != "" {
		text, err := checkMailbox(ctx, cfg, inbound.New(inbound.Config{Replies: replies}))
		if err != nil {
			problems = append(problems, err)
		}
		well = append(well, text)
	}
	if len(well) == 0 {
		return "", advice("Applicants are told to answer to REPLY_ADDRESS, and nothing takes their mail in: set INBOUND_SMTP_LISTEN or INBOUND_IMAP_URL.", nil)
	}
	return strings.Join(well, "; "), errors.Join(problems...)
}

// checkMailbox does what reading the mailbox does, up to the first mail.
func checkMailbox(ctx context.Context, cfg config.Config, desk *inbound.Desk) (string, error) {
	mailbox, err := inbound.NewIMAP(desk, mailboxConfig(cfg))
	if err != nil {
		return "", advice("INBOUND_IMAP_URL cannot be used.", err)
	}
	look, err := mailbox.Check(ctx)
	if err != nil {
		fault, detail := inbound.FaultOf(err)
		return "", advice(fault.Meaning()+".", errors.New(detail))
	}
	var cautions []error
	if look.Many {
		begun, err := mailboxBegun(ctx, cfg.DatabaseURL, mailbox.Name())
		if err == nil && !begun {
			return "", advice(fmt.Sprintf("%s mails wait in %s, the oldest of %s, and the mailbox was never read: each would become a question of today.\n"+
				"Set INBOUND_IMAP_SINCE to the day from which on they are to be answered here, like %s, or to all.",
				thousands(look.Waiting), look.Folder, look.Oldest.Format(time.DateOnly), time.Now().Format(time.DateOnly)), nil)
		}
	}
	if !look.Secure {
		cautions = append(cautions, cautionf("Mails come from the mailbox in the clear: its server offers no TLS, or INBOUND_IMAP_URL has tls=off."))
	}
	if !look.Moves {
		cautions = append(cautions, cautionf("The mailbox's server cannot move mails (RFC 6851): they are copied to %s and taken away.", look.Done))
	}
	if look.Large > 0 {
		cautions = append(cautions, cautionf("%d mails in %s are larger than INBOUND_MAX_SIZE: they move to %s and show under Mail to look at, without their text.", look.Large, look.Folder, look.Done))
	}
	text := fmt.Sprintf("the mailbox answers, %s mails wait in %s", thousands(look.Waiting), look.Folder)
	if !look.HasDone {
		text += ", the folder " + look.Done + " is made with the first"
	}
	return text, errors.Join(cautions...)
}

// mailboxBegun reports whether mails were taken from the mailbox before.
func mailboxBegun(ctx context.Context, url, name string) (begun bool, err error) {
	conn, err := postgres.Connect(ctx, url)
	if err != nil {
		return false, err
	}
	defer conn.Close(ctx)
	err = conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM inbound_mailbox WHERE name = $1 AND begun_at IS NOT NULL)`, name).Scan(&begun)
	return begun, err
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
