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

// queryText makes of what a person typed, or pasted, a query that means its words. Meilisearch reads quotes as a phrase and a
// leading dash as "without"; in a pasted subject they mean neither, so only quotes in pairs keep their meaning. Of more words
// than Meilisearch looks at, the telling ones are kept, in order.
func queryText(typed string) string {
	typed = strings.Map(printable, strings.ToValidUTF8(typed, " "))
	if strings.Count(typed, `"`)%2 != 0 {
		typed = strings.ReplaceAll(typed, `"`, " ")
	}
	fields := strings.Fields(typed)
	for i, f := range fields {
		fields[i] = strings.TrimLeftFunc(f, func(r rune) bool { return r == '-' || unicode.Is(unicode.Pd, r) })
	}
	query := strings.Join(slices.DeleteFunc(fields, func(f string) bool { return f == "" }), " ")
	all := wordsOf(query)
	if len(all) <= maxWords {
		return query
	}
	// The space at the end says that the last word is whole.
	return strings.Join(tellingWords(all), " ") + " "
}

func printable(r rune) rune {
	if unicode.IsControl(r) || r == '\uE000' || r == '\uE001' {
		return ' '
	}
	return r
}

// wordsOf splits where Meilisearch does, or more often.
func wordsOf(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) })
}

// tellingWords keeps maxWords words in their order, without repetition, filler only where nothing else is left.
func tellingWords(all []string) []string {
	seen := map[string]bool{}
	var telling, rest []int
	for i, w := range all {
		lower := strings.ToLower(w)
		switch {
		case seen[lower]:
		case filler[lower]:
			rest = append(rest, i)
		default:
			telling = append(telling, i)
		}
		seen[lower] = true
	}
	kept := slices.Concat(telling, rest)
	kept = kept[:min(maxWords, len(kept))]
	slices.Sort(kept)
	words := make([]string, 0, maxWords)
	for _, i := range kept {
		words = append(words, all[i])
	}
	return words
}
