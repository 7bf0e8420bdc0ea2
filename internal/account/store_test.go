package account_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/testkit"
)

// Numbers with right check digits: 98 - (ten digits times 100) mod 97.
const (
	anaNumber = "123456789092"
	weiNumber = "234567890185"
)

func add(t *testing.T, db *pgxpool.Pool, number, name, email, aNumber string) (id int64) {
	t.Helper()
	err := db.QueryRow(t.Context(), `
		INSERT INTO account (number, name, name_words, email, a_number) VALUES ($1, $2, $3, $4, NULLIF($5, '')) RETURNING id`,
		number, name, identifier.NameWords(name), email, aNumber).Scan(&id)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func desk(t *testing.T) (store account.Store, db *pgxpool.Pool, ana, wei int64) {
	t.Helper()
	db = testkit.Database(t)
	ana = add(t, db, anaNumber, "Ana María Núñez", "Ana@Mail.example", "A012345678")
	wei = add(t, db, weiNumber, "Wei Li", "wei@bücher.example", "")
	_, err := db.Exec(t.Context(), `
		INSERT INTO account_case (account_id, receipt_number, form, status, received_on)
		VALUES ($1, 'IOE0123456789', 'I-485', 'received', '2025-01-01'), ($1, 'IOE0123456790', 'I-765', 'approved', '2026-01-01')`, ana)
	if err != nil {
		t.Fatal(err)
	}
	return account.Store{DB: db}, db, ana, wei
}

func TestFind(t *testing.T) {
	t.Parallel()
	store, _, ana, wei := desk(t)
	for name, c := range map[string]struct {
		find func() (account.Account, error)
		want int64 // 0: not found
	}{
		"number":                   {func() (account.Account, error) { return store.ByNumber(t.Context(), anaNumber) }, ana},
		"no such number":           {func() (account.Account, error) { return store.ByNumber(t.Context(), "") }, 0},
		"ID":                       {func() (account.Account, error) { return store.ByID(t.Context(), wei) }, wei},
		"email, case aside":        {func() (account.Account, error) { return store.ByEmail(t.Context(), " ANA@mail.EXAMPLE") }, ana},
		"domain in its own script": {func() (account.Account, error) { return store.ByEmail(t.Context(), "WEI@Bücher.example") }, wei},
		"domain in ASCII":          {func() (account.Account, error) { return store.ByEmail(t.Context(), "wei@xn--bcher-kva.example") }, wei},
		"part of an email":         {func() (account.Account, error) { return store.ByEmail(t.Context(), "mail.example") }, 0},
		"receipt number":           {func() (account.Account, error) { return store.ByReceiptNumber(t.Context(), "IOE0123456789") }, ana},
		"no such receipt number":   {func() (account.Account, error) { return store.ByReceiptNumber(t.Context(), "IOE9999999999") }, 0},
	} {
		got, err := c.find()
		if c.want == 0 {
			if !failure.Is(err, failure.KindNotFound) {
				t.Errorf("%s: %v, want not found", name, err)
			}
			continue
		}
		if err != nil || got.ID != c.want {
			t.Errorf("%s: account %d (%v), want %d", name, got.ID, err, c.want)
		}
	}
}

func TestByANumberForgivesLeadingZeros(t *testing.T) {
	t.Parallel()
	store, _, ana, _ := desk(t)
	for _, spelling := range []string{"A012345678", "A12345678"} {
		got, err := store.ByANumber(t.Context(), spelling)
		if err != nil || len(got) != 1 || got[0].ID != ana {
			t.Errorf("%s: %v (%v)", spelling, got, err)
		}
	}
	for _, other := range []string{"A112345678", "A1234567", "A000000000", "A"} {
		if got, err := store.ByANumber(t.Context(), other); err != nil || len(got) != 0 {
			t.Errorf("%s finds %v (%v)", other, got, err)
		}
	}
}

func TestCandidatesTheStrongestFirst(t *testing.T) {
	t.Parallel()
	store, db, ana, wei := desk(t)
	namesake := add(t, db, "345678901262", "Núñez, ana maria", "other@mail.example", "")
	got, err := store.Candidates(t.Context(), account.Clues{
		ANumber: "A012345678", ReceiptNumber: "IOE0123456789", Email: "wei@bücher.example", Name: "ANA NUNEZ",
	}, 5)
	if err != nil {
		t.Fatal(err)
	}
	type found struct {
		ID      int64
		Reasons []account.Reason
	}
	var have []found
	for _, c := range got {
		have = append(have, found{c.Account.ID, c.Reasons})
	}
	want := []found{
		{ana, []account.Reason{account.ReasonANumber, account.ReasonReceiptNumber, account.ReasonName}},
		{wei, []account.Reason{account.ReasonEmail}},
		{namesake, []account.Reason{account.ReasonName}},
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("candidates (-want +got):\n%s", diff)
	}
	if got, err := store.Candidates(t.Context(), account.Clues{}, 5); err != nil || len(got) != 0 {
		t.Errorf("without a clue: %v (%v)", got, err)
	}
}

func TestCasesTheNewestFirst(t *testing.T) {
	t.Parallel()
	store, _, ana, wei := desk(t)
	cases, err := store.Cases(t.Context(), ana)
	if err != nil || len(cases) != 2 || cases[0].Form != "I-765" {
		t.Errorf("cases are %v (%v)", cases, err)
	}
	if cases, err := store.Cases(t.Context(), wei); err != nil || len(cases) != 0 {
		t.Errorf("cases of somebody without: %v (%v)", cases, err)
	}
}

func TestViewsAreRecorded(t *testing.T) {
	t.Parallel()
	store, db, ana, _ := desk(t)
	var member int64
	err := db.QueryRow(t.Context(), `
		INSERT INTO staff (email, name, role, password_hash) VALUES ('ada@desk.example', 'Ada', 'agent', '$argon2id$none') RETURNING id`).Scan(&member)
	err = errors.Join(err, store.RecordVisit(t.Context(), ana, member, 0), store.RecordVisit(t.Context(), ana, member, 0),
		store.RecordView(t.Context(), ana, member, account.ViewDateOfBirth, 0), store.RecordView(t.Context(), ana, member, account.ViewDateOfBirth, 0))
	if err != nil {
		t.Fatal(err)
	}
	views, err := store.Views(t.Context(), ana, 10)
	if err != nil {
		t.Fatal(err)
	}
	var what []string
	for _, v := range views {
		what = append(what, v.StaffName+" "+v.What)
	}
	if diff := cmp.Diff([]string{"Ada date_of_birth", "Ada date_of_birth", "Ada account"}, what); diff != "" {
		t.Errorf("views (-want +got):\n%s", diff)
	}
}

// The database itself refuses what the code should never write.
func TestConstraints(t *testing.T) {
	t.Parallel()
	_, db, ana, _ := desk(t)
	for name, sql := range map[string]string{
		"check digits":    `UPDATE account SET number = '123456789093' WHERE id = $1`,
		"too short":       `UPDATE account SET number = '1234' WHERE id = $1`,
		"another's mail":  `UPDATE account SET email = 'WEI@bücher.example' WHERE id = $1`,
		"no name":         `UPDATE account SET name = ' ' WHERE id = $1`,
		"A-Number":        `UPDATE account SET a_number = '12345678' WHERE id = $1`,
		"receipt number":  `UPDATE account_case SET receipt_number = 'IOE1' WHERE account_id = $1`,
		"account is used": `DELETE FROM account WHERE id = $1`,
	} {
		if _, err := db.Exec(t.Context(), sql, ana); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
