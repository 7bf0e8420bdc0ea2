// Package transfer takes history and accounts in from CSV files, gives tickets back, and keeps account of every row.
package transfer

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Columns maps our column names to those of the file; a name that is not in it stands for itself.
type Columns map[string]string

// ParseColumn reads "ours=theirs" into the map; invalid for anything else.
func (c Columns) ParseColumn(s string) error {
	ours, theirs, found := strings.Cut(s, "=")
	if ours, theirs = strings.TrimSpace(ours), strings.TrimSpace(theirs); !found || ours == "" || theirs == "" {
		return fmt.Errorf("%q is no mapping: write our_column=their_column", s)
	}
	c[ours] = theirs
	return nil
}

// table reads a CSV file by the names in its header.
type table struct {
	csv    *csv.Reader
	header []string
	at     map[string]int // our column -> field
}

// row is one record with the line that it begins on.
type row struct {
	line   int
	fields []string
	at     map[string]int
}

// value gives a column's field without the spaces around it, "" when the file has no such column.
func (r row) value(column string) string {
	if i, found := r.at[column]; found {
		return strings.TrimSpace(r.fields[i])
	}
	return ""
}

// openTable reads the header. Every name in columns must be a known one of ours and stand in the file, and so must required.
func openTable(r io.Reader, known, required []string, columns Columns) (*table, error) {
	buffered := bufio.NewReaderSize(r, 1<<16)
	if mark, err := buffered.Peek(3); err == nil && string(mark) == "\ufeff" {
		buffered.Discard(3)
	}
	t := &table{csv: csv.NewReader(buffered), at: map[string]int{}}
	t.csv.ReuseRecord = false
	header, err := t.csv.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty: its first line must name the columns")
	}
	if err != nil {
		return nil, fmt.Errorf("read the header: %w", err)
	}
	t.header = header
	for _, name := range known {
		theirs := name
		if mapped := columns[name]; mapped != "" {
			theirs = mapped
		}
		at := slices.IndexFunc(header, func(h string) bool { return strings.EqualFold(strings.TrimSpace(h), theirs) })
		if at >= 0 {
			t.at[name] = at
		} else if columns[name] != "" || slices.Contains(required, name) {
			return nil, fmt.Errorf("the file has no column %q (for %s); its columns are: %s", theirs, name, strings.Join(header, ", "))
		}
	}
	for ours := range columns {
		if !slices.Contains(known, ours) {
			return nil, fmt.Errorf("there is no column %q to map to; ours are: %s", ours, strings.Join(known, ", "))
		}
	}
	return t, nil
}

// errBadRow means that one row cannot be read, and that the next one can.
var errBadRow = errors.New("this row cannot be read")

// next gives the next row, io.EOF at the end, errBadRow for a row that is no proper CSV or no UTF-8.
func (t *table) next() (row, error) {
	fields, err := t.csv.Read()
	line, _ := t.csv.FieldPos(0)
	r := row{line: line, fields: fields, at: t.at}
	if err == nil {
		for _, f := range fields {
			if !utf8.ValidString(f) || strings.ContainsRune(f, 0) {
				return r, fmt.Errorf("%w: it is not UTF-8 text", errBadRow)
			}
		}
		return r, nil
	}
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		r.line = parse.StartLine
		if errors.Is(parse.Err, csv.ErrFieldCount) {
			return r, fmt.Errorf("%w: it has %d fields, the header %d", errBadRow, len(fields), len(t.header))
		}
		return r, fmt.Errorf("%w: %w", errBadRow, parse.Err)
	}
	return r, err
}
