package identifier

import (
	"errors"
	"fmt"
)

// errTenDigits is a programming error: what an applicant typed is read by Read, not here.
var errTenDigits = errors.New("check digits need exactly ten digits 0 to 9")

// CheckDigits gives the two check digits that follow ten digits, by ISO/IEC 7064 MOD 97-10: 98 - (100n mod 97), so that
// the twelve digits leave 1 when divided by 97. The result is between "02" and "98". It detects every single wrong
// digit, every swap of two digits next to each other or one apart, and 98.97 % of random numbers.
func CheckDigits(ten string) (string, error) {
	if len(ten) != 10 || !allDigits(ten) {
		return "", errTenDigits
	}
	return fmt.Sprintf("%02d", 98-mod97(ten+"00")), nil
}

// ValidAccountNumber reports whether s is twelve ASCII digits ending in their check digits. It takes a normalised
// number; "00", "01" and "99" are never issued as check digits and not valid, though two of them leave 1 as well.
func ValidAccountNumber(s string) bool {
	return len(s) == 12 && allDigits(s) && mod97(s) == 1 && s[10:] != "00" && s[10:] != "01" && s[10:] != "99"
}

// mod97 is the remainder of a decimal number of any length.
func mod97(digits string) int {
	rest := 0
	for i := range len(digits) {
		rest = (rest*10 + int(digits[i]-'0')) % 97
	}
	return rest
}

// luhn reports whether digits pass the Luhn check of payment cards (ISO/IEC 7812-1, annex B).
func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// hybridCheck gives the check character's value for values below m by an ISO/IEC 7064 hybrid system MOD m+1,m.
func hybridCheck(values []int, m int) int {
	p := m
	for _, v := range values {
		s := (p%(m+1) + v) % m
		if s == 0 {
			s = m
		}
		p = s * 2
	}
	return ((1-p%(m+1))%m + m) % m
}

// allDigits reports whether s holds ASCII digits and nothing else; true for the empty string.
func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
