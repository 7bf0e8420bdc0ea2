package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/askwell/askwell/internal/config"
	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/outbox"
	"github.com/jackc/pgx/v5"
)

func checkMail(ctx context.Context, cfg config.Config) (string, error) {
	if cfg.SMTPURL == "" {
		return "", advice("SMTP_URL is not set.", nil)
	}
	if err := mail.Check(ctx, cfg.SMTPURL); err != nil {
		return "", advice("The mail server does not answer, or refuses the name and password in SMTP_URL.", err)
	}
	if err := unsentMails(ctx, cfg.DatabaseURL); err != nil {
		return "", err
	}
	return "the mail server answers", nil
}

// inARow is from how many mails on the doctor points at a fault that time does not mend.
const inARow = 3

// unsentMails says what keeps mails from leaving. The server's words stand on the page of tasks: they may quote an address.
func unsentMails(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
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
