package search

import (
	"context"
	"slices"
	"strconv"
	"strings"
)

// wants is what a text is asked for in PostgreSQL's full text: all of need and nothing of not. some is any of need, by which
// what holds more of it is ranked higher.
type wants struct {
	need  []needed
	not   []string
	some  string
	marks []mark
}

// needed is one thing that a record has to hold, in tsquery's language. Nothing written here is a person's but in quotes.
type needed struct {
	query  string
	phrase bool
	alone  string // the one word that it is; "" for a phrase and the name of a thing
	term   int    // of its marks
}

// mark is words that are marked where they stand one after the other. term numbers what they are a name of.
type mark struct {
	term  int
	words []pattern
}

// pattern is a word as it is looked for, gap places after the one before: the word, its beginning, or anything of its stem.
type pattern struct {
	forms
	gap    int
	prefix bool
	exact  bool
}

// all is what a record has to match, "" when anything does.
func (w wants) all() string {
	parts := mapped(w.need, func(n needed) string { return n.query })
	return strings.Join(append(parts, mapped(w.not, func(q string) string { return "!(" + q + ")" })...), " & ")
}

// only asks for these needs, and ranks by all of them as before.
func (w wants) only(needs []needed) wants {
	w.need = needs
	return w
}

// wants reads terms: words no more than Meilisearch looks at, the last one as a beginning unless it stands in quotes, names
// of the field by all their other names, and nothing of what is too common to tell.
func (e *Engine) wants(ctx context.Context, terms []term) (wants, error) {
	kept, last := uncommon(terms)
	kept, cut := telling(kept)
	var spellings []string
	for _, t := range kept {
		spellings = append(spellings, mapped(wordsOf(t.text), spelling)...)
	}
	known, err := e.lexicon.look(ctx, e.db, append(spellings, otherNameWords...))
	if err != nil {
		return wants{}, err
	}
	r := reading{known: known}
	for i, t := range kept {
		words := r.patterns(t)
		switch {
		case t.not:
			if q := phraseQuery(sparse(words)); q != "" {
				r.not = append(r.not, q)
			}
		case t.phrase:
			r.flush(false)
			r.phrase(words)
		default:
			r.open = append(r.open, words...)
		}
		if i == len(kept)-1 {
			r.flush(!last && !cut && !t.not && !t.phrase)
		}
	}
	r.some = strings.Join(mapped(r.need, func(n needed) string { return n.query }), " | ")
	return r.wants, nil
}

// reading collects what terms want. open are words in a row that no phrase has parted.
type reading struct {
	wants
	known map[string]forms
	open  []pattern
	term  int
}

func (r *reading) patterns(t term) []pattern {
	var words []pattern
	for _, w := range wordsOf(t.text) {
		if f := r.known[spelling(w)]; f.word != "" {
			words = append(words, pattern{forms: f, gap: 1, exact: t.phrase || t.not})
		}
	}
	return words
}

func (r *reading) phrase(words []pattern) {
	words = sparse(words)
	if q := phraseQuery(words); q != "" {
		r.need = append(r.need, needed{query: q, phrase: true, term: r.term})
		r.marks = append(r.marks, mark{r.term, words})
		r.term++
	}
}

// flush reads the open words: the longest name of the field that begins at each, else the word alone.
func (r *reading) flush(unfinished bool) {
	if n := len(r.open); n > 0 && unfinished {
		r.open[n-1].prefix = true
	}
	for len(r.open) > 0 {
		n, others := nameAt(r.open)
		r.name(r.open[:n], others)
		r.open = r.open[n:]
	}
}

// name wants the words, in any order, or any other name of the thing.
func (r *reading) name(words []pattern, others []string) {
	var parts []string
	for _, w := range words {
		if common[w.word] && !w.prefix {
			continue
		}
		parts = append(parts, w.query())
		r.marks = append(r.marks, mark{r.term, []pattern{w}})
	}
	if len(parts) == 0 {
		return
	}
	query := strings.Join(parts, " & ")
	for _, name := range others {
		names := sparse(r.patterns(term{text: name, phrase: strings.Contains(name, " ")}))
		query += " | " + phraseQuery(names)
		r.marks = append(r.marks, mark{r.term, names})
	}
	n := needed{query: "(" + query + ")", term: r.term}
	if len(words) == 1 && len(others) == 0 {
		n.alone = words[0].word
	}
	r.need = append(r.need, n)
	r.term++
}

// sparse leaves out what is too common, which the full text lacks as well, and keeps the distance.
func sparse(words []pattern) []pattern {
	var kept []pattern
	gap := 1
	for _, w := range words {
		if common[w.word] {
			gap++
			continue
		}
		w.gap, gap = gap, 1
		kept = append(kept, w)
	}
	return kept
}

func phraseQuery(words []pattern) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteString(" <" + strconv.Itoa(w.gap) + "> ")
		}
		b.WriteString(w.query())
	}
	if b.Len() == 0 {
		return ""
	}
	return "(" + b.String() + ")"
}

// query writes a pattern for PostgreSQL. A stem that is a word of the text has no mark there.
func (p pattern) query() string {
	word := quoteLexeme(p.word)
	if p.prefix {
		word += ":*"
	}
	if p.exact {
		return word
	}
	ways := []string{word, quoteLexeme(stemMark + p.word)}
	for _, s := range p.stems {
		ways = append(ways, quoteLexeme(s), quoteLexeme(stemMark+s))
	}
	return "(" + strings.Join(ways, " | ") + ")"
}

// matches reports whether a word of a text is one that is looked for, and whether as a whole.
func (p pattern) matches(f forms) (yes, whole bool) {
	switch {
	case f.word == p.word:
		return true, true
	case p.prefix && strings.HasPrefix(f.word, p.word):
		return true, false
	case p.exact:
		return false, false
	}
	ours, theirs := append([]string{p.word}, p.stems...), append([]string{f.word}, f.stems...)
	return slices.ContainsFunc(ours, func(s string) bool { return slices.Contains(theirs, s) }), true
}
