package mail

import (
	"errors"
	"net"
	"regexp"
	"syscall"

	"github.com/askwell/askwell/internal/trust"
)

// withoutAnswer tells what is the matter where no answer came.
func withoutAnswer(during string, err error) Fault {
	switch {
	case during == duringEnd:
		return FaultUnanswered
	case errors.Is(err, errNoUTF8), errors.Is(err, errNoTLS), errors.Is(err, errNoAuth), errors.Is(err, errClearLogin), trust.ProblemOf(err) != trust.None:
		return FaultConfiguration
	}
	return FaultUnreachable
}

// Meaning says what is wrong and what to write where, in a sentence for staff and for `askwell doctor`. It holds no word of the server's.
func (r *Refusal) Meaning() string {
	if r.Code == 0 {
		return r.silentMeaning()
	}
	switch {
	case r.Fault == FaultConfiguration && r.During == duringConnect && (r.Code == 535 || r.Code == 534 || r.Code == 538 || r.Code == 454):
		return "The mail server refuses the name or the password in SMTP_URL."
	case r.Fault == FaultConfiguration && (r.Code == 530 || aboutSigningIn.MatchString(r.Words)):
		return "The mail server wants Askwell to sign in, or to use TLS: write name and password into SMTP_URL, like smtp://name:password@host:587."
	case r.Fault == FaultConfiguration && aboutHelo.MatchString(r.Words):
		return "The mail server refuses the name that Askwell gives with EHLO: set SMTP_HELO to this machine's full name in DNS."
	case r.Fault == FaultConfiguration && ofRelay.MatchString(r.Words):
		return "The mail server passes on no mail of Askwell's: let it relay for this machine, or write name and password into SMTP_URL."
	}
	return faultTexts[r.Fault]
}

var (
	aboutHelo      = regexp.MustCompile(`(?i)\b(helo|ehlo)\b`)
	aboutSigningIn = regexp.MustCompile(`(?i)authenticat\w+ (is )?required|must (issue a )?starttls|not (logged|signed) in`)
)

var faultTexts = map[Fault]string{
	FaultRecipient:     "The mail server refused the recipient for good.",
	FaultSender:        "The mail server refused our sender's address: see MAIL_FROM and REPLY_ADDRESS, and whether it lets this name use them.",
	FaultSize:          "The mail is too large for the mail server.",
	FaultPolicy:        "The mail server refused the mail.",
	FaultConfiguration: "The mail server refused us: see SMTP_URL (name, password, TLS) and what it lets this machine do.",
	FaultTemporary:     "The mail server asks for another try later.",
	FaultUnreachable:   "The mail server is unavailable.",
	FaultUnanswered:    "The mail server did not say whether it took the mail.",
}

// silentMeaning is Meaning where no answer came.
func (r *Refusal) silentMeaning() string {
	var dns *net.DNSError
	var waited interface{ Timeout() bool }
	switch text := certificateMeanings[trust.ProblemOf(r.cause)]; {
	case text != "":
		return text
	case errors.Is(r.cause, errNoTLS):
		return "The mail server offers no TLS, and SMTP_URL has tls=required."
	case errors.Is(r.cause, errNoAuth):
		return "The mail server offers no way to sign in: take name and password out of SMTP_URL, or use its port for submission (587, or smtps on 465)."
	case errors.Is(r.cause, errClearLogin):
		return "The mail server offers no TLS, and Askwell sends no password in the clear: use its port for submission (587, or smtps on 465)."
	case errors.Is(r.cause, errNoUTF8):
		return "The mail server takes no address with letters beyond ASCII before the @ (it lacks SMTPUTF8)."
	case r.Fault == FaultUnanswered:
		return faultTexts[FaultUnanswered]
	case errors.As(r.cause, &dns) && dns.IsNotFound:
		return "There is no such mail server: see the host in SMTP_URL."
	case errors.Is(r.cause, syscall.ECONNREFUSED):
		return "The mail server is unavailable: nothing listens at the host and port in SMTP_URL."
	case errors.As(r.cause, &waited) && waited.Timeout():
		return "The mail server is unavailable: it does not answer in time."
	}
	return faultTexts[r.Fault]
}

// certificateMeanings say what is wrong with the server's TLS.
var certificateMeanings = map[trust.Problem]string{
	trust.UnknownAuthority: "This machine does not know who signed the mail server's certificate: set SMTP_CA_FILE to the certificate of that authority.",
	trust.OtherName:        "The mail server's certificate is for another name than the host in SMTP_URL.",
	trust.Expired:          "The mail server's certificate has expired, or is not valid yet.",
	trust.Unverified:       "The mail server's certificate cannot be verified.",
	trust.NoTLS:            "The mail server does not speak TLS on this port: use smtp:// instead of smtps://, or another port.",
}
