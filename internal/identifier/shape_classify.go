package identifier

import (
	"regexp"
	"strings"
)

// shape is one form of a normalised identifier. A number can have several: the order is from the likeliest on.
type shape struct {
	kind Kind
	form *regexp.Regexp
}

var shapes = []shape{
	{KindReceiptNumber, regexp.MustCompile(`^(?:IOE|EAC|VSC|WAC|CSC|LIN|NSC|SRC|TSC|MSC|NBC|YSC|PSC)[0-9*]{10}$`)},
	// A consulate's code, a year and a day counted from 501 on, three digits.
	{KindVisaCase, regexp.MustCompile(`^[A-Z]{3}(?:19|20)[0-9]{2}(?:50[1-9]|5[1-9][0-9]|[67][0-9]{2}|8[0-5][0-9]|86[0-6])[0-9]{3}$`)},
	{KindDocument, regexp.MustCompile(`^[A-Z]{3}[0-9]{9,10}$`)},
	{KindVisaCase, regexp.MustCompile(`^(?:19|20)[0-9]{2}[A-Z]{2}[0-9]{5,8}$`)},
	{KindSEVIS, regexp.MustCompile(`^N[0-9]{10}$`)},
	{KindI94, regexp.MustCompile(`^[0-9]{9}[A-Z][0-9]$`)},
	{KindANumber, regexp.MustCompile(`^A[0-9]{7,9}$`)},
	{KindAccountNumber, regexp.MustCompile(`^[0-9]{12}$`)},
	{KindI94, regexp.MustCompile(`^[0-9]{11}$`)},
	{KindANumber, regexp.MustCompile(`^[0-9]{7,9}$`)},
	{KindSSN, regexp.MustCompile(`^[0-9]{9}$`)},
	{KindPassport, regexp.MustCompile(`^(?:[A-Z][0-9]{7,8}|[0-9]{9})$`)},
}

// looksOf lists the kinds that a normalised identifier could be, most likely first. Nine bare digits are listed as a
// possible Social Security number only where the area, group and serial exist.
func looksOf(normal string) []Kind {
	if len(normal) < 7 || len(normal) > 14 {
		return nil
	}
	var looks []Kind
	for _, s := range shapes {
		if !s.form.MatchString(normal) || s.kind == KindSSN && ssnKind(normal) != KindSSN {
			continue
		}
		looks = append(looks, s.kind)
	}
	return looks
}

var (
	emailShape = regexp.MustCompile(`^[^@\s]+@[^@\s]+$`)
	// phoneShape: an optional +, digits, and what people put between the digits of a telephone number.
	phoneShape = regexp.MustCompile(`^\+?[0-9 ().\-/]+$`)
)

// looksLikePhone reads the field as typed (folded): with + 8 to 15 digits (ITU-T E.164), else ten, or eleven from 1 on.
// certain tells that it is hardly anything else: a +, an area code in brackets, or ten digits.
func looksLikePhone(folded, digits string) (looks, certain bool) {
	if !phoneShape.MatchString(folded) {
		return false, false
	}
	switch {
	case strings.HasPrefix(folded, "+"):
		certain = len(digits) >= 8 && len(digits) <= 15
		return certain, certain
	case len(digits) == 10:
		return true, true
	case len(digits) == 11 && digits[0] == '1':
		return true, len(folded) > len(digits)
	case len(digits) == 11:
		return true, false
	}
	return false, false
}

// canonical gives the form in which a kind is compared and looked up: A-Numbers as A and nine digits, with the zeros
// that older, shorter ones leave out.
func canonical(kind Kind, normal string) string {
	if kind != KindANumber {
		return normal
	}
	digits := strings.TrimPrefix(normal, "A")
	return "A" + strings.Repeat("0", max(0, 9-len(digits))) + digits
}
