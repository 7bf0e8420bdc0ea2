package transfer_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/testkit"
	"github.com/askwell/askwell/internal/transfer"
)

func overwriting(ctx context.Context, db *pgxpool.Pool, file string, rejects *transfer.Rejects) (transfer.Result, error) {
	return transfer.ImportAccounts(ctx, db, strings.NewReader(file), transfer.AccountOptions{Overwrite: true}, rejects, nothing)
}

const ownersFile = "number,name,email,date_of_birth,address,a_number,language\n" +
	"100000000093,Ana Núñez,ana@applicants.example,1990-12-31,1 High Street,A123456789,es\n" +
	"100000000190,Zoë,zoe@applicants.example,1980-01-01,2 High Street,,en\n"

// opened gives Ana's account an owner who has set a password.
func opened(t *testing.T) *pgxpool.Pool {
	t.Helper()
	db := testkit.Database(t)
	took(t, db, accounts, ownersFile)
	_, err := db.Exec(t.Context(), `
		INSERT INTO account_credential (account_id, password_hash, changed_at)
		SELECT id, '$argon2id$none', now() FROM account WHERE number = '100000000093'`)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

const accountRows = `
	SELECT concat_ws('|', name, email, COALESCE(date_of_birth::text, ''), address, COALESCE(a_number, '-'), language) FROM account ORDER BY number`

const historyRows = `
	SELECT concat_ws(' ', a.name, e.kind, e.data, CASE WHEN o.id IS NOT NULL THEN 'told' END)
	FROM account_event e
	JOIN account a ON a.id = e.account_id
	LEFT JOIN outbox o ON o.event = 'account.happened' AND o.subject_id = e.id
	ORDER BY e.id`

func TestImportKeepsWhatOwnersConfirmed(t *testing.T) {
	t.Parallel()
	db := opened(t)
	file := "number,name,email,date_of_birth,address,a_number,language\n" +
		"100000000093,Anna Nunez,thief@applicants.example,1991-12-31,9 Low Street,A987654321,en\n" +
		"100000000190,Zoë Łuk,zoe.luk@applicants.example,,9 Low Street,A111111111,\n"
	result, rejected := took(t, db, accounts, file)
	check(t, "rejected", [][]string(nil), rejected)
	check(t, "result", transfer.Result{
		Rows: 2, Changed: 2, Kept: []transfer.Kept{{Line: 2, Columns: []string{"name", "email", "date_of_birth", "address", "language"}}},
	}, counts(result))
	check(t, "accounts", []string{
		"Ana Núñez|ana@applicants.example|1990-12-31|1 High Street|A987654321|es",
		"Zoë Łuk|zoe.luk@applicants.example|1980-01-01|9 Low Street|A111111111|en",
	}, texts(t, db, accountRows))
	check(t, "history", []string{
		`Ana Núñez details_changed {"before": {"a_number": "A123456789"}} told`,
		`Zoë Łuk details_changed {"before": {"name": "Zoë", "address": "2 High Street", "a_number": ""}}`,
		`Zoë Łuk email_changed {"before": {"email": "zoe@applicants.example"}}`,
	}, texts(t, db, historyRows))
	result, _ = took(t, db, accounts, file)
	check(t, "again", transfer.Result{Rows: 2, Same: 1, KeptWhole: 1, Kept: result.Kept}, counts(result))
	check(t, "who would take a confirmed address", 1, func() int {
		result, _ := took(t, db, accounts, "number,name,email\n100000000093,Ana,other@applicants.example\n100000000287,Cy,ana@applicants.example\n")
		return result.Rejected
	}())
}

func TestImportOfEmptyCellsChangesNothing(t *testing.T) {
	t.Parallel()
	db := opened(t)
	before := texts(t, db, accountRows)
	for what, run := range map[string]importer{"plain": accounts, "overwrite": overwriting} {
		result, _ := took(t, db, run, "number,name,email,date_of_birth,address,a_number,language\n"+
			"100000000093,Ana Núñez,ana@applicants.example,,,,\n100000000190,Zoë,zoe@applicants.example,,,,\n")
		check(t, what, transfer.Result{Rows: 2, Same: 2}, counts(result))
	}
	check(t, "accounts", before, texts(t, db, accountRows))
	check(t, "events", 0, count(t, db, `SELECT count(*) FROM account_event`))
}

func TestImportOverwritesWhenAskedTo(t *testing.T) {
	t.Parallel()
	db := opened(t)
	_, err := db.Exec(t.Context(), `
		INSERT INTO mail_request (kind, email, language, nonce, token_hash, asked_at, expires_at, account_id, epoch)
		SELECT 'password', email, 'en', decode(repeat('00', 16), 'hex'), decode(repeat('00', 32), 'hex'), now(), now() + interval '1 hour', id, epoch
		FROM account WHERE number = '100000000093'`)
	if err != nil {
		t.Fatal(err)
	}
	result, _ := took(t, db, overwriting, "number,name,email,address\n100000000093,Ana Núñez,anna@applicants.example,9 Low Street\n")
	check(t, "result", transfer.Result{Rows: 1, Changed: 1}, counts(result))
	check(t, "history", []string{
		`Ana Núñez details_changed {"before": {"address": "1 High Street"}} told`,
		`Ana Núñez email_changed {"before": {"email": "ana@applicants.example"}} told`,
	}, texts(t, db, historyRows))
	check(t, "sessions end", 1, count(t, db, `SELECT count(*) FROM account_credential WHERE epoch = 2`))
	check(t, "links to the address before", 1, count(t, db, `
		SELECT count(*) FROM mail_request r JOIN account a ON a.id = r.account_id WHERE r.epoch <> a.epoch`))
}
