package workers_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/smtp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/files"
	"github.com/askwell/askwell/internal/inbound"
	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/report"
	"github.com/askwell/askwell/internal/search"
	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/workers"
)

// watchedDesk is a desk all of whose calls to other services are watched.
type watchedDesk struct {
	*desk
	calls  *testkit.Calls
	mailed string // the address at which mail comes in
	owner  int64  // of the account
	inbox  *imapmemserver.User
}

type watchedScanner struct{ calls *testkit.Calls }

func (s watchedScanner) Scan(context.Context, io.Reader) (files.Verdict, error) {
	s.calls.Begin("scanner")
	return files.Verdict{Clean: true}, nil
}

func (s watchedScanner) Signatures(context.Context) (time.Time, error) {
	s.calls.Begin("scanner")
	return time.Time{}, nil
}

func newWatchedDesk(t *testing.T) *watchedDesk {
	t.Helper()
	d := &watchedDesk{desk: newDesk(t, testkit.RedisURL(t))}
	d.calls = testkit.WatchCalls(t, d.db)
	folder, err := files.NewFolder(t.TempDir())
	d.must(err)
	d.files, d.scanner = d.calls.Files(folder), watchedScanner{d.calls}
	d.mailer = d.mailTo(d.calls.TCP("mail", d.mailbox.URL()))
	d.engine, err = search.New(search.Config{
		URL: d.calls.TCP("search", testkit.Search(t).URL()), Key: testkit.SearchKey, DB: d.db, Patience: 20 * time.Second,
	})
	d.must(err)
	d.must(d.engine.Prepare(t.Context()))
	replies, err := mail.NewReplyAddresses("reply@help.example", [][]byte{[]byte(strings.Repeat("k", 32))})
	d.must(err)
	d.inbound = inbound.New(inbound.Config{
		DB: d.db, Tickets: d.tickets, Replies: replies, Language: "en", Files: d.files, HoldFiles: true, Scanner: d.scanner,
		Texts: func(string) mail.Texts { return keys{} },
	})
	d.tellReport = func(report.Report, report.Lists) mail.Report {
		return mail.Report{Language: "en", Subject: "Response times"}
	}
	d.checkIndexAt = func(after time.Time) time.Time { return after.Add(time.Hour) }
	box, err := inbound.NewIMAP(d.inbound, inbound.MailboxConfig{URL: "imap://desk:secret@" + d.calls.TCP("mailbox", d.imapServer()) + "/INBOX?done=Done", MaxSize: 1 << 20})
	d.must(err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	d.must(err)
	d.mailed = d.calls.TCP("incoming mail", listener.Addr().String())
	d.sources = []workers.Source{box, listening{inbound.SMTP{Desk: d.inbound, MaxSize: 1 << 20}, listener}}
	d.account(number, "Jean Horvat", "jean@mail.example")
	d.must(d.db.QueryRow(t.Context(), `SELECT id FROM account`).Scan(&d.owner))
	return d
}

func (d *watchedDesk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// listening takes mails in on a listener.
type listening struct {
	inbound.SMTP
	on net.Listener
}

func (l listening) Run(ctx context.Context) error { return l.Serve(ctx, l.on) }

// imapServer runs a mail server with one mailbox, in memory.
func (d *watchedDesk) imapServer() (address string) {
	d.t.Helper()
	mem := imapmemserver.New()
	d.inbox = imapmemserver.NewUser("desk", "secret")
	d.must(d.inbox.Create("INBOX", nil))
	mem.AddUser(d.inbox)
	server := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return mem.NewSession(), nil, nil
		},
		Caps: imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapIMAP4rev2: {}, imap.CapMove: {}}, InsecureAuth: true,
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	d.must(err)
	go func() { _ = server.Serve(listener) }()
	d.t.Cleanup(func() { _ = server.Close() })
	return listener.Addr().String()
}

type literal struct{ *bytes.Reader }

func (l literal) Size() int64 { return l.Reader.Size() }

// question is a mail with a file.
func question(subject string) string {
	return strings.ReplaceAll(`From: bo@mail.example
To: reply@help.example
Subject: `+subject+`
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

Where is it?
--b
Content-Type: application/pdf
Content-Disposition: attachment; filename=letter.pdf

%PDF-1.4 a letter
--b
Content-Type: application/octet-stream
Content-Disposition: attachment; filename=letter.xyz

Something else
--b--
`, "\n", "\r\n")
}

// attach adds a file that waits to be scanned.
func (d *watchedDesk) attach(in *ticket.Inquiry) {
	kept, err := d.files.Put(d.t.Context(), strings.NewReader("a letter"))
	d.must(err)
	in.Attachments = []ticket.Attachment{{
		Name: "a.pdf", MediaType: "application/pdf", Size: kept.Size, SHA256: kept.SHA256, StorageKey: kept.Key, Scan: ticket.ScanWaiting,
	}}
}

// metricOf adds up the metrics of a name that have these labels.
func metricOf(t *testing.T, registry *prometheus.Registry, name string, labels map[string]string) (sum float64) {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			alike := f.GetName() == name
			for _, l := range m.GetLabel() {
				want, asked := labels[l.GetName()]
				alike = alike && (!asked || want == l.GetValue())
			}
			if alike {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}

// happen causes a task of every kind, and gives the ticket that it all is about.
func (d *watchedDesk) happen() ticket.Ticket {
	d.t.Helper()
	ctx := d.t.Context()
	who := staff.Member{ID: d.agent(), Role: staff.RoleSupervisor}
	_, err := d.db.Exec(ctx, `UPDATE staff SET role = 'supervisor'`)
	d.must(err)

	opened := d.open(number, d.attach)
	_, err = d.tickets.Reply(ctx, ticket.Staff(who.ID), opened.Reference, ticket.Draft{Body: "Answer"})
	d.must(err)

	born := time.Date(1990, 3, 27, 0, 0, 0, 0, time.UTC)
	for _, in := range []account.Request{
		{Kind: account.RequestRegistration, Email: "new@mail.example", Name: "Lea New", DateOfBirth: &born, Address: "1 Main St", PasswordHash: "$argon2id$x"},
		{Kind: account.RequestPassword, Email: "jean@mail.example"},
		{Kind: account.RequestEmail, Email: "other@mail.example", AccountID: &d.owner},
		{Kind: account.RequestNumber, Email: "jean@mail.example"},
		{Kind: account.RequestStatus, Email: "jean@mail.example", Reference: opened.Reference},
	} {
		in.Language = "en"
		d.must(d.accounts.Ask(ctx, in))
	}
	d.must(account.Record(ctx, d.db, d.owner, account.EventPasswordChanged, time.Now(), account.Visit{}, account.EventData{}))
	for _, event := range []string{account.OutboxRegistered, account.OutboxChanged} {
		_, err = d.db.Exec(ctx, `INSERT INTO outbox (event, subject_id) VALUES ($1, $2)`, event, d.owner)
		d.must(err)
	}

	schedules := report.Schedules{DB: d.db, Zone: time.UTC, Now: time.Now}
	d.must(schedules.Add(ctx, who, report.Schedule{
		Every: report.Weekly, Weekday: 1, MonthDay: 1, Hour: 8, Span: report.SpanMonth, Measure: report.FirstResponse, Clock: report.ClockWall, CompareBy: report.ByNumber,
	}))
	all, err := schedules.List(ctx, who)
	d.must(err)
	d.must(schedules.SendNow(ctx, who, all[0].ID))

	// As the version before took a mail in.
	d.must(d.inbound.Receive(ctx, inbound.Arrived{Source: "smtp", Raw: []byte(question("Before"))}))
	_, err = d.db.Exec(ctx, `UPDATE outbox_task SET task = $1 WHERE task = $2`, workers.TaskReceiveMail, workers.TaskFileMail)
	d.must(err)

	raw := []byte(question("In the mailbox"))
	_, err = d.inbox.Append("INBOX", literal{bytes.NewReader(raw)}, &imap.AppendOptions{})
	d.must(err)
	return opened
}

// TestNoTransactionIsOpenOverACallToAnotherService has everything that calls another service do so, and looks at the database while each
// call goes on: a task of every kind, every job of the clock, mail that comes in, and a search index that is built again.
func TestNoTransactionIsOpenOverACallToAnotherService(t *testing.T) {
	t.Parallel()
	d := newWatchedDesk(t)
	registry := d.registry
	opened := d.happen()
	d.work()
	d.must(smtp.SendMail(d.mailed, nil, "bo@mail.example", []string{"reply@help.example"}, []byte(question("By SMTP"))))
	d.await("the mails that came in are filed", func() bool { return d.count(`SELECT count(*) FROM inbound_mail WHERE state = 'filed'`) == 3 })
	d.awaitIdle()
	for _, kind := range workers.Kinds() {
		if metricOf(t, registry, "askwell_tasks_total", map[string]string{"kind": kind, "result": "done"}) == 0 {
			t.Errorf("no task of kind %s was done under the watch: have one happen above", kind)
		}
	}
	if n := d.count(`SELECT count(*) FROM outbox_task`); n != 0 {
		t.Errorf("%d tasks were given up", n)
	}

	for _, job := range d.workers.Jobs() {
		d.workers.RunJob(t.Context(), job)
	}
	if contains(d.log, "a job failed") {
		t.Error(d.log)
	}

	change := sync.OnceFunc(func() { d.must(d.engine.IndexTickets(t.Context(), []int64{opened.ID})) }) // is noted for the new index
	d.must(d.engine.Rebuild(t.Context(), search.RebuildOptions{Restart: true, Progress: func(search.Progress) { change() }}))

	var by, from, file int64 // a file that was not taken over
	d.must(d.db.QueryRow(t.Context(), `SELECT s.id, f.mail_id, f.id FROM inbound_file f, staff s LIMIT 1`).Scan(&by, &from, &file))
	if _, _, err := d.inbound.FetchFile(t.Context(), by, from, file); err != nil {
		t.Error(err)
	}

	for _, service := range []string{"scanner", "files", "mail", "search", "mailbox", "incoming mail"} {
		if d.calls.Count(service) == 0 {
			t.Errorf("%s was not called", service)
		}
	}
}
