// Package relevance asks a search what agents ask it, and says how often what they meant comes first.
//
// A query is judged by people: by reading the tickets, never by looking at what an engine answers. There are two sets. Real
// asks for the 1,354 inquiries of the real input, which is not part of this repo: its queries are our own words, and a name, a
// number or an address of an applicant is put in when the file is read. Planted asks for tickets of our own, to be hidden
// among any number of others.
package relevance

import (
	"embed"
	"io/fs"
	"os"
	"path/filepath"
)

// Query is one search and what has to come first: any of First, which are keys of hits (TicketKey, AccountKey). Shown is the
// text without what was put in of an applicant's.
type Query struct {
	Class string   `json:"class"`
	Text  string   `json:"-"`
	Shown string   `json:"query"`
	First []string `json:"-"`
	Why   string   `json:"why,omitempty"`
}

// TicketKey names a ticket among the hits.
func TicketKey(reference string) string { return "ticket " + reference }

// AccountKey names an account among the hits.
func AccountKey(number string) string { return "account " + number }

// The classes, in the order of a table.
const (
	ClassWord      = "one word"
	ClassWords     = "two to five words"
	ClassLong      = "a long sentence"
	ClassSubject   = "pasted subject"
	ClassPhrase    = "phrase"
	ClassPrefix    = "unfinished word"
	ClassTypo      = "mistyped"
	ClassSynonym   = "other name of it"
	ClassLanguage  = "Spanish"
	ClassName      = "account's name"
	ClassNumber    = "account number"
	ClassReceipt   = "receipt number"
	ClassANumber   = "A-Number"
	ClassEmail     = "e-mail"
	ClassReference = "reference"
)

// Classes lists them all.
func Classes() []string {
	return []string{
		ClassWord, ClassWords, ClassLong, ClassSubject, ClassPhrase, ClassPrefix, ClassTypo, ClassSynonym, ClassLanguage, ClassName,
		ClassNumber, ClassReceipt, ClassANumber, ClassEmail, ClassReference,
	}
}

// Set is the queries with what they are asked of. Accounts and Cases are files as transfer.ImportAccounts and ImportCases take
// them: load these before the inquiries are opened.
type Set struct {
	Name            string
	Accounts, Cases []byte
	inquiries       []row
	accounts        []row
	receipts        map[string]string // by account number, one each
	lines           []row
}

// Size is the number of inquiries.
func (s *Set) Size() int { return len(s.inquiries) }

//go:embed real.tsv planted.tsv planted
var files embed.FS

// Real reads the set for the real input in a folder (testkit.RealInput finds it).
func Real(dir string) (*Set, error) {
	return readSet("real inquiries", "real.tsv", os.DirFS(filepath.Join(dir, "text")))
}

// Planted reads the set of our own tickets.
func Planted() (*Set, error) {
	folder, err := fs.Sub(files, "planted")
	if err != nil {
		return nil, err
	}
	return readSet("planted tickets", "planted.tsv", folder)
}
