package main

import (
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"net/smtp"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/devstack"
	"github.com/askwell/askwell/internal/password"
)

// applicantWrites sends words through every form of the portal and of the pages about one's own question.
func applicantWrites(t *testing.T, d *upDesk, words, number string) {
	t.Helper()
	const email, secret = "owner@mail.example", "nine boats at anchor"
	hash, err := password.Hash(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.db.Exec(t.Context(), `
		WITH added AS (
			INSERT INTO account (number, name, name_words, email) VALUES ('271828182898', 'Ana Owner', '{ana,owner}', $1) RETURNING id
		)
		INSERT INTO account_credential (account_id, password_hash, changed_at) SELECT id, $2, now() FROM added`, email, hash)
	if err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t, d.url)
	send := func(path string, form url.Values) (location string) {
		t.Helper()
		status, body, header, err := b.post(path, form)
		if err != nil || status != http.StatusSeeOther {
			t.Errorf("POST %s: %d, %v\n%s", path, status, err, tail(body, 800))
		}
		return header.Get("Location")
	}
	send("/account/sign-in", url.Values{"email": {email}, "password": {secret}})
	form := inquiryForm(b.token(), "From the account: "+words, "")
	form.Set("question", words)
	form.Set("asking_as", "271828182898")
	question := "/account/questions/" + strings.TrimPrefix(send("/inquiries", form), "/inquiries/")
	_, page := b.get(question)
	token := tokenField.FindStringSubmatch(page)
	if token == nil {
		t.Fatalf("%s has no form: %s", question, tail(page, 500))
	}
	send(question+"/messages", url.Values{"form_token": {token[1] + token[2]}, "message": {"A message: " + words}})
	agent := newBrowser(t, d.url)
	agent.signInAsAgent()
	ticket := "/console/tickets/" + strings.TrimPrefix(question, "/account/questions/")
	_, shown := agent.get(ticket)
	seen := seenField.FindStringSubmatch(shown)
	if seen == nil {
		t.Fatalf("%s has no form: %s", ticket, tail(shown, 500))
	}
	if status, body, _, err := agent.post(ticket+"/replies", url.Values{"body": {"Thank you."}, "status": {"pending"}, "seen": seen[1:]}); err != nil || status != http.StatusSeeOther {
		t.Fatalf("the answer: %d, %v\n%s", status, err, tail(body, 500))
	}
	eventually(t, time.Minute, func() error { // the undo time has to pass
		status, body, _, err := b.post(question+"/rating", url.Values{"helpful": {"no"}})
		if err == nil && status != http.StatusSeeOther {
			err = fmt.Errorf("%d: %s", status, tail(body, 200))
		}
		return err
	})
	send(question+"/rating", url.Values{"helpful": {"no"}, "words": {"A rating: " + words}})
	send("/account/details", url.Values{"name": {"Ana " + number}, "address": {"Number " + number}, "birth_day": {"1"}, "birth_month": {"2"}, "birth_year": {"1990"}, "language": {"en"}})
	stranger := newBrowser(t, d.url)
	for path, form := range map[string]url.Values{
		"/status":              {"reference": {number}, "email": {"lea@mail.example"}},
		"/help/account-number": {"name": {"Lea " + number}, "email": {"lea@mail.example"}, "birth_day": {"1"}, "birth_month": {"2"}, "birth_year": {"1990"}},
		"/register": {"name": {"Lea " + number}, "address": {"Number " + number}, "email": {"lea@mail.example"}, "password": {secret},
			"birth_day": {"1"}, "birth_month": {"2"}, "birth_year": {"1990"}},
	} {
		if status, body, _, err := stranger.post(path, form); err != nil || status >= http.StatusInternalServerError {
			t.Errorf("POST %s: %d, %v\n%s", path, status, err, tail(body, 500))
		}
	}
}

// What is masked on a ticket stands nowhere in the clear, whichever way it came: form, mail that is filed, waits, is laid aside or comes
// back, import, and an agent's search for it.
func TestNoMaskedNumberStandsInTheClear(t *testing.T) {
	t.Parallel()
	const ssn, card = "219-09-9999", "4111 1111 1111 1111"
	words := "my Social Security number is " + ssn + " and my card " + card + ", see https://mail.example/?n=" + ssn + " or ana." + ssn + "@mail.example"
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	d := startUp(t, dataDir(t), []string{"FORM_MIN_FILL=0s", "REPLY_ADDRESS=reply@help.example", "INBOUND_SMTP_LISTEN=" + port}, "--no-demo")
	runCommand(t, nil, demoPassword+" two\n", "staff", "add", "--email", "agent@desk.example", "--name", "Ada", "--role", "agent", "--data", d.dir)

	b := newBrowser(t, d.url)
	form := inquiryForm(b.token(), "Subject: "+words, ssn)
	form.Set("question", "Question: "+words)
	form.Set("name", "Ana "+ssn)
	if status, body, _, err := b.post("/inquiries", form); err != nil || status >= 400 {
		t.Fatalf("the form: %d, %v\n%s", status, err, tail(body, 500))
	}
	for i, header := range []string{
		"From: Ana " + ssn + " <lea@mail.example>", "From: robot@mail.example\nAuto-Submitted: auto-generated", "From: nobody",
		"From: mailer-daemon@mail.example\nMIME-Version: 1.0\nContent-Type: multipart/report; boundary=B", "From: list@mail.example\nList-Id: <x.example>",
		"From: broken@mail.example\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=B",
	} {
		mail := fmt.Sprintf("%s\nTo: reply@help.example\nSubject: %s\nMessage-ID: <clear-%d@mail.example>\n\n%s\n", header, words, i, words)
		eventually(t, time.Minute, func() error { // the workers listen a moment after the pages
			return smtp.SendMail(port, nil, "somebody@mail.example", []string{"reply@help.example"}, []byte(strings.ReplaceAll(mail, "\n", "\r\n")))
		})
	}
	file := filepath.Join(t.TempDir(), "tickets.csv")
	rows := "opened_at,category,applicant_name,applicant_email,subject,question\n2026-01-05T09:00:00Z,feedback,Ana " + ssn + ",ana@mail.example,\"" + words + "\",\"" + words + "\"\n"
	if err := os.WriteFile(file, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	runCommand(t, nil, "", "import", "tickets", file, "--data", d.dir)
	applicantWrites(t, d, words, ssn)
	agent := newBrowser(t, d.url)
	agent.signInAsAgent()
	agent.get("/console/search?" + url.Values{"q": {words}}.Encode())
	eventually(t, time.Minute, func() error {
		var waiting, mails int
		err := d.db.QueryRow(t.Context(), `
			SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM outbox_task WHERE task = 'file_mail' OR task LIKE 'index%'),
				(SELECT count(*) FROM inbound_mail WHERE decided_at IS NOT NULL)`).Scan(&waiting, &mails)
		if err == nil && (waiting > 0 || mails != 6) {
			err = fmt.Errorf("%d tasks wait, %d mails of 6 are decided", waiting, mails)
		}
		return err
	})

	running, err := devstack.ReadRunning(d.dir)
	if err != nil {
		t.Fatal(err)
	}
	dump, err := exec.CommandContext(t.Context(), "pg_dump", "--data-only", running.DatabaseURL).Output()
	if err != nil {
		t.Fatalf("pg_dump: %v", err)
	}
	places := map[string]string{"the database": string(dump), "the log": d.out.String()}
	for _, folder := range []string{"search", "mail", "redis", "files"} {
		places[folder] = readAll(t, filepath.Join(d.dir, folder))
	}
	for place, text := range places {
		for _, number := range []string{ssn, card, "219099999", "4111111111111111"} {
			if strings.Contains(text, number) || strings.Contains(text, hex.EncodeToString([]byte(number))) {
				at := max(strings.Index(text, number), 0)
				t.Errorf("%s holds %s: %q", place, number, text[max(0, at-80):min(len(text), at+40)])
			}
		}
	}
	if n := strings.Count(places["the database"], "number removed"); n < 10 {
		t.Errorf("the database says %d times that a number was removed: the test looks at the wrong tables", n)
	}
}
