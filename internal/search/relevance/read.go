package relevance

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// row is a line of a file by its columns' names.
type row map[string]string

// readCSV reads a file whose first line names the columns.
func readCSV(file []byte) ([]row, error) {
	lines, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(file, []byte("\uFEFF")))).ReadAll()
	return rowsOf(lines), err
}

// readTSV is readCSV for fields that are parted by tabs and stand for themselves, quotes and all.
func readTSV(file []byte) ([]row, error) {
	var lines [][]string
	for line := range strings.Lines(string(file)) {
		lines = append(lines, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
		if n := len(lines); len(lines[n-1]) != len(lines[0]) {
			return nil, fmt.Errorf("line %d has %d fields, want %d", n, len(lines[n-1]), len(lines[0]))
		}
	}
	return rowsOf(lines), nil
}

func rowsOf(lines [][]string) []row {
	var rows []row
	for _, line := range lines[min(1, len(lines)):] {
		one := row{}
		for i, name := range lines[0] {
			one[name] = line[i]
		}
		rows = append(rows, one)
	}
	return rows
}

// readSet reads our queries and, from a folder, what they are asked of.
func readSet(name, queries string, folder fs.FS) (*Set, error) {
	s := &Set{Name: name, receipts: map[string]string{}}
	var err error
	read := func(from fs.FS, file string, by func([]byte) ([]row, error)) (content []byte, rows []row) {
		if err != nil {
			return nil, nil
		}
		if content, err = fs.ReadFile(from, file); err != nil {
			return nil, nil
		}
		if rows, err = by(content); err != nil {
			err = fmt.Errorf("read %s: %w", file, err)
		}
		return content, rows
	}
	var cases []row
	_, s.lines = read(files, queries, readTSV)
	_, s.inquiries = read(folder, "inquiries.csv", readCSV)
	s.Accounts, s.accounts = read(folder, "accounts.csv", readCSV)
	s.Cases, cases = read(folder, "cases.csv", readCSV)
	for _, c := range cases {
		s.receipts[c["account_number"]] = c["receipt_number"]
	}
	return s, err
}

func (s *Set) inquiry(id string) (row, error) {
	at := slices.IndexFunc(s.inquiries, func(in row) bool { return in["id"] == id })
	if at < 0 {
		return nil, fmt.Errorf("there is no inquiry %q", id)
	}
	return s.inquiries[at], nil
}

// applicant is who sent an inquiry: the account's row where one is expected, else what the inquiry says.
func (s *Set) applicant(in row) row {
	at := slices.IndexFunc(s.accounts, func(a row) bool { return in["expect_account"] != "" && a["number"] == in["expect_account"] })
	if at < 0 {
		return in
	}
	return s.accounts[at]
}
