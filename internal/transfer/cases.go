package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"

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

// ImportCases takes cases in, in one transaction. A case that is there already, by receipt number, gets the file's contents,
// and its history the new status. A case of an account that is not here is rejected: import the accounts first.
func ImportCases(ctx context.Context, db database, r io.Reader, columns Columns, rejects *Rejects, progress Progress) (Result, error) {
	var result Result
	t, err := openTable(r, CaseColumns(), CaseColumns(), columns)
	if err != nil {
		return result, err
	}
	accounts, err := accountIDs(ctx, db)
	if err != nil {
		return result, err
	}
	var rows [][]any
	seen := map[string]int{}
	err = each(t, rejects, progress, &result, func(r row) error {
		values, err := caseValues(r, accounts)
		if err != nil {
			return err
		}
		receipt := values[1].(string)
		if line, twice := seen[receipt]; twice {
			return fmt.Errorf("line %d has the same receipt_number", line)
		}
		seen[receipt] = r.line
		rows = append(rows, values)
		return nil
	})
	if err != nil {
		return result, err
	}
	if err := postgres.InTx(ctx, db, func(tx pgx.Tx) error { return mergeCases(ctx, tx, rows, &result) }); err != nil {
		return Result{}, fmt.Errorf("import cases: %w", err)
	}
	return result, nil
}

func accountIDs(ctx context.Context, db postgres.Querier) (map[string]int64, error) {
	rows, err := db.Query(ctx, `SELECT number, id FROM account`)
	if err != nil {
		return nil, fmt.Errorf("list account numbers: %w", postgres.Failure(err))
	}
	ids := map[string]int64{}
	var number string
	var id int64
	_, err = pgx.ForEachRow(rows, []any{&number, &id}, func() error {
		ids[number] = id
		return nil
	})
	return ids, postgres.Failure(err)
}

func caseValues(r row, accounts map[string]int64) ([]any, error) {
	account, found := accounts[identifier.Normalize(r.value("account_number"))]
	if !found {
		return nil, errors.New("account_number: no such account here; import the accounts first")
	}
	receipt, form, status := identifier.Normalize(r.value("receipt_number")), r.value("form"), r.value("status")
	received, err := time.Parse(time.DateOnly, r.value("received_on"))
	switch {
	case !receiptShape.MatchString(receipt):
		return nil, errors.New("receipt_number: not three letters and ten digits")
	case form == "" || len(form) > 40:
		return nil, errors.New("form: must have 1 to 40 characters")
	case !statusShape.MatchString(status):
		return nil, errors.New("status: not words of small letters joined by dashes")
	case err != nil:
		return nil, errors.New("received_on: no date like 2026-01-31")
	}
	return []any{account, receipt, form, status, received}, nil
}

func mergeCases(ctx context.Context, tx pgx.Tx, rows [][]any, result *Result) error {
	_, err := tx.Exec(ctx, `
		CREATE TEMPORARY TABLE stage ON COMMIT DROP AS
		SELECT account_id, receipt_number, form, status, received_on FROM account_case WITH NO DATA`)
	if err != nil {
		return err
	}
	columns := []string{"account_id", "receipt_number", "form", "status", "received_on"}
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{"stage"}, columns, pgx.CopyFromRows(rows)); err != nil {
		return err
	}
	before, err := tx.Exec(ctx, `SELECT FROM stage s JOIN account_case c USING (receipt_number)`)
	if err != nil {
		return err
	}
	var written int
	err = tx.QueryRow(ctx, `
		WITH merged AS (
			INSERT INTO account_case AS c (account_id, receipt_number, form, status, received_on)
			SELECT account_id, receipt_number, form, status, received_on FROM stage
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
	result.Added = len(rows) - int(before.RowsAffected())
	result.Changed = written - result.Added
	result.Same = len(rows) - written
	return err
}
