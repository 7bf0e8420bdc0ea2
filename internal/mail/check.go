package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"strconv"
)

// Look is what a mail server says of itself to us.
type Look struct {
	TLS  bool   // the connection is encrypted
	Name string // that we gave it
	From string // the sender that it heard
	UTF8 bool   // it takes addresses with letters beyond ASCII before their @
	Size int64  // bytes of the largest mail that it takes; 0 when it does not say
}

// elsewhere is a recipient of no domain of ours (RFC 2606). No mail goes there: it is named, and taken back.
const elsewhere = "postmaster@example.net"

// exampleReference is that of no ticket: its check character is wrong.
const exampleReference = "ASK-2222-2222"

// Check does with the mail server what sending a mail does, up to the recipients: one of ours and one elsewhere, as applicants are. Then it
// takes all back. Errors: a *Refusal, of whatever would keep mails from leaving; what the server has against the recipients themselves is none.
// For `askwell doctor`.
func (m *Mailer) Check(ctx context.Context) (Look, error) {
	look := Look{Name: m.pool.server.helo, From: m.from.Address}
	if m.cfg.Replies != nil { // as every mail about a ticket has it
		look.From = m.cfg.Replies.For(exampleReference)
	}
	l, err := m.pool.server.dial(ctx)
	if err != nil {
		return look, refusal(duringConnect, err)
	}
	defer l.quit()
	state, err := l.client.GetTLSConnectionState()
	look.TLS = err == nil && state.Version >= tls.VersionTLS12 || m.pool.server.implicit
	look.UTF8, _ = l.client.Extension("SMTPUTF8")
	if _, size := l.client.Extension("SIZE"); size != "" {
		look.Size, _ = strconv.ParseInt(size, 10, 64)
	}
	l.client.SkipSMTPUTF8(true)
	if err := l.client.Mail("<" + look.From + ">"); err != nil {
		return look, refusal(duringMail, err)
	}
	for _, to := range []string{asciiAddress(m.replyTo(exampleReference)), elsewhere} {
		if err := l.client.Rcpt("<" + to + ">"); err != nil {
			var r *Refusal
			if errors.As(refusal(duringRcpt, err), &r) && r.Fault != FaultRecipient && r.Fault != FaultTemporary {
				return look, r
			}
		}
	}
	return look, nil
}
