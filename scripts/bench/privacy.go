package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/askwell/askwell/internal/identifier"
	passwords "github.com/askwell/askwell/internal/password"
)

const (
	warmUps      = 20                    // tries of each kind that are not counted
	betweenTries = 10 * time.Millisecond // so that what the workers do after one try is over before the next
	privacyDrain = 2 * time.Minute
)

// secret is a form whose answer must not tell whether what was typed is on file. known and unknown give what to type in the i-th try;
// status is that of both answers.
type secret struct {
	name, path     string
	page           string // that holds the form, and its token; path when empty
	status         int
	known, unknown func(i int) url.Values
}

// measurePrivacy sends every form that could tell what is on file, with what is and what is not, in random order, and compares the
// times of the answers.
func (b *bench) measurePrivacy(ctx context.Context) (err error) {
	// Each try comes from a network of its own, or the guard at the sign-in would answer in place of it.
	d, err := b.startDeskIn(ctx, filepath.Join(b.dir, "privacy"), "REQUEST_RATE=off", "TRUSTED_PROXIES=127.0.0.1")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.stop()) }()
	if err := b.result.describe(ctx, d); err != nil {
		return err
	}
	accounts, err := b.addAccounts(ctx, d)
	if err != nil {
		return err
	}
	if err := d.givePasswords(ctx); err != nil {
		return err
	}
	order := rand.New(newRandom(11)) //nolint:gosec // an order, no secret
	for _, s := range typedNumbers(accounts, order) {
		if err := b.compare(ctx, d, s, order); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	status, err := d.statusLinks(ctx)
	if err != nil {
		return err
	}
	for _, s := range append(typedAddresses(), status, signInByNumber(accounts, order)) {
		if err := b.compare(ctx, d, s, order); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

// givePasswords lets every account sign in, all with one password.
func (d *desk) givePasswords(ctx context.Context) error {
	hash, err := passwords.Hash(ctx, "the password of everybody here")
	if err != nil {
		return err
	}
	_, err = d.db.Exec(ctx, `INSERT INTO account_credential (account_id, password_hash, changed_at) SELECT id, $1, now() FROM account`, hash)
	return err
}

func onFile(i int) string { return fmt.Sprintf("account%d@example.org", i) }
func nobody(i int) string { return fmt.Sprintf("visitor%d@example.org", i) }

// typedNumbers is the inquiry form's field, with numbers on file, numbers of right check digits that nobody has, and what is none.
func typedNumbers(accounts []applicantAccount, random *rand.Rand) []secret {
	form := func(i int, number string) url.Values {
		return url.Values{
			"category": {"card-not-received"}, "account_number": {number}, "name": {personName(i)}, "email": {fmt.Sprintf("asker%d@example.org", i)},
			"subject": {subjects[i%len(subjects)]}, "question": {question}, "homepage": {""},
		}
	}
	known := func(i int) url.Values { return form(i, accounts[i].number) }
	free := func(i int) url.Values { return form(i, freeNumber(random)) }
	none := func(i int) url.Values { return form(i, fmt.Sprintf("%012d", i)) }
	s := secret{path: "/inquiries", page: "/inquiries/new", status: http.StatusSeeOther, known: known}
	unknown, malformed := s, s
	unknown.name, unknown.unknown = "inquiry form, number on file or nobody's", free
	malformed.name, malformed.unknown = "inquiry form, number on file or wrong check digits", none
	return []secret{unknown, malformed}
}

// signInByNumber is the sign-in page, with numbers on file and numbers of right check digits that nobody has.
func signInByNumber(accounts []applicantAccount, random *rand.Rand) secret {
	form := func(number string) url.Values {
		return url.Values{"email": {number}, "password": {"not the password of anybody"}, "next": {""}}
	}
	return secret{
		name: "sign-in by number, wrong password", path: "/account/sign-in", status: http.StatusUnprocessableEntity,
		known:   func(i int) url.Values { return form(accounts[i].number) },
		unknown: func(int) url.Values { return form(freeNumber(random)) },
	}
}

// freeNumber draws a number of right check digits: two thousand of ten thousand million are taken.
func freeNumber(random *rand.Rand) string {
	ten := fmt.Sprintf("%010d", random.Int64N(1e10))
	return ten + checkDigits(ten)
}

// checkDigits makes ten digits an account number: ISO 7064 MOD 97-10.
func checkDigits(ten string) string {
	n, err := strconv.ParseInt(ten, 10, 64)
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf("%02d", 98-n*100%97)
}

// typedAddresses are the forms that take an email address.
func typedAddresses() []secret {
	both := func(s secret, form func(email string) url.Values) secret {
		s.known = func(i int) url.Values { return form(onFile(i)) }
		s.unknown = func(i int) url.Values { return form(nobody(i)) }
		return s
	}
	email := func(email string) url.Values { return url.Values{"email": {email}} }
	return []secret{
		both(secret{name: "registration", path: "/register", status: http.StatusSeeOther}, func(email string) url.Values {
			return url.Values{
				"name": {"Ana Reyes"}, "birth_day": {"3"}, "birth_month": {"11"}, "birth_year": {"1990"}, "address": {"1 Harbor Street"},
				"email": {email}, "password": {"a long and quiet evening"}, "homepage": {""},
			}
		}),
		both(secret{name: "sign-in, wrong password", path: "/account/sign-in", status: http.StatusUnprocessableEntity}, func(email string) url.Values {
			return url.Values{"email": {email}, "password": {"not the password of anybody"}, "next": {""}}
		}),
		both(secret{name: "password reset", path: "/account/password", status: http.StatusSeeOther}, email),
		both(secret{name: "number reminder", path: "/help/account-number", status: http.StatusSeeOther}, email),
	}
}

// statusLinks asks for the link of tickets that there are, and of references that nobody has.
func (d *desk) statusLinks(ctx context.Context) (secret, error) {
	rows, err := d.db.Query(ctx, `SELECT reference, applicant_email FROM ticket ORDER BY id`)
	if err != nil {
		return secret{}, err
	}
	defer rows.Close()
	var known, unknown []url.Values
	taken := map[string]bool{}
	for rows.Next() {
		var reference, email string
		if err := rows.Scan(&reference, &email); err != nil {
			return secret{}, err
		}
		taken[reference] = true
		known = append(known, url.Values{"reference": {reference}, "email": {email}})
	}
	for n := int64(1); len(unknown) < len(known); n++ {
		if reference := identifier.ReferenceOf(n * 7919); !taken[reference] {
			unknown = append(unknown, url.Values{"reference": {reference}, "email": known[len(unknown)]["email"]})
		}
	}
	return secret{
		name: "status link, reference and address on file or not", path: "/status", status: http.StatusSeeOther,
		known: func(i int) url.Values { return known[i] }, unknown: func(i int) url.Values { return unknown[i] },
	}, rows.Err()
}

// compare makes the tries of one form and adds what came out.
func (b *bench) compare(ctx context.Context, d *desk, s secret, order *rand.Rand) error {
	tries := make([]int, 0, 2*(b.Tries+warmUps)) // even ones are known
	for i := range 2 * b.Tries {
		tries = append(tries, 2*warmUps+i)
	}
	order.Shuffle(len(tries), func(i, j int) { tries[i], tries[j] = tries[j], tries[i] })
	for i := range 2 * warmUps {
		tries = slices.Insert(tries, i, i)
	}
	c := newClient(d.address)
	defer c.close()
	if _, err := c.get(ctx, cmp.Or(s.page, s.path)); err != nil { // that one form is missing says nothing of the others
		b.result.Privacy = append(b.result.Privacy, Untold{Name: s.name, Missing: err.Error()})
		b.progress("privacy, %s: %v", s.name, err)
		return nil
	}
	var known, unknown []time.Duration
	for n, try := range tries {
		c.headers = fmt.Sprintf("X-Forwarded-For: 10.%d.%d.1\r\n", n>>8&0xff, n&0xff)
		typed, into := s.known, &known
		if try%2 == 1 {
			typed, into = s.unknown, &unknown
		}
		took, err := c.try1(ctx, s, typed(try/2))
		if err != nil {
			return err
		}
		if n >= 2*warmUps {
			*into = append(*into, took)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(betweenTries):
		}
	}
	_, p := rankTest(known, unknown)
	b.result.Privacy = append(b.result.Privacy, Untold{Name: s.name, Tries: b.Tries, Known: percentiles(known), Unknown: percentiles(unknown), P: p})
	b.progress("privacy, %s: known p50 %.2f ms, unknown %.2f ms, p %.3f", s.name, percentiles(known).P50, percentiles(unknown).P50, p)
	return d.drain(ctx, privacyDrain)
}

// try1 sends a form once, as somebody whom the desk has never seen, and gives how long the answer took.
func (c *client) try1(ctx context.Context, s secret, form url.Values) (time.Duration, error) {
	clear(c.cookies)
	if s.page != "" {
		page, err := c.get(ctx, s.page)
		if err != nil {
			return 0, err
		}
		token, err := formToken(page.body)
		if err != nil {
			return 0, err
		}
		form.Set("form_token", token)
	}
	a, err := c.send(ctx, http.MethodPost, s.path, "application/x-www-form-urlencoded", []byte(form.Encode()))
	if err == nil && a.status != s.status {
		err = fmt.Errorf("POST %s answered %d, want %d", s.path, a.status, s.status)
	}
	return a.took, err
}
