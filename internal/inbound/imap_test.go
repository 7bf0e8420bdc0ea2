package inbound_test

import (
	"bytes"
	"context"
	"net"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/inbound"
)

// imapServer runs go-imap's server, with its mailboxes in memory, and gives its user.
func (d *desk) imapServer() (*imapmemserver.User, string) {
	d.Helper()
	mem := imapmemserver.New()
	user := imapmemserver.NewUser("desk", "secret")
	d.must(user.Create("INBOX", nil))
	mem.AddUser(user)
	server := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return mem.NewSession(), nil, nil
		},
		Caps: imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapIMAP4rev2: {}, imap.CapMove: {}}, InsecureAuth: true,
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	d.must(err)
	go func() { _ = server.Serve(listener) }()
	d.Cleanup(func() { _ = server.Close() })
	return user, listener.Addr().String()
}

func (d *desk) put(user *imapmemserver.User, raw []byte) {
	d.Helper()
	_, err := user.Append("INBOX", literal{bytes.NewReader(raw)}, &imap.AppendOptions{})
	d.must(err)
}

type literal struct{ *bytes.Reader }

func (l literal) Size() int64 { return l.Reader.Size() }

func (d *desk) inFolder(user *imapmemserver.User, name string) uint32 {
	d.Helper()
	status, err := user.Status(name, &imap.StatusOptions{NumMessages: true})
	d.must(err)
	return *status.NumMessages
}

func TestAnswerFromAMailbox(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	user, address := d.imapServer()
	box, err := inbound.NewIMAP(d.inbound, inbound.MailboxConfig{URL: "imap://desk:secret@" + address + "/INBOX?done=Done", MaxSize: 100_000})
	d.must(err)
	if look, err := box.Check(t.Context()); err != nil || look.Waiting != 0 || look.HasDone {
		t.Errorf("before anything came: %+v, %v", look, err)
	}
	d.put(user, d.answer("First"))
	d.put(user, d.answer("Second"))
	d.put(user, append(d.answer("Third"), bytes.Repeat([]byte("0123456789\r\n"), 10_000)...))
	n, err := box.Fetch(t.Context())
	d.must(err)
	if n != 3 || d.mails() != 3 {
		t.Errorf("%d mails were taken in and %d are kept, want three", n, d.mails())
	}
	if here, there := d.inFolder(user, "INBOX"), d.inFolder(user, "Done"); here != 0 || there != 3 {
		t.Errorf("%d mails stay and %d moved, want three", here, there)
	}
	d.put(user, d.answer("First")) // the process died before it moved the mail
	if _, err := box.Fetch(t.Context()); err != nil || d.mails() != 3 {
		t.Errorf("%d mails are kept, want three (%v)", d.mails(), err)
	}
	d.file()
	rows, err := d.db.Query(t.Context(), `SELECT state || ' ' || why || ' ' || (size > 100000) || ' ' || (from_address <> '') FROM inbound_mail ORDER BY id`)
	d.must(err)
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	d.must(err)
	want := []string{"filed token false true", "filed token false true", "quarantined in_mailbox true true"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the mails ended (-want +got)\n%s", diff)
	}
}

// A mail that the database does not take stays in the mailbox.
func TestMailboxKeepsWhatIsNotTakenIn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	user, address := d.imapServer()
	box, err := inbound.NewIMAP(d.inbound, inbound.MailboxConfig{URL: "imap://desk:secret@" + address, MaxSize: 100_000})
	d.must(err)
	d.put(user, d.answer("First"))
	_, err = d.db.Exec(t.Context(), `ALTER TABLE inbound_mail RENAME TO elsewhere`)
	d.must(err)
	if _, err := box.Fetch(t.Context()); err == nil {
		t.Error("no error while nothing can be kept")
	}
	if n := d.inFolder(user, "INBOX"); n != 1 {
		t.Errorf("%d mails in the mailbox, want the one", n)
	}
	_, err = d.db.Exec(t.Context(), `ALTER TABLE elsewhere RENAME TO inbound_mail`)
	d.must(err)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if n, err := box.Fetch(ctx); err != nil || n != 1 || d.mails() != 1 {
		t.Errorf("%d taken in, %d kept, %v; want one", n, d.mails(), err)
	}
}
