package search

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// maxWords is how many words of a query Meilisearch looks at; it ignores the rest.
const maxWords = 10

// filler are the commonest words of questions in English and Spanish, apostrophes split as Meilisearch splits them. They are
// the first to go when a query is too long: what is left tells one ticket from another.
var filler = func() map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(`a about after all also am an and any applicant are as asked asks at be because been before being
		but by can could d did do does don find for from get go got had has have he hello her hey hi him his how i if in into is it
		its just ll look looking m man me my no not of on or our out person please re s said says she should so some somebody
		someone t than thank thanks that the their them then there they this to up us ve was we were what when where which who
		whom whose why will with woman would writes wrote you your
		al alguien buenas buenos busco como con cuando de del dice dijo dio donde el ella en es escribio esta este esto favor fue
		gracias ha han he hola la las le lo los me mi mis muy no nos nuestra nuestro para pero persona por porque quien que se senor
		senora si sin sobre su sus te tengo un una y ya yo`) {
		set[w] = true
	}
	return set
}()

// wordsOf splits where Meilisearch does, or more often.
func wordsOf(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) })
}

// enough words that are no filler tell a ticket by themselves.
const enough = 3

// telling keeps of the terms those that count: phrases and what is left out as they are, and of the words no more than
// Meilisearch looks at, without repetition, filler only where there is little else. whole says that something was dropped, so
// that the last word is no unfinished one.
func telling(terms []term) (kept []term, whole bool) {
	room, words := maxWords, 0
	for _, t := range terms {
		if n := len(wordsOf(t.text)); t.phrase {
			room -= n
		} else {
			words += n
		}
	}
	if room = max(room, 1); words <= room {
		return terms, false
	}
	keep := tellingWords(terms, room)
	for i, t := range terms {
		if t.phrase || t.not {
			kept = append(kept, t)
			continue
		}
		for _, w := range keep[i] {
			kept = append(kept, term{text: w})
		}
	}
	return kept, true
}

// tellingWords gives for each term its words that stay.
func tellingWords(terms []term, room int) map[int][]string {
	type place struct{ term, word int }
	var first, rest []place
	all, seen := make([][]string, len(terms)), map[string]bool{}
	for i, t := range terms {
		if t.phrase || t.not {
			continue
		}
		all[i] = wordsOf(t.text)
		for j, w := range all[i] {
			lower := unaccented(w)
			switch {
			case seen[lower]:
			case filler[lower]:
				rest = append(rest, place{i, j})
			default:
				first = append(first, place{i, j})
			}
			seen[lower] = true
		}
	}
	places := first
	if len(first) < enough {
		places = slices.Concat(first, rest)
	}
	places = slices.Clone(places[:min(room, len(places))])
	slices.SortFunc(places, func(a, b place) int {
		if a.term != b.term {
			return a.term - b.term
		}
		return a.word - b.word
	})
	keep := map[int][]string{}
	for _, p := range places {
		keep[p.term] = append(keep[p.term], all[p.term][p.word])
	}
	return keep
}

// ticketText is what Meilisearch is asked of the tickets: what tells one from another. It passes over most stop words by
// itself, but wants the last word of a query in every record, whatever that is, and finds no name of a thing beside one.
func ticketText(terms []term) string {
	kept, whole := uncommon(terms)
	return meiliText(kept, whole)
}

// uncommon leaves the common words out, except inside the name of a thing, or where nothing else is left; also those that are
// not to be there: nobody means that, but a pasted line may begin with "-In". whole says that the last one went, so that what is
// last now is no unfinished word.
func uncommon(terms []term) (kept []term, whole bool) {
	words := mapped(terms, func(t term) string { return strings.Join(wordsOf(unaccented(t.text)), " ") }) // "will." is a will
	for i, t := range terms {
		if t.phrase || !common[words[i]] || !t.not && insideName(words, i) {
			kept = append(kept, t)
		}
	}
	if !slices.ContainsFunc(kept, func(t term) bool { return !t.not }) {
		return terms, false
	}
	last := terms[len(terms)-1]
	return kept, kept[len(kept)-1] != last
}

// tells reports whether Meilisearch looks for any word of the terms: it passes over common ones, but for the last of a query, and what is left out is
// none. Without any it gives every ticket, in an order that cannot be joined with that of the accounts.
func tells(terms []term) bool {
	for i, t := range terms {
		if t.not {
			continue
		}
		words := wordsOf(unaccented(t.text))
		if slices.ContainsFunc(words, func(w string) bool { return !common[w] }) || i == len(terms)-1 && !t.phrase {
			return true
		}
	}
	return false
}

// insideName reports whether a word is neither the first nor the last of a thing's name.
func insideName(words []string, at int) bool {
	for from := max(0, at-longestName+2); from < at; from++ {
		for end := at + 2; end <= min(len(words), from+longestName); end++ {
			if namesAround[strings.Join(words[from:end], " ")] {
				return true
			}
		}
	}
	return false
}

const longestName = 5 // in words

// namesAround are the names with words inside.
var namesAround = func() map[string]bool {
	set := map[string]bool{}
	for _, names := range sameThings {
		for _, n := range names {
			if strings.Count(n, " ") > 1 {
				set[n] = true
			}
		}
	}
	return set
}()

// unaccented folds a word for comparison with those of the vocabulary.
func unaccented(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(strings.ToLower(s)))
}

// meiliText writes the terms in Meilisearch's own language. Without an unfinished last word it ends in a space.
func meiliText(terms []term, whole bool) string {
	kept, cut := telling(terms)
	var b strings.Builder
	for i, t := range kept {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(t.String())
	}
	if whole || cut {
		b.WriteByte(' ')
	}
	return b.String()
}
