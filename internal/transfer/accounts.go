package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/postgres"
)

// AccountColumns are the columns of a file of accounts.
func AccountColumns() []string {
	return []string{"number", "name", "email", "date_of_birth", "address", "a_number", "language"}
}

// AccountOptions say how to take in a file of accounts.
type AccountOptions struct {
	Columns   Columns
	Overwrite bool // also what owners confirmed
}

// ImportAccounts takes accounts in, in one transaction: all that are not rejected, or none. An account that is there already, by number,
// gets the file's contents, but for empty cells, and for what its owner confirmed (Result.Kept) unless the options say so. Each change is
// an event of the account, of which an owner who has opened it is told by mail. The workers index what changed.
func ImportAccounts(ctx context.Context, db postgres.Beginner, r io.Reader, options AccountOptions, rejects *Rejects, progress Progress) (Result, error) {
	var result Result
	t, err := openTable(r, AccountColumns(), []string{"number", "name", "email"}, options.Columns, &result)
	if err != nil {
		return result, err
	}
	var rows []held
	seen := map[string]int{}
	err = each(ctx, t, rejects, progress, &result, func(r row) error {
		values, err := accountValues(r)
		if err != nil {
			return err
		}
		number, email := "number "+values[0].(string), "email "+identifier.FoldEmail(values[3].(string))
		for _, key := range []string{number, email} {
			if line, twice := seen[key]; twice {
				column, _, _ := strings.Cut(key, " ")
				return fmt.Errorf("%s: line %d has the same", column, line)
			}
		}
		seen[number], seen[email] = r.line, r.line
		rows = append(rows, held{r, values})
		return nil
	})
	if err != nil {
		return result, err
	}
	err = postgres.InTx(ctx, db, func(tx pgx.Tx) error { return mergeAccounts(ctx, tx, rows, options.Overwrite, rejects, &result) })
	if err != nil {
		return result.nothing(), fmt.Errorf("import accounts: %w", err)
	}
	return result, nil
}

var accountStage = []string{"number", "name", "name_words", "email", "date_of_birth", "address", "a_number", "language"}

var (
	aNumberShape  = regexp.MustCompile(`^A[0-9]{7,9}$`)
	languageShape = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]+)*$`)
)

// accountValues checks one row, in the order of accountStage.
func accountValues(r row) ([]any, error) {
	number := identifier.Normalize(r.value("number"))
	name, _ := identifier.MaskSensitive(r.value("name"))
	address, _ := identifier.MaskSensitive(r.value("address"))
	email := identifier.CleanEmail(r.value("email"))
	if !identifier.ValidAccountNumber(number) {
		return nil, errors.New("number: not 12 digits with right check digits")
	}
	if n := utf8.RuneCountInString(name); n < 1 || n > 128 {
		return nil, errors.New("name: must have 1 to 128 characters")
	}
	if parsed, err := mail.ParseAddress(email); err != nil || parsed.Address != email || len(email) > 254 {
		return nil, errors.New("email: no address like name@example.org")
	}
	born, err := dateOfBirth(r.value("date_of_birth"))
	if err != nil {
		return nil, err
	}
	var aNumber *string
	if text := identifier.Normalize(r.value("a_number")); text != "" {
		text = "A" + strings.TrimPrefix(text, "A")
		if !aNumberShape.MatchString(text) {
			return nil, errors.New("a_number: not A and 7 to 9 digits")
		}
		aNumber = &text
	}
	language := r.value("language")
	if language != "" && !languageShape.MatchString(language) {
		return nil, errors.New("language: no code like en")
	}
	if utf8.RuneCountInString(address) > 1000 {
		return nil, errors.New("address: longer than 1,000 characters")
	}
	return []any{number, name, identifier.NameWords(name), email, born, address, aNumber, language}, nil
}

func dateOfBirth(text string) (*time.Time, error) {
	if text == "" {
		return nil, nil
	}
	date, err := time.Parse(time.DateOnly, text)
	if err != nil || date.Year() < 1850 || date.After(time.Now()) {
		return nil, errors.New("date_of_birth: no date of the past like 1990-12-31")
	}
	return &date, nil
}

func mergeAccounts(ctx context.Context, tx pgx.Tx, rows []held, overwrite bool, rejects *Rejects, result *Result) error {
	_, err := tx.Exec(ctx, `
		CREATE TEMPORARY TABLE stage ON COMMIT DROP AS
		SELECT 0 AS line, number, name, name_words, email, date_of_birth, address, a_number, language FROM account WITH NO DATA`)
	if err != nil {
		return err
	}
	if err := stageHeld(ctx, tx, accountStage, rows); err != nil {
		return err
	}
	if err := settleStaged(ctx, tx, overwrite, result); err != nil {
		return err
	}
	// An address may go from one account to another within the file, but not be taken from an account outside it. Rejecting
	// a row may free no address and bind one, so this goes on until it finds nothing.
	for before := -1; before != result.Rejected; {
		before = result.Rejected
		err := rejectStaged(ctx, tx, `
			DELETE FROM stage s
			USING account a
			WHERE lower(a.email) = lower(s.email) AND a.number <> s.number
				AND NOT EXISTS (SELECT FROM stage other WHERE other.number = a.number AND lower(other.email) <> lower(a.email))
			RETURNING s.line`, errors.New("email: belongs to another account on this desk"), rows, rejects, result)
		if err != nil {
			return err
		}
	}
	if err := noteAccountChanges(ctx, tx, result); err != nil {
		return err
	}
	if err := freeMovingAddresses(ctx, tx); err != nil {
		return err
	}
	err = tx.QueryRow(ctx, `
		WITH merged AS (
			INSERT INTO account AS a (number, name, name_words, email, date_of_birth, address, a_number, language)
			SELECT number, name, name_words, email, date_of_birth, address, a_number, language FROM stage ORDER BY line
			ON CONFLICT (number) DO UPDATE
			SET name = excluded.name, name_words = excluded.name_words, email = excluded.email,
				date_of_birth = excluded.date_of_birth, address = excluded.address, a_number = excluded.a_number,
				language = excluded.language, updated_at = now(), version = a.version + 1
			WHERE (a.name, a.email, a.date_of_birth, a.address, a.a_number, a.language) IS DISTINCT FROM
				(excluded.name, excluded.email, excluded.date_of_birth, excluded.address, excluded.a_number, excluded.language)
			RETURNING id, version
		), to_do AS (
			INSERT INTO outbox (event, subject_id) SELECT 'account.changed', id FROM merged
		)
		SELECT count(*) FILTER (WHERE version = 1), count(*) FILTER (WHERE version > 1) FROM merged`).Scan(&result.Added, &result.Changed)
	if err != nil {
		return err
	}
	result.Same = result.Rows - result.Rejected - result.Added - result.Changed - result.KeptWhole
	return recordAccountChanges(ctx, tx)
}

// freeMovingAddresses lets go of the addresses that go from one account to another within the file: the unique index looks
// at each row as it is written, not at the end.
func freeMovingAddresses(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `
		UPDATE account a
		SET email = 'moving-' || a.id || '@account.invalid'
		FROM stage taker
		WHERE lower(taker.email) = lower(a.email) AND taker.number <> a.number`)
	return err
}
