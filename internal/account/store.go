package account

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/failure"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/postgres"
)

const columns = `id, number, name, name_words, email, date_of_birth, address, COALESCE(a_number, '') AS a_number,
	language, created_at, updated_at, version, account.epoch AS epoch, held_at IS NOT NULL AS held`

// Store reads and writes accounts. Its methods work in a transaction when DB is one.
type Store struct {
	DB postgres.Querier
}

// ByNumber finds the account with these 12 digits; not_found when there is none.
func (s Store) ByNumber(ctx context.Context, number string) (Account, error) {
	return s.one(ctx, "number", `number = $1`, number)
}

// ByID finds an account by its row; not_found when there is none.
func (s Store) ByID(ctx context.Context, id int64) (Account, error) {
	return s.one(ctx, "ID", `id = $1`, id)
}

// ByEmail finds the account with this address, case aside; not_found when there is none.
func (s Store) ByEmail(ctx context.Context, email string) (Account, error) {
	return s.one(ctx, "email", `lower(email) = ANY ($1)`, identifier.EmailForms(email))
}

// ByReceiptNumber finds the account that has a case with this number; not_found when there is none.
func (s Store) ByReceiptNumber(ctx context.Context, receipt string) (Account, error) {
	return s.one(ctx, "receipt number", `id = (SELECT account_id FROM account_case WHERE receipt_number = $1)`, receipt)
}

func (s Store) one(ctx context.Context, by, where string, arg any) (Account, error) {
	rows, err := s.DB.Query(ctx, `SELECT `+columns+` FROM account WHERE `+where, arg)
	if err != nil {
		return Account{}, fmt.Errorf("find account by %s: %w", by, postgres.Failure(err))
	}
	found, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Account])
	if err != nil {
		return Account{}, fmt.Errorf("find account by %s: %w", by, postgres.Failure(err))
	}
	return found, nil
}

// ByANumber lists the accounts with this A-Number ("A" and 7 to 9 digits); more than one is possible. Leading zeros do
// not tell two numbers apart.
func (s Store) ByANumber(ctx context.Context, aNumber string) ([]Account, error) {
	return s.list(ctx, `a_number = ANY ($1) ORDER BY id LIMIT 5`, aNumberSpellings(aNumber))
}

// aNumberSpellings gives the ways in which one A-Number may be on file: with 7, 8 or 9 digits, padded with zeros.
func aNumberSpellings(aNumber string) []string {
	digits := aNumber
	for len(digits) > 0 && (digits[0] == 'A' || digits[0] == '0') {
		digits = digits[1:]
	}
	var spellings []string
	for len(digits) <= 9 {
		if len(digits) >= 7 {
			spellings = append(spellings, "A"+digits)
		}
		digits = "0" + digits
	}
	return spellings
}

func (s Store) list(ctx context.Context, where string, args ...any) ([]Account, error) {
	rows, err := s.DB.Query(ctx, `SELECT `+columns+` FROM account WHERE `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", postgres.Failure(err))
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[Account])
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", postgres.Failure(err))
	}
	return found, nil
}

// ByIDs lists accounts by their rows, in no order; those that are gone are left out.
func (s Store) ByIDs(ctx context.Context, ids []int64) ([]Account, error) {
	return s.list(ctx, `id = ANY ($1)`, ids)
}

// ByNumbersOrEmails lists the accounts with one of the numbers or one of the addresses, in no order.
func (s Store) ByNumbersOrEmails(ctx context.Context, numbers, emails []string) ([]Account, error) {
	if len(numbers) == 0 && len(emails) == 0 {
		return nil, nil
	}
	var forms []string
	for _, e := range emails {
		forms = append(forms, identifier.EmailForms(e)...)
	}
	return s.list(ctx, `number = ANY ($1) OR lower(email) = ANY ($2)`, numbers, forms)
}

// Cases lists an account's cases, the newest first.
func (s Store) Cases(ctx context.Context, accountID int64) ([]Case, error) {
	rows, err := s.DB.Query(ctx, `
		SELECT id, account_id, receipt_number, form, status, received_on, updated_at
		FROM account_case
		WHERE account_id = $1
		ORDER BY received_on DESC, id DESC`, accountID)
	if err != nil {
		return nil, fmt.Errorf("list cases of account %d: %w", accountID, postgres.Failure(err))
	}
	cases, err := pgx.CollectRows(rows, pgx.RowToStructByName[Case])
	if err != nil {
		return nil, fmt.Errorf("list cases of account %d: %w", accountID, postgres.Failure(err))
	}
	return cases, nil
}

// RecordView records that a member of staff looked at an account's facts. ticketID 0 means that no ticket led there.
func (s Store) RecordView(ctx context.Context, accountID, staffID int64, what string, ticketID int64) error {
	_, err := s.DB.Exec(ctx, `
		INSERT INTO account_view (account_id, staff_id, what, ticket_id)
		VALUES ($1, $2, $3, NULLIF($4, 0))`, accountID, staffID, what, ticketID)
	if err != nil {
		return fmt.Errorf("record a view of account %d: %w", accountID, postgres.Failure(err))
	}
	return nil
}

// Clues are what a ticket tells about whose it is; empty ones are skipped.
type Clues struct {
	Number, ANumber, ReceiptNumber string // canonical forms
	Email, Name                    string
}

// Candidates lists up to limit accounts that the clues point to, the strongest first: by identifier, then email, then a
// name. A name is the weakest clue: only accounts with every word of it count.
func (s Store) Candidates(ctx context.Context, clues Clues, limit int) ([]Candidate, error) {
	var found candidates
	look := func(reason Reason, clue string, find func(context.Context, string) (Account, error)) error {
		if clue == "" {
			return nil
		}
		a, err := find(ctx, clue)
		if failure.Is(err, failure.KindNotFound) {
			return nil
		}
		if err == nil {
			found.add(reason, a)
		}
		return err
	}
	if err := look(ReasonNumber, clues.Number, s.ByNumber); err != nil {
		return nil, err
	}
	if clues.ANumber != "" {
		byANumber, err := s.ByANumber(ctx, clues.ANumber)
		if err != nil {
			return nil, err
		}
		found.add(ReasonANumber, byANumber...)
	}
	if err := look(ReasonReceiptNumber, clues.ReceiptNumber, s.ByReceiptNumber); err != nil {
		return nil, err
	}
	if err := look(ReasonEmail, clues.Email, s.ByEmail); err != nil {
		return nil, err
	}
	if words := identifier.NameWords(clues.Name); len(words) > 0 {
		byName, err := s.list(ctx, `name_words @> $1 ORDER BY id LIMIT $2`, words, limit)
		if err != nil {
			return nil, err
		}
		found.add(ReasonName, byName...)
	}
	return found[:min(limit, len(found))], nil
}

// MaxNamesakes bounds how many accounts with the same name are counted.
const MaxNamesakes = 20

// Forms lists the form types of the accounts' cases, by the accounts' rows.
func (s Store) Forms(ctx context.Context, accountIDs []int64) (map[int64][]string, error) {
	rows, err := s.DB.Query(ctx, `SELECT DISTINCT account_id, form FROM account_case WHERE account_id = ANY ($1) ORDER BY account_id, form`, accountIDs)
	if err != nil {
		return nil, fmt.Errorf("list forms: %w", postgres.Failure(err))
	}
	found := map[int64][]string{}
	var id int64
	var form string
	if _, err = pgx.ForEachRow(rows, []any{&id, &form}, func() error { found[id] = append(found[id], form); return nil }); err != nil {
		return nil, fmt.Errorf("list forms: %w", postgres.Failure(err))
	}
	return found, nil
}

type candidates []Candidate

func (c *candidates) add(reason Reason, accounts ...Account) {
next:
	for _, a := range accounts {
		for i := range *c {
			if (*c)[i].Account.ID == a.ID {
				(*c)[i].Reasons = append((*c)[i].Reasons, reason)
				continue next
			}
		}
		*c = append(*c, Candidate{Account: a, Reasons: []Reason{reason}})
	}
}
