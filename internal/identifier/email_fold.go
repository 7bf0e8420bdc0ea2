package identifier

import (
	"net/mail"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// CleanEmail gives the form in which an address is checked, stored and written to: trimmed, without characters that show nothing (they
// come along when an address is copied, and no mail arrives where they stand), NFC, and without dots at its end. It checks nothing.
// CleanEmail of its own result changes nothing.
func CleanEmail(s string) string {
	s = strings.Map(func(r rune) rune {
		if isIgnorable(r) {
			return -1
		}
		return r
	}, trim(s))
	s = norm.NFC.String(strings.TrimSpace(s))
	if strings.ContainsRune(s, '@') {
		s = strings.TrimRight(s, ".")
	}
	return s
}

// isIgnorable reports whether r shows nothing, as Unicode's Default_Ignorable_Code_Point has it: format characters, variation selectors,
// fillers. Unlike isInvisible it leaves control characters alone: an address with one in it is none.
func isIgnorable(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

// FoldEmail gives the form in which email addresses are compared: CleanEmail's in lower case, the domain in its ASCII form where it
// has one. It checks nothing: what is no address comes back clean and lower case.
func FoldEmail(s string) string {
	s = strings.ToLower(CleanEmail(s))
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		return s
	}
	local, domain := s[:at], s[at+1:]
	if ascii, err := idna.Lookup.ToASCII(domain); err == nil {
		domain = ascii
	}
	return local + "@" + domain
}

// EmailForms gives the forms in which an address may stand in a list that was only put into lower case: the folded one, and
// with the domain in its own script where that differs.
func EmailForms(s string) []string {
	folded := FoldEmail(s)
	at := strings.LastIndexByte(folded, '@')
	own, err := idna.Lookup.ToUnicode(folded[at+1:])
	if at < 0 || err != nil || own == folded[at+1:] {
		return []string{folded}
	}
	return []string{folded, folded[:at+1] + own}
}

// ValidEmail reports whether mail can be sent to s: a bare, clean address (CleanEmail) whose domain has a dot.
func ValidEmail(s string) bool {
	parsed, err := mail.ParseAddress(s)
	if err != nil || CleanEmail(s) != s || parsed.Address != s || parsed.Name != "" {
		return false
	}
	domain := s[strings.LastIndexByte(s, '@')+1:]
	return strings.Contains(strings.Trim(domain, "."), ".") && !strings.HasPrefix(domain, ".") && !strings.Contains(domain, "..") &&
		!strings.HasSuffix(domain, ".") && !strings.HasPrefix(domain, "[")
}
