package mail

import (
	"errors"
	"fmt"
	"net/textproto"
	"regexp"
	"strings"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/outbox"
)

// Fault says what a mail server's answer is about, and so what has to be done.
type Fault string

// The faults. Only FaultRecipient is final: everything else somebody can mend while the mail waits.
const (
	FaultRecipient     Fault = "recipient"     // there is no such address, or it takes no mail of ours: another try changes nothing
	FaultSender        Fault = "sender"        // our own address is refused
	FaultSize          Fault = "size"          // the mail is too large for the server
	FaultPolicy        Fault = "policy"        // the server does not want this mail, or mail from here
	FaultConfiguration Fault = "configuration" // name, password, TLS, HELO, relaying
	FaultTemporary     Fault = "temporary"     // the server says to come again
	FaultUnreachable   Fault = "unreachable"   // no connection, or it broke before the mail was whole
	FaultUnanswered    Fault = "unanswered"    // the whole mail left, and no answer came: it may have been taken
)

// The steps of a conversation with a mail server, as logs and people see them.
const (
	duringConnect = "connecting"
	duringMail    = "MAIL FROM"
	duringRcpt    = "RCPT TO"
	duringData    = "DATA"
	duringContent = "the content"
	duringEnd     = "the end of the mail"
)

// Refusal is a mail that a mail server did not take. Its error text has no word of the server, which may quote an address.
type Refusal struct {
	Fault  Fault
	Code   int    // RFC 5321; 0 without an answer
	Status string // RFC 3463, such as 5.1.1; "" for none
	Words  string // the server's
	During string // the step
	cause  error  // without an answer
}

func (r *Refusal) Error() string {
	if r.Code == 0 {
		return fmt.Sprintf("%s during %s: %v", r.Fault, r.During, r.cause)
	}
	return fmt.Sprintf("the mail server answered %s to %s (%s)", strings.TrimSpace(fmt.Sprintf("%d %s", r.Code, r.Status)), r.During, r.Fault)
}

// Unwrap tells a mail that may have been taken.
func (r *Refusal) Unwrap() error {
	if r.Fault == FaultUnanswered {
		return errors.Join(outbox.ErrUnconfirmed, r.cause)
	}
	return r.cause
}

// Answer implements outbox.Answered.
func (r *Refusal) Answer() outbox.Answer {
	return outbox.Answer{Fault: string(r.Fault), Code: r.Code, Status: r.Status, Words: r.Words}
}

// refusal makes the failure of a step: invalid when it is the recipient's, unavailable otherwise.
func refusal(during string, err error) error {
	r := &Refusal{During: during, cause: err}
	var said *textproto.Error
	if errors.As(err, &said) {
		r.Code, r.Words = said.Code, plain(said.Msg)
		r.Status = enhancedStatus(said.Code, r.Words)
		r.Fault = Classify(during, r.Code, r.Status, r.Words)
	} else {
		r.Fault = withoutAnswer(during, err)
	}
	if r.Fault == FaultRecipient {
		return failure.New(failure.KindInvalid, r.Meaning(), r)
	}
	return failure.Unavailable(r.Meaning(), r)
}

var statusShape = regexp.MustCompile(`^\s*([245])\.(\d{1,3})\.(\d{1,3})\b`)

// enhancedStatus reads the enhanced status code at the beginning of an answer, whether or not the server announced that it gives some
// (RFC 2034). One of another class than the answer's is none.
func enhancedStatus(code int, words string) string {
	m := statusShape.FindStringSubmatch(words)
	if m == nil || int(m[1][0]-'0') != code/100 {
		return ""
	}
	return m[1] + "." + m[2] + "." + m[3]
}

// ofRecipient are the subjects and details of RFC 3463 (and RFC 7505) that say of a recipient that mail never reaches it: bad mailbox, bad
// system, bad syntax, moved, null MX, disabled.
var ofRecipient = map[string]bool{"1.1": true, "1.2": true, "1.3": true, "1.6": true, "1.10": true, "2.1": true}

var (
	// aboutRecipient are words of a policy that is the recipient's own: 5.7.1 is also said of relaying, senders, networks and contents.
	aboutRecipient = regexp.MustCompile(`(?i)recipient address rejected|(recipient|mailbox|user|account|group|list) .*(not (accept|allow|permit)|only accepts|restricted|disabled|closed|does ?n[o']t accept)|` +
		`not (authori[sz]ed|allowed|permitted) to send( (e-?mail|mail|messages?))? to (this|the|that) (recipient|user|group|list|mailbox)|RESOLVER\.RST|delivery not authori[sz]ed`)
	notAboutRecipient = regexp.MustCompile(`(?i)relay|sender|helo|client host|spam|blocked|blacklist|block ?list|reputation|authenticat(e|ion) (first|required)\b.*(submit|send)|\bIP\b|SPF|DKIM|DMARC`)
	// noMailbox are words for an unknown address of servers that give no enhanced status code.
	noMailbox = regexp.MustCompile(`(?i)(user|recipient|mailbox|address|account)\b.{0,60}\b(unknown|not found|unavailable|does ?n[o']t exist|invalid|no longer|disabled|inactive)|` +
		`(unknown|no such|invalid|nonexistent|non-existent) (local )?(user|recipient|mailbox|address|account|person)|no mailbox (here )?by that name|user is unknown`)
	ofSender = regexp.MustCompile(`(?i)\bsender\b|return.?path|mail from`)
	ofRelay  = regexp.MustCompile(`(?i)relay|authenticat|not (logged|signed) in|rcpthosts`)
	tooLarge = regexp.MustCompile(`(?i)too (large|big|long)|\bsize\b|exceed`)
)

// Classify tells what an answer of 400 and above is about, by its code (RFC 5321, 4.2), its enhanced status code (RFC 3463) and, where those
// leave it open, its words. The step alone tells little: Postfix gives at RCPT what it has against client, HELO and sender too. But before
// it nothing is the recipient's.
func Classify(during string, code int, status, words string) Fault {
	if code < 500 {
		return FaultTemporary
	}
	named := during == duringRcpt || during == duringData || during == duringContent || during == duringEnd
	_, detail, _ := strings.Cut(status, ".")
	subject, _, _ := strings.Cut(detail, ".")
	switch {
	case named && ofRecipient[detail]:
		return FaultRecipient
	case named && detail == "7.1" && aboutRecipient.MatchString(words) && !notAboutRecipient.MatchString(words):
		return FaultRecipient
	case code == 530, code == 534, code == 535, code == 538, code >= 500 && code <= 504, code == 555:
		return FaultConfiguration
	case detail == "1.7", detail == "1.8":
		return FaultSender
	case detail == "2.3", detail == "3.4", status == "" && code == 552 && tooLarge.MatchString(words):
		return FaultSize
	case detail == "2.2", status == "" && code == 552:
		return FaultTemporary // the mailbox is full: its owner can mend that
	case ofRelay.MatchString(words), subject == "5", subject == "3", subject == "4":
		return FaultConfiguration
	case status == "" && named && (code == 556 || (code == 550 || code == 551 || code == 553) && noMailbox.MatchString(words) && !notAboutRecipient.MatchString(words)):
		return FaultRecipient
	case ofSender.MatchString(words), during == duringMail && (code == 550 || code == 553):
		return FaultSender
	}
	return FaultPolicy
}
