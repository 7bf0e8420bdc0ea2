package seed

import (
	"github.com/askwell/askwell/internal/account"
	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/ticket"
)

// asked is what an applicant does with the form.
type asked struct {
	person
	email     string
	category  string
	form      string
	given     string // in the number's field
	inText    string // a sentence with the number in it
	facts     ticket.LinkFacts
	owned     int64 // the account of who asks without its number; 0 for none
	duplicate bool
}

// weight is a value and how often it comes.
type weight[T any] struct {
	share float64
	value T
}

func draw[T any](at float64, from []weight[T]) T {
	total := 0.0
	for _, w := range from {
		total += w.share
	}
	at *= total
	for _, w := range from {
		if at -= w.share; at < 0 {
			return w.value
		}
	}
	return from[len(from)-1].value
}

// categories by group at submission: those with a number ask more about cases, which take longer, those without about the account
// they do not have, which is answered sooner. So comparing the groups crudely shows less than comparing them category by category.
var categories = map[identifier.Group][]weight[string]{
	identifier.GroupWith: {
		{17, "processing-time"}, {9, "notice-not-received"}, {11, "card-not-received"}, {6, "document-not-received"}, {6, "error-on-notice"},
		{20, "case-question"}, {9, "change-of-address"}, {7, "reschedule-appointment"}, {1.5, "accommodation"}, {3, "cannot-sign-in"},
		{2, "access-code"}, {4, "technical-problem"}, {1, "feedback"}, {3.5, "something-else"},
	},
	identifier.GroupUnusable: {
		{17, "processing-time"}, {9, "notice-not-received"}, {11, "card-not-received"}, {6, "document-not-received"}, {5, "error-on-notice"},
		{22, "case-question"}, {8, "change-of-address"}, {6, "reschedule-appointment"}, {1.5, "accommodation"}, {4, "cannot-sign-in"},
		{5, "access-code"}, {3, "technical-problem"}, {0.5, "feedback"}, {2, "something-else"},
	},
	identifier.GroupWithout: {
		{9, "processing-time"}, {7, "notice-not-received"}, {7, "card-not-received"}, {5, "document-not-received"}, {4, "error-on-notice"},
		{13, "case-question"}, {8, "change-of-address"}, {5, "reschedule-appointment"}, {2, "accommodation"}, {13, "cannot-sign-in"},
		{8.5, "access-code"}, {7.5, "technical-problem"}, {2.5, "feedback"}, {9.5, "something-else"},
	},
}

// scenarios are what people do about the number.
var scenarios = []weight[func(*story, *asked, uint64)]{
	{37, (*story).ownNumber},
	{2, (*story).numberInText},
	{3, (*story).signedIn},
	{5, (*story).otherAddress},
	{1.3, (*story).somebodysNumber},
	{1, (*story).unknownNumber},
	{3, (*story).slippedNumber},
	{3.5, (*story).aNumberInstead},
	{2.2, (*story).receiptInstead},
	{17, (*story).leftEmpty},
	{25, (*story).noAccount},
}

// ask decides who asks what, and what they write into the number's field.
func (s *story) ask() asked {
	a := asked{form: pick(s.r, forms), duplicate: s.chance(1.2)}
	group := identifier.GroupWithout
	index := s.first + uint64(s.r.IntN(len(s.accounts)))
	draw(s.r.Float64(), scenarios)(s, &a, index)
	switch {
	case a.facts.NumberMatch != nil || a.facts.SignedInTo != nil:
		group = identifier.GroupWith
	case a.given != "":
		group = identifier.GroupUnusable
	}
	a.category = draw(s.r.Float64(), categories[group])
	return a
}

// owner is the account at an index as linking sees it.
func (s *story) owner(index uint64) (applicant, *account.Account) {
	who := s.applicant(index)
	return who, &account.Account{ID: s.accounts[index-s.first], Number: who.number, Name: who.name, Email: who.email}
}

// typed writes a number as people do.
func (s *story) typed(number string) string {
	switch s.r.IntN(10) {
	case 0, 1:
		return number[:4] + " " + number[4:8] + " " + number[8:]
	case 2:
		return number[:4] + "-" + number[4:8] + "-" + number[8:]
	case 3:
		return "#" + number
	}
	return number
}

func (s *story) ownNumber(a *asked, index uint64) {
	who, row := s.owner(index)
	a.person, a.email, a.given = who.person, who.email, s.typed(who.number)
	a.facts = ticket.LinkFacts{NumberMatch: row, EmailAccount: row}
}

func (s *story) numberInText(a *asked, index uint64) {
	s.ownNumber(a, index)
	a.inText, a.given = "My account number is "+a.given+".", ""
	if a.language == "es" {
		a.inText = "Mi número de cuenta es " + a.facts.NumberMatch.Number + "."
	}
}

func (s *story) signedIn(a *asked, index uint64) {
	s.ownNumber(a, index)
	a.given, a.facts.SignedInTo = a.facts.NumberMatch.Number, a.facts.NumberMatch
}

// otherAddress is somebody who writes from an address that is on no account.
func (s *story) otherAddress(a *asked, index uint64) {
	s.ownNumber(a, index)
	a.email = a.handle + "@mail.example"
	a.facts.EmailAccount = nil
}

// somebodysNumber is a number that is another person's: copied from the wrong letter, or worse.
func (s *story) somebodysNumber(a *asked, index uint64) {
	_, row := s.owner(index)
	a.given = s.typed(row.Number)
	other := s.first + (index-s.first+1+uint64(s.r.IntN(len(s.accounts))))%uint64(len(s.accounts))
	if other == index || s.chance(40) {
		a.person = newPerson(s.r)
		a.email = a.handle + "@mail.example"
		a.facts = ticket.LinkFacts{NumberMatch: row}
		return
	}
	who, theirs := s.owner(other)
	a.person, a.email = who.person, who.email
	a.facts = ticket.LinkFacts{NumberMatch: row, EmailAccount: theirs}
}

func (s *story) unknownNumber(a *asked, index uint64) {
	s.noAccount(a, index)
	a.given = s.typed(s.nobodysNumber(index))
}

// slippedNumber is one's own number with one digit wrong, which the check digits always tell.
func (s *story) slippedNumber(a *asked, index uint64) {
	who, row := s.owner(index)
	digits := []byte(who.number)
	at := s.r.IntN(len(digits))
	digits[at] = '0' + (digits[at]-'0'+byte(1+s.r.IntN(9)))%10
	a.person, a.email, a.given = who.person, who.email, s.typed(string(digits))
	a.owned = row.ID
}

func (s *story) aNumberInstead(a *asked, index uint64) {
	who, row := s.owner(index)
	number := who.aNumber
	if number == "" {
		number = s.aNumber(index)
	}
	a.person, a.email = who.person, who.email
	a.owned = row.ID
	a.given = pick(s.r, []string{number, number, "A-" + number[1:], "A# " + number[1:], number[1:]})
}

func (s *story) receiptInstead(a *asked, index uint64) {
	who, row := s.owner(index)
	a.person, a.email, a.given = who.person, who.email, s.receipt(index, 0)
	a.owned = row.ID
}

// leftEmpty has an account and does not say so.
func (s *story) leftEmpty(a *asked, index uint64) {
	who, row := s.owner(index)
	a.person, a.email = who.person, who.email
	a.owned = row.ID
	if s.chance(4) {
		a.given = pick(s.r, []string{"n/a", "none", "I don't know", "-", "no sé"})
	}
}

func (s *story) noAccount(a *asked, _ uint64) {
	a.person = newPerson(s.r)
	a.email = a.handle + pick(s.r, []string{"", "1", "77", ".home"}) + "@mail.example"
}
