package search

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5"

	"github.com/askwell/askwell/internal/postgres"
)

const (
	// From how many letters on one slip is forgiven in a word, and two: as Meilisearch has it (settings.go).
	oneSlip, twoSlips = 5, 9
	// maxNear is how many words of the same letter and about the same length are compared with a mistyped one: whoever sends inquiries adds words.
	maxNear = 20_000
	// maxMeant is how many words a mistyped one may have been.
	maxMeant = 8
)

// mayBeMistyped reports whether a word has letters alone, and enough of them.
func mayBeMistyped(word string) bool {
	n := 0
	for _, r := range word {
		if !unicode.IsLetter(r) {
			return false
		}
		n++
	}
	return n >= oneSlip
}

// keepWords adds words of texts to those that a mistyped one may have been. What this process has added before it leaves out: an addition is
// committed by itself, and none is ever removed.
func (e *Engine) keepWords(ctx context.Context, known map[string]forms) error {
	words := e.lexicon.unkept(known)
	if len(words) == 0 {
		return nil
	}
	_, err := e.db.Exec(ctx, `INSERT INTO search_word (word) SELECT unnest($1::text[]) ORDER BY 1 ON CONFLICT DO NOTHING`, words)
	if err != nil {
		return fmt.Errorf("keep the words of texts: %w", postgres.Failure(err))
	}
	e.lexicon.keep(words)
	return nil
}

// forgiving asks for each word also by those that it may have been meant to be, where the texts hold any; changed says that they do.
func (e *Engine) forgiving(ctx context.Context, q wants) (forgiven wants, changed bool, err error) {
	forgiven = q
	forgiven.need = slices.Clone(q.need)
	for i, n := range q.need {
		if !mayBeMistyped(n.alone) {
			continue
		}
		meant, err := e.meant(ctx, n.alone)
		if err != nil {
			return q, false, err
		}
		known, err := e.lexicon.look(ctx, e.db, meant)
		if err != nil {
			return q, false, err
		}
		ways := []string{n.query}
		for _, word := range meant {
			p := pattern{forms: known[word], gap: 1}
			ways = append(ways, p.query())
			forgiven.marks = append(forgiven.marks, mark{n.term, []pattern{p}})
		}
		if len(meant) > 0 {
			forgiven.need[i].query, changed = "("+strings.Join(ways, " | ")+")", true
		}
	}
	forgiven.some = strings.Join(mapped(forgiven.need, func(n needed) string { return n.query }), " | ")
	return forgiven, changed, nil
}

// meant gives the words of the texts that one may have been meant to be, the nearest first. They begin with the same letter.
func (e *Engine) meant(ctx context.Context, word string) ([]string, error) {
	letters := []rune(word)
	most := 1
	if len(letters) >= twoSlips {
		most = 2
	}
	rows, err := e.db.Query(ctx, `SELECT word FROM search_word WHERE word >= $1 AND word < $2 AND length(word) BETWEEN $3 AND $4 LIMIT $5`,
		string(letters[0]), string(letters[0]+1), len(letters)-most, len(letters)+most, maxNear)
	if err != nil {
		return nil, fmt.Errorf("look for what was meant: %w", postgres.Failure(err))
	}
	type candidate struct {
		word  string
		slips int
	}
	var near []candidate
	var other string
	_, err = pgx.ForEachRow(rows, []any{&other}, func() error {
		if n := Slips(word, other); n > 0 && n <= most {
			near = append(near, candidate{other, n})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for what was meant: %w", postgres.Failure(err))
	}
	slices.SortFunc(near, func(a, b candidate) int { return cmp.Or(a.slips-b.slips, strings.Compare(a.word, b.word)) })
	return mapped(near[:min(len(near), maxMeant)], func(c candidate) string { return c.word }), nil
}

// Slips is the optimal string alignment distance: letters left out, added, exchanged, or two beside each other swapped.
func Slips(a, b string) int {
	x, y := []rune(a), []rune(b)
	rows := make([][]int, len(x)+1)
	for i := range rows {
		rows[i] = make([]int, len(y)+1)
		rows[i][0] = i
	}
	for j := range y {
		rows[0][j+1] = j + 1
	}
	for i := range x {
		for j := range y {
			other := 1
			if x[i] == y[j] {
				other = 0
			}
			n := min(rows[i][j+1]+1, rows[i+1][j]+1, rows[i][j]+other)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				n = min(n, rows[i-1][j-1]+1)
			}
			rows[i+1][j+1] = n
		}
	}
	return rows[len(x)][len(y)]
}
