package console_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/staff"
	"github.com/askwell/askwell/internal/ticket"
)

var heldSince = regexp.MustCompile(`Mail is on hold since \w+ \d+, (\d{4}, )?\d+:\d\d [ap]\.m\.:`)

// While no mail leaves, whoever writes a reply reads so on every page; an administrator releases it.
func TestEverybodySeesThatMailIsHeld(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	reference := d.open(t)
	pages := []string{"/console/tickets", ticketPath(reference), "/console/search?q=card", mailPath}
	banner := func(path string) string { return d.agent.Get(path).Text("[data-mail-held]") }
	for _, path := range pages {
		if got := banner(path); got != "" {
			t.Errorf("%s says %q while mail leaves", path, got)
		}
	}
	d.exec(t, `UPDATE desk SET mail_held_since = now() - interval '2 hours', mail_held_for = 'other_cluster'`)
	for _, path := range pages {
		if got := banner(path); !heldSince.MatchString(got) || strings.Contains(got, "See why") {
			t.Errorf("%s tells an agent %q", path, got)
		}
	}
	boss := d.SignIn(t, staff.RoleAdministrator)
	if got := boss.Get("/console/tickets").Doc.Find(`[data-mail-held] a[href="/console/task-queues"]`).Text(); got != "See why" {
		t.Errorf("an administrator is led on by %q", got)
	}
	tasks := boss.Get("/console/task-queues")
	if got := tasks.Text(".banner"); len(heldSince.FindAllString(got, -1)) != 1 || !strings.Contains(got, "the database has moved to another server.") {
		t.Errorf("the page of tasks says %q", got)
	}
	released := boss.Post("/console/task-queues/mail-held/release", nil)
	if got := boss.Get(released.Location()); got.Text(".banner") != "" || !strings.Contains(got.Text(".flashes"), "Mail will be sent within a minute.") {
		t.Errorf("after the release: %q, %q", got.Text(".banner"), got.Text(".flashes"))
	}
	if got := banner("/console/tickets"); got != "" {
		t.Errorf("after the release the list says %q", got)
	}
}

// What operators and agents see of held mail, mailboxes, locked files and proven senders fits a phone, and passes axe.
func TestLookOfMailAndFilesInTrouble(t *testing.T) {
	t.Parallel()
	d := newMailDesk(t)
	reference, f := d.withFile(t, "%PDF-1.4")
	if err := d.Tickets.RecordScan(t.Context(), 0, f.ID, ticket.Scanned{Scan: ticket.ScanUnscannable, Finding: "Heuristics.Encrypted.PDF"}); err != nil {
		t.Fatal(err)
	}
	mailed := d.mail(t, "Amara <amara@example.org>", d.replies.For(reference), "Re: card", "It came.")
	d.exec(t, `UPDATE inbound_mail SET proof = 'signed' WHERE id = $1`, mailed)
	d.exec(t, `
		INSERT INTO inbound_mailbox (name, begun_at, read_at, problem, detail, problem_since, waiting, oldest) VALUES
			('imap://mail.help.example/INBOX', now() - interval '9 days', now() - interval '1 minute', '', '', NULL, 0, NULL),
			('imap://a-very-long-name-of-a-server.mailboxes.provider.example/Applicants/Questions and answers', NULL, NULL,
				'login', 'NO [AUTHENTICATIONFAILED] Authentication failed, please see the page of your provider for how to make an application password.', now(), 1234, now() - interval '3 days')`)
	d.exec(t, `UPDATE desk SET mail_held_since = now() - interval '2 hours', mail_held_for = 'other_files'`)
	tab := d.browse(t, staff.RoleAdministrator, "boss@staff.test")
	inspect(t, tab, d.URL, map[string]string{
		"held-list": "/console/tickets?view=all", "held-ticket": ticketPath(reference), "held-tasks": "/console/task-queues",
		"proven-mail": fmt.Sprintf("%s/%d", mailPath, mailed), "held-search": "/console/search?q=card", "held-report": "/console/reports/response-times",
	})
	tab.Goto(d.URL + "/console/task-queues")
	tab.TabTo(`form[action$="/mail-held/release"] button`)
	tab.PressAndLoad("Enter")
	if got := tab.Text("main"); heldSince.MatchString(got) || !strings.Contains(got, "Mail will be sent within a minute.") {
		t.Errorf("released by keyboard: %q", got)
	}
}
