package inbound_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/files"
	"github.com/askwell/askwell/internal/inbound"
	"github.com/askwell/askwell/internal/secret"
)

const (
	ssn     = "219-09-9999"
	card    = "4111 1111 1111 1111"
	numbers = "My Social Security number is " + ssn + " and my card " + card + "."
)

// oldSpreadsheet is a file that applicants cannot attach.
var oldSpreadsheet = append([]byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 trips of the applicant"), make([]byte, 300)...)

// withFile is a mail with a text and a file.
func withFile(header, text, name string, content []byte) []byte {
	return []byte(strings.ReplaceAll(header+"\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=B\n\n--B\nContent-Type: text/plain\n\n"+text+
		"\n--B\nContent-Type: application/octet-stream; name=\""+name+"\"\nContent-Disposition: attachment; filename=\""+name+
		"\"\nContent-Transfer-Encoding: base64\n\n"+base64.StdEncoding.EncodeToString(content)+"\n--B--\n", "\n", "\r\n"))
}

func (d *desk) take(raw []byte) end {
	d.Helper()
	d.must(d.inbound.Receive(d.Context(), inbound.Arrived{Source: "smtp", EnvelopeFrom: "somebody@mail.example", Raw: raw}))
	d.file()
	return d.end()
}

// nothingInTheClear reads every row of every table as text, and bytea as bytes: no spelling of the numbers stands there.
func (d *desk) nothingInTheClear(all ...string) {
	d.Helper()
	rows, err := d.db.Query(d.Context(), `SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'`)
	d.must(err)
	var tables []string
	for rows.Next() {
		var table string
		d.must(rows.Scan(&table))
		tables = append(tables, table)
	}
	d.must(rows.Err())
	for _, table := range tables {
		for _, number := range all {
			for _, spelling := range []string{number, strings.NewReplacer("-", "", " ", "").Replace(number)} {
				var n int
				// A bytea in a row's text is hexadecimal.
				d.must(d.db.QueryRow(d.Context(), `
					SELECT count(*) FROM `+table+` AS r
					WHERE position($1 IN r::text) > 0 OR position(encode(convert_to($1, 'UTF8'), 'hex') IN r::text) > 0`, spelling).Scan(&n))
				if n > 0 {
					d.Errorf("%d rows of %s hold %s in the clear", n, table, spelling)
				}
			}
		}
	}
}

// Filed, waiting, laid aside, discarded, damaged, a bounce, one that waits for its worker: whatever becomes of a mail, what is masked on a
// ticket stands nowhere in the clear.
func TestNoNumberOfAMailStandsInTheClear(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	header := func(from, to, id, more string) string {
		return d.fill("From: " + numbers + " <" + from + ">\nTo: " + to + "\nSubject: " + numbers + "\nMessage-ID: <" + id + "@mail.example>" + more)
	}
	names := "copy of " + ssn + ".xls"
	for name, c := range map[string]struct {
		raw  []byte
		want string
	}{
		"new question":   {withFile(header("lea@mail.example", "questions@help.example", "k1", ""), numbers, names, oldSpreadsheet), "filed new"},
		"answer":         {withFile(header("ana@mail.example", "{{token}}", "k2", ""), numbers, names, oldSpreadsheet), "filed token"},
		"of a stranger":  {withFile(header("eve@evil.example", "{{token}}", "k3", ""), numbers, names, oldSpreadsheet), "quarantined other_sender"},
		"automatic":      {withFile(header("bot@mail.example", "questions@help.example", "k4", "\nAuto-Submitted: auto-generated"), numbers, names, oldSpreadsheet), "ignored automatic"},
		"auto-reply":     {withFile(header("ana@mail.example", "{{token}}", "k5", "\nAuto-Submitted: auto-replied"), numbers, names, oldSpreadsheet), "filed automatic"},
		"without sender": {withFile(strings.Replace(header("x", "questions@help.example", "k6", ""), "<x>", "", 1), numbers, names, oldSpreadsheet), "quarantined no_sender"},
		"damaged":        {[]byte(header("lea@mail.example", "questions@help.example", "k7", "\nContent-Type: multipart/mixed; boundary=B") + "\n\n" + numbers), "filed new"},
		"report of an unknown mail": {[]byte(header("mailer-daemon@mail.example", "reply@help.example", "k8", "\nContent-Type: multipart/report; report-type=delivery-status; boundary=B") +
			"\n\n--B\nContent-Type: text/plain\n\n" + numbers + "\n--B\nContent-Type: message/delivery-status\n\nAction: failed\nDiagnostic-Code: smtp; 550 " + numbers + "\n--B--\n"), "ignored unknown"},
	} {
		e := d.take(c.raw)
		if got := e.State + " " + e.Why; got != c.want {
			t.Errorf("%s ended as %s, want %s", name, got, c.want)
		}
	}
	d.must(d.inbound.Receive(t.Context(), inbound.Arrived{Source: "smtp", Raw: withFile(header("late@mail.example", "questions@help.example", "k9", ""), numbers, names, oldSpreadsheet)}))
	waiting, err := d.inbound.List(t.Context(), inbound.ViewWaiting)
	d.must(err)
	d.must(d.inbound.Discard(t.Context(), d.agent, waiting[0].ID, "He writes that "+numbers))
	_, err = d.inbound.OpenTicket(t.Context(), d.agent, waiting[1].ID, "typed@mail.example")
	d.must(err)
	if page, err := d.inbound.ByID(t.Context(), waiting[len(waiting)-1].ID); err != nil || strings.Contains(page.Body+page.Subject+page.FromName, ssn) {
		t.Errorf("the page of a mail shows %v (%v)", page, err)
	}
	d.nothingInTheClear(ssn, card)
}

// A file that is not taken over is kept, and can be fetched: when its mail was filed, also after the mail's raw form was swept.
func TestAFileThatWasLeftOutIsKept(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	e := d.take(withFile(d.fill("From: Ana <ana@mail.example>\nTo: {{token}}\nSubject: Trips\nMessage-ID: <trips@mail.example>"), numbers+" My trips are in the table.", "trips.xls", oldSpreadsheet))
	if e.State != "filed" || strings.Join(e.LeftOut, ",") != "trips.xls" {
		t.Fatalf("ended as %+v", e)
	}
	fetch := func() {
		t.Helper()
		m, err := d.inbound.ByID(t.Context(), e.ID)
		d.must(err)
		if len(m.Files) != 1 || m.Files[0].Name != "trips.xls" || m.Files[0].Size != int64(len(oldSpreadsheet)) {
			t.Fatalf("kept: %+v", m.Files)
		}
		_, content, err := d.inbound.FetchFile(t.Context(), d.agent, e.ID, m.Files[0].ID)
		d.must(err)
		if !bytes.Equal(content, oldSpreadsheet) {
			t.Errorf("%d bytes came back, want the %d that were sent", len(content), len(oldSpreadsheet))
		}
	}
	fetch()
	d.age(31)
	n, err := d.inbound.Sweep(t.Context())
	if d.must(err); n != 1 {
		t.Errorf("%d mails were swept, want one", n)
	}
	fetch()
	var fetched int
	d.must(d.db.QueryRow(t.Context(), `
		SELECT count(*) FROM inbound_event i JOIN ticket_event t ON t.kind = 'mail_file_fetched' AND t.staff_id = i.staff_id AND (t.data->>'mail')::bigint = i.mail_id
		WHERE i.kind = 'file_fetched' AND i.staff_id = $1 AND t.ticket_id = $2`, d.agent, d.ana.ID).Scan(&fetched))
	if fetched != 4 { // two fetches, each told twice, as the join pairs them
		t.Errorf("%d pairs of entries tell who fetched the file, want 4", fetched)
	}
	_, _, err = d.inbound.FetchFile(t.Context(), d.agent, e.ID+1, 1)
	if !failure.Is(err, failure.KindNotFound) {
		t.Errorf("a file of another mail: %v", err)
	}
}

// age puts the decisions on all mails some days back.
func (d *desk) age(days int) {
	d.Helper()
	_, err := d.db.Exec(d.Context(), `UPDATE inbound_mail SET decided_at = decided_at - make_interval(days => $1)`, days)
	d.must(err)
}

type scanner struct {
	verdict files.Verdict
	err     error
}

func (s scanner) Scan(context.Context, io.Reader) (files.Verdict, error) { return s.verdict, s.err }

// With a scanner no file is handed out unseen.
func TestAFileThatWasLeftOutIsScannedFirst(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	e := d.take(withFile("From: Lea <lea@mail.example>\nTo: questions@help.example\nSubject: Trips\nMessage-ID: <scan@mail.example>", "See the table, please.", "trips.xls", oldSpreadsheet))
	m, err := d.inbound.ByID(t.Context(), e.ID)
	d.must(err)
	for name, c := range map[string]struct {
		scanner scanner
		want    failure.Kind
	}{
		"encrypted":   {scanner{verdict: files.Verdict{Unscannable: true, Threat: "Heuristics.Encrypted.Zip"}}, failure.KindForbidden},
		"infected":    {scanner{verdict: files.Verdict{Threat: "Eicar"}}, failure.KindForbidden},
		"unavailable": {scanner{err: failure.Unavailable("The virus scanner is unavailable.", errors.New("refused"))}, failure.KindUnavailable},
	} {
		d.inbound.Scanner = c.scanner
		if _, content, err := d.inbound.FetchFile(t.Context(), d.agent, e.ID, m.Files[0].ID); !failure.Is(err, c.want) || content != nil {
			t.Errorf("%s: %d bytes, %v", name, len(content), err)
		} else if name == "encrypted" && strings.Contains(err.Error(), "virus was found") {
			t.Errorf("%s is told as: %v", name, err)
		}
	}
	d.inbound.Scanner = scanner{verdict: files.Verdict{Clean: true}}
	if _, content, err := d.inbound.FetchFile(t.Context(), d.agent, e.ID, m.Files[0].ID); err != nil || len(content) == 0 {
		t.Errorf("clean: %d bytes, %v", len(content), err)
	}
}

// The sweep takes what somebody decided on, after its time, and nothing that stands nowhere else.
func TestTheSweepTakesNothingThatStandsNowhereElse(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	header := func(from, to, id string) string {
		return d.fill("From: Somebody <" + from + ">\nTo: " + to + "\nSubject: Swept\nMessage-ID: <" + id + "@mail.example>")
	}
	filed := d.take([]byte(header("lea@mail.example", "questions@help.example", "s1") + "\n\nWhere is my card, please?"))
	waiting := d.take([]byte(header("eve@evil.example", "{{token}}", "s2") + "\n\nTell me."))
	long := d.take([]byte(header("bo@mail.example", "questions@help.example", "s3") + "\n\n" + strings.Repeat("a long story ", 20_000)))
	html := d.take([]byte(header("cy@mail.example", "questions@help.example", "s4") + "\nMIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=B\n\n" +
		"--B\nContent-Type: text/plain\n\nThis mail is in HTML.\n--B\nContent-Type: text/html\n\n<p>" + strings.Repeat("One two three four five six seven eight nine ten eleven twelve. ", 3) + "</p>\n--B--\n"))
	d.age(29)
	if n, err := d.inbound.Sweep(t.Context()); err != nil || n != 0 {
		t.Errorf("after 29 days %d are swept (%v), want none", n, err)
	}
	d.age(2)
	if n, err := d.inbound.Sweep(t.Context()); err != nil || n != 2 {
		t.Errorf("after 31 days %d are swept (%v), want two", n, err)
	}
	for name, c := range map[string]struct {
		mail end
		want bool
	}{
		"filed, all of it on its ticket": {filed, false}, "undecided": {waiting, true}, "longer than what a page keeps": {long, true}, "HTML that says more than the text beside it": {html, false},
	} {
		var there bool
		d.must(d.db.QueryRow(t.Context(), `SELECT sealed IS NOT NULL FROM inbound_mail WHERE id = $1`, c.mail.ID).Scan(&there))
		if there != c.want {
			t.Errorf("%s: kept %v, want %v", name, there, c.want)
		}
	}
	// What was laid aside and swept can still be added to a ticket, with its files.
	auto := d.take(withFile(header("bot@mail.example", "questions@help.example", "s5")+"\nAuto-Submitted: auto-generated", "The report is attached.", "trips.xls", oldSpreadsheet))
	d.age(31)
	_, err := d.inbound.Sweep(t.Context())
	d.must(err)
	d.must(d.inbound.Attach(t.Context(), d.agent, auto.ID, d.ana.Reference))
	m, err := d.inbound.ByID(t.Context(), auto.ID)
	d.must(err)
	thread, err := d.tickets.Thread(t.Context(), d.ana.ID)
	d.must(err)
	if last := thread[len(thread)-1]; !strings.Contains(last.Body, "The report is attached.") || len(m.Files) != 1 {
		t.Errorf("the thread ends with %q, kept %+v", last.Body, m.Files)
	}
}

// clear takes a mail in as the version before did, and gives its row.
func (d *desk) clear(raw []byte, state, why string, leftOut ...string) (id int64) {
	d.Helper()
	print := inbound.BareFingerprint(raw)
	d.must(d.db.QueryRow(d.Context(), `
		INSERT INTO inbound_mail (source, raw, fingerprint, received_at, state, why, decided_at, left_out)
		VALUES ('smtp', $1, $2, now(), $3, $4, CASE WHEN $3 <> 'received' THEN now() END, $5) RETURNING id`,
		raw, print[:], state, why, append([]string{}, leftOut...)).Scan(&id))
	return id
}

// What the version before kept in the clear is sealed; a file that it left out is kept; a person's mail that it laid aside is flagged.
func TestMailsInTheClearAreSealed(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	header := func(id, more string) string {
		return "From: Lea <lea@mail.example>\nTo: questions@help.example\nSubject: Trips\nMessage-ID: <" + id + "@mail.example>" + more
	}
	raw := withFile(header("c1", ""), numbers, "trips.xls", oldSpreadsheet)
	filed := d.clear(raw, "filed", "new", "trips.xls")
	hidden := d.clear(withFile(header("c2", "\nFeedback-ID: 1.x:AmazonSES"), numbers, "trips.xls", oldSpreadsheet), "ignored", "automatic")
	machine := d.clear(withFile(header("c3", "\nAuto-Submitted: auto-replied"), numbers, "trips.xls", oldSpreadsheet), "ignored", "automatic")
	desk := d.clear(withFile(header("c4", "\nX-Askwell-Reference: ASK-7F3K-92QD"), numbers, "trips.xls", oldSpreadsheet), "ignored", "own")
	waiting := d.clear(withFile(header("c5", ""), numbers, "trips.xls", oldSpreadsheet), "quarantined", "too_many")
	n, err := d.inbound.SealClear(t.Context())
	if d.must(err); n != 5 {
		t.Errorf("%d mails were sealed, want 5", n)
	}
	d.nothingInTheClear(ssn, card)
	for name, c := range map[string]struct {
		id      int64
		flagged bool
		files   int
	}{
		"filed": {filed, false, 1}, "hidden": {hidden, true, 1}, "a machine's": {machine, false, 1}, "another desk's": {desk, true, 1}, "waiting": {waiting, false, 0},
	} {
		m, err := d.inbound.ByID(t.Context(), c.id)
		d.must(err)
		if m.Flagged() != c.flagged || len(m.Files) != c.files || m.Size == 0 {
			t.Errorf("%s: flagged %v, %d files, %d bytes; want %v, %d", name, m.Flagged(), len(m.Files), m.Size, c.flagged, c.files)
		}
	}
	// The same mail again is still known, and one that waited can be decided on.
	d.must(d.inbound.Receive(t.Context(), inbound.Arrived{Source: "smtp", Raw: raw}))
	var all int
	d.must(d.db.QueryRow(t.Context(), `SELECT count(*) FROM inbound_mail`).Scan(&all))
	if all != 5 {
		t.Errorf("%d mails, want 5: the first came twice", all)
	}
	d.must(d.inbound.Attach(t.Context(), d.agent, waiting, d.ana.Reference))
	d.nothingInTheClear(ssn, card)
}

// A mail that the version before took in is filed by this one.
func TestAMailOfTheVersionBeforeIsFiled(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	raw := []byte("From: Lea <lea@mail.example>\r\nTo: questions@help.example\r\nSubject: Card\r\nMessage-ID: <before@mail.example>\r\n\r\nWhere is it? " + numbers + "\r\n")
	id := d.clear(raw, "received", "")
	_, err := d.db.Exec(t.Context(), `INSERT INTO outbox (event, subject_id) VALUES ($1, $2)`, inbound.OutboxReceived, id)
	d.must(err)
	d.file()
	if e := d.end(); e.State != "filed" || e.Why != "new" {
		t.Errorf("ended as %s %s", e.State, e.Why)
	}
	d.must(d.inbound.Receive(t.Context(), inbound.Arrived{Source: "smtp", Raw: raw}))
	d.file()
	var tickets int
	d.must(d.db.QueryRow(t.Context(), `SELECT count(*) FROM ticket WHERE channel = 'email'`).Scan(&tickets))
	if tickets != 1 {
		t.Errorf("%d tickets of one mail", tickets)
	}
	_, err = d.inbound.SealClear(t.Context())
	d.must(err)
	d.nothingInTheClear(ssn, card)
}

// With a new key in front everything is read, and reseal leaves nothing of the old one.
func TestMailsSurviveANewKey(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	older, newer := []byte(strings.Repeat("k", 32)), []byte(strings.Repeat("n", 32))
	e := d.take(withFile(d.fill("From: Eve <eve@evil.example>\nTo: {{token}}\nSubject: Trips\nMessage-ID: <newkey@mail.example>"), numbers, "trips.xls", oldSpreadsheet))
	d.take(withFile("From: Lea <lea@mail.example>\nTo: questions@help.example\nSubject: Trips\nMessage-ID: <newkey2@mail.example>", numbers, "trips.xls", oldSpreadsheet))
	both := [][]byte{newer, older}
	for _, place := range []secret.Place{inbound.SealedMails, inbound.SealedFiles} {
		r, err := place.Reseal(t.Context(), d.db, both, func(secret.Resealed) {})
		d.must(err)
		if r.Again == 0 || r.Shut != 0 {
			t.Errorf("%s: %+v", place.Name, r)
		}
	}
	cfg := d.inbound.Config
	cfg.Keys = [][]byte{newer}
	alone := inbound.New(cfg)
	d.must(alone.Attach(t.Context(), d.agent, e.ID, d.ana.Reference))
	cfg.Keys = [][]byte{[]byte(strings.Repeat("x", 32))}
	lost := inbound.New(cfg)
	m, err := alone.ByID(t.Context(), e.ID)
	d.must(err)
	if _, _, err := lost.FetchFile(t.Context(), d.agent, e.ID, m.Files[0].ID); !failure.Is(err, failure.KindConflict) {
		t.Errorf("with another key: %v", err)
	}
	if _, content, err := alone.FetchFile(t.Context(), d.agent, e.ID, m.Files[0].ID); err != nil || !bytes.Equal(content, oldSpreadsheet) {
		t.Errorf("with the new key alone: %d bytes, %v", len(content), err)
	}
}

// Who reads the database cannot try numbers against the fingerprint: without the key it is no hash of the content.
func TestTheFingerprintIsKeyed(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	raw := []byte("From: Lea <lea@mail.example>\r\nTo: questions@help.example\r\nSubject: x\r\nMessage-ID: <keyed@mail.example>\r\n\r\n" + numbers + "\r\n")
	d.take(raw)
	bare := inbound.BareFingerprint(raw)
	token := inbound.TokenOf(bare[:])
	var found bool
	d.must(d.db.QueryRow(t.Context(), `
		SELECT EXISTS (SELECT FROM inbound_mail WHERE fingerprint = $1) OR EXISTS (SELECT FROM ticket WHERE form_token = $2)
			OR EXISTS (SELECT FROM message WHERE token = $2)`, bare[:], token[:]).Scan(&found))
	if found {
		t.Error("a hash of the content without a key stands in the database")
	}
}
