package transfer

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"
)

// Result counts what became of a file's rows.
type Result struct {
	Rows     int // read, without the header
	Added    int
	Changed  int // there before, with other contents
	Same     int // there before, just so
	Rejected int

	Kept      []Kept // of accounts and tickets: rows of which something was not taken over
	KeptWhole int    // how many of these changed nothing else

	Foreign bool // something in the file was no UTF-8, and was read as Windows-1252

	Ignored []string // the file's columns that were not used
	Absent  []string // our columns that the file does not have
}

// Kept is a row whose account's owner confirmed something else, or whose ticket was worked on here: its line, and the columns that stay as
// they were.
type Kept struct {
	Line    int
	Columns []string
}

// collectKept reads lines and columns; nil for none.
func collectKept(rows pgx.Rows) ([]Kept, error) {
	return pgx.AppendRows([]Kept(nil), rows, pgx.RowToStructByName[Kept])
}

// nothing is the result of an import that was rolled back.
func (r Result) nothing() Result {
	return Result{Rows: r.Rows, Ignored: r.Ignored, Absent: r.Absent, Foreign: r.Foreign}
}

// Rejects writes each rejected row to a CSV file, which is made with the first one: its line, the reason, and the row's own
// columns under the file's own names, so that the rows can be mended there and that file imported.
type Rejects struct {
	Path   string
	header []string
	file   *os.File
	csv    *csv.Writer
}

func (r *Rejects) add(line int, reason error, fields []string) error {
	if r.file == nil {
		file, err := os.OpenFile(r.Path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("make the file of rejected rows: %w", err)
		}
		r.file, r.csv = file, csv.NewWriter(file)
		if err := r.csv.Write(slices.Concat([]string{"line", "reason"}, r.header)); err != nil {
			return err
		}
	}
	return r.csv.Write(slices.Concat([]string{strconv.Itoa(line), reason.Error()}, fields))
}

// Close finishes the file, if there is one.
func (r *Rejects) Close() error {
	if r.file == nil {
		return nil
	}
	r.csv.Flush()
	return errors.Join(r.csv.Error(), r.file.Close())
}

// Progress is told how many rows have been read so far.
type Progress func(rows int)

// each reads every row: those that take refuses, and those that cannot be read, go to the rejects.
func each(ctx context.Context, t *table, rejects *Rejects, progress Progress, result *Result, take func(row) error) error {
	rejects.header = t.header
	for {
		r, err := t.next()
		if errors.Is(err, io.EOF) {
			result.Foreign = *t.foreign
			progress(result.Rows)
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err != nil && !errors.Is(err, errBadRow) {
			return fmt.Errorf("read the file after %d rows: %w", result.Rows, err)
		}
		result.Rows++
		if err == nil {
			err = take(r)
		}
		var fatal fatalError
		if errors.As(err, &fatal) {
			return fatal.error
		}
		if err != nil {
			result.Rejected++
			if err := rejects.add(r.line, err, r.fields); err != nil {
				return err
			}
		}
		if result.Rows%500 == 0 {
			progress(result.Rows)
		}
	}
}

// fatalError is an error that ends the import instead of rejecting a row.
type fatalError struct{ error }

func (e fatalError) Unwrap() error { return e.error }

// held is a row that waits for its turn in memory, with its line and text for the rejects.
type held struct {
	row
	values []any
}

// stageHeld sends rows to the temporary table "stage", whose first column is the line.
func stageHeld(ctx context.Context, tx pgx.Tx, columns []string, rows []held) error {
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"stage"}, slices.Concat([]string{"line"}, columns),
		pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) {
			return slices.Concat([]any{rows[i].line}, rows[i].values), nil
		}))
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `ANALYZE stage`)
	return err
}

// rejectStaged runs sql, which deletes rows from the stage and returns their lines, and rejects those.
func rejectStaged(ctx context.Context, tx pgx.Tx, sql string, reason error, rows []held, rejects *Rejects, result *Result) error {
	found, err := tx.Query(ctx, sql)
	if err != nil {
		return err
	}
	lines, err := pgx.CollectRows(found, pgx.RowTo[int])
	if err != nil {
		return err
	}
	slices.Sort(lines)
	for _, line := range lines {
		at, _ := slices.BinarySearchFunc(rows, line, func(h held, line int) int { return h.line - line })
		result.Rejected++
		if err := rejects.add(line, reason, rows[at].fields); err != nil {
			return err
		}
	}
	return nil
}
