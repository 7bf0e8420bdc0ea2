//go:build surroundings

package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/askwell/askwell/internal/inbound"
	"github.com/askwell/askwell/internal/mail"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/ticket"
)

// dovecot starts one as docs/mail.md says, with a mailbox in a Maildir, and gives its ports.
type dovecot struct {
	imap, auth, ca, maildir string
	p                       *process
	restart                 func()
}

func startDovecot(t *testing.T, changes ...string) *dovecot {
	t.Helper()
	dir := openFolder(t)
	d := &dovecot{imap: freePort(t), auth: freePort(t), maildir: filepath.Join(dir, "mail", "desk")}
	certified := testkit.Certificate(t, dir)
	d.ca = certified.CAFile
	users := writeFileAt(t, dir, "users", "desk:{PLAIN}secret\n")
	for _, sub := range []string{"cur", "new", "tmp"} {
		if err := os.MkdirAll(filepath.Join(d.maildir, sub), 0o755); err != nil { //nolint:gosec // the server's own account reads it
			t.Fatal(err)
		}
	}
	giveTo(t, "nobody", dir)
	conf := docBlock(t, "mail.md", "dovecot", append([]string{
		"/etc/dovecot/tls.crt", certified.CertFile, "/etc/dovecot/tls.key", certified.KeyFile, "/etc/dovecot/users", users, "maildir:/var/mail/%u", "maildir:" + filepath.Join(dir, "mail", "%u"),
		"uid=vmail gid=vmail home=/var/mail/%u", "uid=nobody gid=nogroup home=" + filepath.Join(dir, "mail", "%u"),
		"port = 143", "port = " + d.imap, "port = 12345", "port = " + d.auth,
	}, changes...)...)
	conf += fmt.Sprintf("\nfirst_valid_uid = 1\nbase_dir = %s\nstate_dir = %s\nlog_path = /dev/stderr\ninstance_name = t%s\n", filepath.Join(dir, "run"), dir, d.imap)
	path := writeFileAt(t, dir, "dovecot.conf", conf)
	d.restart = func() {
		d.p = startProgram(t, "dovecot", "-F", "-c", path)
		listening(t, "tcp", "127.0.0.1:"+d.imap)
	}
	d.restart()
	return d
}

// put delivers a mail into the mailbox, as a delivery agent does.
func (d *dovecot) put(t *testing.T, name string, raw []byte) {
	t.Helper()
	path := filepath.Join(d.maildir, "new", name)
	if err := os.WriteFile(path+".part", raw, 0o644); err != nil { //nolint:gosec // as above
		t.Fatal(err)
	}
	if err := os.Rename(path+".part", path); err != nil {
		t.Fatal(err)
	}
}

func mailsIn(t *testing.T, dirs ...string) (n int) {
	t.Helper()
	for _, dir := range dirs {
		found, _ := filepath.Glob(filepath.Join(dir, "cur", "*"))
		more, _ := filepath.Glob(filepath.Join(dir, "new", "*"))
		n += len(found) + len(more)
	}
	return n
}

// mailDesk is a desk's database and what files its mails.
func mailDesk(t *testing.T) (*inbound.Desk, func(sql string) int) {
	t.Helper()
	db := testkit.Database(t)
	replies, err := mail.NewReplyAddresses("reply@help.example", [][]byte{[]byte(strings.Repeat("k", 32))}, "questions@help.example")
	if err != nil {
		t.Fatal(err)
	}
	tickets := ticket.NewService(ticket.Config{DB: db})
	desk := inbound.New(inbound.Config{DB: db, Tickets: tickets, Replies: replies, Language: "en"})
	return desk, func(sql string) (n int) {
		t.Helper()
		if err := db.QueryRow(context.Background(), sql).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
}

// Dovecot, as docs/mail.md says: STARTTLS with a private authority, all folders below INBOX, and a mailbox that was in use.
func TestSurroundingsDovecot(t *testing.T) {
	t.Parallel()
	d := startDovecot(t)
	address := "imap://desk:secret@127.0.0.1:" + d.imap + "/INBOX?done=Askwell&tls=required"
	desk, count := mailDesk(t)
	samples, err := filepath.Glob("../../internal/inbound/testdata/case-*.eml")
	if err != nil || len(samples) < 30 {
		t.Fatal(err, len(samples))
	}
	for _, sample := range samples {
		content, err := os.ReadFile(sample)
		if err != nil {
			t.Fatal(err)
		}
		_, raw, _ := strings.Cut(string(content), "----\n")
		d.put(t, filepath.Base(sample), []byte(strings.ReplaceAll(raw, "\n", "\r\n")))
	}
	box, err := inbound.NewIMAP(desk, inbound.MailboxConfig{URL: address, CAFile: d.ca, MaxSize: 25 << 20, All: true})
	if err != nil {
		t.Fatal(err)
	}
	n, err := box.Fetch(t.Context())
	if err != nil || n != len(samples) || count(`SELECT count(*) FROM inbound_mail`) != len(samples) {
		t.Fatalf("%d of %d mails came in, %d are kept (%v)", n, len(samples), count(`SELECT count(*) FROM inbound_mail`), err)
	}
	if moved := mailsIn(t, filepath.Join(d.maildir, ".Askwell")); moved != len(samples) {
		t.Errorf("%d mails lie in the folder below INBOX, want %d", moved, len(samples))
	}
	faults := 0
	for name, c := range map[string]struct {
		cfg  inbound.MailboxConfig
		want inbound.MailboxFault
	}{
		"a stranger's certificate": {inbound.MailboxConfig{URL: address}, inbound.FaultAuthority},
		"a wrong password":         {inbound.MailboxConfig{URL: strings.Replace(address, "secret", "wrong", 1), CAFile: d.ca}, inbound.FaultLogin},
		"no such folder":           {inbound.MailboxConfig{URL: strings.Replace(address, "/INBOX", "/Elsewhere", 1), CAFile: d.ca}, inbound.FaultFolder},
	} {
		other, err := inbound.NewIMAP(desk, c.cfg)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := other.Check(t.Context()); err == nil {
			t.Errorf("%s: no fault", name)
		} else if fault, _ := inbound.FaultOf(err); fault != c.want {
			t.Errorf("%s: %q (%v), want %q", name, fault, err, c.want)
		}
		faults++
	}
	held(t, "Dovecot: %d sample mails by IMAP with STARTTLS, moved below INBOX; %d faults by their names", len(samples), faults)
}

// 3,000 mails come in by IMAP while the server is killed, its UIDVALIDITY changes, and two workers read: none lost, none twice.
func TestSurroundingsDovecotUnderLoad(t *testing.T) {
	t.Parallel()
	d := startDovecot(t)
	desk, count := mailDesk(t)
	const mails = 3000
	for i := range mails {
		d.put(t, fmt.Sprintf("%d.M1P1.host", 1_700_000_000+i), fmt.Appendf(nil, "From: Ana <ana%d@mail.example>\r\nMessage-ID: <q%d@mail.example>\r\nSubject: Question %d\r\n\r\nWhere is my card?\r\n", i, i, i))
	}
	giveTo(t, "nobody", d.maildir)
	address := "imap://desk:secret@127.0.0.1:" + d.imap + "/INBOX?done=Askwell"
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var readers sync.WaitGroup
	for range 2 {
		box, err := inbound.NewIMAP(desk, inbound.MailboxConfig{URL: address, CAFile: d.ca, MaxSize: 25 << 20, All: true})
		if err != nil {
			t.Fatal(err)
		}
		readers.Go(func() {
			for ctx.Err() == nil {
				_ = box.Run(ctx) // and again, as a worker does
				select {
				case <-ctx.Done():
				case <-time.After(200 * time.Millisecond):
				}
			}
		})
	}
	await := func(n int) {
		t.Helper()
		eventually(t, 4*time.Minute, func() error {
			if kept := count(`SELECT count(*) FROM inbound_mail`); kept < n {
				return fmt.Errorf("%d of %d mails came in", kept, n)
			}
			return nil
		})
	}
	await(mails / 4)
	d.p.signal(syscall.SIGKILL) // a cut
	<-d.p.done
	d.restart()
	await(mails / 2)
	d.p.signal(syscall.SIGTERM)
	<-d.p.done
	for _, name := range []string{"dovecot-uidlist", "dovecot.index", "dovecot.index.log", "dovecot.index.cache"} {
		_ = os.Remove(filepath.Join(d.maildir, name)) // the server numbers all mails anew
	}
	d.restart()
	await(mails)
	eventually(t, time.Minute, func() error {
		if left := mailsIn(t, d.maildir); left > 0 {
			return fmt.Errorf("%d mails are left in the mailbox", left)
		}
		return nil
	})
	stop()
	readers.Wait()
	kept, distinct := count(`SELECT count(*) FROM inbound_mail`), count(`SELECT count(DISTINCT fingerprint) FROM inbound_mail`)
	done := mailsIn(t, filepath.Join(d.maildir, ".Askwell"))
	// A server that stops in the middle of a move may leave that mail in both folders, and it was stopped twice.
	if kept != mails || distinct != mails || done < mails || done > mails+2 {
		t.Errorf("%d kept (%d different), %d in the folder of those that were taken in; want %d", kept, distinct, done, mails)
	}
	held(t, "%d mails in by IMAP over a kill of the server, a change of UIDVALIDITY and two workers: %d lost, %d twice, %d copies in the folder", mails, mails-distinct, kept-distinct, done-mails)
}

// sink is where Postfix hands mails on to: it counts them by Message-ID.
type sink struct {
	mu   sync.Mutex
	seen map[string]int
	list []string // of kinds, in their order
}

func (s *sink) NewSession(*smtp.Conn) (smtp.Session, error) { return s, nil }
func (s *sink) Reset()                                      {}
func (s *sink) Logout() error                               { return nil }
func (s *sink) Mail(string, *smtp.MailOptions) error        { return nil }
func (s *sink) Rcpt(string, *smtp.RcptOptions) error        { return nil }

var messageIDField = regexp.MustCompile(`(?im)^message-id: *(<[^>]+>)`)

func (s *sink) Data(r io.Reader) error {
	content, err := io.ReadAll(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	id := ""
	if m := messageIDField.FindStringSubmatch(string(content)); m != nil {
		id = m[1]
	}
	s.seen[id]++
	kind := "reply"
	if strings.Contains(string(content), "Auto-Submitted") {
		kind = "acknowledgement"
	}
	s.list = append(s.list, kind)
	return err
}

func (s *sink) count() (mails, twice int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.seen {
		mails++
		twice += n - 1
	}
	return mails, twice
}

// postfix starts one as docs/mail.md says, which takes mails from whoever signs in and hands all of them to a sink, and gives its address.
func postfix(t *testing.T, d *dovecot, dir, sinkAt string) (port string, restart func(), p func() *process) {
	t.Helper()
	port = freePort(t)
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	etc := filepath.Join(dir, "etc")
	for _, sub := range []string{"etc", "queue", "data"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o755); err != nil { //nolint:gosec // other accounts read it
			t.Fatal(err)
		}
	}
	conf := docBlock(t, "mail.md", "postfix", "/etc/postfix/tls.crt", cert, "/etc/postfix/tls.key", key, "inet:127.0.0.1:12345", "inet:127.0.0.1:"+d.auth)
	conf += fmt.Sprintf("\ncompatibility_level = 3.6\nqueue_directory = %s\ndata_directory = %s\nmaillog_file = /dev/stdout\nrelayhost = [127.0.0.1]:%s\nsmtp_tls_security_level = none\n"+
		"default_destination_concurrency_limit = 5\nminimal_backoff_time = 1s\nmaximal_backoff_time = 2s\nqueue_run_delay = 1s\nalias_maps =\nlocal_recipient_maps =\n",
		filepath.Join(dir, "queue"), filepath.Join(dir, "data"), sinkAt)
	writeFileAt(t, etc, "main.cf", conf)
	master, err := os.ReadFile("/etc/postfix/master.cf")
	if os.IsNotExist(err) {
		master, err = os.ReadFile("/usr/share/postfix/master.cf.dist")
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := regexp.MustCompile(`(?m)^(smtp +inet +.*)$`).ReplaceAllString(string(master), "127.0.0.1:"+port+" inet n - n - - smtpd")
	lines = regexp.MustCompile(`(?m)^(\w+ +\w+ +\S+ +\S+) +y `).ReplaceAllString(lines, "$1 n ") // no chroot
	if !strings.Contains(lines, "postlog") {
		lines += "postlog unix-dgram n - n - 1 postlogd\n"
	}
	writeFileAt(t, etc, "master.cf", lines)
	giveTo(t, "postfix", filepath.Join(dir, "data"))
	var running *process
	restart = func() {
		running = startProgram(t, "postfix", "-c", etc, "start-fg")
		listening(t, "tcp", "127.0.0.1:"+port)
	}
	restart()
	return port, restart, func() *process { return running }
}

func TestSurroundingsPostfix(t *testing.T) {
	t.Parallel()
	d := startDovecot(t)
	dir := filepath.Dir(d.ca)
	box := &sink{seen: map[string]int{}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := smtp.NewServer(box)
	server.Domain = "sink.example"
	go server.Serve(listener) //nolint:errcheck // ends with Close
	t.Cleanup(func() { server.Close() })
	_, sinkPort, _ := net.SplitHostPort(listener.Addr().String())
	port, restart, running := postfix(t, d, dir, sinkPort)

	db := testkit.Database(t)
	smtpURL := "smtp://desk:secret@127.0.0.1:" + port + "?tls=required"
	settings := []string{
		"DATABASE_URL=" + db.Config().ConnString(), "SMTP_CA_FILE=" + d.ca, "BASE_URL=http://desk.example", "AGENCY_EMAIL=help@arrivals.example", "REPLY_ADDRESS=reply@help.example",
		"SECRET_KEY=" + strings.Repeat("k", 32),
	}
	findings := 0
	for _, c := range []struct{ url, env, want string }{
		{smtpURL, "", "ok    Mail         the mail server takes mails from reply+"},
		{strings.Replace(smtpURL, "secret", "wrong", 1), "", "FAIL  Mail         The mail server refuses the name or the password in SMTP_URL."},
		{smtpURL, "SMTP_CA_FILE=", "FAIL  Mail         This machine does not know who signed the mail server's certificate: set SMTP_CA_FILE"},
		{"smtp://127.0.0.1:" + port, "", "FAIL  Mail         The mail server passes on no mail of Askwell's"},
		{"smtps://desk:secret@127.0.0.1:" + port, "", "FAIL  Mail         The mail server does not speak TLS on this port"},
	} {
		doctor(t, append(settings, "SMTP_URL="+c.url, c.env), c.want)
		findings++
	}

	// 3,000 mails go out over an outage: OUTAGE=5m is what the issue asks for by hand.
	const acknowledgements, replies = 2000, 1000
	outage := 20 * time.Second
	if long, err := time.ParseDuration(os.Getenv("OUTAGE")); err == nil {
		outage = long
	}
	running().signal(syscall.SIGTERM)
	<-running().done
	if n := askFor(t.Context(), t, db.Config().ConnString(), replies); n != replies {
		t.Fatalf("%d questions", n)
	}
	if _, err := db.Exec(t.Context(), `
		WITH agent AS (INSERT INTO staff (email, name, role, password_hash) VALUES ('zoe@desk.example', 'Zoe', 'agent', '$argon2id$none') RETURNING id),
		answered AS (
			INSERT INTO message (ticket_id, kind, staff_id, body, created_at, delivery, recipient, deliver_at)
			SELECT t.id, 'reply', agent.id, 'Your card was mailed.', now(), 'waiting', t.applicant_email, now() FROM ticket t, agent
			RETURNING id
		)
		INSERT INTO outbox (event, subject_id) SELECT $1, id FROM answered`, ticket.OutboxReplied); err != nil {
		t.Fatal(err)
	}
	if n := askMore(t, db.Config().ConnString(), replies, acknowledgements-replies); n != acknowledgements-replies {
		t.Fatalf("%d more questions", n)
	}
	search := testkit.Search(t)
	start(t, append(settings, "REDIS_URL="+testkit.RedisURL(t), "MEILI_URL="+search.URL(), "MEILI_KEY="+testkit.SearchKey, "SMTP_URL="+smtpURL, "FILES_DIR="+t.TempDir()), "work")
	time.Sleep(outage) // this is the outage
	restart()
	waitFor(t, db, fmt.Sprintf(`SELECT (SELECT count(*) FROM ticket_event WHERE kind = 'acknowledged') = %d AND (SELECT count(*) FROM message WHERE delivery = 'sent') = %d`, acknowledgements, replies))
	eventually(t, time.Minute, func() error {
		if mails, _ := box.count(); mails < acknowledgements+replies {
			return fmt.Errorf("%d mails arrived", mails)
		}
		return nil
	})
	mails, twice := box.count()
	if mails != acknowledgements+replies || twice != 0 {
		t.Errorf("%d different mails arrived, %d twice; want %d", mails, twice, acknowledgements+replies)
	}
	held(t, "Postfix with STARTTLS and AUTH: %d findings of doctor; %d mails out over an outage of %s: %d lost, %d twice", findings, mails, outage, acknowledgements+replies-mails, twice)
}

// askMore opens further tickets.
func askMore(t *testing.T, address string, from, n int64) int64 {
	t.Helper()
	before := countIn(t, address, `SELECT count(*) FROM ticket`)
	_ = askFor(t.Context(), t, address, from+n) // the first ones again are the same
	return countIn(t, address, `SELECT count(*) FROM ticket`) - before
}
