package meili

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxQueryWords is the number of words Meilisearch takes of a query.
const maxQueryWords = 10

// A query is what the box held, taken apart: slots are its words and phrases
// in order, each of which a document may match in several ways.
type query struct {
	slots    []slot
	negative []slot
}

// A slot is one word of a query, or a phrase in quotation marks.
type slot struct {
	word   string
	phrase []string // folded words of a phrase; "" is a stop word, which any word may be
	prefix bool     // the last word, still being typed
	typos  int      // how many are let through
}

// parseQuery takes q apart: "a phrase", -not, -"not this", and words.
func parseQuery(q string, s settings) query {
	stop := map[string]bool{}
	for _, word := range s.StopWords {
		stop[fold(word)] = true
	}
	var out query
	for len(q) > 0 {
		quoteAt := strings.IndexByte(q, '"')
		plain := q
		if quoteAt >= 0 {
			plain = q[:quoteAt]
		}
		negated := strings.HasSuffix(plain, "-") && (len(plain) == 1 || isSpace(plain[len(plain)-2]))
		out.addWords(plain, quoteAt < 0, stop, s)
		if quoteAt < 0 {
			break
		}
		inner, rest, _ := strings.Cut(q[quoteAt+1:], `"`)
		q = rest
		out.addPhrase(inner, negated, stop)
	}
	if len(out.slots) > maxQueryWords {
		out.slots = out.slots[:maxQueryWords]
	}
	return out
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' }

func (q *query) addWords(text string, last bool, stop map[string]bool, s settings) {
	words := tokens(text)
	for i, t := range words {
		if t.start > 0 && text[t.start-1] == '-' && (t.start == 1 || isSpace(text[t.start-2])) {
			q.negative = append(q.negative, slot{word: t.text})
			continue
		}
		// The last word is a prefix while nothing follows it, and then may
		// be the beginning of more than a stop word.
		typing := last && i == len(words)-1 && t.end == len(text) && s.PrefixSearch != "disabled"
		if stop[t.text] && !typing {
			continue
		}
		q.slots = append(q.slots, slot{word: t.text, prefix: typing, typos: s.typosAllowed(t.text)})
	}
}

func (q *query) addPhrase(text string, negated bool, stop map[string]bool) {
	var phrase []string
	meaning := false
	for _, t := range tokens(text) {
		if stop[t.text] {
			phrase = append(phrase, "")
			continue
		}
		phrase, meaning = append(phrase, t.text), true
	}
	if !meaning {
		return
	}
	if negated {
		q.negative = append(q.negative, slot{phrase: phrase})
		return
	}
	q.slots = append(q.slots, slot{phrase: phrase})
}

// typosAllowed is 0 for words under oneTypo characters, 1 from there, 2 from
// twoTypos on; numbers and listed words can be exempt.
func (s settings) typosAllowed(word string) int {
	tolerance := s.TypoTolerance
	if !tolerance.Enabled {
		return 0
	}
	if slices.ContainsFunc(tolerance.DisableOnWords, func(w string) bool { return fold(w) == word }) {
		return 0
	}
	if tolerance.DisableOnNumbers {
		if _, err := strconv.ParseFloat(word, 64); err == nil {
			return 0
		}
	}
	switch length := utf8.RuneCountInString(word); {
	case length >= tolerance.MinWordSizeForTypos.TwoTypos:
		return 2
	case length >= tolerance.MinWordSizeForTypos.OneTypo:
		return 1
	}
	return 0
}

// An alternative is another way to match the slots from first to last: a
// synonym, words written together or apart.
type alternative struct {
	first, last int
	phrase      []string
	typos       int
}

// alternatives lists them for a query: synonyms of up to three words in a
// row, words of the query written together, a word of the query written apart.
func (q query) alternatives(s settings) []alternative {
	synonyms := map[string][][]string{}
	for from, list := range s.Synonyms {
		key := strings.Join(words(from), " ")
		for _, to := range list {
			synonyms[key] = append(synonyms[key], words(to))
		}
	}
	var all []alternative
	for first := range q.slots {
		joined := ""
		for last := first; last < len(q.slots) && last < first+maxSynonymWords; last++ {
			if q.slots[last].phrase != nil {
				break
			}
			if last > first {
				joined += " "
			}
			joined += q.slots[last].word
			for _, phrase := range synonyms[joined] {
				if len(phrase) > 0 {
					all = append(all, alternative{first: first, last: last, phrase: phrase})
				}
			}
			if last > first && last < first+3 {
				all = append(all, alternative{
					first: first, last: last, phrase: []string{strings.ReplaceAll(joined, " ", "")}, typos: last - first,
				})
			}
		}
	}
	return all
}

const maxSynonymWords = 5

func words(text string) []string {
	var out []string
	tokenize(text, func(t token) { out = append(out, t.text) })
	return out
}
