package meili

import (
	"fmt"
	"strings"
	"unicode/utf8"

	segment "github.com/blevesearch/scorch_segment_api/v2"
)

// A derived word of the index matches a word of the query.
type derived struct {
	typos int
	exact bool // the very word; otherwise a beginning of it, or with typos
}

// A deriver finds the words of the index that a word of a query means. It belongs to one query: what it works out about a word
// serves every attribute of every segment.
type deriver struct {
	automata map[automatonKey]*typoAutomaton
}

type automatonKey struct {
	word   string
	typos  int
	prefix bool
}

func newDeriver() *deriver { return &deriver{automata: map[automatonKey]*typoAutomaton{}} }

// each calls fn with every word of the dictionary that the term matches with
// a beginning or with typos. The word itself is not looked for.
func (d *deriver) each(dict segment.TermDictionary, s term, typos int, fn func(word string, found derived) error) error {
	if s.prefix {
		err := walk(dict, nil, []byte(s.word), after(s.word), func(word string) error {
			if word == s.word {
				return nil
			}
			return fn(word, derived{})
		})
		if err != nil {
			return err
		}
	}
	if typos == 0 {
		return nil
	}
	return d.eachWithTypos(dict, s, typos, fn)
}

// eachWithTypos walks twice: with the first letter right, and, as a typo
// there counts double, with another one and one typo less.
func (d *deriver) eachWithTypos(dict segment.TermDictionary, s term, typos int, fn func(string, derived) error) error {
	_, size := utf8.DecodeRuneInString(s.word)
	first := s.word[:size]
	report := func(word string) error {
		distance := editDistance(s.word, word, s.prefix)
		if !strings.HasPrefix(word, first) {
			distance++
		}
		if distance == 0 || distance > typos {
			return nil // zero: found as it is, or as a beginning
		}
		return fn(word, derived{typos: distance})
	}
	if err := walk(dict, d.automaton(s, typos), []byte(first), after(first), report); err != nil {
		return err
	}
	if typos < 2 {
		return nil
	}
	return walk(dict, d.automaton(s, typos-1), nil, nil, func(word string) error {
		if strings.HasPrefix(word, first) {
			return nil
		}
		return report(word)
	})
}

func (d *deriver) automaton(s term, typos int) *typoAutomaton {
	key := automatonKey{s.word, typos, s.prefix}
	if d.automata[key] == nil {
		d.automata[key] = newTypoAutomaton(s.word, typos, s.prefix)
	}
	return d.automata[key]
}

func walk(dict segment.TermDictionary, automaton segment.Automaton, start, end []byte, fn func(string) error) error {
	iterator := dict.AutomatonIterator(automaton, start, end)
	for {
		entry, err := iterator.Next()
		if err != nil {
			return fmt.Errorf("walk dictionary: %w", err)
		}
		if entry == nil {
			return nil
		}
		if err := fn(entry.Term); err != nil {
			return err
		}
	}
}

// after is the end of the range of words that begin with prefix.
func after(prefix string) []byte {
	end := []byte(prefix)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i] < 0xff {
			end[i]++
			return end[:i+1]
		}
	}
	return nil
}

// editDistance counts insertions, deletions, substitutions and transpositions
// of neighbours between two words; with prefix, to the beginning of the second
// that is nearest.
func editDistance(from, to string, prefix bool) int {
	a, b := []rune(from), []rune(to)
	before, previous, current := make([]int, len(a)+1), make([]int, len(a)+1), make([]int, len(a)+1)
	for i := range previous {
		previous[i] = i
	}
	best := previous[len(a)]
	for j := 1; j <= len(b); j++ {
		current[0] = j
		for i := 1; i <= len(a); i++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			current[i] = min(previous[i]+1, current[i-1]+1, previous[i-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				current[i] = min(current[i], before[i-2]+1)
			}
		}
		before, previous, current = previous, current, before
		best = min(best, previous[len(a)])
	}
	if prefix {
		return best
	}
	return previous[len(a)]
}
