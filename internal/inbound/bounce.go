package inbound

import (
	"bufio"
	"bytes"
	"net/textproto"
	"regexp"
	"strings"

	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/ticket"
)

// report is what a multipart/report says (RFC 6522, RFC 3464).
type report struct {
	delivery   bool // it is about the delivery of a mail
	action     string
	status     string
	diagnostic string
	returned   []mail.Sent
}

// status reads a message/delivery-status of a report: fields of the whole mail, then those of each recipient. The last recipient's hold, as we
// write to one only.
func (w *walker) status(e entity) {
	content, _ := e.content()
	w.report.delivery = true
	r := textproto.NewReader(bufio.NewReader(bytes.NewReader(append(bytes.Clone(content), "\r\n\r\n"...))))
	for range 50 {
		fields, err := r.ReadMIMEHeader()
		if action := fields.Get("Action"); action != "" {
			w.report.action = strings.ToLower(strings.TrimSpace(action))
			w.report.status, w.report.diagnostic = strings.TrimSpace(fields.Get("Status")), fields.Get("Diagnostic-Code")
		}
		if err != nil {
			break
		}
	}
}

// returned reads the mail, or its header, that a report brings back.
func (w *walker) returned(e entity) {
	content, _ := e.content()
	w.report.returned = append(w.report.returned, mail.FindSent(parseEntity(content).header.get("Message-Id"))...)
}

// bounce is one of our mails that came back.
type bounce struct {
	about   []mail.Sent // what may have come back, the likeliest first
	why     ticket.Bounce
	code    string // RFC 3463, such as 5.1.1; "" when the report has none
	delayed bool   // the server goes on trying
	relayed bool   // or says that it was delivered
}

var (
	bounceSender  = regexp.MustCompile(`(?i)^(mailer-daemon|postmaster|mail-daemon|maildaemon|mdaemon|bounce|bounces|mailerdaemon)([-+_.].*)?@`)
	bounceName    = regexp.MustCompile(`(?i)^(mail delivery (sub)?system|mail delivery service|mailer-daemon|postmaster|mail administrator|microsoft outlook|sistema de entrega de correo)`)
	bounceSubject = regexp.MustCompile(`(?i)^(undeliver(able|ed)|mail delivery (failed|failure|subsystem)|delivery (status notification|failure|has failed)|returned mail|failure notice|message undeliverable|` +
		`non remis|no se (puede|ha podido|pudo) entregar|no entregado|mensaje devuelto|correo devuelto|notificaci[oó]n de estado de entrega|error de entrega)`)
	delaySubject = regexp.MustCompile(`(?i)(delay(ed)?\b|warning: (could not|message)|retras|demora)`)
)

// bounced tells whether the mail says that one of ours came back, in the standard form or one of the usual others.
func (l *letter) bounced(envelopeFrom string, raw []byte) (bounce, bool) {
	text := l.text
	b := bounce{}
	switch {
	case l.report != nil && l.report.delivery:
		b.about = l.report.returned
		switch l.report.action {
		case "delayed":
			b.delayed = true
		case "delivered", "relayed", "expanded":
			b.relayed = true
		}
		b.code = clip(l.report.status, 20)
		text = l.report.status + " " + l.report.diagnostic + "\n" + text
	case l.header.get("X-Failed-Recipients") != "":
	case (bounceSender.MatchString(l.fromAddress) || bounceName.MatchString(l.fromName)) && (bounceSubject.MatchString(l.subject) || emptyPath(envelopeFrom)):
	case emptyPath(envelopeFrom) && bounceSubject.MatchString(l.subject):
	default:
		return b, false
	}
	if l.report == nil || l.report.action == "" {
		b.delayed = delaySubject.MatchString(l.subject)
	}
	b.about = append(b.about, mail.FindSent(string(raw))...)
	b.why = bounceReason(text)
	return b, true
}

// emptyPath reports the sender of mails that nothing must be sent back for.
func emptyPath(envelopeFrom string) bool { return envelopeFrom == "<>" }

var bounceReasons = []struct {
	shape *regexp.Regexp
	why   ticket.Bounce
}{
	{regexp.MustCompile(`(?i)\b[45]\.2\.2\b|over ?quota|quota exceeded|mailbox (is )?full|insufficient (system )?storage|buz[oó]n (est[aá] )?lleno`), ticket.BounceFull},
	{regexp.MustCompile(`(?i)\b5\.1\.(1|2|3|10)\b|user unknown|unknown user|no such (user|mailbox|recipient|person)|does ?n[o']t exist|address (couldn't|could not) be found|wasn't found|` +
		`recipient (address )?rejected: (user|address)|invalid (mailbox|recipient)|mailbox (unavailable|not found)|doesn't have a .* account|no existe|host or domain name not found|domain (couldn't|could not) be found`), ticket.BounceNoMailbox},
	{regexp.MustCompile(`(?i)\b[45]\.4\.7\b|retry time|expired|giving up|too long|delivery time|timed? ?out`), ticket.BounceExpired},
	{regexp.MustCompile(`(?i)\b5\.7\.\d+\b|spam|blocked|policy|blacklist|reputation|access denied|not authorized|rejected|refused`), ticket.BounceRefused},
}

func bounceReason(text string) ticket.Bounce {
	for _, r := range bounceReasons {
		if r.shape.MatchString(text) {
			return r.why
		}
	}
	return ticket.BounceOther
}

// event is what the history keeps of a bounce; the server's words stand in the mail itself.
func (b bounce) event(m *mailed) ticket.Data {
	return ticket.Data{Mail: m.ID, Reason: string(b.why), Code: b.code}
}
