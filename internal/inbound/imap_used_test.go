package inbound_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"github.com/askwell/askwell/internal/inbound"
)

// letterNo is a question by mail.
func letterNo(i int) []byte {
	return []byte(fmt.Sprintf("From: Ana <ana%d@mail.example>\r\nMessage-ID: <q%d@mail.example>\r\nSubject: Question %d\r\n\r\nWhere is my card?\r\n", i, i, i))
}

func (d *desk) putAt(user *imapmemserver.User, raw []byte, at time.Time, flags ...imap.Flag) {
	d.Helper()
	_, err := user.Append("INBOX", literal{bytes.NewReader(raw)}, &imap.AppendOptions{Time: at, Flags: flags})
	d.must(err)
}

func (d *desk) mailbox(cfg inbound.MailboxConfig) *inbound.IMAP {
	d.Helper()
	if cfg.MaxSize == 0 {
		cfg.MaxSize = 100_000
	}
	box, err := inbound.NewIMAP(d.inbound, cfg)
	d.must(err)
	return box
}

// A mailbox that was in use is not begun with by itself: its old mails are no questions of today. Whoever runs the desk says from which day on.
func TestAMailboxThatWasInUse(t *testing.T) {
	t.Parallel()
	today := time.Now().UTC().Truncate(time.Second)
	for name, c := range map[string]struct {
		mails int
		cfg   inbound.MailboxConfig
		begun bool
		want  int
		fault inbound.MailboxFault
	}{
		"a few":                  {mails: 50, want: 50},
		"many":                   {mails: 51, fault: inbound.FaultNotBegun},
		"many, and all":          {mails: 60, cfg: inbound.MailboxConfig{All: true}, want: 60},
		"many, and a day":        {mails: 60, cfg: inbound.MailboxConfig{Since: today.Add(-10 * 24 * time.Hour)}, want: 10},
		"many after an outage":   {mails: 60, begun: true, want: 60},
		"a day, and it was read": {mails: 60, begun: true, cfg: inbound.MailboxConfig{Since: today.Add(-10 * 24 * time.Hour)}, want: 10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			user, address := d.imapServer()
			c.cfg.URL = "imap://desk:secret@" + address
			box := d.mailbox(c.cfg)
			if c.begun {
				_, err := box.Fetch(t.Context())
				d.must(err)
			}
			for i := range c.mails { // one a day, the oldest first
				d.putAt(user, letterNo(i), today.Add(-time.Duration(c.mails-1-i)*24*time.Hour-time.Minute))
			}
			n, err := box.Fetch(t.Context())
			fault, _ := inbound.FaultOf(err)
			if n != c.want && n != c.want+1 || fault != c.fault || n != d.mails() { // a day begins in the server's zone
				t.Errorf("%d were taken in, %d are kept, %v; want %d, %q", n, d.mails(), err, c.want, c.fault)
			}
			boxes, err := inbound.Mailboxes(t.Context(), d.db)
			d.must(err)
			if len(boxes) != 1 || boxes[0].Problem != c.fault || c.fault != "" && (boxes[0].Waiting != c.mails || boxes[0].Oldest == nil) || strings.Contains(boxes[0].Name, "secret") {
				t.Errorf("the mailbox's state is %+v", boxes)
			}
			look, err := box.Check(t.Context())
			d.must(err)
			if look.Many != (c.fault != "") || look.Many && look.Oldest.IsZero() {
				t.Errorf("the look tells %+v", look)
			}
		})
	}
}

// A question is as old as its mail; what is answered already, or older than a week, is acknowledged to nobody.
func TestAMailIsAsOldAsItIs(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	user, address := d.imapServer()
	now := time.Now().UTC().Truncate(time.Second)
	ages := []time.Duration{time.Minute, 3 * 24 * time.Hour, 8 * 24 * time.Hour, time.Hour, -48 * time.Hour}
	for i, age := range ages {
		var flags []imap.Flag
		if i == 3 {
			flags = append(flags, imap.FlagAnswered)
		}
		d.putAt(user, letterNo(i), now.Add(-age), flags...)
	}
	_, err := d.mailbox(inbound.MailboxConfig{URL: "imap://desk:secret@" + address}).Fetch(t.Context())
	d.must(err)
	d.file()
	for i, age := range ages {
		var opened time.Time
		var told bool
		d.must(d.db.QueryRow(t.Context(), `
			SELECT t.opened_at, EXISTS (SELECT FROM outbox o WHERE o.subject_id = t.id AND o.event = 'ticket.opened')
			FROM ticket t WHERE t.subject = $1`, fmt.Sprintf("Question %d", i)).Scan(&opened, &told))
		if want := now.Add(-max(age, 0)); opened.Sub(want).Abs() > time.Minute {
			t.Errorf("question %d was opened at %s, want %s", i, opened, want)
		}
		if want := i == 0 || i == 1 || i == 4; told != want {
			t.Errorf("question %d is acknowledged: %t, want %t", i, told, want)
		}
	}
}

// Two workers read one mailbox, and one of them dies: every mail is kept once and moved once.
func TestOneWorkerReadsAMailbox(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	user, address := d.imapServer()
	const mails = 40
	for i := range mails {
		d.put(user, letterNo(i))
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	for range 3 {
		box := d.mailbox(inbound.MailboxConfig{URL: "imap://desk:secret@" + address + "/INBOX?done=Done"})
		running.Go(func() { _ = box.Run(ctx) })
	}
	d.await(fmt.Sprintf(`SELECT count(*) = %d FROM inbound_mail`, mails))
	d.await(`SELECT EXISTS (SELECT FROM inbound_mailbox WHERE read_at IS NOT NULL)`) // and moved them
	d.put(user, letterNo(mails))                                                     // IDLE tells of it
	d.await(fmt.Sprintf(`SELECT count(*) = %d FROM inbound_mail`, mails+1))
	cancel()
	running.Wait()
	if there := d.inFolder(user, "Done"); int(there) < mails || int(there) > mails+1 || d.mails() != int(there) {
		t.Errorf("%d mails moved and %d are kept, want %d of both", there, d.mails(), mails)
	}
	var holder *string
	d.must(d.db.QueryRow(t.Context(), `SELECT holder::text FROM inbound_mailbox`).Scan(&holder))
	if holder != nil {
		t.Error("the mailbox is still held by a worker that has ended")
	}
}

// Each cause has its name.
func TestWhyNoMailComesIn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, address := d.imapServer()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	d.must(err)
	t.Cleanup(func() { silent.Close() })
	for name, c := range map[string]struct {
		url  string
		want inbound.MailboxFault
	}{
		"wrong password":           {"imap://desk:wrong@" + address, inbound.FaultLogin},
		"no such folder":           {"imap://desk:secret@" + address + "/Elsewhere", inbound.FaultFolder},
		"nothing listens":          {"imap://desk:secret@127.0.0.1:1", inbound.FaultUnreachable},
		"TLS required and missing": {"imap://desk:secret@" + address + "?tls=required", inbound.FaultNoTLS},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := d.mailbox(inbound.MailboxConfig{URL: c.url}).Check(t.Context())
			if fault, _ := inbound.FaultOf(err); fault != c.want || fault.Meaning() == "" || strings.Contains(err.Error(), "secret") {
				t.Errorf("the fault is %q (%v), want %q", fault, err, c.want)
			}
		})
	}
}
