package transfer_test

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/transfer"
)

// Numbers with right check digits: 98 - (100 * ten digits mod 97), worked out with bc.
const accountsFile = "\ufeffnumber,name,email,date_of_birth,address,a_number,language,shoe_size\n" +
	"100000000093,Ana María Núñez,ana@applicants.example,1990-12-31,\"1 High Street\nAnytown, NY\",A123456789,es,38\n" +
	"1000 0000 0190,Zoë O’Brien-Łuk,zoe@applicants.example,,,,,\n"

func TestImportAccounts(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	result, rejected := took(t, db, accounts, accountsFile)
	check(t, "result", transfer.Result{Rows: 2, Added: 2, Ignored: []string{"shoe_size"}}, result)
	check(t, "rejected", [][]string(nil), rejected)
	check(t, "accounts", []string{
		"100000000093|Ana María Núñez|ana@applicants.example|1990-12-31|1 High Street\nAnytown, NY|A123456789|es|{ana,maria,nunez}|1",
		"100000000190|Zoë O’Brien-Łuk|zoe@applicants.example|||-|en|{brien,luk,obrienluk,zoe}|1",
	}, texts(t, db, `
		SELECT concat_ws('|', number, name, email, COALESCE(date_of_birth::text, ''), address, COALESCE(a_number, '-'), language, name_words, version)
		FROM account ORDER BY number`))
	check(t, "outbox", 2, count(t, db, `SELECT count(*) FROM outbox WHERE event = 'account.changed'`))

	result, _ = took(t, db, accounts, accountsFile)
	check(t, "again", transfer.Result{Rows: 2, Same: 2}, counts(result))
	result, _ = took(t, db, accounts, strings.Replace(accountsFile, "Anytown", "Othertown", 1))
	check(t, "one changed", transfer.Result{Rows: 2, Changed: 1, Same: 1}, counts(result))
	check(t, "outbox", 3, count(t, db, `SELECT count(*) FROM outbox WHERE event = 'account.changed'`))
	check(t, "version", 2, count(t, db, `SELECT version FROM account WHERE number = '100000000093'`))
}

func TestImportAccountsRejects(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	took(t, db, accounts, accountsFile)
	for _, c := range []struct{ name, row, reason string }{
		{"check digits", "100000000094,A B,b@applicants.example,,,,", "number: not 12 digits with right check digits"},
		{"no name", "100000000287,,b@applicants.example,,,,", "name: must have 1 to 128 characters"},
		{"long name", "100000000287," + strings.Repeat("é", 129) + ",b@applicants.example,,,,", "name: must have 1 to 128 characters"},
		{"no address", "100000000287,A B,nowhere,,,,", "email: no address like name@example.org"},
		{"somebody's address", "100000000287,A B,ANA@applicants.example,,,,", "email: belongs to another account on this desk"},
		{"born tomorrow", "100000000287,A B,b@applicants.example,2190-01-01,,,", "date_of_birth: no date of the past like 1990-12-31"},
		{"no day", "100000000287,A B,b@applicants.example,1990-02-30,,,", "date_of_birth: no date of the past like 1990-12-31"},
		{"A-Number", "100000000287,A B,b@applicants.example,,,A12,", "a_number: not A and 7 to 9 digits"},
		{"language", "100000000287,A B,b@applicants.example,,,,Spanish!", "language: no code like en"},
		{"long address", "100000000287,A B,b@applicants.example,," + strings.Repeat("é", 1001) + ",,", "address: longer than 1,000 characters"},
		{"too few fields", "100000000287,A B", "this row cannot be read: it has 2 fields, the header 7"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			result, rejected := took(t, db, accounts, "number,name,email,date_of_birth,address,a_number,language\n"+c.row+"\n")
			check(t, "result", transfer.Result{Rows: 1, Rejected: 1}, counts(result))
			want := append([]string{"2", c.reason}, strings.Split(c.row, ",")...)
			check(t, "rejected", [][]string{want}, rejected)
		})
	}
}

func TestImportAccountsOnceEach(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	result, rejected := took(t, db, accounts, "number,name,email\n"+
		"100000000093,A,a@applicants.example\n"+
		"100000000093,A,b@applicants.example\n"+
		"100000000190,B,A@Applicants.example\n")
	check(t, "result", transfer.Result{Rows: 3, Added: 1, Rejected: 2}, counts(result))
	check(t, "rejected", [][]string{
		{"3", "number: line 2 has the same", "100000000093", "A", "b@applicants.example"},
		{"4", "email: line 2 has the same", "100000000190", "B", "A@Applicants.example"},
	}, rejected)
}

// Two people who swap their addresses are no conflict; who wants the address of somebody whose own row is rejected is one.
func TestImportAccountsMovesAddresses(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	took(t, db, accounts, "number,name,email\n100000000093,A,a@applicants.example\n100000000190,B,b@applicants.example\n100000000287,C,c@applicants.example\n")
	result, _ := took(t, db, accounts, "number,name,email\n100000000093,A,b@applicants.example\n100000000190,B,a@applicants.example\n")
	check(t, "swap", transfer.Result{Rows: 2, Changed: 2}, counts(result))
	check(t, "addresses", []string{"b@applicants.example", "a@applicants.example", "c@applicants.example"}, texts(t, db, `SELECT email FROM account ORDER BY number`))

	result, rejected := took(t, db, accounts, "number,name,email\n100000000093,A,a@applicants.example\n100000000190,B,c@applicants.example\n")
	check(t, "chain", transfer.Result{Rows: 2, Rejected: 2}, counts(result))
	check(t, "who was rejected", []string{"3", "2"}, []string{rejected[0][0], rejected[1][0]})
}

func TestImportCases(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	took(t, db, accounts, accountsFile)
	file := "account_number,receipt_number,form,status,received_on\n" +
		"100000000093,IOE0123456789,I-485,received,2025-03-01\n" +
		"100000000287,IOE0123456788,I-485,received,2025-03-01\n" +
		"100000000190,ioe-012-345-6787,I-90,card-produced,2024-02-29\n" +
		"100000000190,IOE0123456789,I-90,card-produced,2024-02-29\n" +
		"100000000190,IOE012345678,I-90,card-produced,2024-02-29\n" +
		"100000000190,IOE0123456781,I-90,Card Produced,2024-02-29\n" +
		"100000000190,IOE0123456781,I-90,card-produced,29 Feb\n"
	result, rejected := took(t, db, cases, file)
	check(t, "result", transfer.Result{Rows: 7, Added: 2, Rejected: 5}, counts(result))
	var reasons []string
	for _, r := range rejected {
		reasons = append(reasons, r[0]+" "+r[1])
	}
	check(t, "reasons", []string{
		"5 receipt_number: line 2 has the same",
		"6 receipt_number: not three letters and ten digits",
		"7 status: not words of small letters joined by dashes",
		"8 received_on: no date like 2026-01-31",
		"3 account_number: no such account here; import the accounts first",
	}, reasons)

	result, _ = took(t, db, cases, file)
	check(t, "again", transfer.Result{Rows: 7, Same: 2, Rejected: 5}, counts(result))
	result, _ = took(t, db, cases, strings.Replace(file, "I-485,received", "I-485,approved", 1))
	check(t, "moved on", transfer.Result{Rows: 7, Changed: 1, Same: 1, Rejected: 5}, counts(result))
	check(t, "history", []string{"received", "approved"}, texts(t, db, `
		SELECT s.status FROM account_case_status s JOIN account_case c ON c.id = s.case_id
		WHERE c.receipt_number = 'IOE0123456789' ORDER BY s.at`))
}

func TestImportRefusesFiles(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	for _, c := range []struct {
		name, file string
		columns    transfer.Columns
		want       string
	}{
		{"empty", "", nil, "the file is empty: its first line must name the columns"},
		{"a column is missing", "number,name\n", nil, `the file has no column "email"; its columns are: number, name`},
		{"mapped to nothing", "number,name,email\n", transfer.Columns{"language": "lang"}, `the file has no column "lang" (for language)`},
		{"mapped from nothing", "number,name,email\n", transfer.Columns{"lang": "name"}, `there is no column "lang" to map to`},
		{"a column twice", "number,name,Name,email\n", nil, `the file has two columns "name"`},
		{"a quote open in the header", "\"number,name,email\n", nil, "read the header"},
		{"a row without an end", "number,name,email\n1,\"" + strings.Repeat("x", 33<<20), nil, "a row of more than 32 MB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rejects := &transfer.Rejects{Path: filepath.Join(t.TempDir(), "r.csv")}
			_, err := transfer.ImportAccounts(t.Context(), db, strings.NewReader(c.file), transfer.AccountOptions{Columns: c.columns}, rejects, nothing)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want %q", err, c.want)
			}
		})
	}
}

// stopping cancels once the reader has given everything before its last line.
type stopping struct {
	io.Reader
	stop context.CancelFunc
}

func (s stopping) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p[:min(len(p), 40)])
	if err == io.EOF {
		s.stop()
	}
	return n, err
}

func TestCancelledImportsNothing(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	took(t, db, accounts, accountsFile)
	rejects := &transfer.Rejects{Path: filepath.Join(t.TempDir(), "r.csv")}
	for name, run := range map[string]func(ctx context.Context, r io.Reader) error{
		"accounts": func(ctx context.Context, r io.Reader) error {
			_, err := transfer.ImportAccounts(ctx, db, io.MultiReader(strings.NewReader("number,name,email\n100000000287,A,x@applicants.example\n"), r), transfer.AccountOptions{}, rejects, nothing)
			return err
		},
		"cases": func(ctx context.Context, r io.Reader) error {
			_, err := transfer.ImportCases(ctx, db, io.MultiReader(strings.NewReader("account_number,receipt_number,form,status,received_on\n100000000093,IOE0123456789,I-485,received,2025-03-01\n"), r), nil, rejects, nothing)
			return err
		},
		"tickets": func(ctx context.Context, r io.Reader) error {
			rows := "opened_at,subject\n" + strings.Repeat("2025-01-01T00:00:00,Card\n", 4001)
			_, err := transfer.ImportTickets(ctx, db, io.MultiReader(strings.NewReader(rows), r), transfer.TicketOptions{}, rejects, nothing)
			return err
		},
	} {
		ctx, stop := context.WithCancel(t.Context())
		err := run(ctx, stopping{strings.NewReader("\n"), stop})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: error is %v, want that of the context", name, err)
		}
	}
	check(t, "accounts", 2, count(t, db, `SELECT count(*) FROM account`))
	check(t, "cases", 0, count(t, db, `SELECT count(*) FROM account_case`))
	check(t, "tickets", 0, count(t, db, `SELECT count(*) FROM ticket`))
}
