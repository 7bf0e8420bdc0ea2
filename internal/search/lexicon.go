package search

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/jackc/pgx/v5"
	"golang.org/x/text/unicode/norm"

	"github.com/askwell/askwell/internal/postgres"
)

const (
	// maxWord is how much of a word counts, in characters: nothing longer is a word. PostgreSQL takes 2,046 bytes.
	maxWord = 62
	// maxLexicon bounds the words that are remembered, about 30 MB; a desk's texts have some ten thousand different ones.
	maxLexicon = 200_000
)

// forms are what a word is found by: itself without case and accents, and its stems in English and Spanish where they differ
// from that. Any text is read in both languages, so that what is written in one is found whatever its ticket says it is in.
type forms struct {
	word  string
	stems []string
}

// lexicon remembers the forms of words. PostgreSQL knows them: unaccent and its stemmers are there.
type lexicon struct {
	mu    sync.RWMutex
	known map[string]forms
	kept  map[string]bool // words that search_word has
}

// unkept are those of the words that may have been mistyped elsewhere, and that this process has not kept yet; sorted.
func (l *lexicon) unkept(known map[string]forms) []string {
	l.mu.RLock()
	defer l.mu.RUnlock()
	var words []string
	for _, f := range known {
		if mayBeMistyped(f.word) && !common[f.word] && !l.kept[f.word] {
			words = append(words, f.word)
		}
	}
	slices.Sort(words)
	return slices.Compact(words)
}

func (l *lexicon) keep(words []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.kept == nil || len(l.kept)+len(words) > maxLexicon {
		l.kept = map[string]bool{}
	}
	for _, w := range words {
		l.kept[w] = true
	}
}

// spelling is a word as the lexicon knows it.
func spelling(word string) string {
	return cutText(strings.ReplaceAll(norm.NFKC.String(strings.ToLower(word)), "ς", "σ"), maxWord)
}

// bare reports whether a spelling has but one form: it is no word, but a number or a part of one. There is no end of these,
// and nobody need be asked.
func bare(spelling string) bool {
	return strings.ContainsAny(spelling, "0123456789") && strings.IndexFunc(spelling, func(r rune) bool { return r > unicode.MaxASCII }) < 0
}

// look gives the forms of spellings.
func (l *lexicon) look(ctx context.Context, db postgres.Querier, spellings []string) (map[string]forms, error) {
	found := make(map[string]forms, len(spellings))
	var unknown []string
	l.mu.RLock()
	for _, s := range spellings {
		f, known := l.known[s]
		switch {
		case known:
			found[s] = f
		case bare(s):
			found[s] = forms{word: s}
		default:
			unknown = append(unknown, s)
		}
	}
	l.mu.RUnlock()
	if len(unknown) == 0 {
		return found, nil
	}
	slices.Sort(unknown)
	unknown = slices.Compact(unknown)
	folded, err := fold(ctx, db, unknown)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known == nil || len(l.known)+len(folded) > maxLexicon {
		l.known = map[string]forms{}
	}
	for i, f := range folded {
		found[unknown[i]], l.known[unknown[i]] = f, f
	}
	return found, nil
}

// fold asks PostgreSQL for the forms of words, in their order. The Spanish stemmer knows -ción by its accent, and without it
// would not see that autorizacion is one of autorizaciones.
func fold(ctx context.Context, db postgres.Querier, words []string) ([]forms, error) {
	rows, err := db.Query(ctx, `
		SELECT folded, COALESCE(ts_lexize('askwell_english', folded) || ts_lexize('askwell_spanish', folded)
			|| ts_lexize('askwell_spanish', regexp_replace(folded, 'ion$', 'ión')), '{}')
		FROM unnest($1::text[]) WITH ORDINALITY AS w (word, place)
		CROSS JOIN LATERAL (SELECT lower(unaccent(word)) AS folded) AS f
		ORDER BY place`, words)
	if err != nil {
		return nil, fmt.Errorf("read the forms of words: %w", postgres.Failure(err))
	}
	folded, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (f forms, err error) {
		err = row.Scan(&f.word, &f.stems)
		slices.Sort(f.stems)
		f.stems = slices.DeleteFunc(slices.Compact(f.stems), func(s string) bool { return s == f.word })
		return f, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the forms of words: %w", postgres.Failure(err))
	}
	return folded, nil
}
