package seed

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/askwell/askwell/internal/identifier"
)

// What a stream of random numbers is for. The same thing of the same seed is always the same, so nothing made needs to be kept.
const (
	ofDay = iota + 1
	ofHour
	ofSlot
	ofAccount
	ofTicket
	ofReference
	ofNumber
	ofReceipt
	ofANumber
)

// stream gives the random numbers of the i-th thing of a kind.
func stream(seed uint64, kind int, i uint64) *rand.Rand {
	return rand.New(rand.NewPCG(mix(seed)+uint64(kind), mix(i)))
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// person is somebody who asks.
type person struct {
	name     string
	handle   string // the name as part of an e-mail address
	language string
}

func newPerson(r *rand.Rand) person {
	at := r.IntN(100)
	o := origins[0]
	for _, o = range origins {
		if at -= o.share; at < 0 {
			break
		}
	}
	given, family := pick(r, o.given), pick(r, o.family)
	p := person{name: given + " " + family, language: "en", handle: handle(given) + "." + handle(family)}
	if o.families == 2 && r.IntN(4) > 0 {
		p.name += " " + pick(r, o.family)
	}
	if o.language != "en" && r.IntN(100) < 70 {
		p.language = o.language
	}
	switch r.IntN(40) {
	case 0:
		p.name = strings.ToUpper(p.name)
	case 1:
		p.name = strings.ToLower(p.name)
	}
	return p
}

var unaccented = strings.NewReplacer("đ", "d", "ł", "l", "ø", "o")

// handle is the first word of a name in letters a to z.
func handle(name string) string {
	name = unaccented.Replace(norm.NFKD.String(strings.ToLower(name)))
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, name)
}

// applicant is an account with what hangs on it.
type applicant struct {
	person
	number  string
	email   string
	born    time.Time
	address string
	aNumber string
	created time.Time
	cases   []applicantCase
}

type applicantCase struct {
	form, status string
	received     time.Time
	history      []caseStep
}

type caseStep struct {
	status string
	at     time.Time
}

// world makes accounts by their index, always the same ones.
type world struct {
	seed     uint64
	from     time.Time // the beginning of the years of tickets
	until    time.Time
	numbers  permutation
	receipts permutation
	aNumbers permutation
}

func newWorld(seed uint64, from, until time.Time) world {
	return world{
		seed: seed, from: from, until: until,
		numbers:  newPermutation(accountNumbers, seed+ofNumber),
		receipts: newPermutation(10_000_000_000, seed+ofReceipt),
		aNumbers: newPermutation(900_000_000, seed+ofANumber),
	}
}

// accountNumbers is how many account numbers there are: ten digits of which the first is not 0.
const accountNumbers = 9_000_000_000

// number gives the i-th account number.
func (w world) number(i uint64) string {
	ten := strconv.FormatUint(1_000_000_000+w.numbers.at(i), 10)
	check, err := identifier.CheckDigits(ten)
	if err != nil {
		panic(err) // ten digits always have check digits
	}
	return ten + check
}

// nobodysNumber gives a number with right check digits that no account has, as long as there are fewer than half as many
// accounts as numbers.
func (w world) nobodysNumber(i uint64) string { return w.number(accountNumbers - 1 - i) }

func (w world) aNumber(i uint64) string {
	return "A" + strconv.FormatUint(100_000_000+w.aNumbers.at(i%900_000_000), 10)
}

// receipt gives the number of an account's n-th case; no account has more than four.
func (w world) receipt(account uint64, n int) string {
	return fmt.Sprintf("IOE%010d", w.receipts.at(account*4+uint64(n)))
}

// applicant gives the i-th account.
func (w world) applicant(i uint64) applicant {
	r := stream(w.seed, ofAccount, i)
	a := applicant{person: newPerson(r), number: w.number(i)}
	a.email = a.handle + strconv.FormatUint(i, 36) + "@applicants.example"
	a.born = w.until.AddDate(-19-r.IntN(55), -r.IntN(12), -r.IntN(28)).Truncate(24 * time.Hour)
	a.address = fmt.Sprintf("%d %s\n%s", 1+r.IntN(990), pick(r, streets), pick(r, towns))
	if r.IntN(100) < 65 {
		a.aNumber = w.aNumber(i)
	}
	a.created = w.from.Add(-time.Duration(r.Int64N(int64(4 * 365 * 24 * time.Hour)))).Truncate(time.Second)
	for range 1 + r.IntN(6)/3 + r.IntN(10)/9 {
		a.cases = append(a.cases, w.newCase(r, a.created))
	}
	return a
}

var (
	forms = []string{"I-485", "I-130", "I-765", "I-131", "N-400", "I-90", "I-751", "I-539"}
	paths = [][]string{
		{"received", "biometrics-scheduled", "interview-scheduled", "approved", "card-produced"},
		{"received", "evidence-requested", "evidence-received", "approved", "card-produced"},
		{"received", "biometrics-scheduled", "approved", "card-produced"},
		{"received", "interview-scheduled", "approved"},
		{"received", "evidence-requested", "evidence-received", "denied"},
	}
)

func (w world) newCase(r *rand.Rand, after time.Time) applicantCase {
	at := after.Add(time.Duration(r.Int64N(int64(w.until.Sub(after))))).Truncate(time.Minute)
	c := applicantCase{form: pick(r, forms), received: at}
	for _, status := range pick(r, paths) {
		if at.After(w.until) {
			break
		}
		c.status = status
		c.history = append(c.history, caseStep{status, at})
		at = at.Add(time.Duration(14+r.IntN(150)) * 24 * time.Hour)
	}
	return c
}
