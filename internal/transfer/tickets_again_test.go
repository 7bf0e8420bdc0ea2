package transfer_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/transfer"
)

const ticketRows = `
	SELECT concat_ws('|', subject, status, first_responded_at AT TIME ZONE 'UTC', solved_at AT TIME ZONE 'UTC', excluded_reason, awaiting_since IS NOT NULL)
	FROM ticket ORDER BY opened_at`

func TestALaterExportChangesTickets(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	other := tickets(transfer.TicketOptions{Source: "old desk"})
	header := "external_id,opened_at,applicant_name,applicant_email,subject,question,first_responded_at,solved_at,status\n"
	first := header +
		"1,2026-01-02T10:00:00Z,Ana,ana@mail.example,Card,Where is it?,,,\n" +
		"2,2026-01-02T11:00:00Z,Bo,bo@mail.example,Date,When?,2026-01-03T10:00:00Z,,\n" +
		"3,2026-01-02T12:00:00Z,Cy,cy@mail.example,Form,Which?,,,\n"
	result, _ := took(t, db, other, first)
	check(t, "first", transfer.Result{Rows: 3, Added: 3}, counts(result))
	later := header +
		"1,2026-01-02T10:00:00Z,Ana,ana@mail.example,Card,Where is it?,2026-01-04T10:00:00Z,2026-01-05T10:00:00Z,solved\n" +
		"2,2026-01-02T11:00:00Z,,,,,,,\n" +
		"3,2026-01-02T12:00:00Z,Cy,cy@mail.example,Form I-90,Which?,,,\n" +
		"4,2026-01-06T12:00:00Z,Di,di@mail.example,New one,Hello?,,,\n" +
		"4,2026-01-06T12:00:00Z,Di,di@mail.example,New one,Hello?,,,\n"
	result, rejected := took(t, db, other, later)
	check(t, "later", transfer.Result{Rows: 5, Added: 1, Changed: 2, Same: 1, Rejected: 1}, counts(result))
	check(t, "why", "external_id: line 5 has the same", rejected[0][1])
	want := []string{
		"Card|solved|2026-01-04 10:00:00|2026-01-05 10:00:00|f", "Date|open|2026-01-03 10:00:00|f", "Form I-90|new|t", "New one|new|t",
	}
	check(t, "tickets", want, texts(t, db, ticketRows))
	check(t, "history", []string{"opened", "replied", "status_changed"}, texts(t, db, `
		SELECT e.kind FROM ticket_event e JOIN ticket t ON t.id = e.ticket_id WHERE t.subject = 'Card' ORDER BY e.at, e.id`))
	result, _ = took(t, db, other, strings.Replace(later, "4,2026-01-06T12:00:00Z,Di,di@mail.example,New one,Hello?,,,\n", "", 1))
	check(t, "again", transfer.Result{Rows: 4, Same: 4}, counts(result))
	result, _ = took(t, db, tickets(transfer.TicketOptions{Source: "another desk"}), strings.Replace(first, "ana@", "eve@", 1))
	check(t, "the same ids of another desk", transfer.Result{Rows: 3, Added: 3}, counts(result))
}

func TestATicketThatWasWorkedOnHereStays(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	all := tickets(transfer.TicketOptions{})
	file := "external_id,opened_at,subject,status\n1,2026-01-02T10:00:00Z,Card,new\n"
	took(t, db, all, file)
	_, err := db.Exec(t.Context(), `
		WITH ada AS (INSERT INTO staff (email, name, role, password_hash) VALUES ('ada@desk.example', 'Ada', 'agent', '$argon2id$none') RETURNING id)
		INSERT INTO ticket_event (ticket_id, kind, actor, staff_id, at) SELECT ticket.id, 'assigned', 'staff', ada.id, now() FROM ticket, ada`)
	if err != nil {
		t.Fatal(err)
	}
	result, _ := took(t, db, all, strings.Replace(file, "new", "closed", 1))
	check(t, "result", transfer.Result{Rows: 1, KeptWhole: 1, Kept: []transfer.Kept{{Line: 2, Columns: []string{"status"}}}}, counts(result))
	check(t, "tickets", []string{"Card|new|t"}, texts(t, db, ticketRows))
}

// TestExportAndImportOnOneDesk doubles nothing, and an export of one desk makes and then changes the tickets of another.
func TestExportAndImportOnOneDesk(t *testing.T) {
	t.Parallel()
	db, second := testkit.Database(t), testkit.Database(t)
	all := tickets(transfer.TicketOptions{})
	took(t, db, all, "opened_at,subject,question,account_number\n2026-01-02T10:00:00Z,Card,Where?,100000000093\n2026-01-02T11:00:00Z,Date,When?,\n")
	export := func() string {
		t.Helper()
		var out bytes.Buffer
		if _, err := transfer.ExportTickets(t.Context(), db, &out, true, nothing); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	result, _ := took(t, db, all, export())
	check(t, "on the same desk", transfer.Result{Rows: 2, Same: 2}, counts(result))
	result, _ = took(t, second, all, export())
	check(t, "on another", transfer.Result{Rows: 2, Added: 2}, counts(result))
	check(t, "the number as it was given", []string{"100000000093"}, texts(t, second, `SELECT number_given FROM ticket WHERE subject = 'Card'`))
	if _, err := db.Exec(t.Context(), `UPDATE ticket SET status = 'solved', solved_at = opened_at + interval '1 day' WHERE subject = 'Card'`); err != nil {
		t.Fatal(err)
	}
	result, _ = took(t, second, all, export())
	check(t, "a later one", transfer.Result{Rows: 2, Changed: 1, Same: 1}, counts(result))
	check(t, "tickets", 2, count(t, second, `SELECT count(*) FROM ticket`))
}

// TestAnExternalIDForWhatCameWithoutOne imports a file, and later the same file with a column more.
func TestAnExternalIDForWhatCameWithoutOne(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	all := tickets(transfer.TicketOptions{})
	took(t, db, all, "opened_at,subject\n2026-01-02T10:00:00Z,Card\n")
	result, _ := took(t, db, all, "external_id,opened_at,subject\n7,2026-01-02T10:00:00Z,Card\n")
	check(t, "the same words", transfer.Result{Rows: 1, Same: 1}, counts(result))
	result, _ = took(t, db, all, "external_id,opened_at,subject,status\n7,2026-01-02T10:00:00Z,Card,solved\n")
	check(t, "later", transfer.Result{Rows: 1, Changed: 1}, counts(result))
}
