package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/postgres"
)

// CaseColumns are the columns of a file of cases.
func CaseColumns() []string {
	return []string{"account_number", "receipt_number", "form", "status", "received_on"}
}

var (
	receiptShape = regexp.MustCompile(`^[A-Z]{3}[0-9]{10}$`)
	statusShape  = regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
)

// ImportCases takes cases in, in one transaction: all that are not rejected, or none. A case that is there already, by receipt
// number, gets the file's contents, and its history the new status. A case of an account that is not here is rejected: import
// the accounts first.
func ImportCases(ctx context.Context, db postgres.Beginner, r io.Reader, columns Columns, rejects *Rejects, progress Progress) (Result, error) {
	var result Result
	t, err := openTable(r, CaseColumns(), CaseColumns(), columns, &result)
	if err != nil {
		return result, err
	}
	var rows []held
	seen := map[string]int{}
	err = each(ctx, t, rejects, progress, &result, func(r row) error {
		values, err := caseValues(r)
		if err != nil {
			return err
		}
		receipt := values[1].(string)
		if line, twice := seen[receipt]; twice {
			return fmt.Errorf("receipt_number: line %d has the same", line)
		}
		seen[receipt] = r.line
		rows = append(rows, held{r, values})
		return nil
	})
	if err != nil {
		return result, err
	}
	err = postgres.InTx(ctx, db, func(tx pgx.Tx) error { return mergeCases(ctx, tx, rows, rejects, &result) })
	if err != nil {
		return result.nothing(), fmt.Errorf("import cases: %w", err)
	}
	return result, nil
}

var caseStage = []string{"account_number", "receipt_number", "form", "status", "received_on"}

// caseValues checks one row, in the order of caseStage.
func caseValues(r row) ([]any, error) {
	number, receipt := identifier.Normalize(r.value("account_number")), identifier.Normalize(r.value("receipt_number"))
	form, status := r.value("form"), r.value("status")
	received, err := time.Parse(time.DateOnly, r.value("received_on"))
	switch {
	case number == "":
		return nil, errors.New("account_number: is empty")
	case !receiptShape.MatchString(receipt):
		return nil, errors.New("receipt_number: not three letters and ten digits")
	case form == "" || utf8.RuneCountInString(form) > 40:
		return nil, errors.New("form: must have 1 to 40 characters")
	case !statusShape.MatchString(status):
		return nil, errors.New("status: not words of small letters joined by dashes")
	case err != nil || received.Year() < 1900 || received.Year() > 2199:
		return nil, errors.New("received_on: no date like 2026-01-31")
	}
	return []any{number, receipt, form, status, received}, nil
}

func mergeCases(ctx context.Context, tx pgx.Tx, rows []held, rejects *Rejects, result *Result) error {
	_, err := tx.Exec(ctx, `
		CREATE TEMPORARY TABLE stage (
			line integer, account_number text, receipt_number text, form text, status text, received_on date
		) ON COMMIT DROP`)
	if err != nil {
		return err
	}
	if err := stageHeld(ctx, tx, caseStage, rows); err != nil {
		return err
	}
	err = rejectStaged(ctx, tx, `
		DELETE FROM stage s
		WHERE NOT EXISTS (SELECT FROM account a WHERE a.number = s.account_number)
		RETURNING s.line`, errors.New("account_number: no such account here; import the accounts first"), rows, rejects, result)
	if err != nil {
		return err
	}
	var before, written int
	err = tx.QueryRow(ctx, `SELECT count(*) FROM stage JOIN account_case USING (receipt_number)`).Scan(&before)
	if err != nil {
		return err
	}
	err = tx.QueryRow(ctx, `
		WITH merged AS (
			INSERT INTO account_case AS c (account_id, receipt_number, form, status, received_on)
			SELECT a.id, s.receipt_number, s.form, s.status, s.received_on
			FROM stage s
			JOIN account a ON a.number = s.account_number
			ORDER BY s.line
			ON CONFLICT (receipt_number) DO UPDATE
			SET account_id = excluded.account_id, form = excluded.form, status = excluded.status,
				received_on = excluded.received_on, updated_at = now()
			WHERE (c.account_id, c.form, c.status, c.received_on) IS DISTINCT FROM
				(excluded.account_id, excluded.form, excluded.status, excluded.received_on)
			RETURNING id, status
		), history AS (
			INSERT INTO account_case_status (case_id, status)
			SELECT m.id, m.status FROM merged m
			WHERE m.status IS DISTINCT FROM (
				SELECT h.status FROM account_case_status h WHERE h.case_id = m.id ORDER BY h.at DESC LIMIT 1)
		)
		SELECT count(*) FROM merged`).Scan(&written)
	staged := result.Rows - result.Rejected
	result.Added = staged - before
	result.Changed = written - result.Added
	result.Same = staged - written
	return err
}
