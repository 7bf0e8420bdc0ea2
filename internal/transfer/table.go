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
)

// Columns maps our column names to those of the file; a name that is not in it stands for itself.
type Columns map[string]string

// ParseColumn reads "ours=theirs" into the map; an error for anything else, and for a column that is mapped already.
func (c Columns) ParseColumn(s string) error {
	ours, theirs, found := strings.Cut(s, "=")
	if ours, theirs = strings.TrimSpace(ours), strings.TrimSpace(theirs); !found || ours == "" || theirs == "" {
		return fmt.Errorf("%q is no mapping: write our_column=their_column", s)
	}
	if before, twice := c[ours]; twice {
		return fmt.Errorf("%s is mapped twice, to %q and to %q", ours, before, theirs)
	}
	c[ours] = theirs
	return nil
}

// table reads a CSV file by the names in its header.
type table struct {
	source  *recorder
	csv     *csv.Reader
	header  []string
	at      map[string]int // our column -> field
	foreign *bool          // something was read as Windows-1252
	inert   int            // the field that says that cells were made inert; -1 for none
}

// row is one record with the line that it begins on. Fields holds its text as one field when it is no proper CSV.
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
// What is not used is told in the result: a misspelt column must not be left out silently.
func openTable(r io.Reader, known, required []string, columns Columns, result *Result) (*table, error) {
	for ours := range columns {
		if !slices.Contains(known, ours) {
			return nil, fmt.Errorf("there is no column %q to map to; ours are: %s", ours, strings.Join(known, ", "))
		}
	}
	text, err := readPlain(r)
	if err != nil {
		return nil, fmt.Errorf("read the header: %w", err)
	}
	source := &recorder{r: text}
	buffered := bufio.NewReaderSize(source, 1<<16)
	t := &table{source: source, csv: csv.NewReader(buffered), at: map[string]int{}, inert: -1, foreign: text.foreign}
	t.csv.Comma, t.csv.FieldsPerRecord = text.comma, -1
	header, err := t.csv.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty: its first line must name the columns")
	}
	if err != nil {
		return nil, fmt.Errorf("read the header: %w", err)
	}
	for len(header) > 1 && strings.TrimSpace(header[len(header)-1]) == "" { // separators at the end of each line
		header = header[:len(header)-1]
	}
	t.header = header
	used := map[int]bool{}
	for _, name := range known {
		at, err := find(header, name, columns[name])
		switch {
		case err != nil:
			return nil, err
		case at >= 0:
			t.at[name], used[at] = at, true
		case slices.Contains(required, name):
			return nil, fmt.Errorf("the file has no column %q; its columns are: %s", name, strings.Join(header, ", "))
		default:
			result.Absent = append(result.Absent, name)
		}
	}
	for i, name := range header {
		if columnName(name) == inertColumn {
			t.inert, used[i] = i, true
		}
		if !used[i] {
			result.Ignored = append(result.Ignored, name)
		}
	}
	return t, nil
}

// find gives the field of a column by its own name, or by the one it is mapped to, which must be there; -1 for none.
func find(header []string, ours, theirs string) (int, error) {
	name := ours
	if theirs != "" {
		name = theirs
	}
	at := -1
	for i, h := range header {
		if columnName(h) != columnName(name) {
			continue
		}
		if at >= 0 {
			return at, fmt.Errorf("the file has two columns %q", name)
		}
		at = i
	}
	if at < 0 && theirs != "" {
		return at, fmt.Errorf("the file has no column %q (for %s); its columns are: %s", theirs, ours, strings.Join(header, ", "))
	}
	return at, nil
}

// errBadRow means that one row cannot be read, and that the next one can.
var errBadRow = errors.New("this row cannot be read")

// next gives the next row, io.EOF at the end, errBadRow for a row that is no proper CSV or no UTF-8.
func (t *table) next() (row, error) {
	begin := t.csv.InputOffset()
	t.source.forget(begin)
	fields, err := t.csv.Read()
	r := row{fields: fields, at: t.at}
	var parse *csv.ParseError
	switch {
	case err == nil:
		r.line, _ = t.csv.FieldPos(0)
		return r, t.check(&r)
	case !errors.As(err, &parse):
		return r, err
	}
	r.line = parse.StartLine
	r.fields = []string{strings.Trim(string(t.source.between(begin, t.csv.InputOffset())), "\r\n")}
	if errors.Is(err, csv.ErrQuote) && parse.Line > parse.StartLine && t.source.ended {
		return r, fmt.Errorf("%w: a quote that opens here is closed nowhere, or in the wrong place, so that lines %d to %d were not read", errBadRow, parse.StartLine, parse.Line)
	}
	return r, fmt.Errorf("%w: %w in line %d", errBadRow, parse.Err, parse.Line)
}

// numbers are the columns whose digits a spreadsheet must not have touched.
var numbers = []string{"account_number", "account_number_as_given", "number", "receipt_number", "a_number"}

// check refuses a row that is not as the header says, and takes back what made its cells inert.
func (t *table) check(r *row) error {
	for len(r.fields) > len(t.header) && strings.TrimSpace(r.fields[len(r.fields)-1]) == "" {
		r.fields = r.fields[:len(r.fields)-1]
	}
	if len(r.fields) != len(t.header) {
		return fmt.Errorf("%w: it has %d fields, the header %d", errBadRow, len(r.fields), len(t.header))
	}
	safe := t.inert >= 0 && strings.TrimSpace(r.fields[t.inert]) == inertMark
	for i, f := range r.fields {
		if strings.ContainsRune(f, 0) {
			return fmt.Errorf("%w: there is a NUL in it", errBadRow)
		}
		if safe {
			r.fields[i] = exact(f)
		}
	}
	for _, column := range numbers {
		if value := r.value(column); ruined.MatchString(value) {
			return fmt.Errorf("%w: %s is %s, which a spreadsheet has made of a long number; the digits are lost, so export it again with this column as text", errBadRow, column, value)
		}
	}
	return nil
}

// maxRow bounds the memory that one row may take, should a quote be closed nowhere.
const maxRow = 32 << 20

// recorder keeps the bytes of the row that is being read, so that a row that is no CSV can be shown as it stands.
type recorder struct {
	r     io.Reader
	kept  []byte
	from  int64 // the offset of kept[0]
	ended bool
}

func (rec *recorder) Read(p []byte) (int, error) {
	if len(rec.kept) > maxRow {
		return 0, fmt.Errorf("a row of more than %d MB: is a quote not closed?", maxRow>>20)
	}
	n, err := rec.r.Read(p)
	rec.kept = append(rec.kept, p[:n]...)
	rec.ended = errors.Is(err, io.EOF)
	return n, err
}

// forget drops what stands before the offset.
func (rec *recorder) forget(before int64) {
	rec.kept = rec.kept[before-rec.from:]
	rec.from = before
}

func (rec *recorder) between(from, to int64) []byte { return rec.kept[from-rec.from : to-rec.from] }
