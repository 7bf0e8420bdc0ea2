package public

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/askwell/askwell/internal/identifier"
	"github.com/askwell/askwell/internal/ticket"
	"github.com/askwell/askwell/web/messages"
)

// The fields of the form, fixed by its users: programs fill it in too.
const (
	fieldCategory = "category"
	fieldNumber   = "account_number"
	fieldName     = "name"
	fieldEmail    = "email"
	fieldSubject  = "subject"
	fieldQuestion = "question"
	fieldFiles    = "attachments"
	fieldToken    = "form_token"

	fieldTrap   = "homepage" // hidden from people: what fills it in is a program
	fieldStaged = "staged"
	fieldRemove = "remove"
	fieldChange = "change"
)

// answers are what an applicant typed, cleaned: no invalid UTF-8, and no number that must not be kept.
type answers struct {
	Category, Number, Name, Email, Subject, Question string

	Reading identifier.Reading // of the number field
	Found   identifier.Reading // of the field, or else of the subject and the question
	Masked  bool               // a number that must not be kept was taken out of the other fields
	Broken  []string           // fields that held bytes that are no text
	Trapped bool
	Files   []stagedFile
}

// clean takes what the fields held as sent. What must not be kept is in no field of the result.
func clean(sent map[string]string) answers {
	var a answers
	read := func(name string, lines bool) string {
		text, broken := plain(sent[name], lines)
		if broken {
			a.Broken = append(a.Broken, name)
		}
		return text
	}
	masked := func(text string) string {
		text, kinds := identifier.MaskSensitive(text)
		a.Masked = a.Masked || len(kinds) > 0
		return text
	}
	a.Category = read(fieldCategory, false)
	a.Name = masked(read(fieldName, false))
	a.Email = read(fieldEmail, false)
	a.Subject = masked(read(fieldSubject, false))
	a.Question = masked(read(fieldQuestion, true))
	number, _ := plain(sent[fieldNumber], false) // whatever it is, it is no error
	a.Reading = identifier.Read(number)
	a.Number = a.Reading.Given
	a.Found = identifier.ReadInquiry(number, a.Subject, a.Question)
	a.Trapped = strings.TrimSpace(sent[fieldTrap]) != ""
	return a
}

// plain drops what shows nothing: NUL and other control characters, blanks at the ends. Bytes that are no UTF-8 become U+FFFD
// and are reported. Without lines a line break becomes a blank.
func plain(s string, lines bool) (text string, broken bool) {
	if !utf8.ValidString(s) {
		s, broken = strings.ToValidUTF8(s, "\uFFFD"), true
	}
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

// problem is what is wrong with one field; its words are the message public.problem.<Field>.<Code>.
type problem struct {
	Field, Code string
	Args        []any
}

func (p problem) text(t *messages.Printer) string {
	key := "public.problem." + p.Field + "." + p.Code
	if !t.Has(key) {
		key = "public.problem.any." + p.Code
	}
	return t.T(key, p.Args...)
}

// problems lists what must be mended, in the order of the form. known says whether the agency has the category.
func (a answers) problems(known func(category string) bool) []problem {
	var found []problem
	add := func(field, code string, args ...any) { found = append(found, problem{field, code, args}) }
	check := func(field, value string, limit int) bool {
		n := utf8.RuneCountInString(value)
		switch {
		case value == "":
			add(field, "missing")
		case n > limit:
			add(field, "too_long", "limit", limit, "count", n-limit)
		case contains(a.Broken, field):
			add(field, "unreadable")
		default:
			return true
		}
		return false
	}
	switch {
	case a.Category == "":
		add(fieldCategory, "missing")
	case !known(a.Category):
		add(fieldCategory, "unknown")
	}
	check(fieldName, a.Name, ticket.MaxName)
	if check(fieldEmail, a.Email, ticket.MaxEmail) && !identifier.ValidEmail(a.Email) {
		add(fieldEmail, "invalid")
	}
	check(fieldSubject, a.Subject, ticket.MaxSubject)
	check(fieldQuestion, a.Question, ticket.MaxQuestion)
	return found
}

func contains(list []string, s string) bool {
	for _, e := range list {
		if e == s {
			return true
		}
	}
	return false
}
