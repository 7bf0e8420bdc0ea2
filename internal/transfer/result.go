package transfer

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
)

// Result counts what became of a file's rows.
type Result struct {
	Rows     int // read, without the header
	Added    int
	Changed  int // of accounts and cases: there before, with other contents
	Same     int // there before, just so
	Rejected int
}

// Rejects writes each rejected row with its line and the reason to a CSV file, which is made with the first one.
type Rejects struct {
	Path string
	file *os.File
	csv  *csv.Writer
}

func (r *Rejects) add(line int, reason error, fields []string) error {
	if r.file == nil {
		file, err := os.OpenFile(r.Path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("make the file of rejected rows: %w", err)
		}
		r.file, r.csv = file, csv.NewWriter(file)
		if err := r.csv.Write([]string{"line", "reason", "row"}); err != nil {
			return err
		}
	}
	return r.csv.Write(append([]string{strconv.Itoa(line), reason.Error()}, fields...))
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
func each(t *table, rejects *Rejects, progress Progress, result *Result, take func(row) error) error {
	for {
		r, err := t.next()
		if errors.Is(err, io.EOF) {
			progress(result.Rows)
			return rejects.flush()
		}
		if err != nil && !errors.Is(err, errBadRow) {
			return fmt.Errorf("read line %d: %w", r.line, err)
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

func (r *Rejects) flush() error {
	if r.csv == nil {
		return nil
	}
	r.csv.Flush()
	return r.csv.Error()
}
