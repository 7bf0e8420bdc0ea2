package console_test

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/webtest"
)

// account puts an account with one case on file.
func (d *desk) account(t *testing.T, name, email string) account.Account {
	t.Helper()
	number, err := identifier.NewAccountNumber(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	var id int64
	err = d.DB.QueryRow(t.Context(), `
		INSERT INTO account (number, name, name_words, email, date_of_birth, address, a_number, language)
		VALUES ($1, $2, $3, $4, '1990-05-17', '12 Quay Street, Port Example', 'A' || (200000000 + nextval('account_id_seq')), 'es')
		RETURNING id`, number, name, identifier.NameWords(name), email).Scan(&id)
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.DB.Exec(t.Context(), `
		INSERT INTO account_case (account_id, receipt_number, form, status, received_on)
		VALUES ($1, 'IOE' || lpad($1::bigint::text, 10, '9'), 'I-485', 'interview-scheduled', '2026-02-03')`, id)
	if err != nil {
		t.Fatal(err)
	}
	found, err := account.Store{DB: d.DB}.ByID(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// link does what the worker does with a number.
func (d *desk) link(t *testing.T, reference string) ticket.Ticket {
	t.Helper()
	id := d.ticket(t, reference).ID
	var task int64
	err := d.DB.QueryRow(t.Context(), `
		INSERT INTO outbox_task (task, subject_id, due_at, created_at) VALUES ('link_account', $1, now(), now())
		RETURNING id`, id).Scan(&task)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Tickets.LinkByNumber(t.Context(), task, id); err != nil {
		t.Fatal(err)
	}
	return d.ticket(t, reference)
}

func number(n string) func(*ticket.Inquiry) {
	return func(in *ticket.Inquiry) { in.Number = identifier.Read(n) }
}

func from(name, email string) func(*ticket.Inquiry) {
	return func(in *ticket.Inquiry) { in.Name, in.Email = name, email }
}

func category(code string) func(*ticket.Inquiry) {
	return func(in *ticket.Inquiry) { in.Category = code }
}

func about(subject, question string) func(*ticket.Inquiry) {
	return func(in *ticket.Inquiry) { in.Subject, in.Question = subject, question }
}

// file adds a file that was stored and scanned so.
func (d *desk) file(t *testing.T, name, content string, scan ticket.Scan) func(*ticket.Inquiry) {
	t.Helper()
	stored, err := d.Files.Put(t.Context(), strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(content))
	return func(in *ticket.Inquiry) {
		in.Attachments = append(in.Attachments, ticket.Attachment{
			Name: name, MediaType: "application/pdf", Size: stored.Size, SHA256: sum[:], StorageKey: stored.Key, Scan: scan,
		})
	}
}

// busy is a desk with something of everything; it gives the references by what is on them.
func busyDesk(t *testing.T, options ...webtest.Options) (*desk, map[string]string) {
	t.Helper()
	d := newDesk(t, options...)
	amara := d.account(t, "Amara Okafor", "amara@example.org")
	d.account(t, "Lucía Fernández de la Vega", "lucia@example.org")
	refs := map[string]string{}
	subjects := []string{
		"Card was produced in July and never arrived", "How do I reschedule my fingerprint appointment?", "Locked out after changing my phone",
		"Processing time for I-130 is past the posted range", "Notice has my old address", "¿Puedo viajar mientras espero la decisión?",
	}
	for i := range 18 {
		refs[fmt.Sprint("plain", i)] = d.open(t, about(subjects[i%len(subjects)], "I have waited for a long time.\n\nWhat should I do?"), from(fmt.Sprintf("Applicant Number%d", i), fmt.Sprintf("applicant%d@example.net", i)))
	}
	refs["corroborated"] = d.open(t, number(amara.Number), about("My interview", strings.Repeat("I moved in May and the notice went to the old address. ", 40)),
		d.file(t, "Notice of interview.pdf", "%PDF-1.7 notice", ticket.ScanClean), d.file(t, "scan.pdf", "%PDF-1.7 scan", ticket.ScanWaiting))
	refs["claimed"] = d.open(t, number(amara.Number), from("Amara N. Okafor", "amara.new@example.com"))
	refs["conflict"] = d.open(t, number(amara.Number), from("Lucía Fernández", "lucia@example.org"))
	refs["unusable"] = d.open(t, number(amara.ANumber), from("Amara Okafor", "somewhere@example.com"))
	refs["unmatched"] = d.open(t, number("9000 0000 0053"), from("Amara Okafor", "elsewhere@example.com"))
	for _, key := range []string{"corroborated", "claimed", "conflict", "unusable", "unmatched"} {
		d.link(t, refs[key])
	}
	refs["suspect"] = d.open(t, func(in *ticket.Inquiry) {
		in.Suspicions = []ticket.Suspicion{ticket.SuspectHoneypot, ticket.SuspectTooFast}
	})
	refs["long"] = d.open(t, about(strings.Repeat("Verylongsubjectwithoutanyspace", 6), strings.Repeat("x", 5000)+strings.Repeat(" and so on", 1500)), from(strings.Repeat("Wolfeschlegelstein", 7), "w@example.org"))
	return d, refs
}

func ticketPath(reference string) string { return "/console/tickets/" + reference }

// reply answers a ticket as the agent, having seen everything.
func (d *desk) reply(t *testing.T, reference string, form url.Values) {
	t.Helper()
	form.Set("seen", d.get(t, ticketPath(reference)).Value("seen"))
	d.post(t, ticketPath(reference)+"/replies", form)
}

// stuck leaves one task that was given up and one that is tried again.
func (d *desk) stuck(t *testing.T) {
	t.Helper()
	_, err := d.DB.Exec(t.Context(), `
		INSERT INTO outbox_task (task, subject_id, due_at, created_at, attempts, last_error, given_up_at) VALUES
			('send_reply', 71, now(), now() - interval '2 hours', 12, '550 mailbox unavailable', now()),
			('index_ticket', 72, now() + interval '1 hour', now() - interval '5 minutes', 4, 'connection refused', NULL)`)
	if err != nil {
		t.Fatal(err)
	}
}

func (d *desk) lookUp(t *testing.T, email string) (account.Account, error) {
	t.Helper()
	return account.Store{DB: d.DB}.ByEmail(t.Context(), email)
}
