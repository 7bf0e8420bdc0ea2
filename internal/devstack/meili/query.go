package meili

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxQueryWords is the number of words and phrases Meilisearch takes of a query.
const maxQueryWords = 10

// A query is what the box held, taken apart.
type query struct {
	terms    []term
	negative []term
}

// A term is one word of a query, or a phrase in quotation marks.
type term struct {
	word   string
	phrase []string // folded words of a phrase; "" is a stop word, which any word may be
	prefix bool     // the last word, still being typed
	typos  int      // how many are let through

	// The places of its words in the query. They count stop words and words that are taken out, and a hard separator for seven more.
	start, end int
}

// A queryReader goes through a query sign by sign.
type queryReader struct {
	settings settings
	stop     stopWords
	out      query

	position int
	phrase   *term // being read
	negated  bool  // the phrase being read is to be taken out
	negative bool  // a hyphen stands before what comes next
	spaced   bool  // a space, or the beginning, stands before what comes next
}

// parseQuery takes q apart: "a phrase", -not, -"not this", and words.
func parseQuery(q string, s settings) query {
	r := &queryReader{settings: s, stop: s.stopWords(), position: -1, spaced: true}
	at := 0
	words := tokens(q, s.separators())
	for i, t := range words {
		r.signs(q[at:t.start])
		if len(r.out.terms) >= maxQueryWords {
			return r.out
		}
		r.word(t.text, r.stop.has(q, t), i == len(words)-1 && t.end == len(q))
		at = t.end
	}
	if r.signs(q[at:]); len(r.out.terms) < maxQueryWords {
		r.endPhrase()
	}
	return r.out
}

func (r *queryReader) word(word string, stop, last bool) {
	r.position++
	negative := r.negative
	r.negative, r.spaced = false, false
	switch {
	case r.phrase != nil:
		if stop {
			word = ""
		}
		r.phrase.phrase = append(r.phrase.phrase, word)
		r.phrase.end = r.position
	case negative:
		r.out.negative = append(r.out.negative, term{word: word})
	case stop && !last: // while one is typed it may be the beginning of more
	default:
		r.out.terms = append(r.out.terms, term{
			word: word, prefix: last && r.settings.PrefixSearch != "disabled", typos: r.settings.typosAllowed(word),
			start: r.position, end: r.position,
		})
	}
}

// signs reads what stands between two words.
func (r *queryReader) signs(text string) {
	for i, sign := range text {
		if isHard(text, i, sign) {
			r.position += gapPositions - 1
			if r.phrase != nil {
				negated := r.negated
				r.endPhrase()
				r.phrase, r.negated = new(term), negated
			}
		}
		if sign == '"' {
			if r.phrase != nil {
				r.endPhrase()
			} else {
				r.phrase, r.negated = new(term), r.negative
			}
		}
		r.negative = r.phrase == nil && sign == '-' && r.spaced
		r.spaced = unicode.IsSpace(sign)
	}
}

// endPhrase takes up the phrase that was read, unless it is of stop words alone.
func (r *queryReader) endPhrase() {
	p := r.phrase
	negated := r.negated
	r.phrase, r.negated = nil, false
	if p == nil || !slices.ContainsFunc(p.phrase, func(word string) bool { return word != "" }) {
		return
	}
	// A phrase begins with its first word that counts.
	p.start = p.end - len(p.phrase) + 1 + slices.IndexFunc(p.phrase, func(word string) bool { return word != "" })
	if negated {
		r.out.negative = append(r.out.negative, *p)
		return
	}
	r.out.terms = append(r.out.terms, *p)
}

// typosAllowed is 0 for words under oneTypo characters, 1 from there, 2 from twoTypos on; listed words can be exempt.
func (s settings) typosAllowed(word string) int {
	tolerance := s.TypoTolerance
	length := utf8.RuneCountInString(word)
	if !tolerance.Enabled || length < tolerance.MinWordSizeForTypos.OneTypo ||
		slices.ContainsFunc(tolerance.DisableOnWords, func(w string) bool { return fold(w) == word }) {
		return 0
	}
	if length < tolerance.MinWordSizeForTypos.TwoTypos {
		return 1
	}
	return 2
}

// exempt says whether a word of the index is found as it is alone: a number, where typos in numbers are off.
func (s settings) exempt(word string) bool {
	if !s.TypoTolerance.DisableOnNumbers || word == "" || word[0] > '9' {
		return false
	}
	_, err := strconv.ParseFloat(word, 64)
	return err == nil
}

// synonyms gives by its words, with spaces between, what is looked for too. Stop words in them count for nothing.
func (s settings) synonyms() map[string][][]string {
	if len(s.Synonyms) == 0 {
		return nil
	}
	stop := s.stopWords()
	telling := func(text string) (out []string) {
		tokenize(text, s.separators(), func(t token) {
			if !stop.has(text, t) {
				out = append(out, t.text)
			}
		})
		return out
	}
	all := make(map[string][][]string, len(s.Synonyms))
	for _, from := range sortedKeys(s.Synonyms) {
		key := strings.Join(telling(from), " ")
		for _, to := range s.Synonyms[from] {
			if phrase := telling(to); len(phrase) > 0 {
				all[key] = append(all[key], phrase)
			}
		}
	}
	return all
}

func words(text string) []string {
	var out []string
	tokenize(text, "", func(t token) { out = append(out, t.text) })
	return out
}
