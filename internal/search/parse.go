package search

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/askwell/askwell/internal/identifier"
)

// term is a word or a phrase that is searched for, or left out.
type term struct {
	text   string
	phrase bool
	not    bool
}

// Typed is what somebody typed into the box, taken apart.
type Typed struct {
	Conditions []Condition // in their order
	Problems   []Problem   // operators that do not exist or have no value
	Cut        bool        // the text was longer than MaxText and only its beginning counts
	terms      []term
}

// MaxText is the longest text that is searched for, in characters; a subject has at most 200.
const MaxText = 400

// Parse takes apart what was typed: operators (status:open, -queue:cases, from:"a@b.example"), phrases in quotes, words, and words
// to leave out (-word). It never fails: what is no operator is words, and a quote without its partner means nothing. A dash
// that does not stand right before a word, or is no plain dash, is punctuation, as in a pasted subject.
func Parse(typed string) Typed {
	var p Typed
	typed = plain(typed)
	if utf8.RuneCountInString(typed) > MaxText {
		typed, p.Cut = string([]rune(typed)[:MaxText]), true
	}
	for rest := strings.TrimSpace(typed); rest != ""; rest = strings.TrimLeftFunc(rest, unicode.IsSpace) {
		rest = p.take(rest)
	}
	return p
}

// plain takes out what nobody types: invalid bytes, control characters, and what marks a match.
func plain(typed string) string { return strings.Map(printable, strings.ToValidUTF8(typed, " ")) }

func printable(r rune) rune {
	if unicode.IsControl(r) || r == '\uE000' || r == '\uE001' {
		return ' '
	}
	return r
}

// Words are the terms as one types them, without the operators.
func (p Typed) Words() string {
	var words []string
	for _, t := range p.terms {
		words = append(words, t.String())
	}
	return strings.Join(words, " ")
}

// given is the text as it might mean an identifier: nothing when a word is to be left out.
func (p Typed) given() string {
	var words []string
	for _, t := range p.terms {
		if t.not {
			return ""
		}
		words = append(words, t.text)
	}
	return strings.Join(words, " ")
}

// joinedByAnd is a name such as at&t: one thing, and not whatever holds its parts.
var joinedByAnd = regexp.MustCompile(`^[\pL\pN]+(&[\pL\pN]+)+$`)

// respelled writes the identifiers among the words as they are indexed beside every other spelling: A 012 345 678 as A012345678. Words that are left out,
// and phrases, stay as they are.
func respelled(terms []term) []term {
	var all []term
	for from := 0; from < len(terms); {
		to := from
		for to < len(terms) && !terms[to].phrase && !terms[to].not {
			to++
		}
		if to == from {
			all = append(all, terms[from])
			from++
			continue
		}
		text := strings.Join(mapped(terms[from:to], func(t term) string { return t.text }), " ")
		for _, s := range slices.Backward(identifier.SpelledIn(text)) {
			text = text[:s.Start] + s.Normal + text[s.End:]
		}
		for word := range strings.FieldsSeq(text) {
			all = append(all, term{text: word, phrase: joinedByAnd.MatchString(word)})
		}
		from = to
	}
	return all
}

func (t term) String() string {
	s := t.text
	if t.phrase {
		s = `"` + s + `"`
	}
	if t.not {
		s = "-" + s
	}
	return s
}

// take reads one token from the beginning of s and gives what follows it.
func (p *Typed) take(s string) string {
	not := false
	if len(s) > 1 && s[0] == '-' {
		if next, _ := utf8.DecodeRuneInString(s[1:]); next == '"' || unicode.IsLetter(next) || unicode.IsNumber(next) {
			not, s = true, s[1:]
		}
	}
	if phrase, rest, ok := quoted(s); ok {
		p.addPhrase(phrase, not)
		return rest
	}
	end := strings.IndexFunc(s, unicode.IsSpace)
	if end < 0 {
		end = len(s)
	}
	if name, value, found := strings.Cut(s[:end], ":"); found && operator(name) {
		if inside, rest, ok := quoted(s[len(name)+1:]); ok {
			p.addCondition(name, []string{inside}, not)
			return rest
		}
		if !strings.HasPrefix(value, "//") { // an address of the web is words
			p.addOperator(name, value, not)
			return s[end:]
		}
	}
	p.addWord(s[:end], not)
	return s[end:]
}

// quoted reads a phrase from the beginning of s.
func quoted(s string) (inside, rest string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		return "", s, false
	}
	return strings.Cut(s[1:], `"`)
}

// operator reports whether a name may be one: letters alone.
func operator(name string) bool {
	return name != "" && strings.IndexFunc(name, func(r rune) bool { return r != '_' && (r > unicode.MaxASCII || !unicode.IsLetter(r)) }) < 0
}

func (p *Typed) addOperator(name, value string, not bool) {
	value = strings.ReplaceAll(value, `"`, "")
	if _, known := fieldOf(name); known {
		p.addCondition(name, strings.Split(value, ","), not)
		return
	}
	if value != "" && name == strings.ToLower(name) { // "Note:" and "Re:" begin a sentence
		p.Problems = append(p.Problems, Problem{Condition{Field(name), value, not}, ProblemOperator})
	}
	p.addWord(name, false)
	p.addWord(value, false)
}

func (p *Typed) addCondition(name string, values []string, not bool) {
	field, known := fieldOf(name)
	if !known {
		p.addWord(name, false)
		p.addPhrase(strings.Join(values, " "), not)
		return
	}
	for _, v := range values {
		c := Condition{field, strings.TrimSpace(v), not}
		switch {
		case c.Value != "":
			p.Conditions = append(p.Conditions, c)
		case len(values) == 1:
			p.Problems = append(p.Problems, Problem{c, ProblemEmpty})
		}
	}
}

func (p *Typed) addPhrase(text string, not bool) {
	text = shortened(text)
	if len(wordsOf(text)) > 0 {
		p.terms = append(p.terms, term{text: strings.Join(strings.Fields(text), " "), phrase: true, not: not})
	}
}

// shortened cuts words to maxWord: Meilisearch passes over one of more than 250 bytes, and would find everything.
func shortened(text string) string {
	for _, w := range wordsOf(text) {
		if cut := cutText(w, maxWord); cut != w {
			text = strings.Replace(text, w, cut, 1)
		}
	}
	return text
}

// addWord takes a run of characters without space. Left out, one of several words (-email) is a phrase.
func (p *Typed) addWord(text string, not bool) {
	text = shortened(strings.Trim(strings.ReplaceAll(text, `"`, " "), " "))
	text = strings.TrimLeftFunc(text, func(r rune) bool { return r == '-' || unicode.Is(unicode.Pd, r) })
	parts := wordsOf(text)
	if len(parts) == 0 {
		return
	}
	p.terms = append(p.terms, term{text: text, phrase: not && len(parts) > 1, not: not})
}
