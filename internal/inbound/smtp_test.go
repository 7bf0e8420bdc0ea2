package inbound_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"net/textproto"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/askwell/askwell/internal/inbound"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/ticket"
)

// childDatabase names the database of a test process that only listens, for another one to kill.
const childDatabase = "INBOUND_TEST_DATABASE"

func TestMain(m *testing.M) {
	if address := os.Getenv(childDatabase); address != "" {
		listenAsChild(address)
		return
	}
	testkit.Main(m)
}

// listenAsChild takes mails in until it is killed, and prints where.
func listenAsChild(address string) {
	db, err := pgxpool.New(context.Background(), address)
	if err != nil {
		panic(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr())
	desk := inbound.New(inbound.Config{DB: db, Replies: newReplies()})
	if err := (inbound.SMTP{Desk: desk, MaxSize: 100_000}).Serve(context.Background(), listener); err != nil {
		panic(err)
	}
}

// child starts such a process.
func (d *desk) child() (address string, kill func()) {
	d.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDatabase+"="+d.db.Config().ConnString())
	out, err := cmd.StdoutPipe()
	d.must(err)
	d.must(cmd.Start())
	kill = func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }
	d.Cleanup(kill)
	address, err = bufio.NewReader(out).ReadString('\n')
	d.must(err)
	return strings.TrimSpace(address), kill
}

// listen takes mails in for the desk, and gives the address and the counters.
func (d *desk) listen(change ...func(*inbound.SMTP)) (string, *prometheus.Registry) {
	d.Helper()
	registry := prometheus.NewRegistry()
	server := inbound.SMTP{Desk: d.inbound, MaxSize: 100_000, Metrics: registry}
	for _, c := range change {
		c(&server)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	d.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, listener) }()
	d.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			d.Errorf("the listener ended with %v", err)
		}
	})
	return listener.Addr().String(), registry
}

// answer is a mail of the applicant's to her ticket.
func (d *desk) answer(text string) []byte {
	return []byte("From: Ana <ana@mail.example>\r\nTo: " + d.replies.For(d.ana.Reference) + "\r\nSubject: Re: card\r\nMessage-ID: <" +
		strings.ReplaceAll(text, " ", "") + "@mail.example>\r\n\r\n" + text + "\r\n")
}

func code(err error) int {
	var reply *textproto.Error
	if errors.As(err, &reply) {
		return reply.Code
	}
	return 0
}

func (d *desk) mails() (n int) {
	d.Helper()
	d.must(d.db.QueryRow(context.Background(), `SELECT count(*) FROM inbound_mail`).Scan(&n))
	return n
}

func TestAnswerBySMTP(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	address, registry := d.listen()
	to := d.replies.For(d.ana.Reference)
	for range 2 { // the second time its 250 had got lost
		d.must(smtp.SendMail(address, nil, "ana@mail.example", []string{to}, d.answer("Thank you, it has come.")))
	}
	if n := d.mails(); n != 1 {
		t.Errorf("%d mails are kept, want one", n)
	}
	d.file()
	thread, err := d.tickets.Thread(t.Context(), d.ana.ID)
	d.must(err)
	last := thread[len(thread)-1]
	if last.Kind != ticket.KindApplicant || last.Body != "Thank you, it has come." || !last.Mailed {
		t.Errorf("the last message is %+v", last)
	}
	for name, c := range map[string]struct {
		to   string
		text []byte
		want int
	}{
		"for somebody else": {"ana@mail.example", d.answer("Relay this"), 550},
		"for another name":  {"root@help.example", d.answer("Relay that"), 550},
		"too large":         {to, d.answer(strings.Repeat("0123456789\r\n", 10_000)), 552},
	} {
		if err := smtp.SendMail(address, nil, "ana@mail.example", []string{c.to}, c.text); code(err) != c.want {
			t.Errorf("%s: %v, want %d", name, err, c.want)
		}
	}
	want := "# HELP askwell_inbound_mails_total Mails offered by SMTP, by result: kept, refused or later.\n# TYPE askwell_inbound_mails_total counter\n" +
		"askwell_inbound_mails_total{result=\"kept\"} 2\naskwell_inbound_mails_total{result=\"refused\"} 3\n"
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want)); err != nil {
		t.Error(err)
	}
}

func TestSMTPLimitsOneAddress(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	address, _ := d.listen()
	var open []*smtp.Client
	var refused error
	for range 25 {
		c, err := smtp.Dial(address)
		if err != nil {
			refused = err
			break
		}
		if err := c.Hello("mail.example"); err != nil {
			refused = err
			_ = c.Close()
			break
		}
		open = append(open, c)
	}
	if code(refused) != 421 || len(open) != 20 {
		t.Errorf("%d connections, then %v; want 20, then 421", len(open), refused)
	}
	c := open[0]
	for _, other := range open[1:] {
		_ = other.Close()
	}
	taken := 0
	var err error
	for ; taken < 200; taken++ {
		if err = c.Mail("ana@mail.example"); err != nil {
			break
		}
		d.must(c.Reset())
	}
	if code(err) != 421 || taken != 120 {
		t.Errorf("%d mails in a minute, then %v; want 120, then 421", taken, err)
	}
	_ = c.Close()
}

func TestSMTPOffersSTARTTLS(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	certificate := testkit.Certificate(t, t.TempDir()).Pair
	address, _ := d.listen(func(s *inbound.SMTP) {
		s.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	})
	c, err := smtp.Dial(address)
	d.must(err)
	defer c.Close()
	d.must(c.StartTLS(&tls.Config{InsecureSkipVerify: true})) //nolint:gosec // the test's own certificate
	d.must(c.Mail("ana@mail.example"))
	d.must(c.Rcpt(d.replies.For(d.ana.Reference)))
	w, err := c.Data()
	d.must(err)
	_, err = w.Write(d.answer("Over TLS"))
	d.must(err)
	d.must(w.Close())
	if n := d.mails(); n != 1 {
		t.Errorf("%d mails are kept, want one", n)
	}
}

// While the database keeps the mail waiting there is no 250, and the process dies then: whatever became of the mail, its sender comes
// again, and there is one of it.
func TestSMTPProcessDiesBetweenReceiptAndAcknowledgement(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	address, kill := d.child()
	lock, err := d.db.Begin(t.Context())
	d.must(err)
	defer lock.Rollback(context.WithoutCancel(t.Context())) //nolint:errcheck // it is over by then
	_, err = lock.Exec(t.Context(), `LOCK TABLE inbound_mail IN ACCESS EXCLUSIVE MODE`)
	d.must(err)
	sent := make(chan error, 1)
	to := []string{d.replies.For(d.ana.Reference)}
	go func() { sent <- smtp.SendMail(address, nil, "ana@mail.example", to, d.answer("Do not lose me")) }()
	d.await(`SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%INSERT INTO inbound_mail%')`)
	select {
	case err := <-sent:
		t.Fatalf("an answer before the mail was on disk: %v", err)
	default:
	}
	kill()
	if err := <-sent; err == nil {
		t.Fatal("a 250 from a dead process")
	}
	d.must(lock.Rollback(t.Context()))
	address, _ = d.child()
	d.must(smtp.SendMail(address, nil, "ana@mail.example", to, d.answer("Do not lose me")))
	if n := d.mails(); n != 1 {
		t.Errorf("%d mails are kept, want one", n)
	}
	d.file()
	if e := d.end(); e.State != "filed" {
		t.Errorf("it ended as %+v", e)
	}
}

// A worker that dies after the message was added and before the mail is marked: the next one adds no second message.
func TestWorkerDiesWhileFiling(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, a := range []inbound.Arrived{
		{Source: "smtp", Raw: d.answer("Once only")},
		{Source: "smtp", Raw: []byte("From: bo@mail.example\r\nTo: reply@help.example\r\nSubject: A new one\r\n\r\nOnce, too.\r\n")},
	} {
		d.must(d.inbound.Receive(t.Context(), a))
	}
	d.file()
	_, err := d.db.Exec(t.Context(), `UPDATE inbound_mail SET state = 'received', why = '', decided_at = NULL, ticket_id = NULL, message_id = NULL`)
	d.must(err)
	_, err = d.db.Exec(t.Context(), `INSERT INTO outbox (event, subject_id) SELECT $1, id FROM inbound_mail`, inbound.OutboxReceived)
	d.must(err)
	d.file()
	var messages, tickets int
	d.must(d.db.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM message WHERE body LIKE 'Once%'), (SELECT count(*) FROM ticket)`).Scan(&messages, &tickets))
	if messages != 2 || tickets != 2 {
		t.Errorf("%d messages on %d tickets, want two on two", messages, tickets)
	}
	if e := d.end(); e.State != "filed" || e.MessageID == nil {
		t.Errorf("it ended as %+v", e)
	}
}

// await waits until a statement says true.
func (d *desk) await(sql string) {
	d.Helper()
	tick, late := time.NewTicker(10*time.Millisecond), time.After(20*time.Second)
	defer tick.Stop()
	for {
		var yes bool
		if d.must(d.db.QueryRow(d.Context(), sql).Scan(&yes)); yes {
			return
		}
		select {
		case <-tick.C:
		case <-late:
			d.Fatalf("it never was so: %s", sql)
		}
	}
}

func TestManyQuestionsOfOneAddress(t *testing.T) {
	t.Parallel()
	for name, from := range map[string]func(i int) string{
		"from it":                         func(int) string { return "bo@mail.example" },
		"from many, to be answered to it": func(i int) string { return fmt.Sprintf("bo%d@mail.example\r\nReply-To: Bo <BO@mail.example>", i) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			got := map[string]int{}
			for i := range 35 {
				raw := fmt.Sprintf("From: %s\r\nTo: reply@help.example\r\nSubject: Question %d\r\n\r\nHello.\r\n", from(i), i)
				d.must(d.inbound.Receive(t.Context(), inbound.Arrived{Source: "smtp", Raw: []byte(raw)}))
				d.file()
				e := d.end()
				if e.TicketID != nil {
					t, err := d.tickets.ByID(d.Context(), *e.TicketID)
					d.must(err)
					if t.Quarantined() {
						e.Why = "suspected"
					}
				}
				got[e.Why]++
			}
			// Three an hour are the rate of this desk; past ten times of it a mail opens no ticket.
			if got["new"] != 3 || got["suspected"] != 27 || got["too_many"] != 5 {
				t.Errorf("%v", got)
			}
		})
	}
}
