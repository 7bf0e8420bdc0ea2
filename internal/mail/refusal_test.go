package mail_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/outbox"
)

// The words are those of Postfix, Exim, Exchange, Sendmail, qmail and Gmail; the expected faults follow RFC 3463 and RFC 5321: what is not
// said of the recipient is not the recipient's.
func TestWhatAnAnswerIsAbout(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]mail.Fault{
		"RCPT TO 550 5.1.1 <ana@mail.example>: Recipient address rejected: User unknown in virtual mailbox table":              mail.FaultRecipient,
		"RCPT TO 550 5.1.2 <ana@mail.exmaple>: Recipient address rejected: Domain not found":                                   mail.FaultRecipient,
		"RCPT TO 501 5.1.3 Bad recipient address syntax":                                                                       mail.FaultRecipient,
		"RCPT TO 551 5.1.6 Mailbox has moved":                                                                                  mail.FaultRecipient,
		"RCPT TO 556 5.1.10 <ana@mail.example>: Recipient address rejected: Domain mail.example does not accept mail (nullMX)": mail.FaultRecipient,
		"RCPT TO 550 5.2.1 The email account that you tried to reach is inactive":                                              mail.FaultRecipient,
		"RCPT TO 554 5.7.1 <ana@mail.example>: Recipient address rejected: Access denied":                                      mail.FaultRecipient,
		"the end of the mail 550 5.7.1 RESOLVER.RST.AuthRequired; authentication required":                                     mail.FaultRecipient,
		"the end of the mail 550 5.1.1 RESOLVER.ADR.RecipNotFound; not found":                                                  mail.FaultRecipient,
		"RCPT TO 550 User unknown":                                                          mail.FaultRecipient,
		"RCPT TO 550 Requested action not taken: mailbox unavailable":                       mail.FaultRecipient,
		"RCPT TO 550 sorry, no mailbox here by that name.":                                  mail.FaultRecipient,
		"RCPT TO 504 5.5.2 <desk>: Helo command rejected: need fully-qualified hostname":    mail.FaultConfiguration,
		"RCPT TO 550 5.1.8 <help@desk.invalid>: Sender address rejected: Domain not found":  mail.FaultSender,
		"RCPT TO 550 5.1.7 <help>: Sender address rejected: bad syntax":                     mail.FaultSender,
		"MAIL FROM 550 5.1.1 Sender unknown":                                                mail.FaultSender,
		"MAIL FROM 553 sender address must belong to the account":                           mail.FaultSender,
		"MAIL FROM 530 5.7.0 Must issue a STARTTLS command first":                           mail.FaultConfiguration,
		"MAIL FROM 530 5.7.1 Authentication required":                                       mail.FaultConfiguration,
		"connecting 535 5.7.8 Error: authentication failed":                                 mail.FaultConfiguration,
		"connecting 554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked":         mail.FaultPolicy,
		"connecting 554 No SMTP service here":                                               mail.FaultPolicy,
		"RCPT TO 554 5.7.1 <ana@mail.example>: Relay access denied":                         mail.FaultConfiguration,
		"RCPT TO 550 5.7.1 Unable to relay recipient in non-accepted domain":                mail.FaultConfiguration,
		"RCPT TO 553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)":     mail.FaultConfiguration,
		"RCPT TO 550 5.7.1 <ana@mail.example>: Sender address rejected: not owned by user":  mail.FaultSender,
		"the end of the mail 554 5.7.1 Message blocked: spam":                               mail.FaultPolicy,
		"the end of the mail 550-5.7.1 Our system has detected that this message is likely": mail.FaultPolicy,
		"the end of the mail 554 5.6.0 Message content rejected":                            mail.FaultPolicy,
		"MAIL FROM 552 5.3.4 Message size exceeds fixed limit":                              mail.FaultSize,
		"MAIL FROM 552 message size exceeds fixed maximum message size":                     mail.FaultSize,
		"the end of the mail 552 5.2.3 Message too large for this mailbox":                  mail.FaultSize,
		"RCPT TO 552 5.2.2 Mailbox full":                                                    mail.FaultTemporary,
		"RCPT TO 452 4.2.2 Mailbox full":                                                    mail.FaultTemporary,
		"RCPT TO 450 4.1.1 <ana@mail.example>: unverified address":                          mail.FaultTemporary,
		"connecting 421 4.7.0 Too many connections":                                         mail.FaultTemporary,
	} {
		during, said := cutAnswer(t, answer)
		code, status, words := said.code, said.status, said.words
		got := mail.Classify(during, code, status, words)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", answer, diff)
		}
	}
}

type saidAnswer struct {
	code          int
	status, words string
}

// cutAnswer takes apart "RCPT TO 550 5.1.1 words".
func cutAnswer(t *testing.T, answer string) (during string, a saidAnswer) {
	t.Helper()
	for _, step := range []string{"RCPT TO", "MAIL FROM", "connecting", "the end of the mail"} {
		rest, found := strings.CutPrefix(answer, step+" ")
		if !found {
			continue
		}
		for _, c := range rest[:3] {
			a.code = 10*a.code + int(c-'0')
		}
		a.words = rest[4:]
		if first, _, _ := strings.Cut(a.words, " "); strings.Count(first, ".") == 2 {
			a.status = first
		}
		return step, a
	}
	t.Fatalf("no step in %q", answer)
	return "", a
}

// A refusal tells the server's words to whoever asks for them, and keeps them out of its text, which goes into logs.
func TestARefusalKeepsItsWordsOutOfLogs(t *testing.T) {
	t.Parallel()
	err := mailer(t, answering(t, backend{rcpt: said(550, 5, 1, 8)})).Reply(t.Context(), letter, 1, "Answer")
	var answered outbox.Answered
	if !errors.As(err, &answered) {
		t.Fatalf("the error is %v", err)
	}
	want := outbox.Answer{Fault: "sender", Code: 550, Status: "5.1.8", Words: "5.1.8 about ana@mail.example"}
	if diff := cmp.Diff(want, answered.Answer()); diff != "" {
		t.Errorf("answer (-want +got)\n%s", diff)
	}
	if text := err.Error(); strings.Contains(text, "ana@") || !strings.Contains(text, "550 5.1.8") {
		t.Errorf("the log would say %q", text)
	}
}

func answering(t *testing.T, b backend) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := smtp.NewServer(b)
	server.Domain = "localhost"
	go server.Serve(listener) //nolint:errcheck // ends with Close
	t.Cleanup(func() { server.Close() })
	return "smtp://" + listener.Addr().String()
}

// slowServer talks SMTP by the letter and takes its time over the end of a mail, or hangs up there.
func slowServer(t *testing.T, takes time.Duration, hangsUp bool) (address string, mails <-chan string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	came := make(chan string, 100)
	serve := func(c net.Conn) {
		defer c.Close()
		r := bufio.NewReader(c)
		io.WriteString(c, "220 slow ESMTP\r\n")
		content, inside := "", false
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			switch command := strings.ToUpper(strings.TrimSpace(line)); {
			case inside && line == ".\r\n":
				came <- content
				if hangsUp {
					return
				}
				time.Sleep(takes)
				content, inside = "", false
				io.WriteString(c, "250 2.0.0 taken\r\n")
			case inside:
				content += line
			case command == "DATA":
				inside = true
				io.WriteString(c, "354 go on\r\n")
			case command == "QUIT":
				io.WriteString(c, "221 bye\r\n")
				return
			default:
				io.WriteString(c, "250 well\r\n")
			}
		}
	}
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go serve(c)
		}
	}()
	return "smtp://" + listener.Addr().String(), came
}

// RFC 5321, 4.5.3.2.6: the end of a mail may take ten minutes. Nine seconds are more than the whole conversation had.
func TestASlowMailServerHasTakenTheMail(t *testing.T) {
	t.Parallel()
	address, mails := slowServer(t, 9*time.Second, false)
	if err := mailer(t, address).Acknowledge(t.Context(), letter)[0]; err != nil {
		t.Error(err)
	}
	if len(mails) != 1 {
		t.Errorf("%d mails came", len(mails))
	}
}

func TestAMailWithoutAnAnswerMayHaveBeenTaken(t *testing.T) {
	t.Parallel()
	address, mails := slowServer(t, 0, true)
	err := mailer(t, address).Acknowledge(t.Context(), letter)[0]
	if !errors.Is(err, outbox.ErrUnconfirmed) || !failure.Is(err, failure.KindUnavailable) {
		t.Errorf("the error is %v", err)
	}
	if len(mails) != 1 {
		t.Errorf("%d mails came", len(mails))
	}
}
