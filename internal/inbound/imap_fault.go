package inbound

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"

	"github.com/emersion/go-imap/v2"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/trust"
)

// MailboxFault says why no mail comes in from a mailbox, and so what has to be done.
type MailboxFault string

// The faults.
const (
	FaultUnreachable MailboxFault = "unreachable" // no connection, or it broke
	FaultSilent      MailboxFault = "silent"      // no answer in time
	FaultAuthority   MailboxFault = "authority"   // nobody knows who signed its certificate
	FaultCertificate MailboxFault = "certificate" // it is another host's, or has expired
	FaultNoTLS       MailboxFault = "no_tls"      // no TLS, and a password does not go out in the clear
	FaultLogin       MailboxFault = "login"       // name or password refused
	FaultFolder      MailboxFault = "folder"      // there is no such folder
	FaultReadOnly    MailboxFault = "read_only"   // mails cannot be moved out of the folder
	FaultDone        MailboxFault = "done"        // nor into the folder for what was taken in
	FaultNotBegun    MailboxFault = "not_begun"   // many mails wait at the first look, and nobody has said what is to become of them
	FaultDatabase    MailboxFault = "database"    // ours
	FaultOther       MailboxFault = "other"       // whatever else the server has
)

// mailboxError is a fault with its cause.
type mailboxError struct {
	fault MailboxFault
	err   error
}

func (e *mailboxError) Error() string { return fmt.Sprintf("%s: %v", e.fault.Meaning(), e.err) }
func (e *mailboxError) Unwrap() error { return e.err }

// FaultOf tells what is wrong, and the cause in the server's words; "" for nil.
func FaultOf(err error) (fault MailboxFault, detail string) {
	var e *mailboxError
	switch {
	case err == nil:
		return "", ""
	case errors.As(err, &e):
		return e.fault, e.err.Error()
	case failure.Is(err, failure.KindUnavailable):
		return FaultDatabase, ""
	}
	return FaultOther, err.Error()
}

// Meaning says what is wrong and what to write where, for logs and for `askwell doctor`.
func (f MailboxFault) Meaning() string { return faultMeanings[f] }

var faultMeanings = map[MailboxFault]string{
	FaultUnreachable: "The mailbox is unavailable: see that its server runs, and the host and port in INBOUND_IMAP_URL",
	FaultSilent:      "The mailbox is unavailable: its server does not answer in time",
	FaultAuthority:   "This machine does not know who signed the certificate of the mailbox's server: set INBOUND_IMAP_CA_FILE to the certificate of that authority",
	FaultCertificate: "The certificate of the mailbox's server is for another name than the host in INBOUND_IMAP_URL, or is not valid now",
	FaultNoTLS:       "The mailbox's server offers no TLS, and Askwell sends no password in the clear: use imaps://, or give the server a certificate",
	FaultLogin:       "The mailbox's server refuses the name or the password in INBOUND_IMAP_URL",
	FaultFolder:      "The mailbox has no such folder: see the path in INBOUND_IMAP_URL",
	FaultReadOnly:    "The folder of the mailbox can only be read: let the name in INBOUND_IMAP_URL delete mails there (ACL rights t and e)",
	FaultDone:        "What was taken in cannot be moved: let the name in INBOUND_IMAP_URL make and fill the folder that done= names, or see the mailbox's quota",
	FaultNotBegun:    "The mailbox was in use before: say with INBOUND_IMAP_SINCE from which day on its mails become tickets, or that all do",
	FaultDatabase:    "The database is unavailable",
	FaultOther:       "The mailbox's server refused something",
}

// connectFault sorts what went wrong before anybody signed in.
func connectFault(err error) error {
	var waited net.Error
	fault := FaultUnreachable
	switch problem := trust.ProblemOf(err); {
	case problem == trust.UnknownAuthority:
		fault = FaultAuthority
	case problem == trust.OtherName, problem == trust.Expired, problem == trust.Unverified:
		fault = FaultCertificate
	case errors.Is(err, errSilent), errors.As(err, &waited) && waited.Timeout() && !errors.Is(err, syscall.ECONNREFUSED):
		fault = FaultSilent
	}
	return &mailboxError{fault, err}
}

// commandFault sorts what a command met: fault is for a server's no.
func commandFault(fault MailboxFault, err error) error {
	var said *imap.Error
	if !errors.As(err, &said) {
		return connectFault(err)
	}
	if said.Code == imap.ResponseCodeUnavailable || said.Code == imap.ResponseCodeInUse || said.Code == imap.ResponseCodeLimit {
		fault = FaultUnreachable
	}
	return &mailboxError{fault, err}
}

// isNo reports whether a server refused a command and would take another one.
func isNo(err error) bool {
	var said *imap.Error
	return errors.As(err, &said) && said.Type != imap.StatusResponseTypeBye
}

// isMissing reports whether a folder is not there, in a code or in the words of servers that give none.
func isMissing(err error) bool {
	var said *imap.Error
	if !errors.As(err, &said) {
		return false
	}
	text := strings.ToLower(said.Text)
	return said.Code == imap.ResponseCodeNonExistent || said.Code == imap.ResponseCodeTryCreate ||
		strings.Contains(text, "exist") || strings.Contains(text, "unknown mailbox") || strings.Contains(text, "no such")
}
