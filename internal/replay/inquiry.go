// Package replay sends inquiries through the public form as browsers would, and measures what comes back.
package replay

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Inquiry is one row of a file. ID is the file's own.
type Inquiry struct {
	ID, Name, Email, Category, AccountNumber, Subject, Question string
}

// Columns are those that Read looks for; others are ignored.
func Columns() []string {
	return []string{"id", "name", "email", "category", "account_number", "subject", "question"}
}

// Read reads a CSV file of inquiries. Fields are taken as they are: what is wrong with them is for the form to say.
func Read(r io.Reader) ([]Inquiry, error) {
	rows := csv.NewReader(r)
	header, err := rows.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty: its first line must name the columns")
	}
	if err != nil {
		return nil, fmt.Errorf("read the header: %w", err)
	}
	header[0] = strings.TrimPrefix(header[0], "\ufeff")
	var at []int
	for _, column := range Columns() {
		i := slices.Index(header, column)
		if i < 0 {
			return nil, fmt.Errorf("the file has no column %q; its columns are: %s", column, strings.Join(header, ", "))
		}
		at = append(at, i)
	}
	var found []Inquiry
	seen := map[string]bool{}
	for {
		f, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the inquiries: %w", err)
		}
		in := Inquiry{f[at[0]], f[at[1]], f[at[2]], f[at[3]], f[at[4]], f[at[5]], f[at[6]]}
		if seen[in.ID] {
			return nil, fmt.Errorf("the id %q stands in the file twice", in.ID)
		}
		seen[in.ID] = true
		found = append(found, in)
	}
}

func (in Inquiry) values() map[string]string {
	return map[string]string{
		"category": in.Category, "account_number": in.AccountNumber, "name": in.Name, "email": in.Email,
		"subject": in.Subject, "question": in.Question,
	}
}
