// Package identifier reads the numbers that applicants type: it normalises, classifies, checks, masks and issues them.
package identifier

// Kind names what a number looks like. A shape is only ever "looks like", never "is".
type Kind string

// The kinds, each the value stored and exported.
const (
	KindNone          Kind = "none"            // nothing was given, or a word that means so
	KindAccountNumber Kind = "account_number"  // 12 digits; Reading.CheckDigitsOK says whether they are right
	KindANumber       Kind = "a_number"        // A and 7 to 9 digits, or 7 to 9 bare digits
	KindReceiptNumber Kind = "receipt_number"  // a service centre's three letters and 10 digits
	KindVisaCase      Kind = "visa_case"       // a consular (NVC) or diversity visa case
	KindDocument      Kind = "document_number" // three letters and 9 or 10 digits: a number printed on a card
	KindI94           Kind = "i94"             // an arrival record, in the old or the new shape
	KindSEVIS         Kind = "sevis"           // N and 10 digits
	KindPassport      Kind = "passport"        // a letter and 7 or 8 digits, or 9 digits
	KindSSN           Kind = "ssn"             // a Social Security number: never stored
	KindITIN          Kind = "itin"            // a taxpayer number in the same 3-2-4 shape: never stored
	KindPaymentCard   Kind = "payment_card"    // 13 to 19 digits that pass Luhn: never stored
	KindEmail         Kind = "email"
	KindPhone         Kind = "phone"
	KindUnusable      Kind = "unusable" // anything else
)

// Group is how a report counts an inquiry, fixed at submission.
type Group string

// The groups of docs/linking.md.
const (
	GroupWith     Group = "with"     // a number of the right shape and check digits, in the field or the text
	GroupUnusable Group = "unusable" // something was typed that is no such number
	GroupWithout  Group = "without"  // nothing was given
)

// MaxGiven is the longest Reading.Given, in characters (runes).
const MaxGiven = 200

// Marker stands where a number was removed.
const Marker = "[number removed]"

// Reading is what was made of a typed number.
//
// A 12-digit number whose check digits fail keeps KindAccountNumber, with CheckDigitsOK false and GroupUnusable: it is
// most likely a slip of the finger in a real account number, and an agent is better served by seeing that than by
// "unusable". So to decide on a link test Linkable, not Kind.
type Reading struct {
	Given         string   // what may be stored: trimmed, at most MaxGiven characters, sensitive numbers replaced by Marker
	Normal        string   // canonical form of what was read; empty when there is none or it may not be stored
	Kind          Kind     // the likeliest kind
	Looks         []Kind   // every kind the shape could be, most likely first; nil for none and unusable
	CheckDigitsOK bool     // for an account number: its check digits are right
	Masked        bool     // a sensitive number was typed and taken out
	InText        bool     // found in the subject or question, not in the field
	Group         Group    // how reports count it
	Candidates    []string // several account numbers were given and nothing says whose is whose: all of them, Normal is empty
}

// Linkable reports whether Normal is an account number with right check digits, the only thing that may link an account.
func (r Reading) Linkable() bool {
	return r.Kind == KindAccountNumber && r.CheckDigitsOK && r.Normal != ""
}

// ReadInquiry reads the form's field and, when that counts as not given, the subject and the question.
func ReadInquiry(field, subject, question string) Reading {
	reading := Read(field)
	if reading.Kind != KindNone {
		return reading
	}
	if found := FindInText(subject, question); found.Kind != KindNone {
		return found
	}
	return reading
}
