package transfer_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/transfer"
)

var plain = tickets(transfer.TicketOptions{})

const ticketHeader = "opened_at,category,account_number,number_at_submission,applicant_name,applicant_email,subject,question," +
	"first_responded_at,solved_at,status,excluded_reason\n"

func TestImportTickets(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	result, rejected := took(t, db, plain, "\ufeff"+ticketHeader+
		`2025-03-03T10:00:00,card-not-received,1000 0000 0093,,Ana Núñez,ana@mail.example,My card,"Where is it?`+"\n\n"+`Thank you ""all"" 😀",2025-03-04T12:30:00Z,2025-03-05 09:00,,`+"\n"+
		"2025-03-03,,,,,,,,,,,\n"+
		"2025-03-03T11:00:00+02:00,case-question,A123456789,,B,b@mail.example,Case,Text,,,on_hold,spam\n"+
		"2025-03-03T11:00:00,case-question,n/a,with,C,c@mail.example,Case,Text,,,closed,\n")
	check(t, "result", transfer.Result{Rows: 4, Added: 4, Absent: []string{"external_id"}}, result)
	check(t, "rejected", [][]string(nil), rejected)
	got := texts(t, db, `
		SELECT concat_ws('|', t.opened_at AT TIME ZONE 'UTC', t.category, t.status, t.applicant_name, t.subject, t.number_given, t.number_group,
			t.number_kind, t.link_state, t.first_responded_at AT TIME ZONE 'UTC', t.solved_at AT TIME ZONE 'UTC', t.excluded_reason,
			CASE WHEN t.awaiting_since = t.opened_at THEN 'awaiting' END, t.channel, t.updated_at AT TIME ZONE 'UTC')
		FROM ticket t ORDER BY t.opened_at`)
	check(t, "tickets", []string{
		"2025-03-03 00:00:00|something-else|new||(no subject)||without|none|none|awaiting|import|2025-03-03 00:00:00",
		"2025-03-03 09:00:00|case-question|on_hold|B|Case|A123456789|unusable|a_number|waiting|spam|import|2025-03-03 09:00:00",
		"2025-03-03 10:00:00|card-not-received|solved|Ana Núñez|My card|1000 0000 0093|with|account_number|waiting|2025-03-04 12:30:00|2025-03-05 09:00:00|import|2025-03-05 09:00:00",
		"2025-03-03 11:00:00|case-question|closed|C|Case|n/a|with|none|none|import|2025-03-03 11:00:00",
	}, got)
	check(t, "questions", []string{"Text", "Text", "Where is it?\n\nThank you \"all\" 😀"}, texts(t, db, `SELECT body FROM message WHERE kind = 'inquiry' ORDER BY body`))
	check(t, "events", 4, count(t, db, `SELECT count(*) FROM ticket_event e JOIN ticket t ON t.id = e.ticket_id WHERE kind = 'opened' AND actor = 'import' AND at = opened_at`))
	// No other event: nothing may send mail for history.
	check(t, "outbox", []string{"ticket.changed 4", "ticket.number_given 2"}, texts(t, db, `SELECT event || ' ' || count(*) FROM outbox GROUP BY event ORDER BY event`))
	for _, reference := range texts(t, db, `SELECT reference FROM ticket`) {
		if _, ok := identifier.ParseReference(reference); !ok {
			t.Errorf("%s is no reference", reference)
		}
	}
}

func TestImportTicketsAgain(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	// Two rows alike are two tickets: two people can ask the same in the same second.
	file := "opened_at,subject\n2025-03-03T10:00:00Z,Card\n2025-03-03T10:00:00Z,Card\n2025-03-03T10:00:01Z,Card\n"
	result, _ := took(t, db, plain, file)
	check(t, "first", transfer.Result{Rows: 3, Added: 3}, counts(result))
	result, _ = took(t, db, plain, file)
	check(t, "again", transfer.Result{Rows: 3, Same: 3}, counts(result))
	result, _ = took(t, db, plain, file+"2025-03-03T10:00:00Z,Card\n")
	check(t, "a row longer", transfer.Result{Rows: 4, Added: 1, Same: 3}, counts(result))
	result, _ = took(t, db, tickets(transfer.TicketOptions{TimeZone: zone(t, "Europe/Berlin")}), file)
	check(t, "with a zone that no time needs", transfer.Result{Rows: 3, Same: 3}, counts(result))
	check(t, "tickets", 4, count(t, db, `SELECT count(*) FROM ticket`))
	check(t, "events", 4, count(t, db, `SELECT count(*) FROM ticket_event`))
}

func TestImportTicketsRejects(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	tomorrow := time.Now().Add(24 * time.Hour).UTC().Format(time.RFC3339)
	for _, c := range []struct{ name, row, reason string }{
		{"no time", ",,,,,,,,,,,", `opened_at: "" is no time like 2026-01-31T14:05:00`},
		{"no such day", "2025-02-29T10:00:00,,,,,,,,,,,", `opened_at: "2025-02-29T10:00:00" is no time like 2026-01-31T14:05:00`},
		{"the future", tomorrow + ",,,,,,,,,,,", "opened_at: " + tomorrow + " is before 1970 or in the future"},
		{"answered in the future", "2025-01-01T10:00:00,,,,,,,," + tomorrow + ",,,", "first_responded_at: " + tomorrow + " is before 1970 or in the future"},
		{"long ago", "1969-12-31T10:00:00,,,,,,,,,,,", "opened_at: 1969-12-31T10:00:00 is before 1970 or in the future"},
		{"answered before", "2025-01-02T10:00:00,,,,,,,,2025-01-02T09:59:59,,,", "first_responded_at: before opened_at"},
		{"solved before", "2025-01-02T10:00:00,,,,,,,,,2025-01-01,,", "solved_at: before opened_at"},
		{"category", "2025-01-02T10:00:00,Cards!,,,,,,,,,,", `category: "Cards!" is not known here; mend it, or add it with --add-categories`},
		{"group", "2025-01-02T10:00:00,,,maybe,,,,,,,,", `number_at_submission: "maybe" is none of with, unusable, without`},
		{"status", "2025-01-02T10:00:00,,,,,,,,,,done,", `status: "done" is none of [new open pending on_hold solved closed]`},
		{"excluded", "2025-01-02T10:00:00,,,,,,,,,,,boring", `excluded_reason: "boring" is none of [merged duplicate spam deleted]`},
		{"name", "2025-01-02T10:00:00,,,," + strings.Repeat("é", 129) + ",,,,,,,", "applicant_name: longer than 128 characters"},
		{"email", "2025-01-02T10:00:00,,,,,@mail.example,,,,,,", "applicant_email: no address like name@example.org"},
		{"subject", "2025-01-02T10:00:00,,,,,," + strings.Repeat("é", 201) + ",,,,,", "subject: longer than 200 characters"},
		{"question", "2025-01-02T10:00:00,,,,,,," + strings.Repeat("é", 100_001) + ",,,,", "question: longer than 100,000 characters"},
		{"too many fields", "2025-01-02T10:00:00,,,,,,,,,,,,x", "this row cannot be read: it has 13 fields, the header 12"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			good := "2025-01-02T10:00:00,,,,,,%s,,,,,\n"
			result, rejected := took(t, db, plain, ticketHeader+fmt.Sprintf(good, "before "+c.name)+c.row+"\n"+fmt.Sprintf(good, "after "+c.name))
			check(t, "result", transfer.Result{Rows: 3, Added: 2, Rejected: 1}, counts(result))
			check(t, "rejected", [][]string{append([]string{"3", c.reason}, strings.Split(c.row, ",")...)}, rejected)
		})
	}
}

// A row that is no CSV is shown as it stands, and the next one is read.
func TestImportTicketsUnreadableRows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, row string
		line      string
		reason    string
	}{
		{"NUL", "2025-01-02,a\x00b", "3", "this row cannot be read: there is a NUL in it"},
		{"a quote in a bare field", `2025-01-02,5" screen`, "3", `this row cannot be read: bare " in non-quoted-field in line 3`},
		{"text behind a quote", `2025-01-02,"a"b`, "3", `this row cannot be read: extraneous or missing " in quoted-field in line 3`},
		{"a quote in the first field", `20"25`, "3", `this row cannot be read: bare " in non-quoted-field in line 3`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			result, rejected := took(t, testkit.Database(t), plain, "opened_at,subject\n2025-01-01,before\n"+c.row+"\n2025-01-03,after\n")
			check(t, "result", transfer.Result{Rows: 3, Added: 2, Rejected: 1}, counts(result))
			if len(rejected) != 1 {
				t.Fatalf("rejected %q", rejected)
			}
			check(t, "line and reason", []string{c.line, c.reason}, rejected[0][:2])
			if row := strings.Join(rejected[0][2:], ","); row != c.row {
				t.Errorf("row is %q, want %q", row, c.row)
			}
		})
	}
}

func TestImportTicketsUnclosedQuote(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	result, rejected := took(t, db, plain, "opened_at,subject\n2025-01-01,before\n2025-01-02,\"open\n2025-01-03,after\n")
	check(t, "result", transfer.Result{Rows: 2, Added: 1, Rejected: 1}, counts(result))
	check(t, "rejected", [][]string{{
		"3", "this row cannot be read: a quote that opens here is closed nowhere, or in the wrong place, so that lines 3 to 4 were not read",
		"2025-01-02,\"open\n2025-01-03,after",
	}}, rejected)
}

func TestImportTicketsMapping(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	columns := transfer.Columns{}
	for _, mapping := range []string{"opened_at=Created", "subject = Betreff ", "question=Betreff"} {
		if err := columns.ParseColumn(mapping); err != nil {
			t.Fatal(err)
		}
	}
	result, _ := took(t, db, tickets(transfer.TicketOptions{Columns: columns}), "created,BETREFF,Group,first_response\n2025-01-01,Card,V1,2025-01-02\n")
	check(t, "result", transfer.Result{
		Rows: 1, Added: 1, Ignored: []string{"Group", "first_response"},
		Absent: []string{"external_id", "category", "account_number", "number_at_submission", "applicant_name", "applicant_email", "first_responded_at", "solved_at", "status", "excluded_reason"},
	}, result)
	check(t, "ticket", []string{"Card Card"}, texts(t, db, `SELECT subject || ' ' || body FROM ticket t JOIN message m ON m.ticket_id = t.id`))
	for _, wrong := range []string{"opened_at", "=x", "x=", "", "subject=Other"} {
		if err := columns.ParseColumn(wrong); err == nil {
			t.Errorf("the mapping %q passes", wrong)
		}
	}
}

func TestImportTicketsAddsCategories(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	file := "opened_at,category\n2025-01-01,Café & Más\n2025-01-01,cafe-mas\n2025-01-01,case-question\nnever,Not Made\n2025-01-01,???\n2025-01-01,تأشيرة\n2025-01-01,Cafe Mas!\n2025-01-01," + strings.Repeat("long ", 13) + "\n"
	result, rejected := took(t, db, tickets(transfer.TicketOptions{AddCategories: true}), file)
	check(t, "result", transfer.Result{Rows: 8, Added: 7, Rejected: 1}, counts(result))
	check(t, "rejected", 1, len(rejected))
	check(t, "made", []string{
		"cafe-mas Café & Más false general", "cafe-mas-2 Cafe Mas! false general", "category-a03b221c ??? false general", "category-a5d1529f تأشيرة false general",
		strings.Repeat("long-", 11) + "long " + strings.Repeat("long ", 13) + "false general",
	}, texts(t, db, `
		SELECT concat_ws(' ', c.code, c.label, CASE WHEN c.public THEN 'true' ELSE 'false' END, q.code)
		FROM category c JOIN queue q ON q.id = c.queue_id WHERE c.position = 1000 ORDER BY 1`))
	result, _ = took(t, db, tickets(transfer.TicketOptions{AddCategories: true}), file)
	check(t, "again", transfer.Result{Rows: 8, Same: 7, Rejected: 1}, counts(result))
}

// The clocks of Berlin went from 2:00 to 3:00 on 30 March 2025 and from 3:00 back to 2:00 on 26 October.
func TestImportTicketsTimeZones(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, row, want string }{
		{"winter", "2025-01-15T12:00,2025-01-15 12:30", "2025-01-15 11:00:00 2025-01-15 11:30:00"},
		{"summer", "2025-07-15T12:00:00.25,2025-07-15T12:00:01", "2025-07-15 10:00:00.25 2025-07-15 10:00:01"},
		{"over the gap", "2025-03-30T01:59:59,2025-03-30T03:00:00", "2025-03-30 00:59:59 2025-03-30 01:00:00"},
		{"in the gap", "2025-03-30T02:30:00,", "opened_at: 2025-03-30 02:30:00 did not happen in Europe/Berlin: the clocks went forward"},
		{"twice: the first", "2025-10-26T02:10:00,2025-10-26T02:30:00", "2025-10-26 00:10:00 2025-10-26 00:30:00"},
		{"twice: answered in the second", "2025-10-26T02:50:00,2025-10-26T02:10:00", "2025-10-26 00:50:00 2025-10-26 01:10:00"},
		{"its own zone", "2025-03-30T02:30:00Z,2025-03-30 02:30:00-02:00", "2025-03-30 02:30:00 2025-03-30 04:30:00"},
		{"a day", "2025-07-15,2025-07-16", "2025-07-14 22:00:00 2025-07-15 22:00:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			db := testkit.Database(t)
			_, rejected := took(t, db, tickets(transfer.TicketOptions{TimeZone: zone(t, "Europe/Berlin")}), "opened_at,first_responded_at\n"+c.row+"\n")
			got := texts(t, db, `SELECT concat_ws(' ', opened_at AT TIME ZONE 'UTC', first_responded_at AT TIME ZONE 'UTC') FROM ticket`)
			if len(rejected) > 0 {
				got = []string{rejected[0][1]}
			}
			check(t, "times", []string{c.want}, got)
		})
	}
}

// What must never be stored is not stored, and a long address in the number's field is no reason to fail.
func TestImportTicketsNumbers(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	long := strings.Repeat("long", 20) + "@mail.example"
	result, _ := took(t, db, plain, "opened_at,account_number,question\n"+
		"2025-01-01,521-44-0987,\n"+
		"2025-01-01,,my SSN is 521-44-0987 and my account number is 100000000093\n"+
		"2025-01-01,"+long+",\n")
	check(t, "result", transfer.Result{Rows: 3, Added: 3}, counts(result))
	check(t, "groups", []string{"unusable ssn", "unusable email", "with account_number"}, texts(t, db, `
		SELECT number_group || ' ' || number_kind FROM ticket ORDER BY number_kind = 'account_number', number_kind = 'email'`))
	check(t, "kept", 0, count(t, db, `SELECT count(*) FROM ticket t LEFT JOIN message m ON m.ticket_id = t.id WHERE concat(t.*, m.*) LIKE '%44%0987%'`))
}

func exported(t *testing.T, db *pgxpool.Pool) []map[string]string {
	t.Helper()
	var out bytes.Buffer
	n, err := transfer.ExportTickets(t.Context(), db, &out, true, nothing)
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(&out).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	check(t, "header", transfer.ExportColumns(), records[0])
	check(t, "rows told", len(records)-1, n)
	var rows []map[string]string
	for _, r := range records[1:] {
		row := map[string]string{}
		for i, name := range records[0] {
			row[name] = r[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// What goes out of one desk can be taken in by another and goes out of that one the same.
func TestExportGivesAllBack(t *testing.T) {
	t.Parallel()
	first, second := testkit.Database(t), testkit.Database(t)
	question := "Dear \"desk\",\n\n\tline two; comma, semicolon; 你好 😀 — ¿qué?\n=1+1"
	var file bytes.Buffer
	w := csv.NewWriter(&file)
	w.WriteAll([][]string{
		strings.Split(strings.TrimSpace(ticketHeader), ","),
		{"2025-03-03T10:00:00.123456Z", "card-not-received", " 1000-0000-0093", "", "Ana Núñez", "ana@mail.example", "My \"card\"", question, "2025-03-04T12:30:00Z", "2025-03-05T09:00:00Z", "closed", ""},
		{"2025-03-03T10:00:01Z", "feedback", "no sé", "unusable", "", "", "", "", "", "", "new", "duplicate"},
	})
	took(t, first, plain, file.String())
	want := []map[string]string{
		{
			"opened_at": "2025-03-03T10:00:00.123456Z", "category": "card-not-received", "account_number_as_given": "1000-0000-0093",
			"number_at_submission": "with", "link_state": "waiting", "account_number": "", "applicant_name": "Ana Núñez",
			"applicant_email": "ana@mail.example", "subject": "My \"card\"", "question": question, "status": "closed",
			"first_responded_at": "2025-03-04T12:30:00Z", "solved_at": "2025-03-05T09:00:00Z", "excluded_reason": "",
			"channel": "import", "queue": "cases", "language": "en", "agent": "",
		},
		{
			"opened_at": "2025-03-03T10:00:01Z", "category": "feedback", "account_number_as_given": "no sé",
			"number_at_submission": "unusable", "link_state": "none", "account_number": "", "applicant_name": "", "applicant_email": "",
			"subject": "(no subject)", "question": "", "status": "new", "first_responded_at": "", "solved_at": "", "excluded_reason": "duplicate",
			"channel": "import", "queue": "general", "language": "en", "agent": "",
		},
	}
	without := func(rows []map[string]string) []map[string]string {
		for _, r := range rows {
			delete(r, "reference")
		}
		return rows
	}
	check(t, "exported", want, without(exported(t, first)))

	var out bytes.Buffer
	if _, err := transfer.ExportTickets(t.Context(), first, &out, true, nothing); err != nil {
		t.Fatal(err)
	}
	again := tickets(transfer.TicketOptions{Columns: transfer.Columns{"account_number": "account_number_as_given"}})
	result, _ := took(t, second, again, out.String())
	check(t, "taken in", transfer.Result{Rows: 2, Added: 2}, counts(result))
	check(t, "exported again", want, without(exported(t, second)))
}

func TestExportNamesTheLinkedAccount(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	took(t, db, accounts, accountsFile)
	took(t, db, plain, "opened_at\n2025-01-01\n")
	if _, err := db.Exec(t.Context(), `UPDATE ticket SET link_state = 'verified', account_id = (SELECT id FROM account WHERE number = '100000000190')`); err != nil {
		t.Fatal(err)
	}
	row := exported(t, db)[0]
	check(t, "link", []string{"verified", "100000000190"}, []string{row["link_state"], row["account_number"]})
}
