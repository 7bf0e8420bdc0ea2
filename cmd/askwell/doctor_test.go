package main

import (
	"strings"
	"testing"
	"time"

	"github.com/askwell/askwell/internal/testkit"
)

// The doctor compares this machine's clock with the database's.
func TestDoctorComparesClocks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		shift time.Duration
		want  string
	}{
		"right":  {0, "ok    Clock "},
		"slow":   {10 * time.Minute, "behind the database's: set both by a time server (NTP)"},
		"fast":   {-10 * time.Minute, "ahead of the database's: set both by a time server (NTP)"},
		"a bit":  {2 * time.Second, "ok    Clock "},
		"enough": {20 * time.Second, "FAIL  Clock "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := testkit.Database(t)
			testkit.ShiftClock(t, db, c.shift)
			doctor(t, []string{"DATABASE_URL=" + db.Config().ConnString()}, c.want)
		})
	}
}

// The doctor says of mails that have not left what is known of them, and what to do; never a server's words, which may quote an address.
func TestDoctorTellsOfMailsThatHaveNotLeft(t *testing.T) {
	t.Parallel()
	mails := testkit.Mailbox(t)
	for name, c := range map[string]struct {
		rows string // of state, fault, code, status
		want []string
	}{
		"none":          {``, []string{"ok    Mail "}},
		"a few wait":    {`('waiting', 'configuration', 504, '5.5.2'), ('waiting', 'configuration', 504, '5.5.2')`, []string{"ok    Mail "}},
		"time mends it": {`('waiting', 'temporary', 451, ''), ('waiting', 'temporary', 451, ''), ('waiting', 'temporary', 451, '')`, []string{"ok    Mail "}},
		"no connection": {`('waiting', 'unreachable', 0, ''), ('waiting', 'unreachable', 0, ''), ('waiting', 'unreachable', 0, '')`, []string{"ok    Mail "}},
		"nobody mends it": {`('waiting', 'configuration', 504, '5.5.2'), ('waiting', 'configuration', 504, '5.5.2'), ('waiting', 'configuration', 504, '5.5.2')`, []string{
			"FAIL  Mail ", "3 mails wait, for the mail server answers 504 5.5.2 (configuration)", "/console/task-queues",
		}},
		"unconfirmed": {`('unconfirmed', '', 0, ''), ('unconfirmed', '', 0, '')`, []string{
			"FAIL  Mail ", "2 mails were handed over and nobody knows whether they were taken", "/console/task-queues",
		}},
		"expired": {`('expired', 'sender', 550, '5.1.8')`, []string{"FAIL  Mail ", "1 mails were not taken for five days (sender)", "they can be sent again"}},
		"refused": {`('refused', 'recipient', 550, '5.1.1')`, []string{"ok    Mail "}}, // told on the ticket
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := testkit.Database(t)
			if c.rows != "" {
				_, err := db.Exec(t.Context(), `
					INSERT INTO outgoing_mail (key, task_id, kind, subject_id, state, fault, code, status, words, claimed_until)
					SELECT 'notice/' || row_number() OVER (), 1, 'tell_owner', 1, v.state, v.fault, v.code, v.status, '<jean@mail.example> no', now()
					FROM (VALUES `+c.rows+`) AS v (state, fault, code, status)`)
				if err != nil {
					t.Fatal(err)
				}
			}
			out := doctor(t, []string{"DATABASE_URL=" + db.Config().ConnString(), "SMTP_URL=" + mails.URL()}, c.want...)
			if strings.Contains(out, "jean@") {
				t.Errorf("doctor quotes an address: %s", out)
			}
		})
	}
}
