package inbound_test

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/files"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/inbound"
	"github.com/askwell/askwell/internal/ticket"
)

// source takes a mail in, files it and fetches its source.
func (d *desk) source(raw []byte) (source []byte, masked bool, id int64) {
	d.Helper()
	d.must(d.inbound.Receive(d.Context(), inbound.Arrived{Source: "smtp", Raw: raw}))
	d.file()
	d.must(d.db.QueryRow(d.Context(), `SELECT max(id) FROM inbound_mail`).Scan(&id))
	source, masked, err := d.inbound.Source(d.Context(), d.agent, id)
	d.must(err)
	return source, masked, id
}

// Every mail of the corpus comes back as it came, to the byte, when no number in it is masked.
func TestTheSourceIsTheMailAsItCame(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	names, err := filepath.Glob("testdata/*.eml")
	d.must(err)
	whole := 0
	for _, name := range names {
		content, err := os.ReadFile(name)
		d.must(err)
		_, raw, _ := bytes.Cut(content, []byte("----\n"))
		raw = append([]byte("X-Sample: "+filepath.Base(name)+"\r\n"), bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n"))...)
		got, masked, _ := d.source(raw)
		if !masked {
			whole++
			if !bytes.Equal(got, raw) {
				t.Errorf("%s came back otherwise", name)
			}
		}
	}
	if whole < len(names)*3/4 {
		t.Errorf("only %d of %d came back as they came", whole, len(names))
	}
}

// A Social Security number that is masked on the ticket stands in the source nowhere, whatever it was wrapped in; the rest of the mail is there,
// and reads the same.
func TestTheSourceHoldsNoMaskedNumber(t *testing.T) {
	t.Parallel()
	const number, card = "219-09-9999", "4111 1111 1111 1111"
	text := "My number is " + number + ", and I wait since May. ¿Dónde está mi tarjeta?"
	encoded := base64.StdEncoding.EncodeToString([]byte(text))
	for name, body := range map[string]string{
		"plain":            "Subject: Card\r\n\r\n" + text + "\r\n",
		"in the subject":   "Subject: " + number + "\r\n\r\nWhere is it?\r\n",
		"base64":           "Subject: Card\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" + encoded + "\r\n",
		"quoted-printable": "Subject: Card\r\nContent-Type: text/plain;\r\n charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nMy number is 219=2D09=2D9999, and card 4111 1111=\r\n 1111 1111\r\n",
		"a part": "Subject: Card\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\nbefore " + card + "\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
			encoded + "\r\n--b\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjQ=\r\n--b--\r\nafter " + number + "\r\n",
		"a part without a header": "Subject: Card\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n" + text + "\r\n--b--\r\n",
		"HTML":                    "Subject: Card\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>" + text + "</p>\r\n",
		"a mail inside": "Subject: Card\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: Inner\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
			encoded + "\r\n--b--\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			got, masked, id := d.source([]byte("From: Ana <ana@mail.example>\r\nMessage-ID: <1@mail.example>\r\n" + body))
			if !masked || !bytes.Contains(got, []byte(identifier.Marker)) {
				t.Errorf("nothing is masked:\n%s", got)
			}
			plain := string(got)
			for _, line := range strings.Fields(plain) {
				if decoded, err := base64.StdEncoding.DecodeString(line); err == nil {
					plain += string(decoded)
				}
			}
			for _, secret := range []string{number, "219=2D09", card, "1111 1111"} {
				if strings.Contains(plain, secret) {
					t.Errorf("%q stands in the source:\n%s", secret, got)
				}
			}
			if strings.Contains(body, "tarjeta") && !strings.Contains(plain, "tarjeta") || strings.Contains(body, "a.pdf") && !strings.Contains(plain, "JVBERi0xLjQ=") {
				t.Errorf("the rest of the mail is missing:\n%s", got)
			}
			var staff int64
			d.must(d.db.QueryRow(t.Context(), `SELECT staff_id FROM inbound_event WHERE mail_id = $1 AND kind = 'source_fetched'`, id).Scan(&staff))
			var told int
			d.must(d.db.QueryRow(t.Context(), `SELECT count(*) FROM ticket_event WHERE kind = $1`, ticket.EventMailSourceFetched).Scan(&told))
			if staff != d.agent || told != 1 {
				t.Errorf("who fetched it is kept as %d, and told %d times", staff, told)
			}
		})
	}
}

func TestASourceThatIsNotHandedOut(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, _, id := d.source([]byte("From: ana@mail.example\r\nSubject: Card\r\n\r\nWhere is it?\r\n"))
	d.inbound.Scanner = scanner{verdict: files.Verdict{Threat: "Eicar"}}
	if _, _, err := d.inbound.Source(t.Context(), d.agent, id); !failure.Is(err, failure.KindForbidden) {
		t.Errorf("with a virus in it: %v", err)
	}
	d.inbound.Scanner = scanner{err: failure.Unavailable("The virus scanner is unavailable.", nil)}
	if _, _, err := d.inbound.Source(t.Context(), d.agent, id); !failure.Is(err, failure.KindUnavailable) {
		t.Errorf("while the scanner is unavailable: %v", err)
	}
	d.inbound.Scanner = nil
	_, err := d.db.Exec(t.Context(), `UPDATE inbound_mail SET sealed = NULL, swept_at = now()`)
	d.must(err)
	if _, _, err := d.inbound.Source(t.Context(), d.agent, id); !failure.Is(err, failure.KindNotFound) {
		t.Errorf("after it was swept: %v", err)
	}
	if _, _, err := d.inbound.Source(t.Context(), d.agent, id+1000); !failure.Is(err, failure.KindNotFound) {
		t.Errorf("of a mail that is not there: %v", err)
	}
}
