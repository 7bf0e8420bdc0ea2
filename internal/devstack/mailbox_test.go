package devstack_test

import (
	"fmt"
	"net/http"
	"net/smtp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/askwell/askwell/internal/devstack"
)

// Names and subject are the examples of RFC 2047, section 8.
const multipartMail = `From: =?ISO-8859-1?Q?Andr=E9?= Pirard <PIRARD@vm1.ulg.ac.be>
To: =?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?= <keld@dkuug.dk>, moore@cs.utk.edu
Subject: =?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=
 =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=
Date: Fri, 21 Nov 1997 09:55:06 -0600
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=outer

--outer
Content-Type: multipart/alternative; boundary=inner

--inner
Content-Type: text/plain; charset=ISO-8859-1
Content-Transfer-Encoding: quoted-printable

=BFD=F3nde est=E1 mi caso? A line that is much longer than the 76 characters=
 that fit: https://desk.example/i/1?a=3D1&b=3D2.
--inner
Content-Type: text/html; charset=UTF-8
Content-Transfer-Encoding: base64

PCFkb2N0eXBlIGh0bWw+PGh0bWw+PGhlYWQ+PHRpdGxlPng8L3RpdGxlPjwvaGVhZD48Ym9keT48
cD7Cv0TDs25kZSBlc3TDoSBtaSBjYXNvPzwvcD48aW1nIHNyYz0iY2lkOmxvZ29AeCI+PC9ib2R5
PjwvaHRtbD4=
--inner--
--outer
Content-Type: image/png
Content-ID: <logo@x>
Content-Transfer-Encoding: base64

iVBORw0KGgo=
--outer
Content-Type: application/pdf
Content-Disposition: attachment; filename*=UTF-8''c%C3%A9dula.pdf
Content-Transfer-Encoding: base64

JVBERi0=
--outer--
`

func startMailbox(t *testing.T, cfg devstack.MailboxConfig) *devstack.Mailbox {
	t.Helper()
	m, err := devstack.StartMailbox(within(t), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Stop(within(t)); err != nil {
			t.Error(err)
		}
	})
	return m
}

func send(t *testing.T, m *devstack.Mailbox, to []string, text string) {
	t.Helper()
	body := strings.ReplaceAll(text, "\n", "\r\n")
	err := smtp.SendMail(strings.TrimPrefix(m.URL(), "smtp://"), nil, "desk@askwell.test", to, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
}

func sendNumbered(t *testing.T, m *devstack.Mailbox, n int) {
	t.Helper()
	send(t, m, []string{"a@b.test"}, fmt.Sprintf("To: a@b.test\nSubject: Number %d\n\nHello %d\n", n, n))
}

func TestMailboxReadsMultipartMail(t *testing.T) {
	t.Parallel()
	m := startMailbox(t, devstack.MailboxConfig{Dir: folder(t)})
	send(t, m, []string{"keld@dkuug.dk", "hidden@example.com"}, multipartMail)
	all, err := m.Messages()
	if err != nil || len(all) != 1 {
		t.Fatalf("got %d messages (%v), want 1", len(all), err)
	}
	got := all[0]
	if since := time.Since(got.Received); since < 0 || since > time.Minute {
		t.Errorf("received %s, want now", got.Received)
	}
	want := devstack.Message{
		MessageSummary: devstack.MessageSummary{
			From:       "André Pirard <PIRARD@vm1.ulg.ac.be>",
			To:         []string{"Keld Jørn Simonsen <keld@dkuug.dk>", "moore@cs.utk.edu"},
			Recipients: []string{"keld@dkuug.dk", "hidden@example.com"},
			Subject:    "If you can read this you understand the example.",
			Date:       time.Date(1997, 11, 21, 15, 55, 6, 0, time.UTC),
		},
		Text: "¿Dónde está mi caso? A line that is much longer than the 76 characters that fit: " +
			"https://desk.example/i/1?a=1&b=2.",
		HTML: "<!doctype html><html><head><title>x</title></head><body><p>¿Dónde está mi caso?</p>" +
			`<img src="cid:logo@x"></body></html>`,
		Attachments: []devstack.Attachment{
			{Type: "image/png", ContentID: "logo@x", Data: []byte("\x89PNG\r\n\x1a\n")},
			{Name: "cédula.pdf", Type: "application/pdf", Data: []byte("%PDF-")},
		},
	}
	if !strings.HasSuffix(string(got.Raw), strings.ReplaceAll(multipartMail, "\n", "\r\n")) {
		t.Error("the raw message is not what was sent")
	}
	got.ID, got.Received, got.Raw, got.Header, got.Date = "", time.Time{}, nil, nil, got.Date.UTC()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
}

func TestMailboxShowsMalformedMail(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"no header":         "just text\n",
		"boundary missing":  "Subject: S\nContent-Type: multipart/mixed\n\nbody\n",
		"cut short":         "Subject: S\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nbody\n",
		"broken base64":     "Subject: S\nContent-Transfer-Encoding: base64\n\n!!!!\n",
		"unknown charset":   "Subject: =?x-none?Q?S?=\nContent-Type: text/plain; charset=x-none\n\nbody\n",
		"invalid UTF-8":     "Subject: S\xff\n\nbody\xff\n",
		"empty":             "\n",
		"address malformed": "To: <<\nSubject: S\n\nbody\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := startMailbox(t, devstack.MailboxConfig{Dir: folder(t)})
			send(t, m, []string{"a@b.test"}, text)
			id := onlyMessage(t, m).ID
			for _, path := range []string{"/", "/" + id, "/" + id + "/raw"} {
				if status := get(t, m, path).Code; status != http.StatusOK {
					t.Errorf("GET %s: status %d, want 200", path, status)
				}
			}
		})
	}
}

func onlyMessage(t *testing.T, m *devstack.Mailbox) devstack.Message {
	t.Helper()
	all, err := m.Messages()
	if err != nil || len(all) != 1 {
		t.Fatalf("got %d messages (%v), want 1", len(all), err)
	}
	return all[0]
}

func subjects(t *testing.T, m *devstack.Mailbox) []string {
	t.Helper()
	all, err := m.Messages()
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, msg := range all {
		list = append(list, msg.Subject)
	}
	return list
}

func TestMailboxKeepsTheNewestAcrossRestarts(t *testing.T) {
	t.Parallel()
	cfg := devstack.MailboxConfig{Dir: folder(t), Keep: 3}
	first := startMailbox(t, cfg)
	for n := range 5 {
		sendNumbered(t, first, n)
	}
	want := []string{"Number 4", "Number 3", "Number 2"}
	if diff := cmp.Diff(want, subjects(t, first)); diff != "" {
		t.Errorf("subjects (-want +got):\n%s", diff)
	}
	if err := first.Stop(within(t)); err != nil {
		t.Fatal(err)
	}
	again := startMailbox(t, cfg)
	if diff := cmp.Diff(want, subjects(t, again)); diff != "" {
		t.Errorf("subjects after the restart (-want +got):\n%s", diff)
	}
	sendNumbered(t, again, 5)
	if diff := cmp.Diff([]string{"Number 5", "Number 4", "Number 3"}, subjects(t, again)); diff != "" {
		t.Errorf("subjects after one more (-want +got):\n%s", diff)
	}
}

func TestMailboxAwaitsArrival(t *testing.T) {
	t.Parallel()
	m := startMailbox(t, devstack.MailboxConfig{Dir: folder(t)})
	sendNumbered(t, m, 1)
	found := make(chan error, 1)
	go func() {
		msg, err := m.Await(within(t), func(msg devstack.Message) bool { return msg.Subject == "Number 2" })
		if err == nil && msg.Text != "Hello 2\n" {
			err = fmt.Errorf("text %q", msg.Text)
		}
		found <- err
	}()
	sendNumbered(t, m, 2)
	if err := <-found; err != nil {
		t.Error(err)
	}
}

func TestMailboxRefusesOtherInterfaces(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:25", "mail.example:25"} {
		m, err := devstack.StartMailbox(within(t), devstack.MailboxConfig{Dir: folder(t), Addr: addr})
		if err == nil {
			m.Stop(within(t))
			t.Errorf("%s: started, want an error", addr)
		}
	}
}
