package workers_test

import (
	"io"
	"net"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/ticket"
)

// postOffice is a mail server at an address that is known before it listens. It notes the mails in the order in which they come.
type postOffice struct {
	address string

	mu      sync.Mutex
	mails   []string // "reply ASK-..." or "acknowledgement ASK-..."
	refused int
	takes   func() bool // nil takes every mail
}

func newPostOffice(t *testing.T) *postOffice {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return &postOffice{address: listener.Addr().String()}
}

func (p *postOffice) url() string { return "smtp://" + p.address }

func (p *postOffice) open(t *testing.T) {
	t.Helper()
	listener, err := net.Listen("tcp", p.address)
	if err != nil {
		t.Fatal(err)
	}
	server := smtp.NewServer(p)
	server.Domain = "localhost"
	go server.Serve(listener) //nolint:errcheck // ends with Close
	t.Cleanup(func() { server.Close() })
}

func (p *postOffice) NewSession(*smtp.Conn) (smtp.Session, error) { return p, nil }
func (p *postOffice) Reset()                                      {}
func (p *postOffice) Logout() error                               { return nil }
func (p *postOffice) Rcpt(string, *smtp.RcptOptions) error        { return nil }

func (p *postOffice) Mail(string, *smtp.MailOptions) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.takes != nil && !p.takes() {
		p.refused++
		return &smtp.SMTPError{Code: 450, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "too much mail from this client"}
	}
	return nil
}

var referenceInMail = regexp.MustCompile(`ASK-[A-Z0-9]{4}-[A-Z0-9]{4}`)

func (p *postOffice) Data(r io.Reader) error {
	content, err := io.ReadAll(r)
	what := "reply "
	if strings.Contains(string(content), "Auto-Submitted") {
		what = "acknowledgement "
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mails = append(p.mails, what+referenceInMail.FindString(string(content)))
	return err
}

func (p *postOffice) came() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.mails)
}

// answer replies to a ticket, with the time to withdraw over.
func (d *desk) answer(staff int64, reference string) {
	d.t.Helper()
	if _, err := d.tickets.Reply(d.t.Context(), ticket.Staff(staff), reference, ticket.Draft{Body: "Your card was mailed."}); err != nil {
		d.t.Fatal(err)
	}
}

// After an outage of the mail server the replies go out before the acknowledgements of others, in order with those of their own tickets, each once; and
// the server that is down is asked by one task at a time, not by each.
func TestRepliesGoFirstAfterAnOutage(t *testing.T) {
	t.Parallel()
	d := newDesk(t, testkit.Redis(t).URL())
	office := newPostOffice(t)
	d.mailer = d.mailTo(office.url())
	staff := d.agent()
	var answered, others []string
	for range 12 {
		answered = append(answered, d.open("").Reference)
	}
	d.work()
	for _, reference := range answered {
		d.answer(staff, reference)
	}
	for range 60 {
		others = append(others, d.open("").Reference)
	}
	d.await("a pause", func() bool {
		_, why := d.mailer.Paused()
		return why != nil && d.count(`SELECT count(*) FROM outbox_task WHERE task = 'acknowledge'`) == 72 &&
			d.count(`SELECT count(*) FROM message WHERE kind = 'reply' AND deliver_at < now()`) == 12
	})
	office.open(t)
	d.await("every mail", func() bool { return len(office.came()) == 12+12+60 })
	came := office.came()
	lastReply := 0
	for _, reference := range answered {
		ack, reply := slices.Index(came, "acknowledgement "+reference), slices.Index(came, "reply "+reference)
		if ack < 0 || reply < ack {
			t.Errorf("%s: the acknowledgement came as mail %d, the reply as %d", reference, ack, reply)
		}
		lastReply = max(lastReply, reply)
	}
	before := 0
	for _, reference := range others {
		if at := slices.Index(came, "acknowledgement "+reference); at < 0 {
			t.Errorf("%s was not acknowledged", reference)
		} else if at < lastReply {
			before++
		}
	}
	if before > 0 {
		t.Errorf("%d acknowledgements of others went ahead of a reply:\n%s", before, strings.Join(came, "\n"))
	}
	d.await("what became of them to be recorded", func() bool { return d.count(`SELECT count(*) FROM outgoing_mail`) == 0 })
}

// A server that limits how much it takes refuses a mail now and then, and not each time that somebody asks.
func TestARateLimitIsRespected(t *testing.T) {
	t.Parallel()
	d := newDesk(t, testkit.Redis(t).URL())
	office := newPostOffice(t)
	var window time.Time
	taken := 0
	office.takes = func() bool { // twenty a second
		if now := time.Now(); now.Sub(window) > time.Second {
			window, taken = now, 0
		}
		taken++
		return taken <= 20
	}
	office.open(t)
	d.mailer = d.mailTo(office.url())
	for range 60 {
		d.open("")
	}
	d.work()
	d.await("every mail", func() bool { return len(office.came()) == 60 })
	office.mu.Lock()
	defer office.mu.Unlock()
	if office.refused > 15 { // without a pause: a refusal for every attempt
		t.Errorf("the server had to refuse %d times over 60 mails", office.refused)
	}
}
