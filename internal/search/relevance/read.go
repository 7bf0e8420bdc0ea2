package relevance

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io/fs"
	"slices"
)

// row is a line of a file by its columns' names.
type row map[string]string

func readRows(file []byte, separator rune) ([]row, error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(file, []byte("\uFEFF"))))
	r.Comma, r.LazyQuotes = separator, separator == '\t'
	lines, err := r.ReadAll()
	if err != nil || len(lines) == 0 {
		return nil, err
	}
	rows := make([]row, 0, len(lines)-1)
	for _, line := range lines[1:] {
		one := row{}
		for i, name := range lines[0] {
			one[name] = line[i]
		}
		rows = append(rows, one)
	}
	return rows, nil
}

// readSet reads our queries and, from a folder, what they are asked of.
func readSet(name, queries string, folder fs.FS) (*Set, error) {
	s := &Set{Name: name, receipts: map[string]string{}}
	var err error
	read := func(from fs.FS, file string, separator rune) (content []byte, rows []row) {
		if err != nil {
			return nil, nil
		}
		if content, err = fs.ReadFile(from, file); err != nil {
			return nil, nil
		}
		if rows, err = readRows(content, separator); err != nil {
			err = fmt.Errorf("read %s: %w", file, err)
		}
		return content, rows
	}
	var cases []row
	_, s.lines = read(files, queries, '\t')
	_, s.inquiries = read(folder, "inquiries.csv", ',')
	s.Accounts, s.accounts = read(folder, "accounts.csv", ',')
	s.Cases, cases = read(folder, "cases.csv", ',')
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
