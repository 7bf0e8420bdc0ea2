package search

import (
	"slices"
	"strings"
	"unicode"
)

// maxWords is how many words of a query Meilisearch looks at; it ignores the rest.
const maxWords = 10

// filler are the commonest words of questions in English and Spanish, apostrophes split as Meilisearch splits them. They are
// the first to go when a query is too long: what is left tells one ticket from another.
var filler = func() map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(`a about after all also am an and any are as at be because been before being but by can could d
		did do does don for from get go got had has have he hello her hey hi him his how i if in into is it its just ll m me my no
		not of on or our out re s she so some t than thank thanks that the their them then there they this to up us ve was we were
		what when where which who why will with would you your
		al como con cuando de del el en es esta este esto he la las le lo los me mi mis muy no para pero por que se si sin su sus te
		tengo un una y ya yo`) {
		set[w] = true
	}
	return set
}()

// wordsOf splits where Meilisearch does, or more often.
func wordsOf(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) })
}

// telling keeps of the terms those that count: phrases and what is left out as they are, and of the words no more than
// Meilisearch looks at, without repetition, filler only where nothing else is left. whole says that something was dropped, so
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
			lower := strings.ToLower(w)
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
	places := slices.Concat(first, rest)
	places = places[:min(room, len(places))]
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

// meiliText writes the terms in Meilisearch's own language. Without an unfinished last word it ends in a space.
func meiliText(terms []term) string {
	kept, whole := telling(terms)
	var b strings.Builder
	for i, t := range kept {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(t.String())
	}
	if whole {
		b.WriteByte(' ')
	}
	return b.String()
}
