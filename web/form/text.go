package form

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/askwell/askwell/web/messages"
)

// Plain drops what shows nothing: NUL and other control characters, blanks at the ends. Bytes that are no UTF-8 become U+FFFD
// and are reported, in a line those too that whoever read the form before has put there. Without lines a line break becomes a blank.
func Plain(s string, lines bool) (text string, broken bool) {
	if !utf8.ValidString(s) {
		s, broken = strings.ToValidUTF8(s, "\uFFFD"), true
	}
	broken = broken || !lines && strings.ContainsRune(s, utf8.RuneError)
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' && !lines:
			return ' '
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, s)
	return strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == '\uFEFF' || r == '\u200B' }), broken
}

// Problem is what is wrong with one field. Its words are the message <area>.problem.<Field>.<Code>, or else public.problem.<Field>.<Code>,
// or public.problem.any.<Code>.
type Problem struct {
	Field, Code string
	Args        []any
}

// Text is the problem in the reader's language, as the pages of an area put it.
func (p Problem) Text(t *messages.Printer, area string) string {
	for _, key := range []string{area + ".problem." + p.Field + ".", "public.problem." + p.Field + "."} {
		if t.Has(key + p.Code) {
			return t.T(key+p.Code, p.Args...)
		}
	}
	return t.T("public.problem.any."+p.Code, p.Args...)
}

// CheckText says what is wrong with a field that has to be filled in with up to limit characters.
func CheckText(field, value string, broken bool, limit int) (Problem, bool) {
	n := utf8.RuneCountInString(value)
	switch {
	case value == "":
		return Problem{field, "missing", nil}, true
	case n > limit:
		return Problem{field, "too_long", []any{"limit", limit, "count", n - limit}}, true
	case broken:
		return Problem{field, "unreadable", nil}, true
	}
	return Problem{}, false
}
