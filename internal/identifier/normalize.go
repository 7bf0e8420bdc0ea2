package identifier

import (
	"sort"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Normalize gives the form in which identifiers are compared: NFKC (full-width digits become plain ones), the decimal
// digits of every script as ASCII, upper case, without white space, dashes of any kind, dots, #, :, / and _, and without
// the invisible characters that come along when text is copied. Normalize of its own result changes nothing.
func Normalize(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	// Taking a separator out can bring a letter and a combining mark together, which composes: hence until it settles.
	for range 4 {
		next := norm.NFKC.String(strings.Map(normalRune, strings.ToUpper(norm.NFKC.String(s))))
		if next == s {
			break
		}
		s = next
	}
	return s
}

// normalRune maps one character of Normalize; -1 drops it.
func normalRune(r rune) rune {
	switch {
	case r >= '0' && r <= '9' || r >= 'A' && r <= 'Z':
		return r
	case strings.ContainsRune(".#:/_", r), isDash(r), isInvisible(r), unicode.IsSpace(r):
		return -1
	}
	if d, ok := digitValue(r); ok {
		return '0' + rune(d)
	}
	return r
}

// isDash reports whether people would call r a dash: Unicode's dashes, the minus signs and the hyphen bullet.
func isDash(r rune) bool {
	return r == '-' || r == '\u2212' || r == '\u2043' || r == '\u207B' || r == '\u02D7' || unicode.Is(unicode.Pd, r)
}

// isInvisible reports whether r shows nothing: control and format characters (zero width, direction, soft hyphen).
func isInvisible(r rune) bool {
	return unicode.Is(unicode.Cf, r) || unicode.IsControl(r) && !unicode.IsSpace(r)
}

// digitValue gives the value of a decimal digit of any script. Unicode encodes each script's ten digits in order from
// zero, so that the distance from the start of the range gives the value.
func digitValue(r rune) (int, bool) {
	if r >= '0' && r <= '9' {
		return int(r - '0'), true
	}
	if r < 0x0660 || !unicode.IsDigit(r) {
		return 0, false
	}
	if r <= 0xFFFF {
		t := unicode.Nd.R16
		i := sort.Search(len(t), func(i int) bool { return rune(t[i].Hi) >= r })
		return int(r-rune(t[i].Lo)) % 10, true
	}
	t := unicode.Nd.R32
	i := sort.Search(len(t), func(i int) bool { return rune(t[i].Hi) >= r })
	return int(r-rune(t[i].Lo)) % 10, true
}
