package identifier

import (
	"net/mail"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// FoldEmail gives the form in which e-mail addresses are compared: trimmed, NFC, lower case, the domain in its ASCII form
// where it has one and without a final dot. It checks nothing: what is no address comes back trimmed and lower case.
func FoldEmail(s string) string {
	s = strings.ToLower(norm.NFC.String(trim(s)))
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		return s
	}
	local, domain := s[:at], strings.TrimSuffix(s[at+1:], ".")
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

// ValidEmail reports whether mail can be sent to s: a bare address whose domain has a dot.
func ValidEmail(s string) bool {
	parsed, err := mail.ParseAddress(s)
	if err != nil || parsed.Address != s || parsed.Name != "" {
		return false
	}
	domain := s[strings.LastIndexByte(s, '@')+1:]
	return strings.Contains(strings.Trim(domain, "."), ".") && !strings.HasPrefix(domain, ".") && !strings.Contains(domain, "..") &&
		!strings.HasSuffix(domain, ".") && !strings.HasPrefix(domain, "[")
}
